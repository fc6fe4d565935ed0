"""Stores to rescore: four runs as the scoring of today has made them, and as an older judge would have left them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from places import HOSTILE
from runs_here import do_runs_here

from srbench_lite import Budget, Expression, Sampling, Task
from srbench_lite.judging.scores import Scores
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import plan
from srbench_lite.running.runner import run

OLD = "0.1"  # a version of the scoring before all others
TASKS = tuple(
    Task(
        name=f"toy/{name}", suite="toy", truth=Expression.parse(truth), n_train=10, n_test=20,
        variables={"x": Sampling(low=-1.0, high=1.0)},
    )
    for name, truth in (("line", "2*x + 1"), ("curve", "x**2"))
)  # fmt: skip


def make_store(path: Path) -> Path:
    """Make a store with two runs of each of two methods: `good` answers 2*x + 1, `finds-nothing` nothing."""
    registry = discover(files=[HOSTILE])
    methods = [registry.method("good"), registry.method("finds-nothing")]
    planned = plan(methods, TASKS, seeds=[3], noises=[0.1], budget=Budget(seconds=20.0))
    with Store(path) as store, pytest.MonkeyPatch.context() as patch:
        do_runs_here(patch)
        run(planned, registry=registry, store=store, plugins=[HOSTILE])
        assert len(store) == 4
    return path


def contents(path: Path) -> list[Record]:
    """Return the records of a store."""
    with Store(path, read_only=True) as store:
        return list(store)


def aged(record: Record, version: str = OLD, **changes: Any) -> Record:
    """Return the record as another version of the scoring would have left it."""
    key = dataclasses.replace(record.run_key, scoring_version=version).digest
    return dataclasses.replace(record, scoring_version=version, key=key, **changes)


def written(path: Path, records: Iterable[Record]) -> list[Record]:
    """Make these the only records of the store."""
    records = list(records)
    with Store(path) as store:
        store.add_all([], without=[r.key for r in store])
        store.add_all(records)
    return records


WRONG = {"verdict": "different", "verdict_by": "mistake", "recovered": False, "recovered_srbench": False, "n_far": 7}


def wrongly(records: Iterable[Record], version: str = OLD) -> list[Record]:
    """Return them as an older and worse judge would have left them."""
    return [aged(r, version, scores=dataclasses.replace(r.scores, **WRONG) if r.expression else Scores(n_far=7))
            for r in records]  # fmt: skip
