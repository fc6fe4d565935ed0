"""LASSO by cyclic coordinate descent along a path of penalties.

Source: Friedman, Hastie & Tibshirani, "Regularization Paths for Generalized Linear Models via Coordinate Descent"
(J. Stat. Softw. 33(1), 2010): the update (equation 5), covariance updates (section 2.2), active sets and warm starts
along a path (sections 2.5 and 2.6). The objective is theirs, 1/(2n) ||y - X b||^2 + penalty * ||b||_1.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work

__all__ = ["lasso", "lasso_path", "penalties"]

Array = NDArray[np.float64]

#: A sweep over all coordinates that moves none by more than this, relative to the largest, ends the descent.
_TOLERANCE: Final = 1e-9
#: Nanoseconds, for `count_work`: of a coordinate in a sweep, and of it by term.
_COORDINATE: Final = 3_500.0
_COORDINATE_TERM: Final = 1.5


def lasso(gram: Array, moments: Array, penalty: float, start: Array, sweeps: int) -> Array:
    """Minimise 1/2 b' gram b - moments' b + penalty ||b||_1.

    Args:
        gram: X'X / n, shape (p, p); columns whose diagonal is zero keep the coefficient zero.
        moments: X'y / n, shape (p,).
        penalty: in the units of `moments`.
        start: coefficients to start from, shape (p,); left alone.
        sweeps: at most that many passes over the active set.

    Returns:
        Coefficients (p,).
    """
    b = start.copy()
    scale = np.diag(gram).copy()
    usable = np.flatnonzero(scale > 0)
    gradient = moments - gram @ b  # (p,), X'(y - X b) / n
    active = np.flatnonzero(b)
    left = sweeps
    while left > 0:
        while left > 0 and len(active):
            left -= 1
            count_work(len(active) * (_COORDINATE + _COORDINATE_TERM * len(b)))
            largest = 0.0
            for j in active.tolist():
                old = b[j]
                z = gradient[j] + scale[j] * old
                new = max(abs(z) - penalty, 0.0) / scale[j]
                new = new if z >= 0 else -new
                if new != old:
                    b[j] = new
                    gradient -= gram[j] * (new - old)
                    largest = max(largest, abs(new - old) * scale[j] ** 0.5)
            if largest <= _TOLERANCE * max(float(np.max(np.abs(b[active]) * scale[active] ** 0.5)), 1e-300):
                break
        gradient = moments - gram @ b  # afresh: the updates lose digits
        violated = usable[(b[usable] == 0) & (np.abs(gradient[usable]) > penalty * (1 + 1e-9))]
        if not len(violated):
            break
        worst = violated[np.argsort(-np.abs(gradient[violated]), kind="stable")][:10]
        active = np.union1d(np.flatnonzero(b), worst)
    return b


def penalties(largest: float, count: int, smallest: float) -> Array:
    """Return `count` penalties falling geometrically from `largest` to `smallest * largest`."""
    return np.asarray(largest * np.geomspace(1.0, smallest, count))


def lasso_path(
    columns: Array, y: Array, *, count: int, smallest: float, sweeps: int, most: int
) -> list[tuple[float, Array]]:
    """Fit along a path of penalties with warm starts, on centred columns of unit variance.

    Args:
        columns: shape (n, p), without a constant column; one whose squares are out of range counts as constant.
        y: shape (n,).
        count: number of penalties.
        smallest: the last penalty as a fraction of the first, which is the smallest that gives no term.
        sweeps: at most that many passes for each penalty.
        most: the path ends early where more than this many coefficients are not zero.

    Returns:
        Pairs of penalty (relative to the largest) and coefficients (p,) of the columns as they were given.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        centre = columns.mean(axis=0)
        spread = columns.std(axis=0)
        flat = (spread <= 1e-12 * np.maximum(np.abs(centre), 1e-300)) | ~np.isfinite(spread)
        divisor = np.where(flat, 1.0, spread)
        x = np.where(flat, 0.0, (columns - centre) / divisor)  # (n, p)
    deviation = y - y.mean()
    scale = float(np.sqrt(np.mean(deviation**2)))
    p = columns.shape[1]
    if scale == 0 or p == 0:
        return [(1.0, np.zeros(p))]
    gram = x.T @ x / len(y)  # (p, p)
    moments = x.T @ (deviation / scale) / len(y)  # (p,)
    largest = float(np.max(np.abs(moments)))
    if largest == 0:
        return [(1.0, np.zeros(p))]
    b = np.zeros(p)
    path: list[tuple[float, Array]] = []
    for penalty in penalties(largest, count, smallest):
        b = lasso(gram, moments, float(penalty), b, sweeps)
        path.append((float(penalty / largest), b * scale / divisor))
        if np.count_nonzero(b) > most:
            break
    return path
