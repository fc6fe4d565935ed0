"""Metrics of single runs."""

from __future__ import annotations

import math

import pytest
from records import failure, record

from srbench_lite.comparing.baseline import COLUMNS as BASELINE
from srbench_lite.comparing.comparison import COLUMNS
from srbench_lite.comparing.metrics import METRICS, USUAL_METRICS
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.record import Status

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def run(task: int, *, solved: bool = True, **changes):
    return record(suite="s", task=f"s/{task}", truth="x", **({} if solved else MISSED), **changes)


def run_table(records) -> RunTable:
    return RunTable.from_records(records, tuple(dict.fromkeys((*COLUMNS, *BASELINE))))


def side(rates, seeds: int = 5, **changes):
    """Runs of as many tasks as there are rates, of each the first so many solved."""
    return [
        run(task, solved=seed < round(rate * seeds), seed=seed, **changes)
        for task, rate in enumerate(rates)
        for seed in range(seeds)
    ]


def test_metrics_of_runs_and_of_failures():
    good = run(0, nmse_test=1e-4, complexity=10, seconds=2.0)
    exact = run(1, nmse_test=0.0, complexity=100, seconds=1e-9)
    bad = run(2, nmse_test=1e9, complexity=1, solved=False)
    failed = failure(Status.CRASHED, suite="s", task="s/3")
    constant = run(4, y_constant=True, nmse_test=None, r2_test=None, solved_r2=None)
    untold = record(suite="s", task="s/5", truth=None, verdict=None, recovered=None, recovered_srbench=None)
    runs = run_table([good, exact, bad, failed, constant, untold]).runs.sort_values("task")
    found = {name: metric.of(runs) for name, metric in METRICS.items()}
    assert found["recovery"].tolist()[:5] == [1, 1, 0, 0, 1]
    assert math.isnan(found["recovery"][5])
    assert found["accuracy"][:4] == pytest.approx([4, 12, -2, -2])
    assert math.isnan(found["accuracy"][4])
    assert found["complexity"][:3] == pytest.approx([1, 2, 0])
    assert math.isnan(found["complexity"][3])
    assert found["time"][:2] == pytest.approx([math.log10(2), -3])


def test_costs_are_logarithms_and_unknown_of_what_was_skipped_or_not_measured():
    runs = RunTable.from_records(
        [
            record(task="sin/0", cpu_seconds=10.0, peak_mb=100.0), record(task="sin/1", cpu_seconds=0.0, peak_mb=None),
            failure(Status.SKIPPED, "no", task="sin/2", seconds=0.0, cpu_seconds=0.0, peak_mb=50.0),
        ],
        (*COLUMNS, "cpu_seconds", "peak_mb"),
    ).runs  # fmt: skip
    assert METRICS["cpu"].of(runs)[:2] == pytest.approx([1.0, -3.0])
    assert METRICS["memory"].of(runs)[0] == pytest.approx(2.0)
    assert [math.isnan(value) for value in METRICS["memory"].of(runs)] == [False, True, True]
    assert math.isnan(METRICS["cpu"].of(runs)[2])
    assert [math.isnan(value) for value in METRICS["time"].of(runs)] == [False, False, True]
    assert all(math.isnan(value) for value in METRICS["memory"].of(run_table([record()]).runs))


def test_costs_are_compared_where_they_are_named_only():
    assert USUAL_METRICS == ("recovery", "accuracy", "complexity", "time")
    assert {"cpu", "memory"} < set(METRICS)
