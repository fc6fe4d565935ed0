"""The method `mean`: the mean of y, weighted where points have weights."""

from __future__ import annotations

import math

import numpy as np

from srbench_lite import Expression, Fit, Report, Samples

__all__ = ["fit", "mean_of"]


def fit(samples: Samples, *, report: Report) -> Fit:
    """Return the mean of the target; see `Method.fit`."""
    formula = Expression.constant(mean_of(samples))
    report(formula)
    return Fit(expression=formula)


def mean_of(samples: Samples) -> float:
    """Return the mean of the target, or its value where that is the same at all points."""
    y = samples.y
    if (y == y[0]).all():
        return float(y[0])
    power = math.frexp(float(np.abs(y).max()))[1]  # dividing by a power of two rounds nothing, and sums stay in range
    weights = None if samples.weights is None else samples.weights / samples.weights.max()
    return float(np.ldexp(np.average(np.ldexp(y, -power), weights=weights), power))
