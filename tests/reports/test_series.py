"""Series that the page and the paper draw: shares of solved runs over time, and critical differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from records import failure, record

from srbench_lite.comparing.leaderboard import ALL_SUITES
from srbench_lite.comparing.ranking import cliques, friedman
from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.series import diagram, diagrams, number, on_shared_tasks, times

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def runs(*records):
    return RunTable.from_records(records, COLUMNS).runs


def test_the_share_of_solved_runs_grows_with_time_and_ends_at_the_limit():
    own = [
        record(task=f"sin/{k}", seconds=s, **kind) for k, (s, kind) in enumerate([(4.0, {}), (2.0, {}), (1.0, MISSED)])
    ]
    found = list(
        times(runs(*own, failure(task="sin/9", seconds=0.5), record(task="sin/10", truth=None, recovered=None)))
    )
    first = {"suite": "sin", "noise": 0.0, "perturbation": "none", "method": "good"}
    assert found == [
        {**first, "seconds": 2.0, "solved": 0.25},
        {**first, "seconds": 4.0, "solved": 0.5},
        {**first, "seconds": 60.0, "solved": 0.5},
    ]


def test_many_runs_make_few_points_and_keep_the_ends():
    found = list(times(runs(*(record(task=f"sin/{k}", seconds=1.0 + k) for k in range(1000)))))
    assert len(found) == 121
    assert (found[0]["seconds"], found[-2]["seconds"], found[-2]["solved"]) == (1.0, 1000.0, 1.0)
    assert next(times(runs(record(seconds=1e-9))))["seconds"] == 1e-3


def test_a_method_that_ran_on_few_tasks_takes_no_tasks_from_the_others():
    own = [record(task=f"sin/{k}", method=m) for k in range(4) for m in "ab"]
    shared = on_shared_tasks(runs(*own, record(task="sin/0", method="rare"), record(task="sin/9", method="a")))
    assert set(shared["method"]) == {"a", "b"}
    assert set(shared["task"]) == {f"sin/{k}" for k in range(4)}


def test_a_diagram_is_what_the_statistics_say():
    rates = np.array([[1, 1, 0], [1, 1, 0], [1, 0, 0], [1, 1, 0], [1, 1, 0], [1, 1, 1], [1, 1, 0], [1, 1, 0.0]])
    own = [
        record(task=f"sin/{k}", method="abc"[m], **({} if hit else MISSED))
        for k, row in enumerate(rates) for m, hit in enumerate(row)
    ]  # fmt: skip
    level = runs(*own)
    found = diagram(level.assign(value=level["recovered"].astype(float)))
    assert found["tasks"] == 8
    assert found["p"] == number(friedman(rates).p_value)
    assert [mean["method"] for mean in found["means"]] == ["a", "b", "c"]
    assert [mean["rank"] for mean in found["means"]] == pytest.approx(friedman(rates).mean_ranks, abs=1e-4)
    assert len(found["bars"]) == len(cliques(rates))
    assert [d["suite"] for d in diagrams(level)] == ["sin"]
    two = runs(*own, *(record(suite="q", task=f"q/{k}", method=m) for k in range(2) for m in "ab"))
    assert [d["suite"] for d in diagrams(two)] == ["q", "sin", ALL_SUITES]


def test_a_single_method_or_task_has_no_diagram():
    assert list(diagrams(runs(*(record(task=f"sin/{k}") for k in range(5))))) == []
    assert list(diagrams(runs(record(method="a"), record(method="b")))) == []


def test_numbers_have_five_digits_and_are_numbers():
    assert number(1 / 3) == 0.33333
    assert number(None) is None
    assert number(math.inf) is None
    assert number(math.nan) is None
