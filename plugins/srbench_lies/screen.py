"""The screen: by how much every grid point of the catalogue, alone or in pairs, lowers the sum of squares.

One matrix product for all columns at once. Reference: orthogonal matching pursuit, Pati, Rezaiifar & Krishnaprasad
(Asilomar 1993), with groups of columns in place of single ones and all pairs looked at.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.catalogue import Entry
from srbench_lite.fitting import Monomials, count_work, gains_of_columns

__all__ = ["Screen", "Start"]

#: Smaller values are set to zero: products of them would leave the normal range of single precision, which is slow.
_MIN_SINGLE_PRECISION_SIZE: Final = np.float32(1e-15)

#: Grid points of one matrix product, which has a fixed cost; and of one strip of it, which stays in the cache.
_GRID_POINTS_PER_BLOCK: Final = 256
_GRID_POINTS_PER_STRIP: Final = 16

Array = NDArray[np.float64]
Narrow = NDArray[np.float32]
Index = NDArray[np.intp]

#: Nanoseconds, for `count_work`: of an entry; of a value of its columns; of a pair of grid points, and by point.
_ENTRY: Final = 45_000.0
_VALUE: Final = 20.0
_PAIR: Final = 10.0
_PAIR_VALUE: Final = 0.1

#: What is left of a column of unit length after projection, squared, must be at least this.
_MIN_SQUARE_LEFT: Final = 1e-7
#: The same in single precision.
_MIN_SQUARE_LEFT_SINGLE: Final = np.float32(1e-4)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Entries that enter a sum together, and sets of their constants to start from, best first.

    Attributes:
        entries: one or two.
        theta: (B, sizes of the terms together).
        gain: by how much the best of them lowers the sum of squares.
    """

    entries: tuple[Entry, ...]
    theta: Array
    gain: float


class Screen:
    """The columns of entries at all their grid points, of unit length."""

    def __init__(self, entries: Sequence[Entry], points: Monomials) -> None:
        self.entries = list(entries)
        self._blocks: list[Array] = []  # (k, g, n) for each entry
        for entry in self.entries:
            with np.errstate(all="ignore"):
                values, _ = entry.term.columns(points, entry.grid, slopes=False)
                values = values if points.scale is None else values * points.scale
                values /= np.abs(values).max(axis=2, keepdims=True)
            count_work(_ENTRY + _VALUE * values.size)
            self._blocks.append(values / np.sqrt(np.einsum("kgn,kgn->kg", values, values))[:, :, None])
        self._n = len(points)
        self._by_width: list[tuple[Array, list[int]]] = []  # columns (k, m, n), numbers of the entries
        for width in sorted({len(block) for block in self._blocks}):
            numbers = [number for number, block in enumerate(self._blocks) if len(block) == width]
            self._by_width.append((np.concatenate([self._blocks[number] for number in numbers], axis=1), numbers))

    def singles(self, Q: Array, residual: Array, count: int, starts: int, widest: int) -> list[Start]:
        """Return the best entries, each with its best `starts` grid points: `count` of each level and width, simple
        levels first.

        Args:
            Q: orthonormal columns that are in every sum, (n, p).
            residual: target with Q projected out, (n,).
            count: number of entries wanted of each level and number of columns.
            starts: grid points for each.
            widest: entries of more columns are left out.
        """
        gains: list[tuple[float, int, Array]] = []
        for columns, numbers in self._by_width:
            if len(columns) > widest:
                continue
            each = gains_of_columns(columns, Q, residual)
            at = 0
            for number in numbers:
                part = each[at : at + len(self.entries[number].grid)]
                at += len(part)
                gains.append((float(part.max()), number, part))
        gains.sort(key=lambda g: (self.entries[g[1]].level, -g[0], g[1]))
        chosen: list[Start] = []
        taken: dict[tuple[int, int], int] = {}
        for top, number, part in gains:
            entry = self.entries[number]
            kind = (entry.level, entry.term.width)
            taken[kind] = taken.get(kind, 0) + 1
            if taken[kind] <= count:
                order = np.argsort(-part, kind="stable")[:starts]
                chosen.append(Start((entry,), entry.grid[order], top))
        return chosen

    def pairs(self, Q: Array, residual: Array, most: Sequence[int], count: int, starts: int) -> list[Start]:
        """Return the best pairs of entries, each with its best `starts` pairs of grid points: `count` for each pair of
        levels and number of columns, since wide and involved pairs come close to everything; twice as many where the
        levels add up to 1 and four times where to 0.

        Entries of more than two columns are left out. Computed in single precision: neighbours on a grid differ by far
        more.

        Args:
            Q: orthonormal columns that are in every sum, (n, p).
            residual: target with Q projected out, (n,).
            most: of each level so many grid points take part; those of each entry are thinned evenly.
            count: number of pairs wanted of each kind.
            starts: pairs of grid points for each.
        """
        V, numbers, places = self._orthonormal(Q, most)  # (m, 2, n)
        m = len(V)
        if m == 0:
            return []
        count_work(len(self.entries) * _ENTRY / 2 + V.size * _VALUE + m * m * (_PAIR + _PAIR_VALUE * self._n))
        moments = V @ (residual / np.linalg.norm(residual)).astype(np.float32)  # (m, 2)
        first = np.einsum("mk,mk->m", moments, moments)
        owners, begins = np.unique(numbers, return_index=True)
        ends = np.append(begins[1:], m)
        best = np.full((m, len(owners)), -1.0, dtype=np.float32)
        flat = V.reshape(2 * m, self._n)
        place = np.searchsorted(begins, np.arange(m), side="right") - 1  # of each grid point's owner among the owners
        for low in range(0, m, _GRID_POINTS_PER_BLOCK):
            first_owner = int(place[low])
            since = int(begins[first_owner])
            high = min(low + _GRID_POINTS_PER_BLOCK, m)
            cross = (flat[2 * low : 2 * high] @ flat[2 * since :].T).reshape(high - low, 2, m - since, 2)
            for row in range(0, high - low, _GRID_POINTS_PER_STRIP):
                strip = slice(low + row, min(low + row + _GRID_POINTS_PER_STRIP, high))
                gains = first[strip, None] + _second(
                    cross[row : row + _GRID_POINTS_PER_STRIP], moments[strip], moments[since:]
                )
                best[strip, first_owner:] = np.maximum.reduceat(gains, begins[first_owner:] - since, axis=1)
        tops = np.maximum.reduceat(best, begins, axis=0)  # (owners, owners)
        levels = np.array([self.entries[int(owner)].level for owner in owners])
        widths = np.array([self.entries[int(owner)].term.width for owner in owners])
        low, high = np.minimum.outer(levels, levels), np.maximum.outer(levels, levels)
        kinds = (low * len(most) + high) * 8 + np.add.outer(widths, widths)  # (owners, owners)
        chosen: list[Start] = []
        for kind in np.unique(kinds).tolist():
            of_kind = np.where(kinds == kind, tops, -1.0)
            share = count << max(0, 2 - kind // (8 * len(most)) - kind // 8 % len(most))
            order = np.argsort(-of_kind, axis=None, kind="stable")[:share]
            for a, b in zip(*np.unravel_index(order, tops.shape), strict=True):
                if of_kind[a, b] <= 0:
                    break
                rows = begins[a] + np.argsort(-best[begins[a] : ends[a], b], kind="stable")[:starts]
                cross = V[rows].reshape(2 * len(rows), -1) @ flat[2 * begins[b] : 2 * ends[b]].T
                cross = cross.reshape(len(rows), 2, ends[b] - begins[b], 2)
                columns = begins[b] + _second(cross, moments[rows], moments[begins[b] : ends[b]]).argmax(axis=1)
                left, right = self.entries[int(owners[a])], self.entries[int(owners[b])]
                theta = np.hstack([left.grid[places[rows]], right.grid[places[columns]]])
                chosen.append(Start((left, right), theta, float(tops[a, b])))
        return chosen

    def _orthonormal(self, Q: Array, most: Sequence[int]) -> tuple[Narrow, Index, Index]:
        """Return orthonormal columns (m, 2, n) with Q projected out (the second zero where there is one), and for each
        the number of its entry and of its grid point."""
        totals = [0] * len(most)
        for entry in self.entries:
            totals[entry.level] += len(entry.grid) if entry.term.width <= 2 else 0
        parts, numbers, places = [], [], []
        for number, (entry, block) in enumerate(zip(self.entries, self._blocks, strict=True)):
            if len(block) > 2 or not most[entry.level]:
                continue
            size = block.shape[1]
            wanted = math.ceil(size * min(1.0, most[entry.level] / totals[entry.level]))
            taken = np.linspace(0, size - 1, wanted).round().astype(np.intp)
            rest = block[:, taken] - (block[:, taken] @ Q) @ Q.T
            sizes = np.sqrt(np.einsum("kgn,kgn->kg", rest, rest))
            pair = np.zeros((wanted, 2, self._n), dtype=np.float32)
            one = rest[0] / np.maximum(sizes[0], 1e-300)[:, None]
            pair[:, 0] = one
            if len(block) == 2:
                two = rest[1] - np.einsum("gn,gn->g", one, rest[1])[:, None] * one
                length = np.sqrt(np.einsum("gn,gn->g", two, two))
                pair[:, 1] = np.where(
                    length[:, None] ** 2 > _MIN_SQUARE_LEFT, two / np.maximum(length, 1e-300)[:, None], 0.0
                )
            pair[np.abs(pair) < _MIN_SINGLE_PRECISION_SIZE] = 0.0
            usable = sizes[0] ** 2 > _MIN_SQUARE_LEFT
            parts.append(pair[usable])
            numbers.append(np.full(int(usable.sum()), number))
            places.append(taken[usable])
        if not parts:
            return np.zeros((0, 2, self._n), dtype=np.float32), np.zeros(0, np.intp), np.zeros(0, np.intp)
        return np.concatenate(parts), np.concatenate(numbers), np.concatenate(places)


def _second(cross: Narrow, first: Narrow, second: Narrow) -> Narrow:
    """Return what entries add once others are in.

    Args:
        cross: products of the orthonormal columns of r entries with those of s entries, (r, 2, s, 2).
        first: moments of the r entries, (r, 2).
        second: moments of the s entries, (s, 2).

    Returns:
        (r, s).
    """
    p, q = np.ascontiguousarray(cross[:, 0, :, 0]), np.ascontiguousarray(cross[:, 1, :, 0])
    u, v = np.ascontiguousarray(cross[:, 0, :, 1]), np.ascontiguousarray(cross[:, 1, :, 1])
    a = second[:, 0] - p * first[:, :1] - q * first[:, 1:]
    b = second[:, 1] - u * first[:, :1] - v * first[:, 1:]
    aa = 1 - p * p - q * q
    bb = 1 - u * u - v * v
    ab = p * u + q * v
    determinant = aa * bb - ab * ab
    both = (a * a * bb + 2 * a * b * ab + b * b * aa) / np.maximum(determinant, _MIN_SQUARE_LEFT_SINGLE)
    one = np.where(aa > _MIN_SQUARE_LEFT_SINGLE, a * a / np.maximum(aa, _MIN_SQUARE_LEFT_SINGLE), 0)
    return np.where(determinant > _MIN_SQUARE_LEFT_SINGLE, both, one)
