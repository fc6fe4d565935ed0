"""`exact_support`: which of some columns make up a target exactly, and with what coefficients."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import MIN_SINGULAR_SHARE, count_work

__all__ = ["exact_support"]

Array = NDArray[np.float64]

#: What is left, as a share of the target, where columns explain it.
_EXACT: Final = 1e-11
#: A sum with fewer columns may leave so many times more.
_MAX_RISE: Final = 20.0
#: Nanoseconds, for `count_work`: of a fit, and by value and column.
_FIT: Final = 100_000.0
_PAIR: Final = 1.0


def exact_support(columns: Array, target: Array, weights: Array | None = None) -> tuple[list[int], Array] | None:
    """Leave out columns while the others explain the target.

    Args:
        columns: shape (n, k).
        target: shape (n,).
        weights: of the rows, shape (n,); None for 1.

    Returns:
        The places that are kept and their coefficients; None where not even all explain it.
    """
    if weights is not None:
        columns, target = columns * weights[:, None], target * weights
    lengths = np.linalg.norm(columns, axis=0)
    size = float(np.linalg.norm(target))
    if not (np.isfinite(lengths).all() and (lengths > 0).all() and 0 < size < np.inf):
        return None
    A, t = columns / lengths, target / size
    count_work(_FIT + _PAIR * A.size * A.shape[1])
    # everything else is done with the triangle
    R = np.asarray(np.linalg.qr(np.column_stack([A, t]), mode="r"))
    kept = list(range(A.shape[1]))
    coefficients, left = _fitted(R, kept)
    if left > _EXACT:
        return None
    bound = max(_MAX_RISE * left, 1e-14)
    while len(kept) > 1:
        shares = np.abs(coefficients)
        without = [j for j in kept if j != kept[int(shares.argmin())]]
        fewer, left = _fitted(R, without)
        if left > bound:
            break
        kept, coefficients = without, fewer
    return kept, coefficients * size / lengths[kept]


def _fitted(R: Array, kept: list[int]) -> tuple[Array, float]:
    """Return coefficients and what is left of the last column."""
    count_work(_FIT + _PAIR * len(R) * len(kept) ** 2)
    coefficients: Array = np.asarray(np.linalg.lstsq(R[:, kept], R[:, -1], rcond=MIN_SINGULAR_SHARE)[0])
    return coefficients, float(np.linalg.norm(R[:, kept] @ coefficients - R[:, -1]))
