"""Two functions with a free inner constant each: both constants run over grids, all pairs are compared at once.

What two columns gain beside a base follows from their Gram matrix and their moments (normal equations of two unknowns),
so a table of some thousand columns compares millions of pairs in one product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline, count_work
from srbench_portfolio.constants.inner_shapes import Inner, Shape, Sight
from srbench_portfolio.constants.inner_units import Unit, few_arguments
from srbench_portfolio.constants.insides import Inside

__all__ = ["OneOfTwo", "pairs", "rise_between"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class OneOfTwo:
    """A function that is one of two.

    Attributes:
        unit: the function.
        inside: what is inside.
        front: what is in front in a sum; None in a product.
        shift: s of u(k*m + s).
        k: the inner constant; 0 for a grid of it.
    """

    unit: Unit
    inside: Inside
    front: Inside | None = None
    shift: float = 0.0
    k: float = 0.0


#: Of what is left of a column beside the base, and of two columns beside each other, at least this share, squared.
_LEAST: Final = 1e-9
_LEAST_OF_TWO: Final = 1e-6
#: To what share of the least value on the grid parabolas through it may fall.
_MOST_FALL: Final = 0.01
#: Pairs of one function with others that are kept.
_OF_EACH: Final = 60
#: Pairs that differ only in shifts and fronts that are kept.
_ALIKE: Final = 3
#: Nanoseconds, for `count_work`: of a function in the table, of a value of it, of a block of pairs, and of a pair.
_ROW: Final = 30_000.0
_VALUE: Final = 20.0
_BLOCK: Final = 120_000.0
_PAIR: Final = 16.0


@dataclass(frozen=True, slots=True)
class _Found:
    """Two functions of the table, what they leave, and their constants."""

    left: float
    one: int
    other: int
    k: float
    h: float


@dataclass(slots=True, eq=False)
class _Table:
    """Columns of functions, without the base, of length one; a block of neighbours on the grid for each function.

    Attributes:
        columns: (D, n).
        moments: of the columns on the target, (D,).
        starts: places of the first column of each block.
        ks: inner constants, (D,).
        wanted: the functions, one a block.
    """

    columns: Array
    moments: Array
    starts: NDArray[np.intp]
    ks: Array
    wanted: list[OneOfTwo]


def pairs(sight: Sight, wanted: Iterable[OneOfTwo], most: int, kept: int, deadline: Deadline) -> list[Shape]:
    """Return pairs of functions that leave least of the target, best first.

    Args:
        sight: the target.
        wanted: functions with what is inside and in front, the likeliest first.
        most: columns of the table.
        kept: pairs that are returned.
        deadline: when to stop.
    """
    if not sight.size > 0:
        return []
    table = _table(sight, wanted, most)
    found: list[_Found] = []
    for block in range(len(table.wanted) - 1):
        if deadline.is_over:
            break
        found += _with_later(sight, table, block)
    found.sort(key=lambda f: f.left)
    return [Shape(f.left, (_inner(table.wanted[f.one], f.k), _inner(table.wanted[f.other], f.h))) for f in found[:kept]]


def _inner(wanted: OneOfTwo, k: float) -> Inner:
    theta = (k, wanted.shift) if wanted.shift else (k,)
    return Inner(wanted.unit, wanted.inside, theta, () if wanted.front is None else (wanted.front,))


def _table(sight: Sight, wanted: Iterable[OneOfTwo], most: int) -> _Table:
    rows, logged = sight.rows, sight.view.is_product
    kept: list[tuple[OneOfTwo, Array, Array]] = []
    total = 0
    for each in wanted:
        unit, front = each.unit, each.front
        m = each.inside.values[rows]
        if logged and unit.is_exponential:
            ks, columns = np.ones(1), m[None, :]
        else:
            ks = np.array([each.k]) if each.k else few_arguments(unit, m[None, :])[0]
            columns = unit.values(ks[:, None] * m + each.shift)
            if logged:
                columns = np.log(np.abs(columns))
        columns = columns * (sight.weights if front is None else sight.weights * front.values[rows])
        count_work(_ROW + _VALUE * columns.size)
        before = np.einsum("ij,ij->i", columns, columns)
        columns = columns - (columns @ sight.base) @ sight.base.T
        norms = np.einsum("ij,ij->i", columns, columns)
        good = np.isfinite(norms) & (norms > _LEAST * before)
        if good.any():
            kept.append((each, ks[good], columns[good] / np.sqrt(norms[good])[:, None]))
            total += int(good.sum())
            if total > most:
                break
    if not kept:
        return _Table(np.empty((0, len(rows))), np.empty(0), np.empty(0, dtype=np.intp), np.empty(0), [])
    columns = np.concatenate([c for _, _, c in kept])
    starts = np.cumsum([0, *(len(ks) for _, ks, _ in kept[:-1])])
    return _Table(
        columns, columns @ sight.goal, starts, np.concatenate([k for _, k, _ in kept]), [w for w, _, _ in kept]
    )


def _with_later(sight: Sight, table: _Table, block: int) -> list[_Found]:
    """Return the best pairs of a function with those behind it."""
    start, end = int(table.starts[block]), int(table.starts[block + 1])
    later = table.starts[block + 1 :] - end
    a, b = table.moments[start:end, None], table.moments[None, end:]
    count_work(_BLOCK + _PAIR * a.size * b.size)
    gram = table.columns[start:end] @ table.columns[end:].T
    determinant = 1.0 - gram * gram
    gains = (a * a + b * b - 2 * a * b * gram) / np.where(determinant > _LEAST_OF_TWO, determinant, np.inf)
    best = gains.max(axis=0)
    most = np.maximum.reduceat(best, later)
    # the place of the most in its block
    hits = np.flatnonzero(best == np.repeat(most, np.diff(np.append(later, len(best)))))
    j = hits[np.searchsorted(hits, later)]
    i = gains[:, j].argmax(axis=0)
    ks, hs = table.ks[start:end], table.ks[end:]
    stop = np.append(later[1:], len(best))
    left, k, h = 1.0 - most / sight.size, ks[i], hs[j]
    fall = np.zeros(len(j))
    above = np.minimum(i + 1, len(ks) - 1)
    some, by = rise_between(
        most, gains[np.maximum(i - 1, 0), j], gains[above, j], k, ks[np.maximum(i - 1, 0)], ks[above]
    )
    fall, k = fall + some / sight.size, k * by
    below, above = np.maximum(j - 1, later), np.minimum(j + 1, stop - 1)
    some, by = rise_between(most, gains[i, below], gains[i, above], h, hs[below], hs[above])
    fall, h = fall + some / sight.size, h * by
    left = np.maximum(left - fall, _MOST_FALL * np.maximum(left, 0.0))
    order = np.argsort(left, kind="stable")[:_OF_EACH].tolist()
    return [_Found(float(left[o]), block, block + 1 + o, float(k[o]), float(h[o])) for o in order]


def rise_between(top: Array, f: Array, g: Array, k: Array, a: Array, b: Array) -> tuple[Array, Array]:
    """Return by how much a parabola through values rises above the middle one, and its place as a multiple of the
    middle one's; 0 and 1 where the middle one has no two neighbours.

    Args:
        top: the middle values, the largest.
        f, g: the neighbours' values.
        k, a, b: where they are, in the same order.
    """
    inside = (a * b > 0) & ((k - a) * (b - k) > 0) & np.isfinite(f) & np.isfinite(g)
    s, t = np.log(np.where(inside, a / k, 0.5)), np.log(np.where(inside, b / k, 2.0))
    f, g = np.where(inside, top - f, 1.0), np.where(inside, top - g, 1.0)
    q = (f / s - g / t) / (s - t)
    inside &= q > 0
    p = f / s - q * s
    q = np.where(inside, q, 1.0)
    return np.where(inside, p * p / (4 * q), 0.0), np.exp(np.where(inside, -p / (2 * q), 0.0))
