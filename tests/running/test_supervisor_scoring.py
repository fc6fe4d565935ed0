"""Formulas are scored by one process that stands ready; whatever becomes of it, each formula has its scores."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Iterator

import psutil
import pytest
from fit_requests import fit_request
from places import HOSTILE

from srbench_lite import Sampling, Task
from srbench_lite.expressions.expression import Expression
from srbench_lite.recording.record import Status
from srbench_lite.running.messages import ScoreRequest
from srbench_lite.running.supervisor import Supervisor

LINE = Task(
    name="toy/line", suite="toy", truth=Expression.parse("2*x + 1"), n_train=20, n_test=50,
    variables={"x": Sampling(low=-1.0, high=1.0)},
)  # fmt: skip
POINTS = LINE.dataset(seed=0)


def _request(formula: str) -> ScoreRequest:
    return ScoreRequest(
        expression=formula, truth=str(LINE.truth), simple_truth=None, domain=LINE.variables, train=POINTS.train,
        test=POINTS.test, far=POINTS.far, predictions=None,
    )  # fmt: skip


def _scored(supervisor: Supervisor, formula: str) -> str | None:
    result = supervisor.run(_request(formula), seconds=60.0, memory_mb=4096.0)
    assert result.answer is not None, result.why_no_answer()
    return result.answer.not_a_formula if result.answer.scores is None else result.answer.scores.verdict


@pytest.fixture(name="supervisor", scope="module")
def _supervisor() -> Iterator[Supervisor]:
    """One supervisor; afterwards no process may be left."""
    before = psutil.Process().children(recursive=True)
    with Supervisor(plugins=[HOSTILE], scores=True) as supervisor:
        yield supervisor
    assert psutil.Process().children(recursive=True) == before


def _process(supervisor: Supervisor) -> int:
    assert supervisor._scorer is not None
    return supervisor._scorer.pid


def test_one_process_scores_formulas_one_after_another(supervisor):
    assert _scored(supervisor, "x + x + 1") == "exact"
    process = _process(supervisor)
    assert _scored(supervisor, "sin(x)**2") == "different"
    assert "unknown variable" in str(_scored(supervisor, "2*q"))
    assert supervisor.run(fit_request("good"), seconds=60.0, memory_mb=500.0).answer is not None
    assert _scored(supervisor, "1 + 2*x") == "exact"
    assert _process(supervisor) == process


def test_one_that_was_killed_between_two_formulas_costs_neither_its_scores(supervisor):
    assert _scored(supervisor, "2*x + 1") == "exact"
    process = _process(supervisor)
    os.kill(process, signal.SIGKILL)
    assert _scored(supervisor, "2*x + 1") == "exact"
    assert _process(supervisor) != process


def test_one_that_was_stopped_between_two_formulas_is_replaced(supervisor, monkeypatch):
    """It does not read what it is asked, which is more than a socket holds."""
    from srbench_lite.running import supervisor as module

    monkeypatch.setattr(module, "MAX_SECONDS_TO_BEGIN", 4.0)
    assert _scored(supervisor, "2*x + 1") == "exact"
    process = _process(supervisor)
    assert supervisor._scorer is not None
    supervisor._scorer.stream.settimeout(0.5)
    os.kill(process, signal.SIGSTOP)
    many = dataclasses.replace(LINE, n_test=200_000).dataset(seed=0)
    request = dataclasses.replace(_request("1 + 2*x"), test=many.test)
    result = supervisor.run(request, seconds=60.0, memory_mb=4096.0)
    assert result.answer is not None
    assert _process(supervisor) != process


def test_a_scoring_that_comes_to_its_limit_leaves_another_process_for_the_next(supervisor):
    assert _scored(supervisor, "2*x + 1") == "exact"
    stopped = supervisor.run(_request("2*x + 1"), seconds=0.0, memory_mb=4096.0)
    assert (stopped.answer, stopped.limit) == (None, Status.TIMEOUT)
    assert supervisor._scorer is None
    assert _scored(supervisor, "2*x + 1") == "exact"


def test_what_came_before_is_not_blamed_on_a_formula(supervisor, monkeypatch):
    """A process that is too large after many formulas is replaced, and the formula is scored by the next."""
    from srbench_lite.running import supervisor as module

    assert _scored(supervisor, "2*x + 1") == "exact"
    process = _process(supervisor)
    too_large = module._too_large
    monkeypatch.setattr(module, "_SECONDS_BETWEEN_LOOKS", 0.0)
    monkeypatch.setattr(
        module, "_too_large", lambda seen, zygote, limit: too_large(seen, zygote, 0.0 if alive(process) else limit)
    )
    assert _scored(supervisor, "sin(x) + x**2 + 1") == "different"
    assert _process(supervisor) != process


def alive(pid: int) -> bool:
    """Whether a process is at work."""
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
