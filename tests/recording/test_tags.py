"""`Tags`: names of runs stay with their keys, and what cannot be a name is refused."""

from __future__ import annotations

import sqlite3

import pytest
from records import record

from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.recording.store import Store
from srbench_lite.recording.tags import checked_tag


@pytest.fixture(name="store")
def _store(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add_all(record(key=key) for key in "abc")
        store.tags.give("first", ["a", "b", "later"])
        store.tags.give("second", ["b", "c"])
        yield store


def test_stored_runs_with_a_tag_are_counted_and_found(store):
    assert store.tags.counts() == {"first": 2, "second": 2}
    assert store.tags.keys(["first"]) == ["a", "b", "later"]
    assert store.tags.keys(["first", "second"]) == ["a", "b", "c", "later"]


def test_a_run_has_a_tag_once_and_before_it_is_done(store):
    store.tags.give("first", ["a"])
    store.add(record(key="later"))
    assert store.tags.counts()["first"] == 3


def test_a_run_that_is_repeated_keeps_its_tag(store):
    store.add(record(key="a", status="failed"), replace=True)
    assert store.tags.counts()["first"] == 2


def test_tags_move_with_a_key_and_go_with_it(store):
    store.tags.move("b", "c")  # which has one of them already
    assert store.tags.keys(["first"]) == ["a", "c", "later"]
    assert store.tags.keys(["second"]) == ["c"]
    store.tags.take(["c"])
    with pytest.raises(UnknownNameError, match=r"unknown tag 'second'.*first"):
        store.tags.keys(["second"])


def test_nothing_is_given_where_a_key_cannot_be_read(store):
    def keys():
        yield "c"
        raise KeyError

    with pytest.raises(KeyError):
        store.tags.give("first", keys())
    assert store.tags.counts()["first"] == 2


def test_a_store_of_before_has_none_and_gets_the_table_when_it_is_written(tmp_path):
    path = tmp_path / "old.db"
    with Store(path) as store:
        store.add(record(key="a"))
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE tags")
    with Store(path, read_only=True) as store:
        assert store.tags.counts() == {}
        with pytest.raises(UnknownNameError, match="unknown tag 'x'"):
            store.tags.keys(["x"])
    with Store(path) as store:
        store.tags.give("new", ["a"])
        assert store.tags.counts() == {"new": 1}


@pytest.mark.parametrize("name", ["", "-x", "two words", "ünder", "a" * 65, "x\n", "a/b"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(UsageError, match="a tag has letters"):
        checked_tag(name)


@pytest.mark.parametrize("name", ["paper-v1", "2026.11", "a", "A_b"])
def test_what_is_one_is_not(name):
    assert checked_tag(name) == name
