"""The tables of a store, by version: how they are made, how older ones are read, and how they are brought up to date.

Version 3 has the column `complaint`; in version 2 its text stood at the end of `reason`. A store of version 2 is read
as it is, through a view, and gets the column when it is opened for writing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from srbench_lite.recording.column_cache import RECORDS_STAY, SCHEMA
from srbench_lite.recording.complaint import split_old_reason
from srbench_lite.recording.record import COLUMNS

__all__ = ["APPLICATION", "OLD_VERSION", "SCHEMA_VERSION", "STORED", "lay_out", "migrate", "read_as_current"]

SCHEMA_VERSION: Final = 3
#: The one earlier version that is read and brought up to date.
OLD_VERSION: Final = 2
APPLICATION: Final = 0x53524C31  # "SRL1": says whose SQLite file this is

_SQL_TYPES: Final = {"text": "TEXT", "real": "REAL", "int": "INTEGER", "bool": "INTEGER", "json": "TEXT"}
#: Columns of the table `records`, without the record's number.
STORED: Final = tuple("environment_id" if name == "environment" else name for name in COLUMNS)


def lay_out(connection: sqlite3.Connection) -> None:
    """Give an empty file its tables, the mark of this program and the schema version, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def _statements() -> Iterator[str]:
    columns = ", ".join(
        f"{name} {_SQL_TYPES[kind.rstrip('?')]}{'' if kind.endswith('?') else ' NOT NULL'}"
        for name, kind in COLUMNS.items()
        if name not in ("key", "environment")
    )
    yield "CREATE TABLE environments (id TEXT PRIMARY KEY, content TEXT NOT NULL)"
    yield (
        f"CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, {columns}, "
        "environment_id TEXT NOT NULL REFERENCES environments(id))"
    )
    yield "CREATE INDEX records_by_task ON records (task)"
    yield from SCHEMA


def read_as_current(connection: sqlite3.Connection) -> None:
    """Show the records of a store of version 2 with today's columns, without changing the file."""
    _teach(connection)
    connection.execute("PRAGMA temp_store = MEMORY")
    old = {"reason": "old_reason(status, reason)", "complaint": "old_complaint(status, reason)"}
    columns = ", ".join(f"{old[name]} AS {name}" if name in old else name for name in ("id", *STORED))
    connection.execute(f"CREATE TEMP VIEW records AS SELECT {columns} FROM main.records")  # noqa: S608 - names are ours


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a store of version 2 up to date in one transaction; a reader sees it before or after, and never between."""
    _teach(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        connection.execute("ALTER TABLE records ADD COLUMN complaint TEXT")
        connection.execute("DROP TRIGGER records_changed")
        connection.execute(
            "UPDATE records SET reason = old_reason(status, reason), complaint = old_complaint(status, reason)"
            " WHERE old_complaint(status, reason) IS NOT NULL"
        )
        connection.execute(RECORDS_STAY)
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _teach(connection: sqlite3.Connection) -> None:
    """Give SQLite the two halves of `split_old_reason` as functions."""
    for place, name in enumerate(("old_reason", "old_complaint")):
        connection.create_function(
            name, 2, lambda status, reason, place=place: split_old_reason(status, reason)[place], deterministic=True
        )
