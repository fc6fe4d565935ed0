"""Packed columns say what the records say, whatever was added, replaced and deleted before."""

from __future__ import annotations

import math
import sqlite3

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import many, record

from srbench_lite.errors import StoreError
from srbench_lite.recording import column_cache as column_cache
from srbench_lite.recording.column_cache import PACKED
from srbench_lite.recording.store import Store


@pytest.fixture(autouse=True)
def _short_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_cache, "_RECORDS_PER_SPAN", 8)


def plain(column) -> list[object]:
    """Return a column as the store gives rows: None for what is missing."""
    return [None if isinstance(v, float) and math.isnan(v) else v for v in column.tolist()]


def stored(store: Store, name: str) -> list[object]:
    return [value for (value,) in store._fetched(f"SELECT {name} FROM records ORDER BY id")]


def check(store: Store) -> None:
    with store.columns() as table:
        for name in PACKED:
            assert plain(table[name]) == stored(store, name), name


steps = st.lists(
    st.tuples(st.sampled_from(["add", "replace", "delete"]), st.lists(st.integers(0, 40), max_size=12)), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(steps)
def test_columns_are_those_of_the_records(tmp_path_factory, steps):
    with Store(tmp_path_factory.mktemp("table") / "store.db") as store:
        for number, (what, seeds) in enumerate(steps):
            several = [record(seed=seed, task=f"sin/{seed % 3}", nmse_test=seed / (number + 1)) for seed in seeds]
            if what == "delete":
                store.add_all([], without=[r.key for r in several])
            else:
                store.add_all(several, replace=what == "replace")
        check(store)


def test_a_span_is_packed_again_when_half_of_it_is_gone(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add_all(many(20))
        spans = "SELECT first, last, size FROM spans ORDER BY first"
        assert store._fetched(spans) == [(1, 8, 8), (9, 16, 8)]
        gone = [key for (key,) in store._fetched("SELECT key FROM records WHERE id <= 5")]
        store.add_all([], without=gone[:3])
        assert len(store._fetched("SELECT id FROM deleted")) == 3
        store.add_all([record(seed=100 + k, task="sin/x") for k in range(4)], without=gone[3:])
        assert store._fetched(spans) == [(1, 8, 3), (9, 16, 8), (17, 24, 8)]
        assert store._fetched("SELECT id FROM deleted") == []
        check(store)


def test_a_transaction_that_fails_packs_nothing(tmp_path):
    def breaking():
        yield from many(30)
        raise RuntimeError("no more")

    with Store(tmp_path / "store.db") as store:
        with pytest.raises(RuntimeError):
            store.add_all(breaking())
        assert store._fetched("SELECT count(*) FROM spans") == [(0,)]
        store.add_all(many(30))
        check(store)


def test_a_table_is_of_one_moment(tmp_path):
    with Store(tmp_path / "store.db") as writer, Store(tmp_path / "store.db", read_only=True) as reader:
        writer.add_all(many(10))
        with reader.columns() as table:
            assert len(table["task"]) == 10
            writer.add_all(many(30))
            assert len(table["seed"]) == 10
        assert len(reader) == 30


def test_a_record_cannot_be_changed_behind_its_pack(tmp_path):
    path = tmp_path / "store.db"
    with Store(path) as store:
        store.add_all(many(10))
    connection = sqlite3.connect(path)
    with pytest.raises(sqlite3.IntegrityError, match="replaced, not changed"):
        connection.execute("UPDATE records SET seed = 7")
    connection.execute("DELETE FROM records WHERE id = 3")
    connection.commit()
    connection.close()
    with Store(path) as store:
        assert len(store) == 9
        check(store)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE packs SET content = x'ff00' WHERE name = 'task'",
        "UPDATE packs SET codes = x'ffffffffffffffff' WHERE name = 'task'",
        "UPDATE packs SET codes = x'0000' WHERE name = 'task'",
        "UPDATE packs SET codes = x'', content = x'0000000000000000' WHERE name = 'nmse_test'",
        "DELETE FROM packs WHERE name = 'nmse_test'",
        "DELETE FROM spans",
    ],
)
def test_a_damaged_pack_is_said(tmp_path, damage):
    with Store(tmp_path / "store.db") as store:
        store.add_all(many(10))
        store._connection.execute(damage)
        with pytest.raises(StoreError, match=r"damaged .*column (task|nmse_test)") as caught, store.columns() as table:
            _ = table["task"], table["nmse_test"]
        assert "\n" not in str(caught.value)


def test_everything_is_read_as_it_stood_at_one_moment(tmp_path):
    with Store(tmp_path / "store.db") as writer, Store(tmp_path / "store.db", read_only=True) as reader:
        writer.add_all(many(10))
        with reader.snapshot():
            ids = reader.ids([r.key for r in many(10)])
            writer.add_all(many(10), replace=True)
            assert len(reader.formulas(ids)) == 10
        assert reader.formulas(ids) == {}


def test_the_origin_is_that_of_the_records_that_stand(tmp_path):
    old, new = ({"environment": {"python": version}, "started_at": version} for version in ("3.6", "3.12"))
    with Store(tmp_path / "store.db") as store:
        store.add_all([record(seed=seed, **old) for seed in range(3)])
        store.add_all([record(seed=seed, **new) for seed in range(2)], replace=True)
        keys = [record(seed=seed).key for seed in range(3)]
        assert store.provenance(store.ids(keys[:2])) == ([{"python": "3.12"}], "3.12", "3.12")
        every, *period = store.provenance(store.ids(keys))
        assert sorted(e["python"] for e in every) == period == ["3.12", "3.6"]
        assert store.provenance([]) == ([], "", "")


def test_a_column_that_is_not_packed_is_refused(tmp_path):
    with Store(tmp_path / "store.db") as store, store.columns() as table, pytest.raises(KeyError):
        table["expression"]


def test_numbers_of_records_lead_to_formulas(tmp_path):
    several = list(many(40))
    with Store(tmp_path / "store.db") as store:
        store.add_all(several)
        ids = store.ids([r.key for r in several[:30]])
        assert len(ids) == 30
        wanted = {r.key: (r.expression, r.reason) for r in several[:30]}
        keys = dict(store._fetched("SELECT id, key FROM records"))
        assert {keys[number]: said for number, said in store.formulas(ids).items()} == wanted
        found = store.columns_of([several[1].key], ["expression", "seed"])
        assert found == {several[1].key: (several[1].expression, several[1].seed)}
        assert np.array_equal(np.sort(ids), np.arange(1, 31))
