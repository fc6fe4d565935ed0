"""Hypothesis strategies that several test files share: numbers, formulas, samplings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from hypothesis import strategies as st

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import OPERATORS
from srbench_lite.problems.sampling import Sampling

#: Every finite float: denormal, huge, whole, negative.
any_number = st.floats(allow_nan=False, allow_infinity=False)
#: Numbers as formulas have them, so that values stay of ordinary size.
tame_number = st.one_of(st.integers(-9, 9).map(float), st.integers(-400, 400).map(lambda i: i / 100))
#: Operators without poles, holes and overflow to speak of.
SMOOTH = ("add", "sub", "mul", "neg", "sin", "cos", "tanh", "atan")


def expressions(
    variables: Sequence[str] = ("x", "y"),
    *,
    operators: Sequence[str] = tuple(OPERATORS),
    constants: st.SearchStrategy[float] = any_number,
    named: Sequence[str] = ("pi", "e"),
    max_leaves: int = 12,
) -> st.SearchStrategy[Expression]:
    """Return formulas in some of `variables` with the given operators, numbers and named constants."""
    leaves = [constants.map(Expression.constant), st.sampled_from(variables).map(Expression.variable)]
    if named:
        leaves.append(st.sampled_from(named).map(Expression.named))

    def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        def call(op: str) -> st.SearchStrategy[Expression]:
            return st.tuples(*[smaller] * OPERATORS[op].arity).map(lambda args: Expression.call(op, *args))

        return st.sampled_from(operators).flatmap(call)

    return st.recursive(st.one_of(leaves), larger, max_leaves=max_leaves)


@st.composite
def samplings(draw: st.DrawFn) -> Sampling:
    """Return samplings of every kind and sign, intervals that touch zero included."""
    kind = draw(st.sampled_from(("uniform", "log", "grid", "integer")))
    if kind == "integer":
        first = draw(st.integers(-1000, 1000))
        return Sampling(low=first, high=first + draw(st.integers(1, 1000)), sampling=kind)
    if kind == "log":
        low = draw(st.floats(1e-6, 1e3))
        sign = draw(st.sampled_from(("positive", "negative", "both")))
        return Sampling(low=low, high=low * draw(st.floats(1.5, 1e4)), sampling="log", sign=sign)
    low = draw(st.one_of(st.just(0.0), st.floats(-1e3, 1e3)))
    width = draw(st.floats(0.01, 1e3))
    if draw(st.booleans()) and low == 0.0:
        return Sampling(low=-width, high=0.0, sampling=kind)
    return Sampling(low=low, high=low + width, sampling=kind)


#: Names that SymPy, Python or the parser give a meaning of their own.
AWKWARD_NAMES = (
    "E",
    "I",
    "N",
    "S",
    "Q",
    "O",
    "C",
    "pi",
    "e",
    "gamma",
    "lambda_",
    "beta",
    "zeta",
    "re",
    "oo",
    "_",
    "x1",
)
#: Operators whose two arguments may change places.
COMMUTATIVE = ("add", "mul", "min", "max")


def chains(
    variables: Sequence[str],
    *,
    operators: Sequence[str] = tuple(OPERATORS),
    constants: st.SearchStrategy[float] = any_number,
    longest: int = 40,
) -> st.SearchStrategy[Expression]:
    """Return deep and narrow formulas: function of function of function, one leaf beside each operator of two."""
    leaf = expressions(variables, operators=operators, constants=constants, max_leaves=1)
    links = st.lists(st.tuples(st.sampled_from(operators), leaf, st.booleans()), min_size=5, max_size=longest)

    def build(start: Expression, parts: list[tuple[str, Expression, bool]]) -> Expression:
        formula = start
        for op, other, left in parts:
            others = [other] * (OPERATORS[op].arity - 1)
            formula = Expression.call(op, *([formula, *others] if left else [*others, formula]))
        return formula

    return st.builds(build, leaf, links)


def with_node(formula: Expression, place: int, new: Expression) -> Expression:
    """Return the formula with the node at `place` of its postorder replaced."""
    seen = -1

    def count(node: Expression) -> Expression:
        nonlocal seen
        seen += 1
        return new if seen == place else node

    return formula.fold(count, lambda node, args: count(Expression(node.op, args=args)))


@st.composite
def swapped(draw: st.DrawFn, formula: Expression) -> Expression:
    """Return the formula with the arguments of some commutative operators exchanged."""
    places = [i for i, node in enumerate(formula.postorder()) if node.op in COMMUTATIVE]
    chosen = draw(st.sets(st.sampled_from(places), min_size=1)) if places else set()
    seen = -1

    def leaf(node: Expression) -> Expression:
        nonlocal seen
        seen += 1
        return node

    def inner(node: Expression, args: list[Expression]) -> Expression:
        nonlocal seen
        seen += 1
        return Expression(node.op, args=args[::-1] if seen in chosen else args)

    return formula.fold(leaf, inner)


#: The same function in other words, constants included: 0 and 1 are added, but none that could stand for another.
NEUTRAL: dict[str, Callable[[Expression], Expression]] = {
    "f + 0": lambda f: f + 0.0,
    "0 + f": lambda f: 0.0 + f,
    "f - 0": lambda f: f - 0.0,
    "1*f": lambda f: 1.0 * f,
    "f*1": lambda f: f * 1.0,
    "f/1": lambda f: f / 1.0,
    "f**1": lambda f: f**1.0,
    "-(-f)": lambda f: Expression.call("neg", -f),
    "-(0 - f)": lambda f: -(0.0 - f),
    "(-1)*(-f)": lambda f: -1.0 * -f,
    "min(f, f)": lambda f: Expression.call("min", f, f),
    "max(f, f)": lambda f: Expression.call("max", f, f),
}


@st.composite
def related(draw: st.DrawFn, formula: Expression, small: st.SearchStrategy[Expression]) -> Expression:
    """Return a formula near the given one: constants moved, a node changed, or rewritten, or with a stray term.

    Args:
        draw: given by Hypothesis.
        formula: the formula to start from.
        small: what is put in where something new is needed.
    """
    how = draw(
        st.sampled_from(("constants", "constants", "node", "operator", "rewritten", "affine", "stray", "swapped"))
    )
    nodes = list(formula.postorder())
    place = draw(st.integers(0, len(nodes) - 1))
    if how == "constants":
        shares = st.sampled_from((0.0, 1e-14, -3e-8, 9e-7, -1.1e-6, 1e-4, -9e-3, 0.011, 0.2, -1.0, -2.0))
        moved = [c * (1.0 + draw(shares)) for c in formula.constants]
        return formula.with_constants(m if math.isfinite(m) else 1.0 for m in moved)
    if how == "node":
        return with_node(formula, place, draw(small))
    if how == "operator":
        node = nodes[place]
        alike = [op for op in OPERATORS if node.args and OPERATORS[op].arity == len(node.args)]
        new = Expression(draw(st.sampled_from(alike)), args=node.args) if alike else -node
        return with_node(formula, place, new)
    if how == "rewritten":
        return with_node(formula, place, NEUTRAL[draw(st.sampled_from(sorted(NEUTRAL)))](nodes[place]))
    if how == "affine":
        number = draw(st.one_of(any_number, tame_number))
        return formula + number if draw(st.booleans()) else number * formula
    if how == "stray":
        return formula + draw(st.sampled_from((1e-300, 1e-16, 1e-12, -1e-7, 1e-4, 0.1))) * draw(small)
    return draw(swapped(formula))


@cache  # building a strategy takes longer than drawing from it
def _formulas(
    variables: str, operators: tuple[str, ...], constants: st.SearchStrategy[float], max_leaves: int
) -> st.SearchStrategy[Expression]:
    return expressions(variables, operators=operators, constants=constants, max_leaves=max_leaves)


@cache
def _chains(
    variables: str, operators: tuple[str, ...], constants: st.SearchStrategy[float]
) -> st.SearchStrategy[Expression]:
    return chains(variables, operators=operators, constants=constants)


@st.composite
def pairs(
    draw: st.DrawFn,
    *,
    operators: tuple[str, ...] = tuple(OPERATORS),
    constants: st.SearchStrategy[float] | None = None,
    sampling: st.SearchStrategy[Sampling] | None = None,
) -> tuple[Expression, Expression, dict[str, Sampling]]:
    """Return found, truth and domain: of one to five variables, shallow, bushy or deep, related or not."""
    names = "xyzuv"[: draw(st.integers(1, 5))]
    numbers = draw(st.sampled_from((any_number, tame_number))) if constants is None else constants
    leaves = draw(st.sampled_from((2, 5, 12, 30)))
    small = _formulas(names, operators, numbers, 3)
    whole = _formulas(names, operators, numbers, leaves)
    if draw(st.integers(0, 7)) == 0:
        whole = _chains(names, operators, numbers)
    truth = draw(whole)
    found = draw(whole) if draw(st.integers(0, 3)) == 0 else draw(related(truth, small))
    return found, truth, {name: draw(samplings() if sampling is None else sampling) for name in names}


def inside(s: Sampling, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return which values lie in the domain."""
    if s.sampling != "log":
        return (s.low <= values) & (values <= s.high) & ((s.sampling != "integer") | (values == np.round(values)))
    side = {"positive": values > 0, "negative": values < 0, "both": np.full(len(values), True)}[s.sign]
    return side & (s.low <= np.abs(values)) & (np.abs(values) <= s.high)
