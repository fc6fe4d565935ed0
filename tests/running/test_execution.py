"""One run: how a fit ended becomes the record's status, reason and complaint; a formula is scored on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import HOSTILE

from srbench_lite import Budget, Sampling, Task
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.brief_scores import BriefScores
from srbench_lite.judging.judge import TOLERANCES
from srbench_lite.judging.scores import Scores
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.record import Record, Status
from srbench_lite.running.execution import environment_of_scoring, execute, score_formula
from srbench_lite.running.judge_messages import JudgeAnswer, JudgeRequest
from srbench_lite.running.messages import (
    FitAnswer,
    FitRequest,
    MetricsAnswer,
    MetricsRequest,
    Request,
    ScoreAnswer,
    ScoreRequest,
)
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.process_result import ProcessResult
from srbench_lite.running.supervisor import Supervisor

TASK = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=10, n_test=20,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip
EXACT = ScoreAnswer(scores=Scores(verdict="exact", recovered=True, verdict_by="aligned"), simple_truth="2*x + 1")


class Played(Supervisor):
    """Gives the results it was told to, one after another, and notes what it was asked."""

    def __init__(self, *results: ProcessResult[Any]) -> None:
        super().__init__()
        self._results = iter(results)
        self.asked: list[Any] = []

    def run(self, request: Request[Any], *, seconds: float, memory_mb: float) -> ProcessResult[Any]:
        self.asked.append(request)
        return next(self._results)


def fitted(**parts: Any) -> ProcessResult[FitAnswer]:
    answer = {"status": Status.OK, "seconds": 0.5, "reason": None, "expression": "x", "stopped": "done"} | parts
    return ProcessResult(answer=FitAnswer(**answer), seconds=1.0, cpu_seconds=2.0, peak_mb=3.0, printed_bytes=4)


def scored(answer: ScoreAnswer = EXACT) -> ProcessResult[ScoreAnswer]:
    return ProcessResult(answer=answer)


@pytest.fixture(name="registry", scope="module")
def _registry() -> Registry:
    return discover(files=[HOSTILE])


@pytest.fixture(name="planned")
def _planned(registry: Registry) -> PlannedRun:
    budget = Budget(seconds=2.0, memory_mb=100.0)
    return plan([registry.method("good")], [TASK], seeds=[3], noises=[0.1], budget=budget)[0]


def done(planned: PlannedRun, *results: ProcessResult[Any]) -> Record:
    record = execute(planned, Played(*results), environment={"host": "here"})
    assert Record.from_row(record.to_row()) == record
    return record


def test_a_formula_is_scored_and_recorded(planned: PlannedRun) -> None:
    answer = fitted(candidates=("1", "x"), extras={"steps": 3}, predictions=np.zeros(10))
    other = JudgeAnswer(formulas=(), candidates=(BriefScores(verdict="different", recovered=False),))
    supervisor = Played(answer, scored(), ProcessResult(answer=other))
    record = execute(planned, supervisor, environment={"host": "here"})
    fit, score, judged = supervisor.asked
    assert (judged.formulas, judged.candidates) == ((), ("1",))
    assert isinstance(fit, FitRequest)
    assert (fit.method, fit.budget, len(fit.samples)) == ("good", planned.budget, 10)
    assert isinstance(score, ScoreRequest)
    assert (score.expression, score.truth, score.domain) == ("x", "2*x + 1", TASK.variables)
    assert np.array_equal(score.train.x, fit.samples.x)
    assert score.predictions is not None
    assert (record.key, record.seed, record.noise) == (planned.key, 3, 0.1)
    assert (record.status, record.reason, record.complaint) == (Status.OK, None, None)
    assert (record.expression, record.stopped, record.candidates) == ("x", "done", ("1", "x"))
    assert (record.extras, record.environment) == ({"steps": 3}, {"host": "here"})
    assert (record.seconds, record.cpu_seconds, record.peak_mb, record.printed_bytes) == (0.5, 2.0, 3.0, 4)
    assert record.scores == EXACT.scores
    assert [(entry["seconds"], entry["expression"], entry["verdict"]) for entry in record.progress] == [
        (1.0, "x", "exact"), (2.0, "x", "exact"),
    ]  # fmt: skip
    assert (record.recovered_any, record.right_candidates, record.reports) == (True, 1, ())


@pytest.mark.parametrize(
    ("result", "status", "reason", "expression"),
    [
        (
            ProcessResult(limit=Status.TIMEOUT, best="x"), Status.TIMEOUT,
            "the fit was stopped at its limit of 2 s; the best formula so far is scored", "x",
        ),
        (
            ProcessResult(limit=Status.TIMEOUT), Status.TIMEOUT,
            "the fit was stopped at its limit of 2 s; it had reported no formula", None,
        ),
        (
            ProcessResult(limit=Status.MEMOUT), Status.MEMOUT,
            "the fit was stopped at its limit of 100 MiB; it had reported no formula", None,
        ),
        (
            ProcessResult(malformed="it lacks reason", best="x"), Status.CRASHED,
            "the method's process sent a malformed answer: it lacks reason", None,
        ),
        (ProcessResult(wait_status=9), Status.CRASHED, "the process was killed by SIGKILL", None),
        (
            fitted(status=Status.FAILED, reason="nothing", expression=None, stopped=None), Status.FAILED, "nothing",
            None,
        ),
    ],
)  # fmt: skip
def test_how_a_fit_ended_becomes_status_and_reason(planned, result, status, reason, expression) -> None:
    record = done(planned, result, *([scored()] if expression else []))
    assert (record.status, record.reason, record.expression, record.complaint) == (status, reason, expression, None)
    assert record.scores.n_far == (None if expression else 20)  # known without a formula
    assert record.stopped == ("budget" if expression else None)
    assert (record.candidates, record.extras) == ((), {})


def test_a_fit_that_ran_out_of_memory_by_itself_is_scored_by_its_best(planned) -> None:
    answer = FitAnswer(status=Status.MEMOUT, seconds=1.0, reason="the method ran out of memory (MemoryError)")
    record = done(planned, ProcessResult(answer=answer, best="x"), scored())
    assert (record.status, record.expression, record.stopped) == (Status.MEMOUT, "x", "budget")
    assert record.reason == answer.reason


def test_a_text_that_is_no_formula_is_invalid(planned) -> None:
    wrong = scored(ScoreAnswer(scores=None, not_a_formula="unknown variable 'z'"))
    record = done(planned, fitted(), wrong)
    assert (record.status, record.reason, record.expression) == (Status.INVALID, "unknown variable 'z'", None)
    late = done(planned, ProcessResult(limit=Status.TIMEOUT, best="z"), wrong)
    assert (late.status, late.expression) == (Status.TIMEOUT, None)
    assert late.reason == (
        "the fit was stopped at its limit of 2 s; what it had reported is no formula: unknown variable 'z'"
    )


def test_an_answer_that_cannot_be_kept_is_a_crash(planned) -> None:
    record = done(planned, fitted(extras={"a": float("inf")}), scored())
    assert (record.status, record.expression, record.extras) == (Status.CRASHED, None, {})
    assert str(record.reason).startswith("the method's answer cannot be kept: a record's extras must be plain JSON")


def test_what_was_reported_before_such_an_answer_is_judged_once(planned) -> None:
    answer = FitAnswer(
        status=Status.OK, seconds=1.5, reason=None, expression="x", candidates=("3*x",), extras={"a": float("inf")}
    )
    result = ProcessResult(answer=answer, seconds=1.5)
    result.reports.add(0.2, "2*x")
    judged = JudgeAnswer(formulas=(BriefScores(verdict="different", recovered=False),), candidates=())
    supervisor = Played(result, scored(), ProcessResult(answer=judged))
    record = execute(planned, supervisor, environment={})
    assert [type(request) for request in supervisor.asked[2:]] == [JudgeRequest]
    assert (supervisor.asked[2].formulas, supervisor.asked[2].candidates) == (("2*x",), ())
    assert (record.status, record.recovered_any, record.progress[0]["expression"]) == (Status.CRASHED, False, "2*x")


def test_reason_and_complaint_are_apart(planned) -> None:
    """What was dropped from the answer and what went wrong in scoring are complaints; the run itself ended ok."""
    wanted = scored(ScoreAnswer(scores=EXACT.scores, metrics=("a",)))
    metrics = ProcessResult(answer=MetricsAnswer(metrics={"a": None}, complaints=("metric a: KeyError: 'b'",)))
    record = done(planned, fitted(complaints=("extras were dropped: no",)), wanted, metrics)
    assert (record.status, record.reason) == (Status.OK, None)
    assert record.complaint == "fit: extras were dropped: no\nmetric a: KeyError: 'b'"
    assert record.scores.metrics == {"a": None}
    late = done(planned, ProcessResult(limit=Status.TIMEOUT, best="x"), ProcessResult(limit=Status.MEMOUT))
    assert late.reason == "the fit was stopped at its limit of 2 s; the best formula so far is scored"
    assert late.complaint == "scoring stopped (memout)"


def test_a_task_without_points_is_skipped(registry) -> None:
    void = Task(
        name="toy/void", suite="toy", truth=Expression.parse("log(x)"), variables={"x": Sampling(low=-2, high=-1)}
    )
    (planned,) = plan([registry.method("good")], [void], seeds=[0], noises=[0.0], budget=Budget())
    record = done(planned)
    assert record.status is Status.SKIPPED
    assert str(record.reason).startswith("no points could be drawn: ")
    assert record.scores == Scores()


# --- scoring ----------------------------------------------------------------------------------------------------------


@pytest.fixture(name="supervisor", scope="module")
def _supervisor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervisor]:
    plugin: Path = tmp_path_factory.mktemp("plugin") / "metric.py"
    plugin.write_text(
        "from srbench_lite import Metric, hookimpl\n@hookimpl\ndef srbench_metrics():\n"
        "    return [Metric(name='worst', summary='', compute=lambda test, y, found, truth: abs(y - test.y).max())]\n"
    )
    with Supervisor(plugins=[plugin]) as supervisor:
        yield supervisor


def test_a_formula_is_scored_in_a_process_of_its_own(supervisor: Supervisor) -> None:
    dataset = TASK.dataset(seed=0)
    good = score_formula("2*x + 1", TASK, dataset, supervisor, predictions=dataset.train.y + 1e-3)
    assert (good.not_a_formula, good.complaints) == (None, ())
    assert (good.scores.verdict, good.scores.metrics) == ("exact", {"worst": 0.0})
    assert good.scores.replay_gap is not None
    assert good.scores.replay_gap > 0
    bad = score_formula("x", TASK, dataset, supervisor)
    assert bad.scores.verdict == "different"
    assert bad.scores.replay_gap is None


def test_what_is_no_formula_is_said(supervisor: Supervisor) -> None:
    wrong = score_formula("__import__('os')", TASK, TASK.dataset(seed=0), supervisor)
    assert "unknown function '__import__'" in str(wrong.not_a_formula)
    assert wrong.scores == Scores()


@pytest.mark.parametrize(
    ("result", "why"),
    [
        (ProcessResult(limit=Status.TIMEOUT), "scoring stopped (timeout)"),
        (
            ProcessResult(malformed="it lacks scores"),
            "scoring died: the process sent a malformed answer: it lacks scores",
        ),
        (ProcessResult(wait_status=11), "scoring died: the process was killed by SIGSEGV"),
    ],
)
def test_scoring_that_does_not_end_leaves_the_formula_undecided(result: ProcessResult[Any], why: str) -> None:
    dataset = TASK.dataset(seed=0)
    unscored = score_formula("x", TASK, dataset, Played(result))
    assert unscored.complaints == (why,)
    assert (unscored.scores.verdict, unscored.scores.verdict_by) == ("undecided", why)
    assert unscored.scores.recovered is None
    assert unscored.not_a_formula is None


def test_metrics_that_cannot_be_computed_cost_only_themselves() -> None:
    wanted = ScoreAnswer(scores=EXACT.scores, metrics=("a",))
    supervisor = Played(scored(wanted), ProcessResult(limit=Status.TIMEOUT))
    result = score_formula("x", TASK, TASK.dataset(seed=0), supervisor)
    assert isinstance(supervisor.asked[1], MetricsRequest)
    assert (result.scores, result.complaints) == (EXACT.scores, ("metrics were not computed: timeout",))


def test_the_simplified_truth_is_handed_on() -> None:
    """The first scoring of a task works it out; the next is told."""
    task = Task(
        name="toy/other", suite="toy", truth=Expression.parse("x + x + 7"), variables={"x": Sampling(low=0, high=3)}
    )
    supervisor = Played(scored(ScoreAnswer(scores=Scores(), simple_truth="2*x + 7")), scored())
    for _ in range(2):
        score_formula("x", task, task.dataset(seed=0), supervisor)
    assert [request.simple_truth for request in supervisor.asked] == [None, "2*x + 7"]


def test_the_tolerances_of_the_judge_stand_in_the_environment() -> None:
    assert environment_of_scoring({"host": "here"}) == {"host": "here", "tolerances": TOLERANCES}
