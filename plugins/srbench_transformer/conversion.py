"""From a formula of the harness to its skeleton, and the skeletons of benchmarks, which training never sees."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from srbench_lite import NAMED_CONSTANTS, Expression
from srbench_transformer.algebra import Sum, UnsuitableError, apply, call, constant, multiply, power, scale, variable
from srbench_transformer.tokens import skeleton_of

__all__ = ["held_out", "skeleton"]


def skeleton(formula: Expression, names: Sequence[str]) -> tuple[str, ...] | None:
    """Return the skeleton of a formula in one or two variables; None where it has none.

    Args:
        formula: what is looked at.
        names: of the variables, in the order x1, x2.
    """
    places = {name: number for number, name in enumerate(names)}
    if len(places) > 2 or not set(formula.variables) <= set(places):
        return None

    def leaf(node: Expression) -> Sum:
        if node.value is not None:
            return constant(node.value)
        if node.name is not None:
            return variable(places[node.name])
        return constant(NAMED_CONSTANTS[node.op][0])

    try:
        return skeleton_of(formula.fold(leaf, _applied)) or None
    except (UnsuitableError, OverflowError, ZeroDivisionError):
        return None


@cache
def held_out() -> frozenset[tuple[str, ...]]:
    """Return the skeletons of the classic suites, `held_out.txt`, whichever of two variables is called x1."""
    lines = (Path(__file__).parent / "held_out.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(tuple(line.split()) for line in lines if not line.startswith("#"))


def _applied(node: Expression, args: list[Sum]) -> Sum:
    return _raised(args[0], args[1]) if node.op == "pow" else apply(node.op, *args)


def _raised(base: Sum, exponent: Sum) -> Sum:
    if exponent.terms:
        return call("exp", multiply(exponent, call("log", base)))
    value = exponent.constant
    if value == round(value) and abs(value) <= 6:
        return power(base, round(value))
    if 2 * value == round(2 * value) and abs(value) <= 6:
        return power(call("sqrt", base), round(2 * value))
    if not base.terms:
        return constant(math.pow(base.constant, value))
    return call("exp", scale(call("log", base), value))
