"""`StoreFile`: the file appears whole, is safe where machines share the disk, and a full disk leaves nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from records import record
from refused_stores import refused

from srbench_lite.errors import FullDiskError
from srbench_lite.recording import schema
from srbench_lite.recording import store_file as file_module
from srbench_lite.recording.store import Store


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "results" / "store.db"


def journal_of(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA journal_mode").fetchone()[0])


def test_where_machines_share_the_disk_there_is_no_log_that_needs_shared_memory(path, monkeypatch):
    with Store(path) as store:
        store.add(record(seed=1))
        assert store.file.shared_by is None
    assert journal_of(path) == "wal"
    monkeypatch.setattr(file_module, "file_system_of", lambda file: "nfs4")
    with Store(path) as store:
        store.add(record(seed=2))
        assert store.file.shared_by == "nfs4"
        assert not path.with_name(f"{path.name}-shm").exists()
        with Store(path, read_only=True) as reader:
            assert len(reader) == 2
        assert store.add(record(seed=3))
    assert journal_of(path) == "delete"
    assert [found.name for found in path.parent.iterdir()] == [path.name]


KILLED_IN_A_TRANSACTION = """
import os, sys
from pathlib import Path
from srbench_lite.recording import store, store_file
store_file.file_system_of = lambda file: "nfs4"
store = store.Store(Path(sys.argv[1]))
store._connection.execute("PRAGMA cache_size = 1")
store._connection.execute("BEGIN IMMEDIATE")
store._connection.execute("UPDATE environments SET content = content || hex(zeroblob(900000))")
os.kill(os.getpid(), 9)
"""


def test_a_store_that_was_being_written_says_how_it_becomes_whole(path, monkeypatch):
    monkeypatch.setattr(file_module, "file_system_of", lambda file: "nfs4")
    with Store(path) as store:
        store.add(record())
    subprocess.run([sys.executable, "-c", KILLED_IN_A_TRANSACTION, str(path)])
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0
    assert "a run was killed while it wrote the store" in refused(path, read_only=True)
    with Store(path) as store:
        store.check()
        assert list(store) == [record()]
    assert [found.name for found in path.parent.iterdir()] == [path.name]


def test_a_log_that_a_reader_holds_is_no_error_where_machines_share_the_disk(path, monkeypatch):
    with Store(path) as store:
        store.add(record(seed=1))
    monkeypatch.setattr(file_module, "file_system_of", lambda file: "nfs4")
    with Store(path, read_only=True) as reader, reader.snapshot():
        assert len(reader) == 1
        with Store(path) as store:
            store.add(record(seed=2))
    with Store(path, read_only=True) as reader:
        assert len(reader) == 2


def test_a_store_that_finds_no_room_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA max_page_count = 1")
        schema.lay_out(connection)

    monkeypatch.setattr(file_module, "lay_out", full)
    with pytest.raises(FullDiskError):
        Store(path)
    assert list(path.parent.iterdir()) == []
