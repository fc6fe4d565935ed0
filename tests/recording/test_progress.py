"""Marks, and what a run has at each: a golden table; and what is no progress is refused."""

from __future__ import annotations

import pytest

from srbench_lite.errors import StoreError
from srbench_lite.recording.progress import checked_progress, checked_reports, entry, formulas_at, marks_of

REPORTS = ((0.02, "a"), (0.05, "b"), (0.2, "c"))


def test_marks_are_those_below_the_budget_and_its_end():
    assert marks_of(12.0) == (1.0, 2.0, 5.0, 10.0, 12.0)
    assert marks_of(5) == (1.0, 2.0, 5.0)
    assert marks_of(0.5) == (0.5,)


@pytest.mark.parametrize(
    ("ended_at", "final", "expected"),
    [
        (9.0, "z", (None, "a", "b", "c", "z")),  # stopped at its limit: what is scored stands at the end
        (0.1, "z", (None, "a", "z", "z", "z")),
        (0.1, None, (None, "a", None, None, None)),  # it failed: nothing from there on
        (0.0, None, (None,) * 5),
    ],
)
def test_each_mark_has_what_would_have_been_scored(ended_at, final, expected):
    marks = (0.01, 0.02, 0.1, 0.3, 0.5)
    assert formulas_at(marks, REPORTS, ended_at=ended_at, final=final) == expected


def test_what_is_right_is_taken():
    entries = [entry(1.0, "x", verdict="exact", recovered=True, nmse_test=0.0, r2_test=1.0, complexity=1)]
    assert checked_progress(entries) == tuple(entries)
    assert checked_reports([[0.5, "x"]]) == ((0.5, "x"),)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seconds", 0.0), ("seconds", "1"), ("expression", 3), ("verdict", "good"), ("recovered", True),
        ("nmse_test", "0"), ("r2_test", float("inf")), ("complexity", 1.5),
    ],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(StoreError, match=f"as {name}, got"):
        checked_progress([entry(1.0, "x") | {name: value}])


@pytest.mark.parametrize("content", [{}, [[1.0]], [[1.0, 2]], [[2.0, "x"], [1.0, "y"]], [[0.0, "x"]] * 101])
def test_what_are_no_reports_is_refused(content):
    with pytest.raises(StoreError, match="a record's reports must be"):
        checked_reports(content)


def test_entries_are_in_the_order_of_time():
    with pytest.raises(StoreError, match="in the order of time"):
        checked_progress([entry(2.0, None), entry(1.0, None)])
