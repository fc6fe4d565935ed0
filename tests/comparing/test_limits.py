"""Which runs stand under one set of limits."""

from __future__ import annotations

import pytest
from records import record

from srbench_lite.comparing.limits import under_one_set
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import UsageError

COLUMNS = ("task", "method_version", "budget_seconds", "budget_memory_mb", "budget_threads", "started_at")


def runs(*limits: tuple[str, float, int, int]):
    """Return runs of versions, each with a limit of seconds, of threads, and the day on which it was made."""
    records = [
        record(
            method_version=version, budget_seconds=seconds, budget_threads=threads,
            started_at=f"2026-01-{day:02}T00:00:00+00:00",
        )
        for version, seconds, threads, day in limits
    ]  # fmt: skip
    return RunTable.from_records(records, COLUMNS).runs


def test_the_limits_that_most_have_count_though_others_have_more_or_later_runs():
    found, said = under_one_set(
        runs(("1", 60.0, 1, 1), ("2", 60.0, 1, 1), ("2", 5.0, 1, 2), ("2", 5.0, 2, 3)), of="method_version"
    )
    assert found["budget_seconds"].tolist() == [60.0, 60.0]
    assert said == ["2 runs with other limits than 60 s, 4096 MiB, 1 thread left out; --time-limit chooses others."]


def test_of_several_those_of_the_last_run_count():
    found, _ = under_one_set(runs(("1", 60.0, 1, 4), ("1", 2.5, 2, 5)), of="method_version")
    assert (found["budget_seconds"].tolist(), found["budget_threads"].tolist()) == ([2.5], [2])


def test_a_limit_that_was_asked_for():
    known = runs(("1", 60.0, 1, 1), ("2", 60.0, 1, 1), ("2", 5.0, 1, 2))
    found, said = under_one_set(known, of="method_version", time_limit=5.0)
    assert (found["budget_seconds"].tolist(), said) == ([5.0], [])
    with pytest.raises(UsageError, match="no run has a time limit of 7 s; there are: 5, 60"):
        under_one_set(known, of="method_version", time_limit=7.0)
