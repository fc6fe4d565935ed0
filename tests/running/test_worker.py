"""`serve`: one request over a socket becomes its answer, whatever the method, the formula or the metric does."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from places import HOSTILE

from srbench_lite import Budget, Samples, Sampling
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import (
    ConformRequest,
    FitAnswer,
    FitRequest,
    MetricsRequest,
    ScoreRequest,
    Started,
    read_progress,
)
from srbench_lite.running.wire import Message, WireError, receive, send
from srbench_lite.running.worker import serve

SAMPLES = Samples(variables=("x",), x=np.linspace(-1.0, 1.0, 20)[:, None], y=2.0 * np.linspace(-1.0, 1.0, 20) + 1.0)
DOMAIN = {"x": Sampling(low=-1.0, high=1.0)}

METHODS = """
import json
from dataclasses import dataclass
import numpy as np
from srbench_lite import Expression, Fit, Method, Metric, hookimpl

X = Expression.variable("x")

@dataclass(frozen=True, kw_only=True)
class Many(Method):
    name = "many"
    summary = source = "tests"
    length: int = 10
    def fit(self, samples, *, seed, budget, report):
        report(X)
        report(2 * X)
        return Fit(
            expression=2 * X + 1, candidates=[X] * self.length, predictions=samples.y, stopped="budget",
            extras={"text": "z" * self.length, "seconds": budget.seconds},
        )

@dataclass(frozen=True, kw_only=True)
class Draws(Method):
    name = "draws"
    summary = source = "tests"
    def fit(self, samples, *, seed, budget, report):
        import random
        return Fit(expression=Expression.constant(random.random() + np.random.rand()))

@dataclass(frozen=True, kw_only=True)
class Exhausts(Method):
    name = "exhausts"
    summary = source = "tests"
    def fit(self, samples, *, seed, budget, report):
        report(X)
        raise MemoryError

class ExplainsError(TypeError):
    pass

@dataclass(frozen=True, kw_only=True)
class Explains(Method):
    name = "explains"
    summary = source = "tests"
    words: str = "no such argument"
    def fit(self, samples, *, seed, budget, report):
        raise ExplainsError(self.words + "; known are:\\n  1. (float)\\n  2. (int)\\n")

@hookimpl
def srbench_methods():
    return [Many(), Draws(), Exhausts(), Explains()]

@hookimpl
def srbench_metrics():
    return [
        Metric(name="worst", summary="", compute=lambda test, y, found, truth: abs(y - test.y).max()),
        Metric(name="size", summary="", compute=lambda test, y, found, truth: truth.complexity if truth else None),
        Metric(name="broken", summary="", compute=lambda test, y, found, truth: 1 / 0),
    ]
"""


@pytest.fixture(name="registry", scope="module")
def _registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    plugin: Path = tmp_path_factory.mktemp("worker") / "methods.py"
    plugin.write_text(METHODS)
    return discover(files=[HOSTILE, plugin])


def asked(request: Any, registry: Registry) -> tuple[list[Any], Any]:
    """Return what a child says on the way, and its answer."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            send(ours, request.to_message())
            ours.shutdown(socket.SHUT_WR)
            serve(theirs, registry)
        progress = []
        while (message := receive(ours)) is not None:
            on_the_way = read_progress(message)
            if on_the_way is None:
                assert receive(ours) is None  # the answer is the last word
                return progress, request.read_answer(message)
            progress.append(on_the_way)
    raise AssertionError("there was no answer")


def fit_request(method: str, **parameters: Any) -> FitRequest:
    return FitRequest(method=method, parameters=parameters, seed=7, budget=Budget(seconds=5.0), samples=SAMPLES)


@pytest.fixture(autouse=True)
def _own_generators() -> Any:
    """A fit seeds the global generators of its process, which is that of the tests here."""
    state, numbers = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(state)
    np.random.set_state(numbers)  # noqa: NPY002


def test_a_fit_reports_and_answers(registry):
    progress, answer = asked(fit_request("many"), registry)
    started, first, second = progress
    assert (started, first.expression, second.expression) == (Started(), "x", "2*x")
    assert 0 <= first.seconds <= second.seconds <= answer.seconds + 1e-4
    assert (answer.status, answer.reason, answer.expression) == (Status.OK, None, "2*x + 1")
    assert (answer.stopped, answer.candidates) == ("budget", ("x",) * 10)
    assert answer.extras == {"text": "z" * 10, "seconds": 5.0}
    assert answer.complaints == ()
    assert np.array_equal(answer.predictions, SAMPLES.y)
    assert 0 <= answer.seconds < 60


def test_what_is_too_much_is_dropped_and_said(registry):
    _, answer = asked(fit_request("many", length=200_000), registry)
    assert answer.status is Status.OK
    assert len(answer.candidates) == 200
    assert answer.extras == {}
    assert answer.complaints == ("extras were dropped: 200,028 characters of JSON, at most 100,000 are kept",)


def test_nonsense_beside_a_formula_is_dropped_and_said(registry):
    _, answer = asked(fit_request("odd-answers"), registry)
    assert (answer.status, answer.expression, answer.stopped) == (Status.OK, "2*x + 1", "done")
    assert (answer.extras, answer.predictions) == ({}, None)
    assert [said.split(":")[0] for said in answer.complaints] == [
        "extras were dropped", "predictions were dropped", "stopped must be 'done' or 'budget', got 'whenever'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "status", "reason"),
    [
        ("finds-nothing", Status.FAILED, "nothing to be found"),
        ("skips", Status.SKIPPED, "not today"),
        ("returns-text", Status.INVALID, "fit() must return a Fit, got str"),
        ("system-exits", Status.CRASHED, "SystemExit: 0 (hostile_methods.py:"),
        ("exhausts", Status.MEMOUT, "the method ran out of memory (MemoryError)"),
        ("crashes", Status.CRASHED, "RuntimeError: sorry sorry"),
        ("writes-into-samples", Status.CRASHED, "ValueError: assignment destination is read-only"),
    ],
)
def test_what_a_method_raises_becomes_a_status_and_a_reason(registry, method, status, reason):
    progress, answer = asked(fit_request(method), registry)
    assert answer.status is status
    assert answer.reason.startswith(reason)
    assert len(answer.reason) <= 2000
    assert answer.expression is None
    assert (Started() in progress) == (status is not Status.SKIPPED)


def test_of_a_long_error_the_line_is_kept_that_says_what_it_is(registry):
    _, answer = asked(fit_request("explains"), registry)
    assert "ExplainsError: no such argument; known are: (methods.py:" in answer.reason
    assert "float" not in answer.reason


def test_a_parameter_that_is_refused_is_the_methods_crash(registry):
    _, answer = asked(fit_request("many", length="short"), registry)
    assert answer.status is Status.CRASHED
    assert "many.length must be a whole number" in answer.reason
    assert answer.seconds == 0.0


def test_global_generators_are_seeded(registry):
    """A method that uses them against the rules is still repeatable."""
    first, second = (asked(fit_request("draws"), registry)[1].expression for _ in range(2))
    assert first == second


# --- scoring ----------------------------------------------------------------------------------------------------------


def score_request(expression: str, **changes: Any) -> ScoreRequest:
    parts: dict[str, Any] = {
        "truth": "x + x + 1", "simple_truth": None, "domain": DOMAIN, "train": SAMPLES, "test": SAMPLES, "far": SAMPLES,
    }  # fmt: skip
    return ScoreRequest(expression=expression, **(parts | changes))


def test_a_formula_is_scored(registry):
    progress, answer = asked(score_request("2*x + 1", predictions=SAMPLES.y), registry)
    assert progress == [Started()]
    assert (answer.scores.verdict, answer.scores.r2_test, answer.scores.n_far) == ("exact", 1.0, 20)
    assert answer.scores.replay_gap == 0.0
    assert answer.scores.metrics == {}
    assert answer.simple_truth == "1 + 2*x"
    assert answer.metrics == ("broken", "size", "worst")


def test_a_simplified_truth_that_is_told_is_used(registry):
    _, answer = asked(score_request("x", simple_truth="2*x + 1"), registry)
    assert answer.simple_truth == "2*x + 1"
    assert answer.scores.edit_distance is not None
    _, unknown = asked(score_request("x", truth=None, far=None), registry)
    assert (unknown.simple_truth, unknown.scores.verdict, unknown.scores.n_far) == (None, None, 0)


def test_what_is_no_formula_is_said(registry):
    _, answer = asked(score_request("x +* 2"), registry)
    assert answer.scores is None
    assert answer.not_a_formula


def test_metrics_are_computed_and_a_broken_one_costs_only_itself(registry):
    progress, answer = asked(MetricsRequest(expression="2*x", truth="2*x + 1", test=SAMPLES), registry)
    assert progress == [Started()]
    assert answer.metrics == {"broken": None, "size": 5.0, "worst": pytest.approx(1.0)}
    (complaint,) = answer.complaints
    assert complaint.startswith("metric broken: ZeroDivisionError: division by zero (methods.py:")


def test_a_check_of_the_conformance_kit_is_run(registry):
    assert asked(ConformRequest(method="good", check="describes-itself"), registry)[1].complaint is None
    said = asked(ConformRequest(method="finds-nothing", check="returns-a-fit"), registry)[1].complaint
    assert said == "raised FitError: nothing to be found"


def test_a_check_is_of_the_method_with_its_parameters(registry):
    request = ConformRequest(method="explains", check="returns-a-fit", parameters={"words": "as told"})
    assert asked(request, registry)[1].complaint.startswith("raised ExplainsError: as told")


# --- what is no request -----------------------------------------------------------------------------------------------


def test_a_closed_stream_is_no_request(registry):
    ours, theirs = socket.socketpair()
    with theirs:
        ours.close()
        serve(theirs, registry)


def test_a_malformed_request_is_refused(registry):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send(ours, Message({"kind": "evaluate", "code": "1 + 1"}, {}))
        with pytest.raises(WireError, match="kind must be one of fit, score, judge, metrics, conform, got 'evaluate'"):
            serve(theirs, registry)


def test_an_answer_of_the_worker_is_one_that_its_request_reads(registry):
    _, answer = asked(fit_request("good"), registry)
    assert isinstance(answer, FitAnswer)


def test_formulas_are_scored_over_one_stream_until_the_process_is_large(registry, monkeypatch):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        for _ in range(2):
            send(ours, score_request("x").to_message())
        monkeypatch.setattr("srbench_lite.running.worker._resident_mb", iter([800.0, 801.0]).__next__)
        serve(theirs, registry)  # returns although the stream is open: another process takes over
        theirs.close()
        said = [receive(ours) for _ in range(5)]
    assert [message and message.header["kind"] for message in said] == ["started", "ended"] * 2 + [None]
