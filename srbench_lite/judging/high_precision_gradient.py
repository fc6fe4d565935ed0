"""`PreciseGradient`: what `Gradient` does, with 50 digits, where float64 would be rounding."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.high_precision import (
    OutOfReachError,
    PreciseFormula,
    UndefinedError,
    exactly,
    precise,
    with_digits,
)

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.cpu_deadline import CpuDeadline

__all__ = ["FormulaGradient", "PreciseGradient"]

_DIGITS: Final = 50
#: Relative step of the one-sided differences: half of the digits are left for the derivative.
_RELATIVE_STEP: Final = 1e-25


class PreciseGradient:
    """A formula at fixed points, as a function of its constants; values are rounded to float64 at the end only.

    Args:
        expression: the formula.
        variables: names of the coordinates of a point, in their order.
        x: points, shape (n, d).
        places: for each number of the formula, in text order, which of k constants it is.
        deadline: what the values may cost; past it `OutOfTimeError` is raised.
    """

    __slots__ = ("_deadline", "_formula", "_points", "k")

    def __init__(
        self,
        expression: Expression,
        variables: Sequence[str],
        x: NDArray[np.float64],
        places: Sequence[int],
        deadline: CpuDeadline,
    ) -> None:
        with_digits(_DIGITS)
        self._formula = PreciseFormula(expression, variables, places)
        self._points = [exactly(row) for row in x]
        self._deadline = deadline
        self.k = max(places, default=-1) + 1

    def _at(self, point: Sequence[Any], constants: Sequence[Any]) -> Any:
        self._deadline.check()
        try:
            return self._formula(point, constants)
        except (UndefinedError, OutOfReachError):
            return None

    def value(self, constants: Sequence[float] | NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values, shape (n,); NaN where the formula is not defined."""
        with_digits(_DIGITS)
        own = [precise(float(c)) for c in constants]
        values = [self._at(point, own) for point in self._points]
        return np.array([np.nan if value is None else float(value) for value in values])

    def jacobian(
        self, constants: Sequence[float] | NDArray[np.float64], free: Collection[int]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values, shape (n,), and the derivatives by every constant, shape (n, k); 0 for those not free."""
        context = with_digits(_DIGITS)
        own = [precise(float(c)) for c in constants]
        base = [self._at(point, own) for point in self._points]
        slopes = np.zeros((len(base), self.k))
        for index in free:
            step = (abs(own[index]) or context.mpf(1)) * context.mpf(_RELATIVE_STEP)
            moved = [*own[:index], own[index] + step, *own[index + 1 :]]
            for row, (point, value) in enumerate(zip(self._points, base, strict=True)):
                other = None if value is None else self._at(point, moved)
                slopes[row, index] = np.nan if other is None else float((other - value) / step)
        return np.array([np.nan if value is None else float(value) for value in base]), slopes


#: A formula as a function of its constants, in float64 or with 50 digits.
FormulaGradient = Gradient | PreciseGradient
