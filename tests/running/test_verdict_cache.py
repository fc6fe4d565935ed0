"""Findings in a file: what is kept comes back, and nothing else is taken for such a file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite.errors import StoreError
from srbench_lite.recording.store import Store
from srbench_lite.running.verdict_cache import VerdictCache

CONTENTS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    max_size=3,
)  # fmt: skip


@settings(max_examples=25)
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), CONTENTS, max_size=5))
def test_what_is_kept_comes_back(findings):
    with VerdictCache() as cache:
        cache.keep(findings)
        assert dict(cache.find([*findings, "another"])) == findings


def test_a_file_keeps_it_for_the_next_time(tmp_path: Path):
    path = tmp_path / "folder" / "verdicts.db"
    with VerdictCache(path) as cache:
        cache.keep({f"{n}": {"n": n} for n in range(1200)})
        cache.keep({"7": {"n": -7}})
    with VerdictCache(path) as cache:
        found = dict(cache.find([str(n) for n in range(1200)]))
    assert len(found) == 1200  # more than one query asks for
    assert found["7"] == {"n": -7}
    assert found["8"] == {"n": 8}


def test_another_kind_of_file_is_refused_and_left_as_it_is(tmp_path: Path):
    store, other, text, short = (tmp_path / f"{name}.db" for name in ("store", "other", "text", "short"))
    Store(store).close()
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    text.write_text("this is no database at all, only text" * 50)
    short.write_text("{")  # which SQLite takes for an empty database
    before = {path: path.read_bytes() for path in (store, other, text, short)}
    for path in before:
        with pytest.raises(StoreError, match=rf"{path.name}.*name another file"):
            VerdictCache(path)
    with pytest.raises(StoreError, match="name another file"):
        VerdictCache(tmp_path)
    assert {path: path.read_bytes() for path in before} == before


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path):
    path = tmp_path / "verdicts.db"
    with VerdictCache(path) as cache:
        cache.keep({"1": {"n": 1}})
        with sqlite3.connect(path, isolation_level=None) as other:
            other.execute("DROP TABLE findings")
        other.close()
        with pytest.raises(StoreError, match=r"verdicts.db cannot be used: no such table.*name another file"):
            cache.keep({"2": {"n": 2}})
