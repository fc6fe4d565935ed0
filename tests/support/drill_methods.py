"""A plugin for fault drills: quick methods whose answers depend on their seed alone, and that leave what they can.

Loaded by `--plugin`, never imported by tests. The numbers of the processes that they leave stand in the file that
`SRBENCH_DRILL_PIDS` names. The clock of every process jumps back by a day once the file `SRBENCH_DRILL_CLOCK` is there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from srbench_lite import Budget, Expression, Fit, Method, Report, Samples, hookimpl

X = Expression.variable("x")
_DAY = 86_400.0
_wall_clock = time.time


def _jumping_clock() -> float:
    return _wall_clock() - _DAY * os.path.exists(os.environ["SRBENCH_DRILL_CLOCK"])


if "SRBENCH_DRILL_CLOCK" in os.environ:
    time.time = _jumping_clock
    time.time_ns = lambda: int(time.time() * 1e9)


@dataclass(frozen=True, kw_only=True)
class Drilled(Method):
    """Does something, then answers with a line whose slope depends on its seed."""

    source = "tests"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        answer = Expression.constant(seed % 1000) * X + 1
        report(answer)
        self.act(budget)
        return Fit(expression=answer)

    def act(self, budget: Budget) -> None:
        """Do it."""
        time.sleep(0.02)


def _note(pid: int) -> None:
    with open(os.environ["SRBENCH_DRILL_PIDS"], "a") as file:
        file.write(f"{pid}\n")


def _leave_a_process() -> None:
    """Fork twice into a session of its own, and wait until the process that stays has said its number."""
    heard, says = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            _note(os.getpid())
            os.write(says, b"x")
            time.sleep(600)
        os._exit(0)
    os.read(heard, 1)
    os.close(heard)
    os.close(says)


@dataclass(frozen=True, kw_only=True)
class Quick(Drilled):
    name = "drill-quick"
    summary = "answers after a moment"


@dataclass(frozen=True, kw_only=True)
class Hangs(Drilled):
    name = "drill-hangs"
    summary = "leaves a process behind and never ends"

    def act(self, budget: Budget) -> None:
        _leave_a_process()
        while True:
            time.sleep(60)


@dataclass(frozen=True, kw_only=True)
class Forks(Drilled):
    name = "drill-forks"
    summary = "leaves a process in a session of its own behind"

    def act(self, budget: Budget) -> None:
        _leave_a_process()
        time.sleep(0.1)


@dataclass(frozen=True, kw_only=True)
class Floods(Drilled):
    name = "drill-floods"
    summary = "prints megabytes"

    def act(self, budget: Budget) -> None:
        for number in range(30_000):
            sys.stdout.write(f"{number:99d}\n")


@dataclass(frozen=True, kw_only=True)
class Leaves(Drilled):
    name = "drill-leaves"
    summary = "writes files, to keep and to forget"

    def act(self, budget: Budget) -> None:
        (Path(tempfile.mkdtemp()) / "forgotten").write_bytes(b"x" * 100_000)
        if budget.artifacts:
            folder = Path(budget.artifacts) / "deep"
            folder.mkdir()
            for number in range(3):
                (folder / f"{number}.txt").write_text(f"{number}\n" * 10_000)


@dataclass(frozen=True, kw_only=True)
class Crashes(Drilled):
    name = "drill-crashes"
    summary = "raises an exception"

    def act(self, budget: Budget) -> None:
        raise RuntimeError("as it should")


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [kind() for kind in Drilled.__subclasses__()]
