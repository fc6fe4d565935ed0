"""Stores of strangers: code in their schema, values of any kind; each ends in an error that names the store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import StoreError
from srbench_lite.recording import column_cache
from srbench_lite.recording.exchange import read_records
from srbench_lite.recording.store import Store
from srbench_lite.recording.stored_values import MAX_VALUE_BYTES, refuse_odd_values

_ENDLESS = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)"


def _store(path: Path, script: str, *, seeds: int = 10) -> Path:
    """Make a store whose columns are packed, and change it by SQL."""
    with pytest.MonkeyPatch.context() as patch, Store(path) as store:
        patch.setattr(column_cache, "_RECORDS_PER_SPAN", 8)
        for seed in range(seeds):
            store.add(record(seed=seed))
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER records_changed")
        connection.executescript(script)
    return path


def _refusal(path: Path, *, read_only: bool = True) -> str:
    with pytest.raises(StoreError) as caught, Store(path, read_only=read_only):
        pass
    assert str(path) in str(caught.value)
    assert len(str(caught.value)) < 500
    return str(caught.value)


@pytest.mark.parametrize("table", ["records", "packs", "environments", "studies"])
@pytest.mark.parametrize("read_only", [True, False])
def test_a_view_that_never_ends_is_refused(tmp_path: Path, table: str, read_only: bool) -> None:
    """A view in the place of a table would be read for ever."""
    view = f"CREATE VIEW {table} AS {_ENDLESS} SELECT others.* FROM others, c"
    path = _store(tmp_path / "a.db", f"ALTER TABLE {table} RENAME TO others; {view}")
    assert f"view or virtual table, '{table}'" in _refusal(path, read_only=read_only)


def test_a_column_that_is_computed_is_refused(tmp_path: Path) -> None:
    """It could make gigabytes of nothing whenever it is read."""
    path = _store(tmp_path / "a.db", "ALTER TABLE records ADD COLUMN more TEXT AS (hex(zeroblob(id)))")
    assert "the column 'more' of records is computed" in _refusal(path)


@pytest.mark.parametrize("name", ["mine", "records_deleted"])
def test_a_trigger_of_others_is_refused_where_it_would_act(tmp_path: Path, name: str) -> None:
    """It acts when something is written, whatever it is called; reading the records is harmless."""
    script = (
        f"DROP TRIGGER records_deleted; CREATE TRIGGER {name} AFTER INSERT ON records BEGIN DELETE FROM records; END"
    )
    path = _store(tmp_path / "a.db", script)
    assert "a trigger that is none of srbench-lite" in _refusal(path, read_only=False)
    assert len(read_records(path)) == 10


def test_a_value_is_not_longer_than_a_store_needs(tmp_path: Path) -> None:
    """A text of gigabytes in one cell is an error before it is read."""
    path = _store(tmp_path / "a.db", f"INSERT INTO studies (content) VALUES (zeroblob({MAX_VALUE_BYTES + 1}))")
    with Store(path, read_only=True) as store, pytest.raises(StoreError, match="is damaged"):
        store.studies()


def test_a_record_without_its_environment_is_not_left_out(tmp_path: Path) -> None:
    """A store whose environments are gone is damaged, and not empty."""
    with pytest.raises(StoreError, match="the column environment holds 'None'"):
        read_records(_store(tmp_path / "a.db", "DELETE FROM environments"))


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE records SET seconds = x'ff'", "UPDATE records SET seconds = 9e999", "UPDATE records SET seed = 1.5",
        "UPDATE records SET extras = '[]'", "UPDATE records SET extras = '{'", "UPDATE records SET status = 'good'",
        "UPDATE records SET recovered = 2", "UPDATE records SET verdict = 'sure'", "UPDATE records SET task = x'ff'",
    ],
)  # fmt: skip
def test_a_cell_of_another_kind_is_an_error(tmp_path: Path, script: str) -> None:
    """Commands read single columns, and none of them meets a value that no record has."""
    path = _store(tmp_path / "a.db", script)
    with Store(path, read_only=True) as store:
        for read in (store.rows, store.frame, lambda: list(store), store.check):
            with pytest.raises(StoreError, match="is damaged"):
                read()


@pytest.mark.parametrize(
    "script",
    [
        "UPDATE spans SET size = 1000000000000",
        "UPDATE spans SET size = 'a'",
        "UPDATE spans SET size = -1",
        "UPDATE packs SET content = '[1]'",
        "UPDATE packs SET codes = x'ffff'",
        "INSERT INTO deleted VALUES (NULL); UPDATE spans SET last = 'x'",
        "UPDATE packs SET content = x'000000000000f07f' WHERE name = 'nmse_test'",
        "UPDATE packs SET content = CAST('[\"sure\"]' AS BLOB) WHERE name = 'verdict'",
    ],
)
def test_blocks_of_another_kind_are_an_error(tmp_path: Path, script: str) -> None:
    """The packed columns are as little believed as the records."""
    columns = ("suite", "task", "method", "seed", "status", "verdict", "nmse_test")
    with (
        Store(_store(tmp_path / "a.db", script), read_only=True) as store,
        pytest.raises(StoreError, match="is damaged"),
    ):
        RunTable.from_store(store, columns)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", ["1"]),
        ("noise", [float("inf")]),
        ("status", ["fine"]),
        ("extras", ["[]"]),
        ("reports", ["{}"]),
        ("task", [None]),
    ],
)
def test_odd_values_are_named(name: str, values: list[object]) -> None:
    """The message has the column."""
    with pytest.raises(ValueError, match=f"the column {name} holds"):
        refuse_odd_values(name, values)


def test_what_records_hold_is_sound() -> None:
    """Every column of a record passes, also where there is nothing."""
    for name, value in record().to_row().items():
        refuse_odd_values(name, [value, value])
    refuse_odd_values("verdict", [None, "exact"])
