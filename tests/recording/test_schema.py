"""Stores of schemas 2 to 5: read as they are, and brought up to date in one step when they are opened for writing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest
from folders import ordinary_user
from records import failure, many, record

from srbench_lite.errors import StoreError
from srbench_lite.recording import column_cache, schema
from srbench_lite.recording.record import COLUMNS, Record, Status
from srbench_lite.recording.schema import OLD_VERSIONS, SCHEMA_VERSION
from srbench_lite.recording.store import Store

#: Reasons as schema 2 held them, and what they are now, by status.
REASONS = {
    "extras were dropped: a; scoring stopped (timeout)": (
        Status.OK, None, "fit: extras were dropped: a\nscoring stopped (timeout)",
    ),
    "stopped at the limit of 1 s; metric a: KeyError: b": (
        Status.TIMEOUT, "stopped at the limit of 1 s", "metric a: KeyError: b",
    ),
    "ValueError: no": (Status.CRASHED, "ValueError: no", None),
}  # fmt: skip


#: Columns that a schema did not have.
OF_6 = ("progress", "reports", "recovered_any", "right_candidates")
MISSING = {
    2: ("complaint", "method_source", "judged_here", "undefined_train", "perturbation", "identifiable", *OF_6),
    3: ("method_source", "judged_here", "undefined_train", "perturbation", "identifiable", *OF_6),
    4: ("perturbation", "identifiable", *OF_6),
    5: OF_6,
}


def old_store(path: Path, n: int = 0, version: int = 2) -> list[Record]:
    """Write a store as an older schema had it; return what it says in the words of today."""
    written = [
        record(seed=1000 + seed, status=status, reason=old)
        for seed, (old, (status, _, _)) in enumerate(REASONS.items())
    ]
    with Store(path) as store:
        store.add_all([*many(n), *written])
        before = list(store)
    connection = sqlite3.connect(path)
    for name in MISSING[version]:
        connection.execute(f"ALTER TABLE records DROP COLUMN {name}")
        connection.execute("DELETE FROM packs WHERE name = ?", [name])
    connection.execute(f"PRAGMA user_version = {version}")
    connection.commit()
    connection.close()
    rows = [r.to_row() for r in before]
    for row in rows:
        for name in MISSING[version]:
            del row[name]
    return [Record.from_row(row) for row in rows]


def version(path: Path) -> int:
    connection = sqlite3.connect(path)
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    connection.close()
    return int(found)


@pytest.fixture(name="path")
def _path(tmp_path, monkeypatch) -> Path:
    """Where a store is to be; columns are packed in spans that a few hundred records fill."""
    monkeypatch.setattr(column_cache, "_RECORDS_PER_SPAN", 256)
    return tmp_path / "store.db"


def test_an_old_store_is_read_as_it_is(path):
    records = old_store(path)
    before = path.read_bytes()
    with Store(path, read_only=True) as store:
        assert list(store) == records
        assert {(r.status, r.reason, r.complaint) for r in store} == set(REASONS.values())
        assert store.rows(("status", "reason", "complaint"), methods=["good"]) == [*REASONS.values()]
        assert [reason for _, reason in store.formulas([1, 2, 3]).values()] == [
            reason for _, reason, _ in REASONS.values()
        ]
        assert store.distinct("task") == (["sin/plain"],)
        assert len(store) == 3
        with store.snapshot():
            assert store.statuses([records[0].key]) == {records[0].key: "ok"}
        with pytest.raises(StoreError, match=r"cannot modify|readonly"):
            store.add(record(seed=5))
    assert path.read_bytes() == before
    assert version(path) == 2


def test_an_old_store_in_a_folder_that_may_not_be_written():
    with ordinary_user() as folder:
        path = folder / "store.db"
        records = old_store(path)
        folder.chmod(0o500)
        with Store(path, read_only=True) as store:
            assert list(store) == records


@pytest.mark.parametrize("old", OLD_VERSIONS)
def test_an_old_store_opened_for_writing_becomes_one_of_today(path, old):
    records = old_store(path, n=300, version=old)  # more than one span: packed columns stand
    with Store(path) as store:
        assert list(store) == records
        assert store.add(failure(seed=2000, complaint="metric a: KeyError: b"))
        with store.columns() as columns:
            assert len(columns["task"]) == len(records) + 1
            check_new_columns(columns, len(records), old, "0123456789abcdef")
    assert version(path) == SCHEMA_VERSION
    with Store(path) as store:
        said = {r.complaint for r in records}
        assert {r.complaint for r in store} == said | {"metric a: KeyError: b"}
        with pytest.raises(sqlite3.IntegrityError, match="replaced, not changed"):
            store._connection.execute("UPDATE records SET seed = 7")


def check_new_columns(columns, old: int, version: int, *later: str) -> None:
    """Of old records nothing is known that later schemas added; and none of them was perturbed."""
    if version < 4:
        assert list(columns["method_source"][:old].isna()) == [True] * old
        assert list(columns["method_source"][old:]) == list(later)
        for name in ("judged_here", "undefined_train"):
            assert np.isnan(columns[name][:old]).all()
    assert np.isnan(columns["recovered_any"][:old]).all()
    if version == 5:
        return
    assert np.isnan(columns["identifiable"][:old]).all()
    assert list(columns["perturbation"]) == ["{}"] * (old + len(later))


@pytest.mark.parametrize("old", [3, 4])
def test_packed_columns_of_an_old_store_are_read_as_it_is(path, old):
    records = old_store(path, n=300, version=old)
    with Store(path, read_only=True) as store:
        with store.columns() as columns:
            check_new_columns(columns, len(records), old)
        with Store(path) as writer:
            writer.add(record(seed=7))
        with store.columns() as columns:  # a reader from before
            assert len(columns["judged_here"]) == len(records) + 1


def test_a_migration_that_fails_changes_nothing(path, monkeypatch):
    records = old_store(path)

    def broken(status: str, reason: str | None) -> tuple[None, None]:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(schema, "split_old_reason", broken)
        with pytest.raises(StoreError):
            Store(path)
    assert version(path) == 2
    with Store(path, read_only=True) as store:
        assert list(store) == records


def test_a_reader_of_an_old_store_goes_on_while_it_is_brought_up_to_date(path):
    records = old_store(path)
    with Store(path, read_only=True) as reader:
        assert len(reader) == 3
        with Store(path) as writer:
            writer.add(record(seed=7))
        assert len(reader) == 4
        assert {r.key for r in reader} == {r.key for r in records} | {record(seed=7).key}


def test_a_migrated_store_has_the_columns_of_a_new_one(path, tmp_path):
    old_store(path)
    Store(path).close()
    Store(tmp_path / "new.db").close()
    tables = []
    for file in (path, tmp_path / "new.db"):
        connection = sqlite3.connect(file)
        tables.append(sorted(row[1:4] for row in connection.execute("PRAGMA table_info(records)")))
        tables.append(sorted(connection.execute("SELECT type, name FROM sqlite_master")))
        connection.close()
    assert tables[:2] == tables[2:]
    assert {name for name, *_ in tables[0]} == {*COLUMNS, "id", "environment_id"} - {"environment"}
