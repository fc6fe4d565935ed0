"""`LocalExecutor`, and that `run` hands its runs to whatever executor it is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from srbench_lite import Budget, UsageError, discover
from srbench_lite.methods.hookspecs import hookimpl
from srbench_lite.recording.artifacts import Artifacts
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.running.execution import execute
from srbench_lite.running.executor import LocalExecutor
from srbench_lite.running.plan import PlannedRun, plan
from srbench_lite.running.runner import run
from srbench_lite.running.supervisor import Supervisor

REGISTRY = discover()


def some_runs(count: int = 3) -> Sequence[PlannedRun]:
    tasks = [REGISTRY.tasks["sin/plain"]]
    return plan([REGISTRY.methods["mean"]], tasks, seeds=range(count), noises=[0.0], budget=Budget(seconds=20))


class Elsewhere:
    """Does runs in this process, and remembers what it was told."""

    slots = 7

    def __init__(self, refusal: str = "") -> None:
        self.refusal = refusal
        self.prepared: list[str] = []

    def prepare(self, planned: Iterable[PlannedRun]) -> None:
        self.prepared += [one.key for one in planned]
        if self.refusal:
            raise UsageError(self.refusal)

    def do(
        self, planned: Sequence[PlannedRun], *, began: Callable[[PlannedRun], None], save: Callable[[Record], None],
        on_result: Callable[[Record], None], **_: Any,
    ) -> bool:  # fmt: skip
        with Supervisor() as supervisor:
            for one in planned:
                began(one)
                record = execute(one, supervisor, environment={"host": "elsewhere"})
                save(record)
                on_result(record)
        return False


def test_local_runs_begin_are_done_and_are_told(tmp_path: Path, runs_here: None) -> None:
    def work(one: PlannedRun, supervisor: Supervisor) -> Record:
        return execute(one, supervisor, environment={})

    runs, began, saved, told = some_runs(), [], [], []
    executor = LocalExecutor(work=work, slots=1)
    executor.prepare(runs)
    interrupted = executor.do(
        runs, began=lambda one, memory_mb: began.append(one), save=saved.append, on_result=told.append,
        on_stopped=lambda one, best: None, artifacts=Artifacts(tmp_path / "s.db"), end=math.inf,
    )  # fmt: skip
    assert not interrupted
    assert began == list(runs)
    assert [record.key for record in saved] == [record.key for record in told] == [one.key for one in runs]


def test_runs_go_to_the_executor_that_is_given(tmp_path: Path) -> None:
    runs, executor = some_runs(), Elsewhere()
    with Store(tmp_path / "s.db") as store:
        run(runs[:1], registry=REGISTRY, store=store, executor=executor)
        summary = run(runs, registry=REGISTRY, store=store, executor=executor)
        assert {record.environment["host"] for record in store} == {"elsewhere"}
    assert executor.prepared == [one.key for one in runs]  # what is stored is not asked for again
    assert (summary.total, summary.present, summary.finished) == (3, 1, 3)


def test_an_executor_that_refuses_is_not_begun_with(tmp_path: Path) -> None:
    told: list[str] = []

    class Listener:
        @hookimpl
        def srbench_run_started(self) -> None:
            told.append("started")

    registry = discover()
    registry.manager.register(Listener())
    with Store(tmp_path / "s.db") as store, pytest.raises(UsageError, match="no worker"):
        run(some_runs(), registry=registry, store=store, executor=Elsewhere("no worker is there"))
    assert told == []
    with Store(tmp_path / "s.db") as store:
        run(some_runs(), registry=registry, store=store, executor=Elsewhere())
    assert told == ["started"]
