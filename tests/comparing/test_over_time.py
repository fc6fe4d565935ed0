"""Moments: rates and errors at each mark, by the rules of the leaderboard."""

from __future__ import annotations

import math
from typing import Any

from records import record

from srbench_lite.comparing.over_time import mark_frame, moments
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Record
from srbench_lite.reports.page.content import COLUMNS


def run(solved_at: float, task: str = "sin/0", **changes: Any) -> Record:
    """Return a run that has no formula at 1 s, a rough one at 2 s, and the truth from some second on."""
    progress = [entry(1.0, None), entry(2.0, "x", verdict="different", recovered=False, nmse_test=0.25, complexity=1)]
    progress += [
        entry(mark, "sin(x)", verdict="exact", recovered=True, nmse_test=0.0, r2_test=1.0, complexity=2)
        if mark >= solved_at
        else progress[1] | {"seconds": mark}
        for mark in (5.0, 10.0)
    ]
    return record(task=task, progress=tuple(progress), **changes)


def found(*records: Record) -> dict[tuple[str, str, float], Any]:
    runs = RunTable.from_records(records, COLUMNS).runs
    marks = mark_frame((number, one.progress) for number, one in enumerate(records))
    return {(one.suite, one.method, one.seconds): one for one in moments(runs, marks)}


def test_seeds_are_averaged_inside_a_task_first():
    seen = found(run(5, seed=0), run(10, seed=1), run(10, seed=2), run(5, "sin/1"))
    at = {seconds: seen["sin", "good", seconds] for seconds in (1.0, 2.0, 5.0, 10.0)}
    assert [at[seconds].recovery for seconds in at] == [0.0, 0.0, (1 / 3 + 1) / 2, 1.0]
    assert at[5.0].interval == wilson_interval(2 / 3, 2)
    assert [at[seconds].nmse_test for seconds in at] == [math.inf, 0.25, 0.125, 0.0]
    assert {one.tasks for one in at.values()} == {2}


def test_what_was_not_judged_is_no_recovery_and_what_has_no_truth_has_no_rate():
    unjudged = entry(1.0, "x", nmse_test=0.5, complexity=1)
    seen = found(record(progress=(unjudged,)), record(suite="q", task="q/0", truth=None, progress=(unjudged,)))
    assert seen["sin", "good", 1.0].recovery == 0.0
    assert (seen["q", "good", 1.0].recovery, seen["q", "good", 1.0].interval) == (None, None)


def test_runs_without_marks_are_left_out():
    assert found(record()) == {}
    seen = found(run(5, "sin/0"), record(task="sin/1", method="aged"))
    assert {method for _, method, _ in seen} == {"good"}


def test_over_all_suites_a_formula_counts_once():
    shared = {"truth": "sin(x)"}
    every = [run(5, "sin/0", **shared), run(10, "q/0", suite="q", **shared), run(10, "q/1", suite="q", truth="x**2")]
    one = found(*every)["all suites", "good", 5.0]
    assert (one.recovery, one.tasks) == (0.25, 3)


def test_where_y_is_constant_there_is_no_error():
    seen = found(run(5, y_constant=True))
    assert seen["sin", "good", 10.0].nmse_test is None
    assert seen["sin", "good", 10.0].recovery == 1.0
