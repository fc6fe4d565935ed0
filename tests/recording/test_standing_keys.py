"""`StandingKeys`: many keys looked up at once give what a query for each gives."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import record

from srbench_lite.recording import standing_keys
from srbench_lite.recording import store as store_module
from srbench_lite.recording.store import Store


def _key(number: int) -> str:
    return f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"


def _fill(path: Path, numbers: range) -> None:
    with Store(path) as store:
        store.add_all(
            dataclasses.replace(
                record(),
                key=_key(n),
                status="failed" if n % 3 else "ok",
                method_source=f"code {n % 5}" if n % 2 else None,
            )
            for n in numbers
        )


@pytest.fixture(name="path", scope="module")
def _path(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("standing") / "store.db"
    _fill(path, range(5_000))  # more than a span of packed columns, and some behind it
    with Store(path) as store:
        store.add_all([], without=[_key(n) for n in range(0, 5_000, 7)])
    return path


@given(st.lists(st.integers(0, 10_000), max_size=60), st.integers(0, 20))
def test_it_says_what_single_queries_say(path, numbers, many):
    keys = [_key(n) for n in numbers]
    with Store(path, read_only=True) as store, pytest.MonkeyPatch.context() as patch:
        each = list(store.standing(keys))
        patch.setattr(store_module, "_MANY_KEYS", many)  # from here on all are looked up at once
        patch.setattr(standing_keys, "_KEYS_READ_AT_ONCE", 1_000)
        assert list(store.standing(iter(keys))) == each
    assert [found is not None for found in each] == [n < 5_000 and n % 7 != 0 for n in numbers]


def test_statuses_and_sources_are_those_of_the_records(path, monkeypatch):
    monkeypatch.setattr(store_module, "_MANY_KEYS", 0)
    with Store(path, read_only=True) as store:
        found = list(store.standing(map(_key, range(1, 7))))
    assert found == [
        ("failed", "code 1"), ("failed", None), ("ok", "code 3"), ("failed", None), ("failed", "code 0"), ("ok", None)
    ]  # fmt: skip


def test_nothing_stands_in_an_empty_store(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "_MANY_KEYS", 0)
    with Store(tmp_path / "empty.db") as store:
        assert list(store.standing(map(_key, range(3)))) == [None, None, None]


def test_a_stranger_s_key_of_another_length_hides_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(store_module, "_MANY_KEYS", 0)
    path = tmp_path / "store.db"
    _fill(path, range(4))
    with Store(path) as store:
        store.add(dataclasses.replace(record(), key="short"))
        assert [found is not None for found in store.standing(map(_key, range(5)))] == [True] * 4 + [False]
