"""`explained`: an error of SQLite becomes a sentence that names the store and says what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from srbench_lite.errors import FullDiskError, StoreError
from srbench_lite.recording.store_errors import explained

STORE = Path("a.db")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file is not a database", "a.db is no SQLite file; move it away"),
        ("attempt to write a readonly database", "cannot write the store a.db (attempt to write a readonly database)"),
        ("database disk image is malformed", "the store a.db is damaged (database disk image is malformed)"),
        ("database is locked", "the store a.db is being written by another run"),
        ("something new", "cannot use the store a.db: something new; make room"),
    ],
)
def test_what_sqlite_says_is_explained(text, said):
    error = explained(sqlite3.OperationalError(text), STORE, Path("a.db-wal"))
    assert type(error) is StoreError
    assert str(error).startswith(said)


def test_what_was_opened_for_reading_is_not_written():
    error = explained(sqlite3.OperationalError("unable to open database file"), STORE, Path("a.db-wal"), read_only=True)
    assert str(error).startswith("cannot read the store a.db")


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({"sqlite_errorcode": sqlite3.SQLITE_FULL}, FullDiskError, "the disk of the store a.db is full"),
        (
            {"sqlite_errorname": "SQLITE_READONLY_ROLLBACK"},
            StoreError,
            "a run was killed while it wrote the store a.db",
        ),
    ],
)
def test_what_a_code_says_counts_more_than_the_text(facts, kind, said):
    raised = sqlite3.OperationalError("database is locked")
    for name, value in facts.items():
        setattr(raised, name, value)
    error = explained(raised, STORE, Path("a.db-wal"))
    assert type(error) is kind
    assert str(error).startswith(said)
