"""Orthonormal bases of the columns of least-squares problems, by QR with every column scaled to length one."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["orthonormal_columns", "orthonormal_rows"]

Array = NDArray[np.float64]

#: A column of which less than this share is left after projecting out the others counts as dependent on them.
_MIN_DIAGONAL_SHARE: Final = 1e-11


def orthonormal_columns(Z: Array, *, least: float | None = None) -> Array:
    """Return an orthonormal basis of columns.

    Args:
        Z: shape (n, k).
        least: columns of which at most this share is left beside those before them are left out; None keeps all.

    Returns:
        Shape (n, k), or with fewer columns.
    """
    lengths = np.linalg.norm(Z, axis=0)
    Q, R = np.linalg.qr(Z / np.where(lengths > 0, lengths, 1.0))
    return np.asarray(Q if least is None else Q[:, np.abs(np.diag(R)) > least])


def orthonormal_rows(columns: Array) -> tuple[Array, Array, Array]:
    """Return orthonormal bases of columns (B, p, n) as rows (B, p, n), the triangle (B, p, p) and the lengths (B, p).

    Dependent columns get a row of zeros and an equation whose answer is zero.
    """
    lengths = np.sqrt(np.einsum("bpn,bpn->bp", columns, columns))
    lengths = np.where((lengths > 0) & np.isfinite(lengths), lengths, 1.0)
    Q, R = np.linalg.qr((columns / lengths[:, :, None]).transpose(0, 2, 1))
    diagonal = np.abs(np.einsum("bpp->bp", R))
    if (diagonal < _MIN_DIAGONAL_SHARE).any():
        b, p = np.nonzero(diagonal < _MIN_DIAGONAL_SHARE)
        Q[b, :, p] = 0.0
        R[b, p, :] = 0.0
        R[b, p, p] = 1.0
    return Q.transpose(0, 2, 1), R, lengths
