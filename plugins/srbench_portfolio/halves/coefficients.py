"""The fewest columns whose sum a column is."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work

__all__ = ["explained"]

Array = NDArray[np.float64]

#: Largest residual as a share of the size of the goal.
_MAX_RESIDUAL: Final = 1e-8
#: A column is left out if the residual without it is no larger than so many times that with all, or than this.
_MAX_RISE: Final = 10.0
_SMALL_RESIDUAL: Final = 1e-12
#: Nanoseconds, for `count_work`: of a solution, and by value of a column.
_SOLVED: Final = 40_000.0
_VALUE: Final = 50.0


def explained(goal: Array, columns: Array) -> Array | None:
    """Return the coefficients of the fewest columns that make the goal, shape (k,); None where they do not."""
    size = float(np.linalg.norm(goal))
    sizes = np.linalg.norm(columns, axis=0)
    if not (np.isfinite(size) and np.isfinite(sizes).all()) or size == 0.0 or (sizes == 0).any():
        return None
    scaled, goal = columns / sizes, goal / size
    kept = list(range(columns.shape[1]))
    solution, least = _solved(scaled, goal)
    if not least < _MAX_RESIDUAL:
        return None
    for column in reversed(range(columns.shape[1])):
        rest = [k for k in kept if k != column]
        if rest:
            trial, residual = _solved(scaled[:, rest], goal)
            if residual < max(_MAX_RISE * least, _SMALL_RESIDUAL):
                kept, solution = rest, trial
    coefficients = np.zeros(columns.shape[1])
    coefficients[kept] = solution * size / sizes[kept]
    return coefficients


def _solved(columns: Array, goal: Array) -> tuple[Array, float]:
    count_work(_SOLVED + _VALUE * columns.size)
    solution, *_ = np.linalg.lstsq(columns, goal, rcond=None)
    return np.asarray(solution), float(np.linalg.norm(goal - columns @ solution))
