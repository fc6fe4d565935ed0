"""Which constants of a formula may move when it is compared with another one, and which are meant as they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function
from srbench_lite.judging.high_precision import (
    OutOfReachError,
    Raw,
    UndefinedError,
    bounded,
    operators,
    precise,
    with_digits,
)

__all__ = ["gathered", "is_short", "movable", "tied", "whole_exponents"]

#: Digits to which parts without a variable are computed.
_DIGITS: Final = 50
#: An exponent that is computed from floats and this close to a whole number, as a share of it, is that number.
_MAX_WHOLE_ERROR: Final = 1e-14
#: Numbers that differ by no more than this share may have been one before they were fitted.
_MAX_ALIKE_DIFFERENCE: Final = 0.02
#: Whole numbers below this in size count as short.
_MAX_SHORT_WHOLE: Final = 1000


def whole_exponents(formula: Expression) -> Expression:
    """Return the formula with exponents such as 6*0.3333333333333333, which are meant to be whole, written as that."""
    if not any(node.op == "pow" and node.args[1].is_operator for node in formula.postorder()):
        return formula

    def inner(node: Expression, args: list[tuple[Expression, Expression]]) -> tuple[Expression, Expression]:
        """Return the part with whole exponents, and with every part without a variable as one number."""
        whole = args[1][1].value if node.op == "pow" and args[1][0].is_operator else None
        if whole is not None and whole and abs(whole - round(whole)) <= _MAX_WHOLE_ERROR * abs(whole):
            number = Expression.constant(round(whole))
            args = [args[0], (number, number)]
        new = Expression(node.op, args=[arg for arg, _ in args])
        folded = Expression(node.op, args=[arg for _, arg in args])
        return new, gathered(folded) if all(arg.value is not None for _, arg in args) else folded

    return formula.fold(lambda node: (node, gathered(node)), inner)[0]


def gathered(formula: Expression) -> Expression:
    """Return the formula with each part that holds no variable, such as 2.01*3.01, cos(0.3) or pi, as one number."""
    from mpmath.libmp import to_float

    context = with_digits(_DIGITS)
    apply = operators()

    def leaf(node: Expression) -> tuple[Expression, Raw | None]:  # a part, and its value if it holds no variable
        if node.value is not None:
            return node, precise(node.value)._mpf_
        if node.name is not None:
            return node, None
        return Expression.constant(NAMED_CONSTANTS[node.op][0]), (+getattr(context, node.op))._mpf_

    def inner(node: Expression, args: list[tuple[Expression, Raw | None]]) -> tuple[Expression, Raw | None]:
        new = Expression(node.op, args=[arg for arg, _ in args])
        if any(value is None for _, value in args):
            return new, None
        try:
            # of decimals: 1e30 + 1 - 1e30 is one
            value = bounded(apply[node.op](context.prec, *[value for _, value in args]))
            number = to_float(value)
        except (UndefinedError, OutOfReachError):
            return new, None
        return (Expression.constant(number), value) if math.isfinite(number) else (new, None)

    return formula.fold(leaf, inner)[0]


def is_short(value: float) -> bool:
    """Whether a number has at most two significant digits, or is a whole number below 1000."""
    return float(f"{value:.1e}") == value or (abs(value) < _MAX_SHORT_WHOLE and value == int(value))


def tied(numbers: Sequence[float]) -> list[int]:
    """Return for each number which constant it is, if nearly equal numbers of many digits are one constant."""
    places = [0] * len(numbers)
    constants: list[float] = []
    for index in sorted(range(len(numbers)), key=lambda i: numbers[i]):
        value = numbers[index]
        alike = constants and not is_short(value) and abs(value - constants[-1]) <= _MAX_ALIKE_DIFFERENCE * abs(value)
        if not alike:
            constants.append(math.inf if is_short(value) else value)
        places[index] = len(constants) - 1
    order: dict[int, int] = {}
    return [order.setdefault(place, len(order)) for place in places]


def movable(formula: Expression, columns: Mapping[str, NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return which of a formula's k constants may move, shape (k,).

    Not those in exponents of numbers and of what may be negative.

    Args:
        formula: the formula.
        columns: one array of shape (n,) for each variable: where bases are looked at.
    """
    result = np.ones(len(formula.constants), dtype=bool)
    if not any(node.op == "pow" for node in formula.postorder()):
        return result
    seen = 0

    def leaf(node: Expression) -> tuple[Any, int, int]:
        nonlocal seen
        first = seen
        seen += node.is_constant
        if node.name is not None:
            return columns[node.name], first, seen
        return node({}), first, seen

    def inner(node: Expression, args: list[tuple[Any, int, int]]) -> tuple[Any, int, int]:
        if node.op == "pow" and (not node.variables or not np.all(args[0][0] > 0)):
            result[args[1][1] : args[1][2]] = False
        value = array_function(node.op)(*[value for value, _, _ in args])
        return value, args[0][1], args[-1][2]

    with np.errstate(all="ignore"):
        formula.fold(leaf, inner)
    return result
