"""The tables of a store, by version: how they are made, how older ones are read, and how they are brought up to date.

Version 6 has the columns `progress`, `reports`, `recovered_any` and `right_candidates`, version 5 has `perturbation`
and `identifiable`, version 4 has `method_source`, `judged_here` and `undefined_train`, version 3 has `complaint`, whose
text stood at the end of `reason` in version 2. An older store is read as it is, through views, and gets the columns,
empty, when it is opened for writing; no run in it was perturbed, and none has progress.
The table of outputs has no version: a store without it is one in which nothing was kept of what methods printed. Nor
have the table of studies, whose texts say which runs were to be, and that of tags.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final

from srbench_lite.recording.column_cache import PACKED, RECORDS_STAY, SCHEMA, empty_blocks
from srbench_lite.recording.complaint import split_old_reason
from srbench_lite.recording.output import OUTPUT_DELETED, lay_out_outputs
from srbench_lite.recording.record import COLUMNS, VALUES_OF_OLD
from srbench_lite.recording.tags import TABLE as TABLE_OF_TAGS

__all__ = [
    "APPLICATION",
    "OLD_VERSIONS",
    "SCHEMA_VERSION",
    "STORED",
    "TRIGGERS",
    "lay_out",
    "lay_out_beside",
    "migrate",
    "read_as_current",
]

SCHEMA_VERSION: Final = 6
#: The earlier versions that are read and brought up to date.
OLD_VERSIONS: Final = (2, 3, 4, 5)
#: What later versions add to older ones, the complaint left out, which older stores have elsewhere.
_ADDED: Final = {
    4: ("method_source", "judged_here", "undefined_train"),
    5: ("perturbation", "identifiable"),
    6: ("progress", "reports", "recovered_any", "right_candidates"),
}
APPLICATION: Final = 0x53524C31  # "SRL1": says whose SQLite file this is

_SQL_TYPES: Final = {"text": "TEXT", "real": "REAL", "int": "INTEGER", "bool": "INTEGER", "json": "TEXT"}
#: The statements that make the triggers of a store.
TRIGGERS: Final = (*(statement for statement in SCHEMA if statement.startswith("CREATE TRIGGER")), OUTPUT_DELETED)
#: Columns of the table `records`, without the record's number.
STORED: Final = tuple("environment_id" if name == "environment" else name for name in COLUMNS)


def lay_out(connection: sqlite3.Connection) -> None:
    """Give an empty file its tables, the mark of this program and the schema version, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    for statement in _statements():
        connection.execute(statement)
    lay_out_beside(connection)
    connection.execute(f"PRAGMA application_id = {APPLICATION}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    connection.execute("COMMIT")


def lay_out_beside(connection: sqlite3.Connection) -> None:
    """Give a store the tables that stand beside the records where it has none."""
    lay_out_outputs(connection)
    connection.execute("CREATE TABLE IF NOT EXISTS studies (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE)")
    connection.execute(TABLE_OF_TAGS)


def _statements() -> Iterator[str]:
    columns = ", ".join(_declared(name) for name in COLUMNS if name not in ("key", "environment"))
    yield "CREATE TABLE environments (id TEXT PRIMARY KEY, content TEXT NOT NULL)"
    yield (
        f"CREATE TABLE records (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, {columns}, "
        "environment_id TEXT NOT NULL REFERENCES environments(id))"
    )
    yield "CREATE INDEX records_by_task ON records (task)"
    yield from SCHEMA


def _declared(name: str) -> str:
    kind = COLUMNS[name]
    default = f" DEFAULT '{VALUES_OF_OLD[name]}'" if name in VALUES_OF_OLD else ""
    return f"{name} {_SQL_TYPES[kind.rstrip('?')]}{'' if kind.endswith('?') else ' NOT NULL'}{default}"


def _added_since(version: int) -> Iterator[tuple[str, str | None]]:
    """Yield the columns that a store of an older version lacks, each with what its records have in it."""
    for since, names in _ADDED.items():
        if since > version:
            yield from ((name, VALUES_OF_OLD.get(name)) for name in names)


def read_as_current(connection: sqlite3.Connection, version: int) -> None:
    """Show the records of a store of an older version with today's columns, without changing the file."""
    connection.execute("PRAGMA temp_store = MEMORY")
    added = dict(_added_since(version))
    old = {name: "NULL" if value is None else f"'{value}'" for name, value in added.items()}
    if version == OLD_VERSIONS[0]:
        _teach(connection)
        old |= {"reason": "old_reason(status, reason)", "complaint": "old_complaint(status, reason)"}
    columns = ", ".join(f"{old[name]} AS {name}" if name in old else name for name in ("id", *STORED))
    packs = [empty_blocks(name, value) for name, value in added.items() if name in PACKED]
    blocks = " UNION ALL ".join(["SELECT name, first, content, codes FROM main.packs", *packs])
    connection.execute(f"CREATE TEMP VIEW records AS SELECT {columns} FROM main.records")  # noqa: S608 - names are ours
    connection.execute(f"CREATE TEMP VIEW packs AS {blocks}")


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring an older store up to date in one transaction; a reader sees it before or after, and never between."""
    _teach(connection)
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version == OLD_VERSIONS[0]:
            connection.execute("ALTER TABLE records ADD COLUMN complaint TEXT")
            connection.execute("DROP TRIGGER records_changed")
            connection.execute(
                "UPDATE records SET reason = old_reason(status, reason), complaint = old_complaint(status, reason)"
                " WHERE old_complaint(status, reason) IS NOT NULL"
            )
            connection.execute(RECORDS_STAY)
        for name, value in _added_since(version):
            connection.execute(f"ALTER TABLE records ADD COLUMN {_declared(name)}")
            if name in PACKED:
                connection.execute(f"INSERT INTO packs {empty_blocks(name, value)}")
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
