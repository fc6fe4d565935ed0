"""A plugin whose methods do what methods must not do. Loaded by `--plugin`, never imported by tests."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from srbench_lite import Budget, Expression, Fit, FitError, Method, Report, Samples, hookimpl

X = Expression.variable("x")
ANSWER = 2 * X + 1


@dataclass(frozen=True, kw_only=True)
class Hostile(Method):
    """Does one bad thing, then answers `2*x + 1`."""

    source = "tests"
    pids: str = ""  # a file that gets the numbers of processes it starts

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        self.misbehave(report)
        return Fit(expression=ANSWER)

    def misbehave(self, report: Report) -> None:
        """Do it."""

    def note(self, pid: int) -> None:
        with Path(self.pids).open("a") as file:
            file.write(f"{pid}\n")


@dataclass(frozen=True, kw_only=True)
class Good(Hostile):
    name = "good"
    summary = "answers at once"


@dataclass(frozen=True, kw_only=True)
class Sleeps(Hostile):
    name = "sleeps"
    summary = "never ends, but reports its best so far"

    def misbehave(self, report: Report) -> None:
        report(X)
        report(ANSWER)
        while True:
            time.sleep(60)


@dataclass(frozen=True, kw_only=True)
class IgnoresTerm(Hostile):
    name = "ignores-term"
    summary = "ignores every signal it can and computes for ever"

    def misbehave(self, report: Report) -> None:
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass


@dataclass(frozen=True, kw_only=True)
class Grandchild(Hostile):
    name = "grandchild"
    summary = "leaves a process in a new session behind and returns"

    def misbehave(self, report: Report) -> None:
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        self.note(started.pid)


@dataclass(frozen=True, kw_only=True)
class DoubleFork(Hostile):
    name = "double-fork"
    summary = "forks twice, so that the survivor's parent is dead, and holds every descriptor open"

    def misbehave(self, report: Report) -> None:
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                self.note(os.getpid())
                time.sleep(600)
            os._exit(0)
        time.sleep(0.3)


@dataclass(frozen=True, kw_only=True)
class Allocates(Hostile):
    name = "allocates"
    summary = "allocates 10 GB"

    def misbehave(self, report: Report) -> None:
        import numpy as np

        report(ANSWER)
        kept = []
        for _ in range(320):
            kept.append(np.ones(2**22))  # 32 MiB
            time.sleep(0.01)  # so that a busy machine looks in time, too
        kept.clear()


@dataclass(frozen=True, kw_only=True)
class Exits(Hostile):
    name = "exits"
    summary = "ends its process with exit code 3"

    def misbehave(self, report: Report) -> None:
        os._exit(3)


@dataclass(frozen=True, kw_only=True)
class SystemExits(Hostile):
    name = "system-exits"
    summary = "raises SystemExit"

    def misbehave(self, report: Report) -> None:
        sys.exit(0)


@dataclass(frozen=True, kw_only=True)
class Segfaults(Hostile):
    name = "segfaults"
    summary = "reads address 0"

    def misbehave(self, report: Report) -> None:
        ctypes.string_at(0)


@dataclass(frozen=True, kw_only=True)
class Prints(Hostile):
    name = "prints"
    summary = "writes 100 MB to standard output"

    def misbehave(self, report: Report) -> None:
        line = "x" * 999_999 + "\n"
        for _ in range(100):
            sys.stdout.write(line)


@dataclass(frozen=True, kw_only=True)
class KillsParent(Hostile):
    name = "kills-parent"
    summary = "kills the process it was forked from"

    def misbehave(self, report: Report) -> None:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)


@dataclass(frozen=True, kw_only=True)
class LeavesAndKillsParent(Hostile):
    name = "leaves-and-kills-parent"
    summary = "leaves a process in a new session behind and kills who could clear it up"

    def misbehave(self, report: Report) -> None:
        started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        self.note(started.pid)
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(600)


@dataclass(frozen=True, kw_only=True)
class Daemon(Hostile):
    name = "daemon"
    summary = "leaves a process behind in every way that a daemon knows"
    ways: str = ""  # words of: twice setsid nohup close clear; fit-kills daemon-kills keeper-too

    def misbehave(self, report: Report) -> None:
        ways = set(self.ways.split())
        if os.fork() == 0:
            self.become_a_daemon(ways)
        while not (Path(self.pids).exists() and Path(self.pids).read_text().endswith("\n")):
            time.sleep(0.01)
        if "fit-kills" in ways:
            self.kill_parents(ways)
        if ways & {"fit-kills", "daemon-kills"}:
            time.sleep(600)

    def become_a_daemon(self, ways: set[str]) -> None:
        if "setsid" in ways:
            os.setsid()
        if "twice" in ways and os.fork() != 0:
            os._exit(0)
        if "nohup" in ways:
            for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
                signal.signal(number, signal.SIG_IGN)
        if "close" in ways:
            os.closerange(0, 256)
        os.chdir("/")
        self.note(os.getpid())
        if "daemon-kills" in ways:
            time.sleep(0.1)  # until the first process has ended and the zygote is the parent
            self.kill_parents(ways)
        if "clear" in ways:
            os.execve(sys.executable, ["daemon", "-I", "-S", "-c", "import time; time.sleep(600)"], {})
        time.sleep(600)

    def kill_parents(self, ways: set[str]) -> None:
        import psutil

        for parent in psutil.Process().parents()[: 2 if "keeper-too" in ways else 1]:
            parent.kill()


def _send(content: str) -> None:
    """Write a message of our own making to the child's stream, wherever it is."""
    head = content.encode()
    for fd in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                os.write(fd, struct.pack(">QQ", len(head), 0) + head)
    time.sleep(5)


@dataclass(frozen=True, kw_only=True)
class Forges(Hostile):
    name = "forges"
    summary = "writes the harness's messages itself"
    message: str = "{}"

    def misbehave(self, report: Report) -> None:
        _send(self.message)


@dataclass(frozen=True, kw_only=True)
class SkipRaises(Hostile):
    name = "skip-raises"
    summary = "fails when asked whether it can do a task"

    def skip_reason(self, samples: Samples) -> str | None:
        raise ZeroDivisionError("in skip_reason")


@dataclass(frozen=True, kw_only=True)
class OddAnswers(Hostile):
    name = "odd-answers"
    summary = "returns a Fit whose other parts are nonsense"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(
            expression=ANSWER, candidates=(c for c in [X, ANSWER]), predictions=[[1.0, 2.0]], stopped="whenever",
            extras={"nan": float("nan")},
        )  # type: ignore[arg-type]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ClosesOutputs(Hostile):
    name = "closes-outputs"
    summary = "closes standard output and error"

    def misbehave(self, report: Report) -> None:
        sys.stdout.close()
        os.close(2)


@dataclass(frozen=True, kw_only=True)
class LooksAround(Hostile):
    name = "looks-around"
    summary = "searches its own process for suites"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        frame = sys._getframe()
        while frame is not None:
            registry = frame.f_locals.get("registry")
            if registry is not None and registry.suites:
                return Fit(expression=ANSWER)
            frame = frame.f_back
        raise FitError("no suites in sight")


@dataclass(frozen=True, kw_only=True)
class StopsParent(Hostile):
    name = "stops-parent"
    summary = "stops the process it was forked from"

    def misbehave(self, report: Report) -> None:
        os.kill(os.getppid(), signal.SIGSTOP)


@dataclass(frozen=True, kw_only=True)
class Crashes(Hostile):
    name = "crashes"
    summary = "raises an exception with a long text"

    def misbehave(self, report: Report) -> None:
        raise RuntimeError("sorry " * 10_000)


@dataclass(frozen=True, kw_only=True)
class FindsNothing(Hostile):
    name = "finds-nothing"
    summary = "raises FitError"

    def misbehave(self, report: Report) -> None:
        raise FitError("nothing to be found")


@dataclass(frozen=True, kw_only=True)
class ReturnsText(Hostile):
    name = "returns-text"
    summary = "returns a string"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return "2*x + 1"  # type: ignore[return-value]


@dataclass(frozen=True, kw_only=True)
class ReturnsTextInFit(Hostile):
    name = "returns-text-in-fit"
    summary = "returns a Fit that holds a string"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression="2*x + 1")  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class UnknownVariables(Hostile):
    name = "unknown-variables"
    summary = "returns a formula in variables that the task does not have"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.variable("z") + X)


@dataclass(frozen=True, kw_only=True)
class Huge(Hostile):
    name = "huge"
    summary = "returns a formula of 100,000 nodes"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.parse("+".join(["x"] * 50_001)))


@dataclass(frozen=True, kw_only=True)
class Smuggles(Hostile):
    name = "smuggles"
    summary = "puts Python where a variable's name should be, past every check"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        formula = Expression.variable("x")
        object.__setattr__(formula, "name", f"__import__('os').system('touch {self.pids}')")
        return Fit(expression=formula)


@dataclass(frozen=True, kw_only=True)
class ParsesCode(Hostile):
    name = "parses-code"
    summary = "hands Python to the parser"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.parse(f"__import__('os').system('touch {self.pids}')"))


@dataclass(frozen=True, kw_only=True)
class NanConstants(Hostile):
    name = "nan-constants"
    summary = "returns a formula with a constant that is no number"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        return Fit(expression=Expression.constant(float("nan")) * X)


@dataclass(frozen=True, kw_only=True)
class SmugglesNan(Hostile):
    name = "smuggles-nan"
    summary = "puts a NaN into a formula past every check"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        formula = Expression.constant(1.0)
        object.__setattr__(formula, "value", float("nan"))
        return Fit(expression=formula)


@dataclass(frozen=True, kw_only=True)
class WritesIntoSamples(Hostile):
    name = "writes-into-samples"
    summary = "changes the points it was given"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        samples.x[0, 0] = 1e9
        return Fit(expression=ANSWER)


@dataclass(frozen=True, kw_only=True)
class Skips(Hostile):
    name = "skips"
    summary = "cannot do any task"

    def skip_reason(self, samples: Samples) -> str | None:
        return "not today"


@dataclass(frozen=True, kw_only=True)
class Random(Hostile):
    name = "random"
    summary = "answers with a constant that depends on its seed, after a moment"

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        time.sleep(0.02)
        return Fit(expression=Expression.constant(seed % 1000) * X + 1)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    return [kind() for kind in Hostile.__subclasses__()]
