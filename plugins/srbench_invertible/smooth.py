"""Estimates of the scale and the shift of a coupling v = x_k*S(rest) + T(rest), by polynomials in the rest.

Both are found by linear least squares, and how well they fit by the residuals of points left out (PRESS: Allen,
Technometrics 16(1), 1974), so they tell in which variable a function is affine before any formula is searched.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work

__all__ = ["Estimate", "estimates"]

Array = NDArray[np.float64]

#: Columns at most: a share of the points, and so many.
_MOST_OF_POINTS: Final = 0.4
_MOST_COLUMNS: Final = 80
#: Degrees that are tried.
_DEGREES: Final = (1, 2, 3, 4, 6, 8, 11, 14)
#: Estimates whose columns are this near to dependent are left out; and the least 1 - leverage of a point.
_DEPENDENT: Final = 1e-11
_LEAST_FREE: Final = 1e-3
#: What is left below this is rounding, and fewer columns count.
_ROUNDING: Final = 1e-22
#: How many times less must be left for twice the columns.
_GAIN: Final = 2.0
#: Nanoseconds of a decomposition, for `count_work`: by points and the square of the columns.
_DECOMPOSED: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """A function that is affine in one of its variables.

    Attributes:
        scale: S at the points, shape (n,).
        shift: T at the points, shape (n,); None where there is none.
        left: share of the variance that is left at points left out.
        columns: that the estimate has.
    """

    scale: Array
    shift: Array | None
    left: float
    columns: int

    @property
    def rank(self) -> float:
        """The less, the better: what is left, and the columns."""
        return max(self.left, _ROUNDING) * math.pow(self.columns, _GAIN)


def estimates(values: Array, rest: Array, factor: Array | None = None) -> list[Estimate | None]:
    """Return the best estimate for each of several functions; None where points are too few.

    Args:
        values: shape (n, m), one function a column.
        rest: the variables of S and T, shape (n, d) with d >= 1.
        factor: x_k, shape (n,); None where the functions are S(rest) alone.
    """
    n, m = values.shape
    parts = 1 if factor is None else 2
    total = np.square(values - values.mean(axis=0)).sum(axis=0)  # (m,)
    best: list[Estimate | None] = [None] * m
    for basis in _bases(rest, parts):
        size = basis.shape[1]
        design = basis if factor is None else np.hstack([factor[:, None] * basis, basis])
        count_work(_DECOMPOSED * n * design.shape[1] ** 2)
        norms = np.linalg.norm(design, axis=0)
        if not norms.all():
            continue
        Q, R = np.linalg.qr(design / norms)  # (n, p), (p, p)
        if np.abs(np.diag(R)).min() < _DEPENDENT:
            continue
        free = np.maximum(1 - np.square(Q).sum(axis=1), _LEAST_FREE)  # (n,)
        weights = np.linalg.solve(R, Q.T @ values) / norms[:, None]  # (p, m)
        residual = values - design @ weights
        with np.errstate(all="ignore"):
            left = np.square(residual / free[:, None]).sum(axis=0) / total
        for k in np.flatnonzero(np.isfinite(left)):
            shift = None if factor is None else basis @ weights[size:, k]
            found = Estimate(basis @ weights[:size, k], shift, float(left[k]), design.shape[1])
            before = best[k]
            if before is None or found.rank < before.rank:
                best[k] = found
    return best


def _bases(rest: Array, parts: int) -> Iterator[Array]:
    """Yield Chebyshev polynomials of growing degree: of the variables, and of the logarithms of positive ones."""
    n, d = rest.shape
    most = min(_MOST_OF_POINTS * n, _MOST_COLUMNS) / parts
    positive = (rest > 0).all(axis=0)
    kinds = [rest]
    if positive.any():
        kinds.append(np.where(positive, np.log(np.where(positive, rest, 1.0)), rest))
    for seen in kinds:
        low, high = seen.min(axis=0), seen.max(axis=0)
        scaled = 2 * (seen - low) / np.maximum(high - low, np.finfo(float).tiny) - 1
        powers = np.polynomial.chebyshev.chebvander(scaled, _DEGREES[-1])  # (n, d, degree + 1)
        columns = [np.ones(n)]
        yield np.stack(columns, axis=1)
        for degree in range(1, _DEGREES[-1] + 1):
            for chosen in combinations_with_replacement(range(d), degree):
                columns.append(np.prod([powers[:, j, chosen.count(j)] for j in set(chosen)], axis=0))
                if len(columns) > most:
                    break
            if len(columns) > most:
                break
            if degree in _DEGREES:
                yield np.stack(columns, axis=1)
