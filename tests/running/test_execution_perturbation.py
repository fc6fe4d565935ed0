"""A perturbed run: the method sees perturbed points, the judge the truth in their names and units, a rescoring too."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from places import HOSTILE
from runs_here import SupervisorHere

from srbench_lite import Budget
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Method
from srbench_lite.problems.drawn_task import DrawnTask
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.suite import Suite
from srbench_lite.recording.record import Record, Status
from srbench_lite.running.execution import execute, score_formula
from srbench_lite.running.messages import FitAnswer, FitRequest, ScoreRequest
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.process_result import ProcessResult
from srbench_lite.running.rescoring import plan_rescoring, rescore

TASK = Suite.from_formulas(
    "toy", summary="s", formulas={"product": ("m*v**2", {"m": (1.0, 2.0), "v": (-1.0, 1.0)})}, n_train=12, n_test=20
).tasks[0]
CHANGES = Perturbation(train_size=8, dummies=2, rescale=True, outliers=0.1, input_noise=0.01)


class Watched(SupervisorHere):
    """Answers a fit with a formula, does the rest, and notes what it was asked."""

    def __init__(self, formula: str) -> None:
        super().__init__(plugins=[HOSTILE])
        self._formula = formula
        self.asked: list[Any] = []

    def run(self, request: Any, *, seconds: float, memory_mb: float) -> ProcessResult[Any]:
        self.asked.append(request)
        if isinstance(request, FitRequest):
            answer = FitAnswer(status=Status.OK, seconds=0.5, reason=None, expression=self._formula, stopped="done")
            return ProcessResult(answer=answer, seconds=1.0, cpu_seconds=2.0)
        return super().run(request, seconds=seconds, memory_mb=memory_mb)


def planned(method: Method, **changes: Any) -> PlannedRun:
    task = dataclasses.replace(TASK, **changes)
    return plan([method], [task], seeds=[3], noises=[0.0], budget=Budget(seconds=5), perturbations=[CHANGES])[0]


@pytest.fixture(name="made", scope="module")
def _made() -> tuple[Record, list[Any], DrawnTask]:
    drawn = DrawnTask.of(TASK, seed=3, perturbation=CHANGES)
    assert drawn.truth is not None
    with Watched(str(drawn.truth)) as supervisor:
        record = execute(planned(discover(files=[HOSTILE]).method("good")), supervisor, environment={"host": "here"})
        return record, supervisor.asked, drawn


def test_a_method_sees_the_perturbed_points_and_nothing_else(made):
    _, (fit, *_), drawn = made
    assert (len(fit.samples), len(fit.samples.variables)) == (8, 4)
    assert fit.samples.variables == drawn.dataset.train.variables
    assert (fit.samples.x == drawn.dataset.train.x).all()
    assert (fit.samples.y == drawn.dataset.train.y).all()


def test_the_judge_compares_in_names_and_units_of_the_points(made):
    record, (_, score, *_), drawn = made
    assert isinstance(score, ScoreRequest)
    assert (score.truth, score.domain) == (str(drawn.truth), drawn.variables)
    assert record.scores.verdict == "exact"
    assert record.scores.r2_test == pytest.approx(1.0)
    assert (record.truth, record.perturbation) == (str(drawn.truth), CHANGES.settings)
    assert record.truth != str(TASK.truth)
    assert (record.task_fingerprint, record.identifiable) == (TASK.fingerprint, True)
    assert Record.from_row(record.to_row()) == record


def test_the_truth_of_the_task_is_not_that_of_the_run(made):
    *_, drawn = made
    with SupervisorHere() as supervisor:
        names = dict(zip(TASK.variables, drawn.variables, strict=False))
        renamed = TASK.truth.substitute({old: Expression.variable(new) for old, new in names.items()})
        scored = score_formula(str(renamed), drawn, drawn.dataset, supervisor)
    assert scored.scores.verdict == "different"


def test_a_perturbed_record_is_scored_again_as_it_was(made, runs_here):
    record, *_ = made
    again = plan_rescoring([record], [TASK], everything=True)
    (outcome,), interrupted = rescore(again, store=None)
    assert not interrupted
    assert outcome.after == dataclasses.replace(record, environment=outcome.after.environment)


def test_a_record_says_whether_points_can_show_the_truth(made, runs_here):
    record, *_ = made
    task = dataclasses.replace(TASK, unidentifiable="m is much smaller than what is measured")
    (outcome,), _ = rescore(plan_rescoring([record], [task], everything=True), store=None)
    assert outcome.after.identifiable is False
