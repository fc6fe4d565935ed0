"""`constant_formula`: the answer where the target or all inputs are constant, so that nothing is left to search."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from srbench_lite.expressions.expression import Expression

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from srbench_lite.problems.data import Samples

__all__ = ["constant_formula", "varying_columns"]

#: A target whose range is at most this share of its largest size is one number: the rest is rounding.
_MAX_TARGET_RANGE: Final = 1e-14
#: The same for an input.
_MAX_INPUT_RANGE: Final = 1e-13


def varying_columns(x: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return which of the columns of inputs (n, d) vary by more than rounding."""
    with np.errstate(over="ignore"):  # a range that is infinite is no rounding
        return np.flatnonzero(np.ptp(x, axis=0) > _MAX_INPUT_RANGE * np.abs(x).max(axis=0, initial=0.0))


def constant_formula(samples: Samples) -> Expression | None:
    """Return the target's value, or its mean, where the target or all inputs are constant; None where both vary."""
    y = samples.y
    with np.errstate(over="ignore"):
        width = float(np.ptp(y))
    top = float(np.abs(y).max())
    if width > _MAX_TARGET_RANGE * top and len(varying_columns(samples.x)):
        return None
    power = math.frexp(top)[1]  # dividing by a power of two rounds nothing, and the sum stays in range
    return Expression.constant(float(y[0] if width == 0 else np.ldexp(np.ldexp(y, -power).mean(), power)))
