"""`Directions`: rows of numbers by what they have outside of a base, so that parallel ones are found by one look-up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work

__all__ = ["Directions"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]

#: Keys that differ by no more may be of the same direction.
_REACH: Final = 2e-9
#: Directions that differ by no more are the same, in each component.
_SAME: Final = 1e-8
#: What is left outside the base, as a share of the size: less is nothing, ...
_NOTHING: Final = 3e-12
#: ... and less than this tells nothing of a direction.
_LEAST_SHARE: Final = 1e-6
#: Nanoseconds, for `count_work`: by number of a row, and by row.
_ENTRY: Final = 3.5
_ROW: Final = 180.0


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Rows by what they have outside a base, sorted by one number each.

    That number is the angle of two sums over what is outside with random weights: it is the same for parallel rows.

    Attributes:
        values: the rows, shape (N, m).
        outside: projects rows, (m, m).
        weights: of the two sums, shape (m, 2).
        keys: sorted, (N,).
        order: places of the rows by key.
    """

    values: Array
    outside: Array
    weights: Array
    keys: Array
    order: Places

    @classmethod
    def of(cls, values: Array, base: Array) -> Directions:
        """Return the directions of rows, shape (N, m), outside the span of columns, shape (m, k)."""
        Q, _ = np.linalg.qr(base / np.linalg.norm(base, axis=0))
        outside = np.eye(len(base)) - Q @ Q.T
        weights = outside @ np.random.default_rng(1).normal(size=(len(base), 2))
        keys = _angles(values @ weights)
        count_work(values.size * _ENTRY + len(values) * _ROW)
        order = np.argsort(keys)  # NaN comes last
        return cls(values, outside, weights, keys[order], order)

    def matches(self, queries: Array) -> tuple[Places, Places]:
        """Return which queries, shape (M, m), have whose direction; place -1: they have nothing outside the base."""
        count_work(queries.size * _ENTRY + len(queries) * _ROW)
        sums = queries @ self.weights
        sizes = np.sqrt(np.einsum("ij,ij->i", queries, queries))
        nothing = np.flatnonzero(np.abs(sums).max(axis=1) < _NOTHING * sizes * np.abs(self.weights).max())
        keys = _angles(sums)
        ordered = np.argsort(keys)  # sorted ones are looked up several times as fast
        keys = keys[ordered]
        low = np.searchsorted(self.keys, keys - _REACH)
        some = np.flatnonzero(np.append(self.keys, np.nan)[low] <= keys + _REACH)
        high = np.searchsorted(self.keys, keys[some] + _REACH)
        query = ordered[np.repeat(some, high - low[some])]
        ranges = [np.arange(one, end) for one, end in zip(low[some], high, strict=True)]
        entry = self.order[np.concatenate(ranges)] if ranges else query
        same = self._are_parallel(queries[query], self.values[entry])
        found = np.concatenate([nothing, query[same]])
        places = np.concatenate([np.full(len(nothing), -1), entry[same]])
        order = np.lexsort((places, found))
        return found[order], places[order]

    def distinct(self, most: int) -> Places:
        """Return the places below `most` of rows with something outside the base, one of each direction."""
        fresh = np.concatenate([[True], np.diff(self.keys) > _REACH])
        places = np.minimum.reduceat(self.order, np.flatnonzero(fresh)) if len(self.order) else self.order
        return np.sort(places[places < most])

    def _are_parallel(self, rows: Array, others: Array) -> NDArray[np.bool_]:
        """Whether two rows each, shapes (K, m), have the same direction outside the base up to sign."""
        a, b = self._unit_rows(rows), self._unit_rows(others)
        return np.asarray(np.minimum(np.abs(a - b).max(axis=1), np.abs(a + b).max(axis=1)) < _SAME)

    def _unit_rows(self, values: Array) -> Array:
        """Return the rows' directions; NaN where there is next to nothing outside the base."""
        rows = values @ self.outside
        norms, sizes = np.linalg.norm(rows, axis=1), np.linalg.norm(values, axis=1)
        return np.asarray(rows / np.where(norms > _LEAST_SHARE * sizes, norms, np.nan)[:, None])


def _angles(sums: Array) -> Array:
    """Return one number for each pair of sums, shape (N, 2), that does not depend on their common factor."""
    return np.asarray(np.arctan(sums[:, 0] / sums[:, 1]))
