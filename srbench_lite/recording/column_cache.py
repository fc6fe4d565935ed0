"""`ColumnCache`: single columns of all records of a store, read from blocks; and `pack`, which makes these.

A block holds one column of a span of records (`srbench_lite.recording.column_codec`). Records that came after the last
span are unpacked: they are read one by one, and become a span in the transaction that adds the last one of it. A record
that is deleted leaves its number behind until its span is packed again. So a column of a million records is read in
hundredths of a second, and adding a record costs the same whatever the size of the store.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.recording.column_codec import ID, ColumnBlock, concatenate
from srbench_lite.recording.record import COLUMNS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["PACKED", "RECORDS_STAY", "SCHEMA", "ColumnCache", "empty_blocks", "pack"]

#: Columns that are not packed: long texts that no table needs.
_LONG: Final = (
    "key", "reason", "expression", "aligned", "metrics", "candidates", "extras", "environment", "complaint", "progress",
    "reports",
)  # fmt: skip
#: Columns that are.
PACKED: Final = (ID, *(name for name in COLUMNS if name not in _LONG))
#: Records in a span when it is made; some may be deleted later.
_RECORDS_PER_SPAN: Final = 4096

#: Blocks repeat what records say, so a record is never changed in place.
RECORDS_STAY: Final = (
    "CREATE TRIGGER records_changed BEFORE UPDATE ON records"
    " BEGIN SELECT RAISE(ABORT, 'a record is replaced, not changed'); END"
)
SCHEMA: Final = (
    "CREATE TABLE spans (first INTEGER PRIMARY KEY, last INTEGER NOT NULL, size INTEGER NOT NULL)",
    (
        "CREATE TABLE packs (name TEXT NOT NULL, first INTEGER NOT NULL REFERENCES spans(first), content BLOB NOT NULL,"
        " codes BLOB NOT NULL, UNIQUE (name, first))"
    ),
    "CREATE TABLE deleted (id INTEGER PRIMARY KEY)",
    (
        "CREATE TRIGGER records_deleted AFTER DELETE ON records WHEN old.id <= (SELECT max(last) FROM spans)"
        " BEGIN INSERT INTO deleted VALUES (old.id); END"
    ),
    RECORDS_STAY,
)


class ColumnCache:
    """Columns of all records, each read when it is asked for, all in the order in which records were added.

    Text columns are `pandas.Categorical` with sorted categories; others (n,) whole numbers, or floats with NaN for what
    is missing. To be used inside one transaction.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._spans = connection.execute("SELECT first, last, size FROM spans ORDER BY first").fetchall()
        self._deleted = [number for (number,) in connection.execute("SELECT id FROM deleted")]
        numbers = [*self._deleted, *(number for span in self._spans for number in span)]
        if not all(type(number) is int for number in numbers) or any(size < 0 for _, _, size in self._spans):
            raise sqlite3.DatabaseError("malformed: the spans of blocks are no numbers")
        self._alive: NDArray[np.bool_] | None = None
        self._read: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """Return a column.

        Raises:
            KeyError: it is not packed.
            sqlite3.DatabaseError: it cannot be read.
        """
        if name not in self._read:
            if name not in PACKED:
                raise KeyError(name)
            column = self._column(name)
            self._read[name] = column[self._is_alive()] if self._deleted else column
        return self._read[name]

    def distinct(self, name: str) -> list[str]:
        """Return the different texts of a column, sorted."""
        return [str(text) for text in self[name].remove_unused_categories().categories]

    def _column(self, name: str) -> Any:
        """Return a column, records that were deleted from spans with it."""
        sizes = {first: size for first, _, size in self._spans if size}
        stored = self._connection.execute(
            "SELECT first, content, codes FROM packs WHERE name = ? ORDER BY first", [name]
        ).fetchall()
        if [first for first, _, _ in stored] != list(sizes):
            raise sqlite3.DatabaseError(f"malformed: blocks of the column {name} are missing")
        blocks = [(ColumnBlock(content, codes), sizes[first]) for first, content, codes in stored]
        unpacked = [
            value
            for (value,) in self._connection.execute(
                f"SELECT {name} FROM records WHERE id > ? ORDER BY id",  # noqa: S608 - the name is ours
                [self._spans[-1][1] if self._spans else 0],
            )
        ]
        try:
            if unpacked:
                blocks.append((ColumnBlock.of(name, unpacked), len(unpacked)))
            return concatenate(name, blocks)
        except (ValueError, IndexError, TypeError, OverflowError, RecursionError) as error:
            why = " ".join(str(error).split())[:200]
            raise sqlite3.DatabaseError(f"malformed: a block of the column {name}: {why}") from None

    def _is_alive(self) -> NDArray[np.bool_]:
        """Return for each record of `_column` whether it still stands."""
        if self._alive is None:
            import numpy as np

            self._alive = ~np.isin(self._column(ID), self._deleted)
        return self._alive


def empty_blocks(name: str, value: str | None = None) -> str:
    """Return the query of one block for each span, of a column that older records do not have.

    Where the store has blocks of the column it gives none.

    Args:
        name: of the column.
        value: what every row has in it; None for nothing.
    """
    block = ColumnBlock.of(name, [value])
    (code,) = block.codes  # the same one of a byte for every row
    codes = f"CAST(replace(hex(zeroblob(size)), '00', char({code})) AS BLOB)" if code else "zeroblob(size)"
    return (
        f"SELECT '{name}', first, X'{block.values.hex()}', {codes} FROM main.spans WHERE size > 0"  # noqa: S608 - ours
        f" AND NOT EXISTS (SELECT 1 FROM main.packs WHERE name = '{name}')"
    )


def pack(connection: sqlite3.Connection) -> int:
    """Make spans of unpacked records where there are enough, and pack spans again that have lost half of theirs.

    Returns:
        How many records were packed. To be called inside the transaction of the store's writer, after it has added.
    """
    newest, packed = connection.execute(
        "SELECT (SELECT ifnull(max(id), 0) FROM records), (SELECT ifnull(max(last), 0) FROM spans)"
    ).fetchone()
    spans = list(range(packed + 1, newest - _RECORDS_PER_SPAN + 2, _RECORDS_PER_SPAN))
    if not spans:
        return 0
    half_gone = connection.execute(
        "SELECT first FROM spans s WHERE 2 * (SELECT count(*) FROM deleted WHERE id BETWEEN s.first AND s.last) > size"
    ).fetchall()
    return sum(_pack(connection, first) for first in [*spans, *(first for (first,) in half_gone)])


def _pack(connection: sqlite3.Connection, first: int) -> int:
    last = first + _RECORDS_PER_SPAN - 1
    rows = connection.execute(
        f"SELECT {', '.join(PACKED)} FROM records WHERE id BETWEEN ? AND ? ORDER BY id",  # noqa: S608 - names are ours
        [first, last],
    ).fetchall()
    connection.execute("DELETE FROM deleted WHERE id BETWEEN ? AND ?", [first, last])
    connection.execute("DELETE FROM packs WHERE first = ?", [first])
    connection.execute("INSERT OR REPLACE INTO spans VALUES (?, ?, ?)", [first, last, len(rows)])
    for name, values in zip(PACKED, zip(*rows, strict=True), strict=False):
        block = ColumnBlock.of(name, values)
        connection.execute("INSERT INTO packs VALUES (?, ?, ?, ?)", [name, first, block.values, block.codes])
    return len(rows)
