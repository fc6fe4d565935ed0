"""`sign_factors`: which inputs carry the sign of y, if a product of powers is to have it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["sign_factors"]


def sign_factors(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[int, list[int]] | None:
    """Return a sign and the inputs by whose signs it is multiplied at each point to give the sign of y.

    Signs are bits, products of signs are sums of bits: a linear system over the field of two elements, solved by
    elimination. Where several choices do, earlier inputs are preferred.

    Args:
        x: inputs without zeros, shape (n, d).
        y: target without zeros, shape (n,).

    Returns:
        1 or -1, and the places of the inputs; None where no choice gives the sign of y at all points.
    """
    bits = np.column_stack([np.ones(len(y), dtype=bool), x < 0, y < 0])
    bits = np.unique(bits, axis=0)
    unknowns = bits.shape[1] - 1
    pivots: list[int] = []
    for column in range(unknowns):
        row = len(pivots)
        below = np.flatnonzero(bits[row:, column])
        if not len(below):
            continue
        bits[[row, row + below[0]]] = bits[[row + below[0], row]]
        others = bits[:, column].copy()
        others[row] = False
        bits[others] ^= bits[row]
        pivots.append(column)
    if bits[len(pivots) :, unknowns].any():
        return None
    chosen = [column for row, column in enumerate(pivots) if bits[row, unknowns]]
    return (-1 if 0 in chosen else 1), [column - 1 for column in chosen if column]
