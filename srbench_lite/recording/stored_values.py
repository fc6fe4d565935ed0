"""What a store holds, checked before it is used: a store may be a stranger's, and damaged or made to do harm.

SQLite files can hold code: views and generated columns that never end or fill the memory, triggers that act when
something is written. No store of ours has a view or a generated column, and its triggers are known.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
from collections.abc import Iterable
from typing import Any, Final

from srbench_lite.judging.verdict import VerdictWord
from srbench_lite.recording.record import COLUMNS, Status

__all__ = ["MAX_VALUE_BYTES", "limit_values", "refuse_code", "refuse_odd_values"]

#: The longest text or blob of a store, in bytes: far more than any record or block has.
MAX_VALUE_BYTES: Final = 64 << 20
_TABLES: Final = ("records", "environments", "spans", "packs", "deleted", "outputs", "studies", "tags")
_GENERATED: Final = (2, 3)  # what `table_xinfo` calls columns that are computed
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "text": (str,), "json": (str,), "int": (int,), "bool": (int,), "real": (float, int)
}  # fmt: skip
_WORDS: Final = {"status": frozenset(map(str, Status)), "verdict": frozenset(map(str, VerdictWord))}
_LISTS: Final = ("candidates", "progress", "reports")


def limit_values(connection: sqlite3.Connection) -> None:
    """Let no value of a file be longer than `MAX_VALUE_BYTES`, and trust no function that its schema calls."""
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.execute("PRAGMA trusted_schema = OFF")


def refuse_code(connection: sqlite3.Connection, triggers: Iterable[str] = ()) -> None:
    """Raise `sqlite3.DatabaseError` where a file has views, columns that are computed, or triggers that are not ours.

    Args:
        connection: of the file.
        triggers: statements that make ours; they count as ours whatever their name in the file, and no others do.
            Empty where nothing will be written, so that none acts.
    """
    ours = {_body(statement) for statement in triggers}
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM main.sqlite_master"):
        if kind == "view" or re.match(r"\s*CREATE\s+VIRTUAL", str(sql or ""), re.IGNORECASE):
            raise sqlite3.DatabaseError(f"malformed: it has a view or virtual table, {str(name)[:60]!r}")
        if kind == "trigger" and ours and _body(str(sql)) not in ours:
            raise sqlite3.DatabaseError(f"malformed: it has a trigger that is none of srbench-lite, {str(name)[:60]!r}")
    for table in _TABLES:
        for _, name, *_, hidden in connection.execute(f"PRAGMA main.table_xinfo({table})"):
            if hidden in _GENERATED:
                raise sqlite3.DatabaseError(f"malformed: the column {str(name)[:60]!r} of {table} is computed")


def _body(statement: str) -> str:
    """Return the text of a CREATE TRIGGER as SQLite keeps it, from the name on."""
    return " ".join(
        re.sub(r"^\s*CREATE\s+TRIGGER\s+(IF\s+NOT\s+EXISTS\s+)?", "", statement, flags=re.IGNORECASE).split()
    )


def refuse_odd_values(name: str, values: Iterable[Any]) -> None:
    """Raise `ValueError` where a value cannot stand in a column of records.

    Args:
        name: of the column.
        values: as a store holds them; it looks at different ones once.
    """
    kind = COLUMNS[name]
    base = kind.rstrip("?")
    for value in set(values):
        if value is None and kind.endswith("?"):
            continue
        if type(value) not in _TYPES[base] or not _is_sound(name, base, value):
            raise ValueError(f"the column {name} holds {str(value)[:40]!r}")


def _is_sound(name: str, base: str, value: Any) -> bool:
    if base == "json":
        return isinstance(json.loads(value), list if name in _LISTS else dict)
    if base == "bool":
        return value in (0, 1)
    if base == "real":
        return math.isfinite(value)
    return name not in _WORDS or value in _WORDS[name]
