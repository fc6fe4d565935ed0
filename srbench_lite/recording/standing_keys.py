"""`StandingKeys`: which of many keys have a record, with its status and the code that made it.

All keys of a store are read at once from their index, sorted, and looked up as arrays: a million in a million takes a
few seconds and some hundred bytes each, where a query for each takes five times as long.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Final

import numpy as np

from srbench_lite.recording.column_cache import ColumnCache
from srbench_lite.recording.column_codec import ID

__all__ = ["StandingKeys"]

_DIGITS: Final = 32  # of a key
_KEYS_AT_A_TIME: Final = 50_000
_KEYS_READ_AT_ONCE: Final = 500_000


class StandingKeys:
    """The keys of a store as they stand at one moment.

    Args:
        connection: to the store, in a transaction.
        columns: its columns, in the same transaction.
    """

    def __init__(self, connection: sqlite3.Connection, columns: ColumnCache) -> None:
        keys, numbers = zip(*_sorted_keys(connection), strict=True)
        self._keys = np.concatenate(keys)
        self._numbers = np.concatenate(numbers)
        self._columns = [columns[name] for name in (ID, "status", "method_source")]

    def found(self, keys: Iterable[str]) -> Iterator[tuple[str, str | None] | None]:
        """Yield of each key the status of its record and the code that made it; None where it has no record."""
        waiting = iter(keys)
        while some := list(itertools.islice(waiting, _KEYS_AT_A_TIME)):
            yield from self._found(np.frombuffer("".join(some).encode(), dtype=f"S{_DIGITS}"))

    def _found(self, keys: Any) -> Iterator[tuple[str, str | None] | None]:
        if not len(self._keys):
            return itertools.repeat(None, len(keys))
        ids, status, source = self._columns
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        rows = np.searchsorted(ids, self._numbers[places])
        stands = self._keys[places] == keys
        statuses, sources = ([*map(str, column.categories), None] for column in (status, source))
        codes = zip(stands.tolist(), status.codes[rows].tolist(), source.codes[rows].tolist(), strict=True)
        return ((str(statuses[a]), sources[b]) if found else None for found, a, b in codes)


def _sorted_keys(connection: sqlite3.Connection) -> Iterator[tuple[Any, Any]]:
    """Yield keys in their order with the numbers of their records, some at a time: no value may be too long."""
    last: str | None = ""
    while last is not None:
        keys, numbers, last = connection.execute(
            "SELECT group_concat(key, ''), group_concat(id, ','), max(key) FROM"
            " (SELECT key, id FROM records WHERE key > ? AND length(key) = ? ORDER BY key LIMIT ?)",
            [last, _DIGITS, _KEYS_READ_AT_ONCE],
        ).fetchone()
        numbers = numbers.split(",") if numbers else []
        yield np.frombuffer((keys or "").encode(), dtype=f"S{_DIGITS}"), np.array(numbers, dtype=np.int64)
