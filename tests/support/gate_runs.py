"""Runs without running anything: of a baseline as a table, and of a plan, for `srbench check --within`."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np
import pandas as pd
from compared_runs import MISSED
from numpy.typing import ArrayLike
from records import record

from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import Plan, PlannedRun
from srbench_lite.running.runner import Summary

#: Of a planned run, whether it succeeds; None where it crashes.
Succeeds = Callable[[PlannedRun], bool | None]


def baseline(solved: ArrayLike, seconds: ArrayLike = 10.0, method: str = "good") -> pd.DataFrame:
    """Runs of tasks, (tasks, seeds), some solved; seconds of each may be given."""
    tasks, seeds = np.shape(solved)
    task, seed = (part.ravel() for part in np.indices((tasks, seeds)))
    runs = pd.DataFrame({
        "suite": "s", "task": [f"s/{k:03}" for k in task], "noise": 0.0, "perturbation": "{}", "seed": seed,
        "variant_of": method, "recovered": np.asarray(solved, dtype=float).ravel(), "truth": "x",
        "seconds": np.broadcast_to(seconds, (tasks, seeds)).ravel(),
    })  # fmt: skip
    return runs.astype({name: "category" for name in ("suite", "task", "perturbation", "variant_of")})


def record_of(one: PlannedRun, succeeds: Succeeds, **changes: Any) -> Record:
    """Return the record that a planned run would have left."""
    solved = succeeds(one)
    ended = {True: {}, False: MISSED, None: {"status": Status.CRASHED, "expression": None, "reason": "died", **MISSED}}
    made = record(
        suite=one.task.suite, task=one.task.name, method=one.method.name, seed=one.seed, noise=one.noise,
        truth=str(one.task.truth), task_fingerprint=one.fingerprint, method_version=one.method.version,
        parameters=one.run_key.parameters, budget_seconds=one.budget.seconds, budget_memory_mb=one.budget.memory_mb,
        budget_threads=one.budget.threads, scoring_version=one.run_key.scoring_version,
        method_source=one.method_source, **ended[solved], **changes,
    )  # fmt: skip
    assert made.key == one.key
    return made


class Runner:
    """Stands in for `srbench_lite.running.runner.run`: keeps the record of each run that is to be done, in order.

    `most` is how many runs there is time for; `done` lists those that were done.
    """

    def __init__(self, succeeds: Succeeds, most: int = 10**9, **changes: Any) -> None:
        self._succeeds = succeeds
        self._most = most
        self._changes = {"started_at": "2027-01-01T00:00:00+00:00", **changes}
        self.done: list[PlannedRun] = []

    def __call__(
        self, planned: Sequence[PlannedRun], *, store: Store, again: Container[str] = (), **_: Any
    ) -> Summary:  # fmt: skip
        standing = store.sources([one.key for one in planned])
        todo = [one for one in planned if one.key not in standing or one.key in again]
        done = todo[: self._most]
        store.add_all([record_of(one, self._succeeds, **self._changes) for one in done], replace=True)
        self.done += done
        keys = [one.key for one in planned]
        return Summary(
            plan=Plan.of(planned), total=len(planned), present=0, finished=len(store.sources(keys)), interrupted=False
        )
