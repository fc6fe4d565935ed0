"""All pairs of grid points at once: by how much two groups together lower the sum of squares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.library import Group
from srbench_lite.fitting import Monomials, count_work

__all__ = ["best_pairs"]

Array = NDArray[np.float64]

#: What is left of a column of unit length after projection, squared, must be at least this.
_MIN_LEFT: Final = 1e-6
#: Nanoseconds, for `count_work`: of an entry; of a pair of entries, and of it by point.
_ENTRY: Final = 100_000.0
_PAIR: Final = 55.0
_PAIR_VALUE: Final = 0.6


def best_pairs(
    groups: Sequence[Group], points: Monomials, Q: Array, residual: Array, most: int
) -> list[tuple[int, Array, int, Array]]:
    """Find the best grid points of every pair of groups.

    Args:
        groups: of one or two columns each.
        points: n points.
        Q: orthonormal columns that are in every model, (n, p).
        residual: target after projecting Q out, (n,).
        most: number of pairs wanted.

    Returns:
        Group, inner constants, group, inner constants; the best pair first.
    """
    V, owner = _orthonormal(groups, points, Q)  # (n, 2, m), (m,)
    m = V.shape[2]
    if m == 0:
        return []
    count_work(m * (_ENTRY + m * (_PAIR + _PAIR_VALUE * len(residual))))
    moments = np.einsum("nkm,n->km", V, residual)  # (2, m)
    first = np.einsum("km,km->m", moments, moments)
    present = np.unique(owner)
    starts = np.searchsorted(owner, present)
    flat = V.reshape(len(residual), 2 * m)
    best = np.full((len(present), len(present)), -1.0)
    which = np.zeros((len(present), len(present)), dtype=np.intp)
    place = np.searchsorted(present, owner)
    for i in range(m):
        gains = first[i] + _second(V, flat, moments, i)
        by_group = np.maximum.reduceat(gains, starts)
        row = place[i]
        better = by_group > best[row]
        best[row][better] = by_group[better]
        which[row][better] = i
    symmetric = np.triu(np.maximum(best, best.T))
    order = np.argsort(-symmetric, axis=None, kind="stable")[:most]
    pairs: list[tuple[int, Array, int, Array]] = []
    grid = np.concatenate([np.arange(int((owner == g).sum())) for g in present])
    valid = _valid_rows(groups, points, Q)
    for a, b in zip(*np.unravel_index(order, symmetric.shape), strict=True):
        if symmetric[a, b] <= 0:
            break
        row, other = (a, b) if best[a, b] >= best[b, a] else (b, a)
        i = int(which[row, other])
        gains = _second(V, flat, moments, i)
        start = starts[other]
        stop = starts[other + 1] if other + 1 < len(starts) else m
        j = int(start + np.argmax(gains[start:stop]))
        left, right = int(present[row]), int(present[other])
        pairs.append((left, valid[left][grid[i]], right, valid[right][grid[j]]))
    return pairs


def _second(V: Array, flat: Array, moments: Array, i: int) -> Array:
    """Return what each entry adds once entry i is in, shape (m,)."""
    m = V.shape[2]
    C = (V[:, :, i].T @ flat).reshape(2, 2, m)  # C[k, l, j] = v_ik' v_jl
    left = moments - np.einsum("klj,k->lj", C, moments[:, i])  # (2, m)
    aa = 1.0 - np.einsum("kj,kj->j", C[:, 0], C[:, 0])
    bb = 1.0 - np.einsum("kj,kj->j", C[:, 1], C[:, 1])
    ab = -np.einsum("kj,kj->j", C[:, 0], C[:, 1])
    determinant = aa * bb - ab**2
    both = (left[0] ** 2 * bb - 2 * left[0] * left[1] * ab + left[1] ** 2 * aa) / np.maximum(determinant, _MIN_LEFT)
    one = np.where(aa > _MIN_LEFT, left[0] ** 2 / np.maximum(aa, _MIN_LEFT), 0.0)
    return np.where(determinant > _MIN_LEFT, both, one)


def _orthonormal(groups: Sequence[Group], points: Monomials, Q: Array) -> tuple[Array, NDArray[np.intp]]:
    """Return orthonormal columns of each usable grid point after projecting Q out, and the group of each."""
    blocks: list[Array] = []
    owner: list[int] = []
    for number, group in enumerate(groups):
        columns = _projected(group, points, Q)  # (k, n, g)
        keep = _usable(columns)
        columns = columns[:, :, keep]
        block = np.zeros((columns.shape[1], 2, columns.shape[2]))
        block[:, 0] = columns[0] / np.linalg.norm(columns[0], axis=0)
        if len(columns) == 2:
            rest = columns[1] - block[:, 0] * np.einsum("ng,ng->g", block[:, 0], columns[1])
            length = np.linalg.norm(rest, axis=0)
            block[:, 1] = np.where(length**2 > _MIN_LEFT, rest / np.maximum(length, 1e-300), 0.0)
        blocks.append(block)
        owner += [number] * block.shape[2]
    if not blocks:
        return np.zeros((len(points), 2, 0)), np.zeros(0, dtype=np.intp)
    return np.concatenate(blocks, axis=2), np.array(owner, dtype=np.intp)


def _projected(group: Group, points: Monomials, Q: Array) -> Array:
    columns = np.stack([
        np.broadcast_to(shape.value(points, list(group.grid.T))[0], (len(points), len(group.grid)))
        for shape in group.shapes
    ])  # fmt: skip
    columns = columns / np.linalg.norm(columns, axis=1, keepdims=True)
    return np.asarray(columns - np.stack([Q @ (Q.T @ c) for c in columns]))


def _usable(columns: Array) -> NDArray[np.bool_]:
    return np.asarray(np.einsum("ng,ng->g", columns[0], columns[0]) > _MIN_LEFT)


def _valid_rows(groups: Sequence[Group], points: Monomials, Q: Array) -> list[Array]:
    """Return the inner constants of the usable grid points of each group."""
    return [group.grid[_usable(_projected(group, points, Q))] for group in groups]
