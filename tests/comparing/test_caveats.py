"""What must be known of runs beside their scores: counted by hand."""

from __future__ import annotations

import pytest
from records import failure, record

from srbench_lite.comparing.caveats import COLUMNS, Caveats, caveats_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.record import Status


def counted(*records, columns=COLUMNS) -> Caveats:
    return caveats_of(RunTable.from_records(records, columns).runs)


def test_the_clock_ends_runs_that_are_ok_and_runs_that_are_not():
    runs = [
        record(seed=0),
        record(seed=1, stopped="budget"),
        record(seed=2, stopped="budget", status=Status.TIMEOUT, reason="stopped"),
        failure(Status.TIMEOUT, "stopped", seed=3),
        failure(Status.CRASHED, seed=4),
    ]
    assert counted(*runs).by_clock == 3
    assert counted(record(stopped=None)).by_clock is None  # a baseline that does not say


def test_the_share_of_a_core_weighs_long_runs_and_no_run_has_more_than_one():
    runs = [
        record(seed=0, seconds=10.0, cpu_seconds=5.0),
        record(seed=1, seconds=10.0, cpu_seconds=30.0),  # three children at work
        record(seed=2, seconds=0.01, cpu_seconds=0.02),  # the fork is in it
        failure(Status.SKIPPED, "cannot", seed=3, seconds=99.0, cpu_seconds=0.0),
    ]
    assert counted(*runs).core_share == pytest.approx(15.01 / 20.01)
    assert counted(failure(Status.SKIPPED, seconds=0.0, cpu_seconds=0.0)).core_share is None
    assert counted(record(), columns=("status", "seconds", "stopped")).core_share is None


def test_a_verdict_that_was_not_made_here_is_a_claim_and_where_there_is_no_formula_there_is_none():
    runs = [record(seed=0), record(seed=1, judged_here=False), failure(seed=2, judged_here=False)]
    assert counted(*runs).claims == 1


@pytest.mark.parametrize(("gap", "unlike"), [(None, 0), (0.0, 0), (9e-4, 0), (1.1e-3, 1), (3.9, 1)])
def test_a_formula_that_is_not_what_the_method_predicted_with(gap, unlike):
    assert counted(record(replay_gap=gap)).unlike == unlike


@pytest.mark.parametrize(("points", "undefined"), [(None, 0), (0, 0), (1, 1), (100, 1)])
def test_a_formula_that_is_undefined_on_its_own_points(points, undefined):
    assert counted(record(undefined_train=points)).undefined == undefined
