"""When noisy data leave nothing to find: residuals in which no structure can be seen."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from srbench_lies.spaces import basis
from srbench_lite import Expression
from srbench_lite.fitting import Problem, is_structural, orthonormal_columns

__all__ = ["is_white", "leaves_noise"]

Array = NDArray[np.float64]

#: Chance of calling noise structure, for each of the two tests.
_SIGNIFICANCE_LEVEL: Final = 0.02
#: Neighbours of each point whose residuals are compared.
_NEIGHBOURS_COMPARED: Final = 4
#: Fitted constants that a formula may have.
_MAX_CONSTANTS: Final = 4
#: Points from which the tests have any power.
_MIN_POINTS: Final = 20


def leaves_noise(expression: Expression, problem: Problem) -> bool:
    """Whether a formula leaves nothing but errors of the data: those known from its digits or given, or white noise."""
    return problem.is_within_noise(problem.rss(expression)) or is_white(expression, problem)


def is_white(expression: Expression, problem: Problem) -> bool:
    """Whether the residuals look like noise: no quadratic explains them, and neighbours do not resemble each other.

    An F-test against the polynomials of degree 2 (Fisher, 1922), and Moran's test with nearest neighbours (1950).
    Never true for fewer than 20 points, where there is no residual, or for a formula with many constants, which may
    have fitted away what could be seen.
    """
    n = len(problem.y)
    with np.errstate(all="ignore"):
        r = problem.residual(expression)
    free = sum(not is_structural(c) for c in expression.constants)
    if free > _MAX_CONSTANTS or n < _MIN_POINTS or not np.isfinite(r).all() or not np.ptp(r) > 0:
        return False
    r = r - r.mean()
    if not float(r @ r) > 0:  # squares of the smallest numbers are zero
        return False
    Z = basis(problem.x, 2, is_product=False).columns(problem.x)
    k = Z.shape[1]
    if k > n // 3:
        Z = basis(problem.x, 1, is_product=False).columns(problem.x)
        k = Z.shape[1]
    if k < n // 2:
        Q = orthonormal_columns(Z)
        explained = float(np.sum((Q.T @ r) ** 2))
        rest = max(float(r @ r) - explained, 1e-300)
        ratio = (explained / max(k - 1, 1)) / (rest / (n - k))
        if float(stats.f.sf(ratio, max(k - 1, 1), n - k)) < _SIGNIFICANCE_LEVEL:
            return False
    return _moran(problem.x, r) >= _SIGNIFICANCE_LEVEL


def _moran(x: Array, r: Array) -> float:
    """Return the chance of residuals at least as alike as those of neighbours are."""
    scaled = (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-300)
    squares = np.sum(scaled**2, axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * scaled @ scaled.T
    np.fill_diagonal(distances, np.inf)
    near = np.argpartition(distances, _NEIGHBOURS_COMPARED, axis=1)[:, :_NEIGHBOURS_COMPARED]
    W = np.zeros_like(distances)
    np.put_along_axis(W, near, 1.0, axis=1)
    W = W + W.T
    total = float(W.sum())
    n = len(r)
    statistic = n / total * float(r @ W @ r) / float(r @ r)
    s1 = 0.5 * float(np.sum((W + W.T) ** 2))
    s2 = float(np.sum((W.sum(axis=0) + W.sum(axis=1)) ** 2))
    mean = -1.0 / (n - 1)
    variance = (n * n * s1 - n * s2 + 3 * total**2) / ((n * n - 1) * total**2) - mean**2
    return float(stats.norm.sf((statistic - mean) / np.sqrt(max(variance, 1e-12))))
