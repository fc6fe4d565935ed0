"""How runs ended: one kind a run, counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import failure, record

from srbench_lite.comparing.breakdown import judged_runs
from srbench_lite.comparing.misses import KINDS, kinds_of, miss_breakdown, other_functions
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.record import Record, Status

COLUMNS = (
    "suite", "task", "method", "noise", "perturbation", "truth", "recovered", "verdict", "status", "task_fingerprint",
)  # fmt: skip
TRUTH = "2*sin(3*x) + y"


def missed(expression: str, verdict: str | None = "different", **changes: Any) -> Record:
    recovered = None if verdict is None else False
    return record(expression=expression, verdict=verdict, recovered=recovered, truth=TRUTH, **changes)


#: A run of each kind.
ENDS = {
    "recovered": record(truth=TRUTH),
    "right form": missed("2.5*sin(2.9*x) + 1.1*y"),
    "affine": missed("4*sin(3*x) + 2*y", "affine"),
    "wrong form": missed("sin(x)*y"),
    "undecided": missed("2*sin(3*x) + y + 1e-30", "undecided"),
    "not judged": missed("sin(x)", None),
    "timeout": missed("2.5*sin(2.9*x) + 1.1*y", status=Status.TIMEOUT),
    **{str(status): failure(status, "no", truth=TRUTH) for status in Status if status not in ("ok", "timeout")},
}


def judged(records: list[Record]) -> tuple[Any, dict[int, str | None]]:
    runs, _ = judged_runs(RunTable.from_records(records, COLUMNS).runs)
    return runs, {number: one.expression for number, one in enumerate(records)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind(kind):
    assert kinds_of(*judged([ENDS[kind]])).tolist() == [kind]


def test_what_was_recovered_is_recovered_however_the_run_ended():
    runs = judged([record(truth=TRUTH, status=Status.TIMEOUT)])
    assert kinds_of(*runs).tolist() == ["recovered"]


def test_only_another_function_of_a_run_that_ended_ok_is_looked_at():
    runs, _ = judged(list(ENDS.values()))
    assert [kind for kind, is_asked in zip(ENDS, other_functions(runs), strict=True) if is_asked] == [
        "right form", "wrong form",
    ]  # fmt: skip


def test_shares_are_averages_over_tasks():
    records = [
        ENDS["recovered"], missed("x", seed=1), missed("2.5*sin(2.9*x) + 1.1*y", seed=2),
        missed("x", task="sin/other"), record(method="other", truth=TRUTH),
    ]  # fmt: skip
    table = miss_breakdown(*judged(records))
    assert table.levels == ("recovered", "right form", "wrong form")
    assert {level: table.cell(level, "good").rate for level in table.levels} == pytest.approx({
        "recovered": 1 / 6, "right form": 1 / 6, "wrong form": (1 / 3 + 1) / 2,
    })  # fmt: skip
    assert table.cell("wrong form", "other").rate == 0.0
    assert table.cell("all", "good").rate == pytest.approx(1 / 6)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.sampled_from(sorted(ENDS)), st.integers(0, 3)), min_size=1, max_size=20))
def test_shares_add_up_to_one(ends):
    import dataclasses

    records = [
        dataclasses.replace(ENDS[kind], task=f"sin/{task}", seed=number, task_fingerprint=f"f{task}")
        for number, (kind, task) in enumerate(ends)
    ]
    table = miss_breakdown(*judged(records))
    assert sum(cell.rate for cell in table.cells) == pytest.approx(1.0)
    assert {cell.runs for cell in table.cells} == {len(ends)}
