"""Runs with fewer processes: all of it in this one, or fits apart as they are and scoring in this one.

For tests of what becomes of runs, and of the processes of fits: a process that is ready to score takes two seconds to
start. Plans, requests, the worker's code, scoring and records are the real ones. What is done here is held to no limit,
and what it prints is not kept.
"""

from __future__ import annotations

import socket
import threading
import time
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

from srbench_lite.judging.scoring import warm_up
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.running.interpreter import Interpreter
from srbench_lite.running.messages import FitRequest, Request
from srbench_lite.running.process_result import ProcessResult
from srbench_lite.running.supervisor import Supervisor
from srbench_lite.running.wire import Inbox, send
from srbench_lite.running.worker import serve
from srbench_lite.running.zygote_pair import InterruptedRunError

AnswerT = TypeVar("AnswerT")

_one_at_a_time = threading.Lock()


class SupervisorHere:
    """Stands in for `srbench_lite.running.supervisor.Supervisor`: answers requests in a thread of this process."""

    memory_mb: float | None = None

    def __init__(
        self, *, plugins: Sequence[Path] = (), scores: bool = True, stop: threading.Event | None = None,
        interpreter: Interpreter | None = None, **_: Any,
    ) -> None:  # fmt: skip
        assert interpreter is None, "another Python needs processes of its own"
        if scores:
            _warmed_up()
        self._registry: Registry = discover(files=plugins, suites=False)
        self._stop = stop or threading.Event()

    def run(self, request: Request[AnswerT], *, seconds: float, memory_mb: float) -> ProcessResult[AnswerT]:
        """Answer a request. It is not begun where the stop event was set."""
        if self._stop.is_set():
            raise InterruptedRunError("stopped")
        with _one_at_a_time:  # SymPy and mpmath have one state for all threads
            return self._answered(request)

    def _answered(self, request: Request[AnswerT]) -> ProcessResult[AnswerT]:
        seen: ProcessResult[AnswerT] = ProcessResult(wait_status=0, peak_mb=100.0)
        ours, theirs = socket.socketpair()
        worker = threading.Thread(target=self._serve, args=(theirs,))
        begun = time.monotonic()
        with ours:
            worker.start()
            send(ours, request.to_message())
            ours.shutdown(socket.SHUT_WR)  # this is the only request
            inbox = Inbox()
            while not seen.has_answered and (chunk := ours.recv(1 << 18)):
                seen.listen(request, inbox, chunk, time.monotonic() - begun)
            worker.join()
        seen.seconds = seen.cpu_seconds = time.monotonic() - begun
        return seen

    def _serve(self, stream: socket.socket) -> None:
        with stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a method is warned of belongs to its run, not to the test
            serve(stream, self._registry)

    def abroad(self, interpreter: Interpreter) -> SupervisorHere:
        """Refuse: there is no other Python here."""
        raise AssertionError(f"{interpreter} needs processes of its own")

    def close(self) -> None:
        """Nothing has to be ended."""

    def __enter__(self) -> SupervisorHere:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SupervisorOfFits(Supervisor):
    """A supervisor whose fits have processes of their own, and whose formulas are scored in this process."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"scores": False})
        self._here = SupervisorHere(plugins=self._plugins, stop=self._stop)

    def run(self, request: Request[AnswerT], *, seconds: float, memory_mb: float) -> ProcessResult[AnswerT]:
        """Answer a request."""
        run = super().run if isinstance(request, FitRequest) else self._here.run
        return run(request, seconds=seconds, memory_mb=memory_mb)


@cache
def _warmed_up() -> None:
    """Make scoring ready, once in this process: the judge forks children, which then import nothing."""
    warm_up()


def do_runs_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do all runs and all scoring of runs in this process from now on."""
    monkeypatch.setattr("srbench_lite.running.pool.Supervisor", SupervisorHere)


def do_scoring_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do all scoring of runs in this process from now on; fits stay apart."""
    monkeypatch.setattr("srbench_lite.running.pool.Supervisor", SupervisorOfFits)
