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
from srbench_lite.recording.record import ADDED_COLUMNS, COLUMNS, Record, Status


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
    fields = {f.name for f in (*dataclasses.fields(Record), *dataclasses.fields(Scores))} - {"scores", "output"}
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


@pytest.mark.parametrize("column", sorted(set(COLUMNS) - set(ADDED_COLUMNS)))
def test_a_missing_column_is_named(column):
    row = record().to_row()
    del row[column]
    with pytest.raises(StoreError, match=f"lacks the column {column}"):
        Record.from_row(row)


def test_a_row_without_the_complaint_is_one_of_an_earlier_version():
    row = record(reason="extras were dropped: no; metric a: KeyError: y").to_row()
    del row["complaint"]
    old = Record.from_row(row)
    assert (old.reason, old.complaint) == (None, "fit: extras were dropped: no\nmetric a: KeyError: y")
    assert Record.from_row(old.to_row()) == old
    assert ADDED_COLUMNS == (
        "complaint", "method_source", "judged_here", "undefined_train", "perturbation", "identifiable", "progress",
        "reports", "recovered_any", "right_candidates",
    )  # fmt: skip


def test_a_row_of_an_earlier_version_was_made_by_unknown_code_and_judged_elsewhere():
    row = record().to_row()
    for name in ADDED_COLUMNS[1:]:
        del row[name]
    old = Record.from_row(row)
    assert (old.method_source, old.judged_here, old.scores.undefined_train) == (None, False, None)
    assert (old.perturbation, old.identifiable) == ({}, None)
    assert (old.progress, old.reports, old.recovered_any, old.right_candidates) == ((), (), None, None)


def test_a_perturbation_is_written_in_one_way():
    made = record(perturbation={"dummies": 3, "input_noise": 1.0})
    row = made.to_row() | {"perturbation": '{"input_noise": 1, "rescale": false, "dummies": 3}'}
    assert Record.from_row(row) == made


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('{"dumies": 3}', "no setting 'dumies'. Did you mean: dummies"), ('{"dummies": "3"}', "got '3'"),
        ('{"outliers": 0.9}', "from 0 to 0.5, got 0.9"), ('{"train_size": 0}', "from 1 to"),
    ],
)  # fmt: skip
def test_a_perturbation_that_is_none_is_refused(settings, said):
    with pytest.raises(StoreError, match="a record's perturbation is none") as caught:
        Record.from_row(record().to_row() | {"perturbation": settings})
    assert said in str(caught.value)


def test_a_row_with_a_complaint_is_taken_as_it_is():
    new = record(reason="metric a: KeyError: y", complaint="scoring stopped (timeout)")
    assert Record.from_row(new.to_row()) == new


def test_an_unknown_column_is_named():
    with pytest.raises(StoreError, match=r"unknown column 'r2_tset'.*Did you mean: r2_test"):
        Record.from_row(record().to_row() | {"r2_tset": 1.0})


# --- keys -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("seed", 5), ("noise", 0.5), ("method", "other"), ("parameters", "{}"), ("budget_threads", 4),
        ("task_fingerprint", "x"), ("scoring_version", "9"), ("method_version", "9"), ("key", "0" * 32),
        ("perturbation", '{"dummies": 3}'),
    ],
)  # fmt: skip
def test_a_row_changed_by_hand_does_not_fit_its_key(column, value):
    with pytest.raises(StoreError, match=r"does not fit its contents.*changed by hand"):
        Record.from_row(record().to_row() | {column: value})
