"""What methods printed: kept whole or by its end, packed and unpacked, counted, and safe to show."""

from __future__ import annotations

import sqlite3
import unicodedata
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import record

from srbench_lite.errors import StoreError
from srbench_lite.recording.output import (
    MAX_BYTES_KEPT,
    counted_warnings,
    decoded,
    pack_output,
    safely_shown,
    unpack_output,
    with_warnings,
)
from srbench_lite.recording.store import Store


@given(st.binary(max_size=300))
def test_an_output_comes_back_as_it_was_decoded(written):
    text = decoded(written, len(written))
    assert unpack_output(pack_output(text)) == text


@given(st.text(alphabet="aä€𝄞", max_size=40), st.integers(0, 6))
def test_a_character_that_was_cut_in_two_is_left_out(text, cut):
    whole = text.encode()
    assert text.endswith(decoded(whole[cut:], len(whole)))


def test_the_largest_output_of_nothing_but_bad_bytes_comes_back():
    text = decoded(b"\xff" * MAX_BYTES_KEPT, MAX_BYTES_KEPT)
    assert unpack_output(pack_output(text)) == text == "\ufffd" * MAX_BYTES_KEPT


@pytest.mark.parametrize(
    "content",
    [b"no zlib", pack_output("cut short")[:-3], zlib.compress(b"0" * 10_000_000), "a text"],
    ids=["no zlib", "cut short", "too large", "text"],
)
def test_a_damaged_output_is_refused(content):
    with pytest.raises(ValueError, match="an output is"):
        unpack_output(content)


def test_warnings_are_counted_by_category():
    text = (
        "/site/gplearn/functions.py:44: RuntimeWarning: overflow encountered in exp\n  return np.exp(x)\n"
        "a.py:1: UserWarning: RuntimeWarning: twice in a line\n"
        "b.py:2: RuntimeWarning: again\n"
        "sklearn.exceptions.ConvergenceWarning: did not converge\n"
        "No Warning: of Python\nWarning: of the shell\n"
    )
    assert counted_warnings(text) == {"RuntimeWarning": 2, "ConvergenceWarning": 1, "UserWarning": 1}
    many = counted_warnings("\n".join(f"a.py:1: K{n}Warning: x" for n in range(50)))
    assert list(many) == sorted(f"K{n}Warning" for n in range(50))[:20]


def test_a_methods_own_word_on_warnings_stays():
    text = "a.py:1: UserWarning: x\n"
    assert with_warnings({"epochs": 3}, text) == {"epochs": 3, "warnings": {"UserWarning": 1}}
    assert with_warnings({"warnings": "none"}, text) == {"warnings": "none"}
    assert with_warnings({"epochs": 3}, "fine") == {"epochs": 3}


def test_control_sequences_do_not_reach_a_terminal():
    shown = safely_shown("a\tb\r\n\x1b[1;31mred\x1b[0m\x1b]0;title\x07\r50 %\r100 %\n\x9b2J\u202eevil\x00")
    assert shown == "a   b\nred\\x1b]0;title\\x07\n50 %\n100 %\n\\x9b2J\\u202eevil\\x00"


@given(st.text())
def test_whatever_is_shown_is_harmless(text):
    shown = safely_shown(text)
    assert not [c for c in shown if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]


# --- in the store ---------------------------------------------------------------------------------------------------


def test_an_output_is_kept_beside_its_record_and_goes_with_it(tmp_path):
    path = tmp_path / "store.db"
    first = record(output="one\x1b\n")
    with Store(path) as store:
        assert store.add(first)
        assert not store.add(record(output="another"))
        assert store.add_all([record(seed=1, output="two"), record(seed=1, output="three"), record(seed=2)]) == 2
        keys = [r.key for r in store]
        assert [store.output(key) for key in (*keys, "unknown")] == ["one\x1b\n", "two", "", ""]
        assert [r.output for r in store] == ["", "", ""]
        store.check()
        store.add(record(output="four"), replace=True)
        assert store.output(first.key) == "four"
        store.add(record(), replace=True)
        assert store.output(first.key) == ""
        store.add_all([], without=[keys[1]])
        assert store.output(keys[1]) == ""
        assert store._fetched("SELECT count(*) FROM outputs") == [(0,)]


def test_a_store_without_outputs_gains_them_when_it_is_written(tmp_path):
    path = tmp_path / "store.db"
    with Store(path) as store:
        store.add(record(output="lost"))
    with sqlite3.connect(path) as connection:
        connection.executescript("DROP TRIGGER output_deleted; DROP TABLE outputs")
    connection.close()
    with Store(path, read_only=True) as store:
        assert store.output(record().key) == ""
    with Store(path) as store:
        assert store.output(record().key) == ""
        store.add(record(output="kept"), replace=True)
        assert store.output(record().key) == "kept"


def test_a_damaged_output_in_a_store_is_said(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add(record(output="one"))
        store._connection.execute("UPDATE outputs SET content = X'AA'")
        for read in (lambda: store.output(record().key), store.check):
            with pytest.raises(StoreError, match=r"store\.db is damaged \(malformed: an output is"):
                read()
