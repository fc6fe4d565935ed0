"""Formulas with one constant less: under noise a term or factor that nobody needs makes others come out shorter."""

from __future__ import annotations

from collections.abc import Iterator

from srbench_lite import Expression
from srbench_lite.fitting import tidy

__all__ = ["simpler_forms"]


def simpler_forms(formula: Expression) -> Iterator[Expression]:
    """Yield the formula, tidy, without one of its terms or factors that are numbers, or with a plainer exponent."""
    seen = {formula}
    for form in _without_a_number(formula):
        neat = tidy(form)
        if neat not in seen and neat.variables:
            seen.add(neat)
            yield neat


def _without_a_number(node: Expression) -> Iterator[Expression]:
    """Yield the formulas in which one number stands no more, or an exponent is a multiple of 1/2."""
    for place, arg in enumerate(node.args):
        number = _number(arg)
        if number is None:
            for other in _without_a_number(arg):
                yield Expression(node.op, args=[other if i == place else a for i, a in enumerate(node.args)])
        elif node.op in ("add", "sub", "mul", "div") and any(a.variables for a in node.args):
            other = node.args[1 - place]
            if place == 1 or node.op in ("add", "mul"):
                yield other
            elif node.op == "sub":
                yield -other
            elif number not in (1.0, -1.0):
                yield Expression.constant(1.0) / other
        elif node.op == "pow" and place == 1:
            half = round(2 * number) / 2
            if half != number and half:
                yield node.args[0] ** half


def _number(node: Expression) -> float | None:
    """Return the value of a part without variables; None where it has some."""
    return None if node.variables else float(node({})[0])
