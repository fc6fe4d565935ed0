"""`Record`: rows and back, keys, and everything that is no record."""

from __future__ import annotations

import dataclasses
import json
import math
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import failure, record, records

from srbench_lite.errors import StoreError
from srbench_lite.judging.scores import Scores
from srbench_lite.recording.record import COLUMNS, Record, Status, record_key

KEY = {
    "task_fingerprint": "f" * 64,
    "method": "lasso",
    "method_version": "1",
    "parameters": {"degree": 3, "alpha": 0.5},
    "seed": 0,
    "noise": 0.01,
    "budget_seconds": 60.0,
    "budget_memory_mb": 4096.0,
    "budget_threads": 1,
    "scoring_version": "1.1",
}


@given(records())
def test_a_record_survives_its_row(before):
    assert Record.from_row(before.to_row()) == before


@given(records())
def test_a_row_has_plain_values_in_the_order_of_the_columns(before):
    row = before.to_row()
    assert list(row) == list(COLUMNS)
    assert all(type(value) in (int, float, str, type(None)) for value in row.values())
    sqlite3.connect(":memory:").execute(f"SELECT {', '.join('?' * len(row))}", [*row.values()])  # it can hold them all


def test_every_field_has_a_column():
    fields = {f.name for f in (*dataclasses.fields(Record), *dataclasses.fields(Scores))} - {"scores"}
    assert set(COLUMNS) == fields


def test_the_first_columns_are_those_of_the_design():
    assert list(COLUMNS)[:9] == ["key", "suite", "task", "method", "seed", "noise", "status", "reason", "expression"]


def test_an_empty_text_is_no_text():
    row = failure(reason="").to_row()
    assert row["reason"] is None
    assert Record.from_row(row | {"reason": ""}).reason is None


def test_half_a_surrogate_pair_is_written_out():
    row = failure(reason="bad \ud800 text", extras={"a": "\udfff"}).to_row()
    assert row["reason"] == "bad \\ud800 text"
    assert Record.from_row(row).extras == {"a": "\udfff"}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("column", ["seconds", "r2_test", "noise"])
def test_a_number_that_could_not_be_read_back_is_not_written(column, bad):
    with pytest.raises(StoreError, match=f"record's {column} must be a finite number.*got -?(nan|inf)"):
        record(key="0", **{column: bad}).to_row()


@pytest.mark.parametrize("bad", [{"a": math.nan}, {"a": object()}, {"a": {1, 2}}])
def test_what_is_no_json_is_not_written(bad):
    with pytest.raises(StoreError, match="a record's extras must be plain JSON"):
        record(extras=bad).to_row()


# --- wrong rows -----------------------------------------------------------------------------------------------------

#: A wrong value is anything that is of none of the right types, or out of range.
WRONG = {
    "text": [None, 1, 1.5, True, b"x", [], {}],
    "text?": [1, 1.5, True, b"x", [], {}],
    "int": [None, "1", 1.0, True, b"1", [], 2**63, -(2**64)],
    "int?": ["1", 1.0, True, [], 2**63],
    "real": [None, "1.5", True, b"1", [], math.nan, math.inf, 10**400],
    "real?": ["1.5", False, [], math.nan, -math.inf, 10**400],
    "bool?": ["0", "true", 2, -1, 0.5, 1.0, [], {}],
    "json": [None, 1, True, "", "{", "NaN", "1", "null", "[1", '{"a": NaN}', "[" * 100_000, math.nan, b"{}"],
}


@pytest.mark.parametrize(
    ("column", "value"),
    [pytest.param(c, v, id=f"{c}-{i}") for c, kind in COLUMNS.items() for i, v in enumerate(WRONG[kind])],
)
def test_a_wrong_type_is_refused_by_name(column, value):
    with pytest.raises(StoreError) as caught:
        Record.from_row(record().to_row() | {column: value})
    assert f"record's {column} must be" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("candidates", "{}"), ("candidates", '["a", 1]'), ("candidates", "[null]"), ("extras", "[]"),
        ("parameters", "[]"), ("environment", '"x"'), ("metrics", "[]"),
    ],
)  # fmt: skip
def test_json_of_the_wrong_kind_is_refused(column, value):
    with pytest.raises(StoreError, match=f"record's {column} must be"):
        Record.from_row(record().to_row() | {column: value})


@pytest.mark.parametrize("value", ['"high"', "true", "[1]", "1e999"])
def test_a_metric_is_a_finite_number_or_nothing(value):
    with pytest.raises(StoreError, match="record's metric 'mine' must be a finite number"):
        Record.from_row(record().to_row() | {"metrics": f'{{"mine": {value}}}'})


def test_json_columns_may_hold_json_or_its_text():
    row = record().to_row()
    plain = {name: json.loads(value) if COLUMNS[name] == "json" else value for name, value in row.items()}
    assert Record.from_row(plain) == Record.from_row(row)


@given(st.text().filter(lambda word: word not in set(Status)))
def test_an_unknown_status_is_refused(word):
    with pytest.raises(StoreError, match="status must be one of ok, failed"):
        Record.from_row(record().to_row() | {"status": word})


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column):
    row = record().to_row()
    del row[column]
    with pytest.raises(StoreError, match=f"lacks the column {column}"):
        Record.from_row(row)


def test_an_unknown_column_is_named():
    with pytest.raises(StoreError, match=r"unknown column 'r2_tset'.*Did you mean: r2_test"):
        Record.from_row(record().to_row() | {"r2_tset": 1.0})


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("task_fingerprint", "e" * 64), ("method", "lies"), ("method_version", "2"), ("seed", 1), ("noise", 0.02),
        ("parameters", {"degree": 4, "alpha": 0.5}), ("parameters", {"degree": 3}), ("parameters", {}),
        ("budget_seconds", 61.0), ("budget_memory_mb", 1.0), ("budget_threads", 2), ("scoring_version", "1.2"),
    ],
)  # fmt: skip
def test_the_key_depends_on_every_part(part, value):
    assert record_key(**(KEY | {part: value})) != record_key(**KEY)


def test_the_key_does_not_depend_on_how_a_number_is_written():
    same = {"noise": 0, "budget_seconds": 60, "budget_memory_mb": 4096, "parameters": {"alpha": 0.5, "degree": 3}}
    assert record_key(**(KEY | same)) == record_key(**(KEY | {"noise": -0.0}))


def test_the_key_is_the_same_on_every_machine_and_day():
    """A change here makes every stored record of every user look missing."""
    assert record_key(**KEY) == "cab2759a3d96a8f8bcad00ab8ecf5404"


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seed", 5), ("noise", 0.5), ("method", "other"), ("parameters", "{}"), ("budget_threads", 4),
        ("task_fingerprint", "x"), ("scoring_version", "9"), ("method_version", "9"), ("key", "0" * 32),
    ],
)  # fmt: skip
def test_a_row_changed_by_hand_does_not_fit_its_key(column, value):
    with pytest.raises(StoreError, match=r"does not fit its contents.*changed by hand"):
        Record.from_row(record().to_row() | {column: value})
