"""`Scaling`: values to mean zero and variance one, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Scaling", "varies"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """A shift and a scale for each column.

    Attributes:
        mean: of each column, (d,); a number of shape () for a vector.
        deviation: standard deviation of each column, or 1 where it does not vary beyond rounding.
    """

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, values: Array) -> Scaling:
        """Take mean and deviation of values (n, d) or (n,), of any size that float64 holds."""
        top = np.abs(values).max(axis=0)
        unit = np.where(top > 0, top, 1.0)
        shares = values / unit  # squares of the values themselves might overflow
        deviation = shares.std(axis=0) * unit
        return cls(np.asarray(shares.mean(axis=0) * unit), np.where(varies(values) & (deviation > 0), deviation, 1.0))

    def apply(self, values: Array) -> Array:
        """Return values (n, d) or (n,) in units of the deviation from the mean."""
        return np.asarray((values - self.mean) / self.deviation)

    def undo(self, values: Array) -> Array:
        """Return what `apply` was given."""
        return np.asarray(values * self.deviation + self.mean)


def varies(values: Array) -> NDArray[np.bool_]:
    """Return for each column of values (n, d) or (n,) whether it varies by more than rounding."""
    low, high = values.min(axis=0), values.max(axis=0)
    with np.errstate(over="ignore"):
        return np.asarray(high - low > 1e-14 * np.maximum(np.abs(low), np.abs(high)))
