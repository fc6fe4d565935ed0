"""`judge_quality`: a real process judges what a run had at its marks; time that runs out is never a recovery."""

from __future__ import annotations

from typing import Any

import pytest

from srbench_lite import Expression, Sampling, Scores, Task
from srbench_lite.recording.record import Status
from srbench_lite.running import quality
from srbench_lite.running.process_result import ProcessResult
from srbench_lite.running.quality import judge_quality, without_formula
from srbench_lite.running.supervisor import Supervisor

TASK = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=10, n_test=20,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip
ANSWER = Scores(verdict="different", recovered=False, complexity=1)


class Stopped(Supervisor):
    """Stops whatever it is asked at its limit."""

    def run(self, request: Any, *, seconds: float, memory_mb: float) -> ProcessResult[Any]:
        return ProcessResult(limit=Status.TIMEOUT)


def judged(supervisor: Supervisor) -> quality.Quality:
    return judge_quality(
        ((0.5, "x"), (1.5, "2*x + 1"), (3.0, "y +")), ended_at=20.0, final="x + 7", scores=ANSWER,
        candidates=("x + 7", "1 + x + x", "z"), budget_seconds=10.0, task=TASK, dataset=TASK.dataset(seed=0),
        supervisor=supervisor,
    )  # fmt: skip


def test_marks_and_candidates_are_judged():
    with Supervisor() as supervisor:
        found = judged(supervisor)
    said = [(one["seconds"], one["expression"], one["verdict"]) for one in found.progress]
    assert said[0][:2] == (1.0, "x")
    assert said[1] == (2.0, "2*x + 1", "exact")
    assert said[2] == (5.0, None, None)
    assert said[3] == (10.0, "x + 7", "different")
    assert (found.recovered_any, found.right_candidates) == (True, 1)
    assert found.complaints[0].startswith("what was reported by 5 s is no formula")


def test_what_is_not_judged_in_time_is_no_recovery():
    found = judged(Stopped())
    assert [one["verdict"] for one in found.progress] == [None, None, None, "different"]
    assert (found.recovered_any, found.right_candidates) == (None, None)
    assert "were not judged" in found.complaints[0]


@pytest.mark.parametrize(("has_truth", "any_right"), [(True, False), (False, None)])
def test_a_run_without_points_has_entries_without_formula(has_truth, any_right):
    found = without_formula(2.0, has_truth=has_truth)
    assert [one["expression"] for one in found.progress] == [None, None]
    assert found.recovered_any is any_right
