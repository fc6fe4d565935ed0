"""`float_errors`: a truth in float64 beside the same truth with 60 digits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.high_precision import OutOfReachError, PreciseFormula, UndefinedError, exactly, with_digits

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression

__all__ = ["FloatErrors", "precise_values"]

DIGITS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FloatErrors:
    """What rounding does to a truth at some points; those without a value are left out.

    Attributes:
        x: the points, shape (n, d).
        y: the truth there in float64, shape (n,).
        relative: errors of it as shares of the value with 60 digits, shape (n,).
        share_of_spread: the root mean square of the errors, as a share of the standard deviation of y.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    relative: NDArray[np.float64]
    share_of_spread: float

    @classmethod
    def of(cls, truth: Expression, names: Sequence[str], x: NDArray[np.float64]) -> Self:
        """Compare at points of shape (n, d), whose columns have these names."""
        y = truth(dict(zip(names, x.T, strict=True)))
        exact = precise_values(truth, names, x)
        kept = [k for k, value in enumerate(exact) if value and np.isfinite(y[k])]  # None and 0 have no relative error
        difference = np.array([float(value - exact[k]) for k, value in zip(kept, _precise(y[kept]), strict=True)])
        size = np.array([abs(float(exact[k])) for k in kept])
        with np.errstate(all="ignore"):
            relative = np.abs(difference) / size
            scale = float(size.max()) if kept else 0.0
            spread = float(np.std(y[kept] / scale)) if scale else 0.0
            error = float(np.sqrt(np.mean((difference / scale) ** 2))) if scale else 0.0
        return cls(x=x[kept], y=y[kept], relative=relative, share_of_spread=error / spread if spread else 0.0)

    @property
    def worst(self) -> int | None:
        """The place of the point with the largest relative error."""
        return int(self.relative.argmax()) if len(self.relative) else None


def _precise(values: NDArray[np.float64]) -> list[Any]:
    with_digits(DIGITS)
    return exactly(values)


def precise_values(formula: Expression, names: Sequence[str], x: NDArray[np.float64]) -> list[Any]:
    """Return the values at points of shape (n, d) with 60 digits, as mpmath numbers; None where there is none."""
    with_digits(DIGITS)
    precise = PreciseFormula(formula, names)
    constants = precise.constants()
    values: list[Any] = []
    for point in x:
        try:
            values.append(precise(exactly(point), constants))
        except (UndefinedError, OutOfReachError):
            values.append(None)
    return values
