"""Other forms of a formula that noisy points may be meant by.

Without one of its numbers: a term or factor that nobody needs makes others come out shorter. With a term of a sum in
front of it: a*b - a*b**2/c is a*b*(1 - b/c), and 1.73 - 1.71*a, two constants, may be 1.7*(1 - a).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from srbench_lite import Expression
from srbench_lite.fitting import tidy

__all__ = ["factored_forms", "simpler_forms"]

#: Nodes that a form with a factor in front may have more: it loses them where a number comes out as 1.
_MORE_NODES: Final = 2


def simpler_forms(formula: Expression) -> Iterator[Expression]:
    """Yield the formula, tidy, without one of its terms or factors that are numbers, or with a plainer exponent."""
    seen = {formula}
    for form in _without_a_number(formula):
        neat = tidy(form)
        if neat not in seen and neat.variables:
            seen.add(neat)
            yield neat


def factored_forms(formula: Expression) -> Iterator[Expression]:
    """Yield the formula, tidy, with a term of one of its sums as a factor in front of that."""
    seen = {formula}
    for form in _factored(formula):
        neat = tidy(form)
        if neat not in seen and neat.complexity <= formula.complexity + _MORE_NODES:
            seen.add(neat)
            yield neat


def _factored(node: Expression) -> Iterator[Expression]:
    """Yield the formulas in which one sum has one of its two terms as a factor."""
    if node.op in ("add", "sub"):
        one, other = node.args
        rest = other / one
        yield one * (1.0 + rest if node.op == "add" else 1.0 - rest)
        rest = one / other
        yield other * (rest + 1.0 if node.op == "add" else rest - 1.0)
    for place, arg in enumerate(node.args):
        for other in _factored(arg):
            yield Expression(node.op, args=[other if i == place else a for i, a in enumerate(node.args)])


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
