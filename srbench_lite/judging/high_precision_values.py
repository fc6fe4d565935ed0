"""Values of the two formulas of a pair at points of their domain, to 50 digits or to as many as asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.high_precision import (
    OutOfReachError,
    PreciseFormula,
    UndefinedError,
    exactly,
    with_digits,
)

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.pair import Pair

__all__ = ["differences_from_truth", "is_undefined", "loses_digits", "precise_values", "shaken", "truth_targets"]

_DIGITS: Final = 50
#: Powers of ten: relative errors that are made on purpose, and how much of a value they may change.
_ERROR_EXPONENT: Final = -40
_MAX_CHANGE_EXPONENT: Final = -8
#: Whole numbers below this are exact to any number of digits.
_MAX_EXACT_WHOLE: Final = 1e15


def truth_targets(pair: Pair, x: NDArray[np.float64], digits: int) -> tuple[list[list[Any]], list[Callable[[], Any]]]:
    """Return points of shape (n, d) as mpmath numbers, and for each a function that computes the truth there."""
    with_digits(digits)
    constants = pair.precise_truth.constants()
    points = [exactly(row) for row in x]

    def value(point: list[Any]) -> Any:
        pair.deadline.check()
        return pair.precise_truth(point, constants)

    return points, [partial(value, point) for point in points]


def precise_values(pair: Pair, formula: Expression, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the formula's values at points of shape (n, d), to 50 digits; NaN where they cannot be computed."""
    with_digits(_DIGITS)
    precise_formula = PreciseFormula(formula, pair.domain.names)
    constants = precise_formula.constants()
    result = np.full(len(x), np.nan)
    for row, coordinates in enumerate(x):
        pair.deadline.check()
        try:
            result[row] = float(precise_formula(exactly(coordinates), constants))
        except (UndefinedError, OutOfReachError):
            continue
    return result


def loses_digits(pair: Pair, formula: Expression, x: NDArray[np.float64], sizes: NDArray[np.float64]) -> bool:
    """Whether 50 digits do not suffice for the formula's value at some point.

    Args:
        pair: whose variables they are.
        formula: the formula.
        x: the points, shape (n, d).
        sizes: values that matter there, shape (n,): smaller ones count as that large.
    """
    context = with_digits(_DIGITS)
    precise_formula = PreciseFormula(formula, pair.domain.names)
    constants = precise_formula.constants()
    error = context.mpf(10) ** _ERROR_EXPONENT
    shaken_constants = shaken(constants, error)
    for coordinates, size in zip(x, sizes, strict=True):
        point = exactly(coordinates)
        try:
            value = precise_formula(point, constants)
            shaken_value = precise_formula(point, shaken_constants, error)
        except (UndefinedError, OutOfReachError):
            continue
        limit = context.mpf(10) ** _MAX_CHANGE_EXPONENT * max(abs(value), context.mpf(float(size)))
        if abs(value - shaken_value) > limit:
            return True
    return False


def differences_from_truth(pair: Pair, formula: Expression, x: NDArray[np.float64]) -> list[float | None]:
    """Return |formula - truth| at points of shape (n, d), to 50 digits; None where either cannot be computed."""
    points, targets = truth_targets(pair, x, _DIGITS)
    precise_formula = PreciseFormula(formula, pair.domain.names)
    constants = precise_formula.constants()
    result: list[float | None] = []
    for point, target in zip(points, targets, strict=True):
        try:
            result.append(abs(float(precise_formula(point, constants) - target())))
        except (UndefinedError, OutOfReachError):
            result.append(None)
    return result


def is_undefined(pair: Pair, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return at which points of x, shape (n, d), the found formula has no value although the truth has."""
    points, targets = truth_targets(pair, x, _DIGITS)
    precise_found = PreciseFormula(pair.found, pair.domain.names)
    constants = precise_found.constants()
    result = np.zeros(len(x), dtype=bool)
    for row, (point, target) in enumerate(zip(points, targets, strict=True)):
        try:
            target()
            precise_found(point, constants)
        except OutOfReachError:
            continue
        except UndefinedError:
            result[row] = True
    return result & np.isfinite(precise_values(pair, pair.truth, x))


def shaken(constants: Sequence[Any], error: Any) -> list[Any]:
    """Return constants with a small relative error; whole numbers, which are exact unless they are huge, stay."""
    return [c if c == int(c) and abs(c) < _MAX_EXACT_WHOLE else c * (1 + error) for c in constants]
