"""`Units`: powers of ten in which variables and target are of moderate size, and formulas written back from them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem

__all__ = ["Units"]

#: A typical size so many decades from 1 is measured in another unit. A target keeps its own for longer: 1 - exp(-x) of
#: small x is itself only without a factor.
_DECADES_OF_X: Final = 3.0
_DECADES_OF_Y: Final = 6.0

_ONE: Final = Expression.constant(1)

#: A number and what it is a multiple of.
_Multiple = tuple[float, Expression]


@dataclass(frozen=True, slots=True)
class Units:
    """Units of a problem.

    Attributes:
        of_x: of the variables, by name; those that stay as they are, are left out.
        of_y: of the target.
    """

    of_x: Mapping[str, float]
    of_y: float

    @classmethod
    def of(cls, problem: Problem) -> Units:
        """Choose the units of a problem by the median size of its numbers."""
        units = {name: _unit(column, _DECADES_OF_X) for name, column in problem.columns.items()}
        return cls({name: unit for name, unit in units.items() if unit != 1.0}, _unit(problem.y, _DECADES_OF_Y))

    @property
    def are_moderate(self) -> bool:
        """Whether all stays as it is."""
        return not self.of_x and self.of_y == 1.0

    def measured(self, problem: Problem) -> Problem:
        """Return the problem in these units."""
        x = problem.x / np.array([self.of_x.get(name, 1.0) for name in problem.names])
        weights = None if problem.scale is None else problem.scale**2
        return Problem.of(Samples(variables=problem.names, x=x, y=problem.y / self.of_y, weights=weights))

    def written_back(self, formula: Expression) -> Expression:
        """Return a formula in these units as one of the numbers as they came, the units multiplied into its constants.

        Raises:
            ExpressionError: a number is beyond float64.
        """
        if self.are_moderate:
            return formula
        number, body = formula.fold(self._leaf, _collected)
        return _product(number * self.of_y, body)

    def _leaf(self, node: Expression) -> _Multiple:
        if node.value is not None:
            return node.value, _ONE
        return 1.0 / self.of_x.get(node.name or "", 1.0), node


def _collected(node: Expression, args: list[_Multiple]) -> _Multiple:
    """Return a node as a multiple, its arguments given as such."""
    match node.op:
        case "mul":
            (a, one), (b, other) = args
            return a * b, other if one == _ONE else one if other == _ONE else one * other
        case "div":
            (a, above), (b, below) = args
            return a / b if b else math.inf, above if below == _ONE else above / below
        case "neg":
            number, body = args[0]
            return -number, body
        case "pow" if args[1][1] == _ONE:
            (number, body), (exponent, _) = args
            if body != _ONE and (number > 0 or exponent == round(exponent)):
                return _power(number, exponent), body**exponent
        case "sqrt" if args[0][0] > 0 and args[0][1] != _ONE:
            number, body = args[0]
            return math.sqrt(number), Expression.call("sqrt", body)
    return 1.0, Expression(node.op, args=tuple(_product(*arg) for arg in args))


def _power(number: float, exponent: float) -> float:
    try:
        return float(number**exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf


def _product(number: float, body: Expression) -> Expression:
    """Write a multiple; into a sum whose terms all have numbers the number goes."""
    number = _unrounded(number)
    if body == _ONE:
        return Expression.constant(number)
    if number == 1.0:
        return body
    if number == -1.0:
        return -body
    if body.op in ("add", "sub"):
        one, other = body.args
        if (a := _leading(one)) is not None and (b := _leading(other)) is not None:
            return Expression(body.op, args=(_product(number * a[0], a[1]), _product(number * b[0], b[1])))
    return number * body


def _unrounded(number: float) -> float:
    """Return the short decimal that a product of numbers is but for rounding: 3e-08, not 3.0000000000000004e-08."""
    short = float(f"{number:.15g}")
    return short if len(repr(short)) < len(repr(number)) - 1 else number


def _leading(term: Expression) -> _Multiple | None:
    """Return a term as a multiple; None where no number stands in front."""
    if term.value is not None:
        return term.value, _ONE
    if term.op == "mul" and term.args[0].value is not None:
        return term.args[0].value, term.args[1]
    return None


def _unit(values: NDArray[np.float64], most: float) -> float:
    """Return the power of ten in which values of a typical size far from 1 are measured; else 1."""
    size = float(np.median(np.abs(values)))
    if size == 0.0:
        return 1.0
    decades = math.log10(size)
    return 1.0 if abs(decades) < most else 10.0 ** math.floor(decades)
