"""`gains_of_columns`: which columns would lower a sum of squares most, many compared at once."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting.work_clock import count_work

__all__ = ["gains_of_columns"]

Array = NDArray[np.float64]

#: What is left of a column of unit length after projection, squared, must be at least this.
_MIN_LEFT: Final = 1e-7
#: Nanoseconds, for `count_work`: of a call; of a group of columns; of a value, and of it by column projected on.
_CALL: Final = 60_000.0
_GROUP: Final = 20.0
_VALUE: Final = 0.6
_PAIR: Final = 0.4


def gains_of_columns(columns: Array, Q: Array, residual: Array) -> Array:
    """Return by how much columns lower a sum of squares when they enter a linear model.

    Args:
        columns: m groups of k columns of unit length, (k, m, n).
        Q: orthonormal columns that are in the model, (n, p).
        residual: target with Q projected out, (n,).

    Returns:
        Shape (m,); of the better column where the two of a group are dependent.
    """
    k, m, n = columns.shape
    count_work(_CALL + m * (_GROUP + k * n * (_VALUE + _PAIR * (k + Q.shape[1]))))
    projected = columns @ Q  # (k, m, p)
    moments = columns @ residual  # (k, m)
    if k == 1:
        left = 1.0 - np.einsum("mp,mp->m", projected[0], projected[0])
        return np.where(left > _MIN_LEFT, moments[0] ** 2 / np.maximum(left, _MIN_LEFT), 0.0)
    gram = np.einsum("kmn,lmn->mkl", columns, columns) - np.einsum("kmp,lmp->mkl", projected, projected)
    if k == 2:
        return _gain_of_two(gram[:, 0, 0], gram[:, 1, 1], gram[:, 0, 1], moments[0], moments[1])
    regular = gram + _MIN_LEFT * np.eye(k)
    return np.asarray(np.einsum("km,mk->m", moments, np.linalg.solve(regular, moments.T[:, :, None])[:, :, 0]))


def _gain_of_two(aa: Array, bb: Array, ab: Array, a: Array, b: Array) -> Array:
    """Return the gain of pairs of columns from their Gram matrix and moments; of the better one where dependent."""
    determinant = aa * bb - ab * ab
    both = (a * a * bb - 2 * a * b * ab + b * b * aa) / np.maximum(determinant, _MIN_LEFT)
    one = np.where(aa > _MIN_LEFT, a * a / np.maximum(aa, _MIN_LEFT), 0)
    other = np.where(bb > _MIN_LEFT, b * b / np.maximum(bb, _MIN_LEFT), 0)
    return np.where(determinant > _MIN_LEFT, both, np.maximum(one, other))
