"""Runs done in this process at once, in place of `srbench_lite.running.runner.run`: a line, or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from own_data_methods import line_through
from records import record

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scores import Scores
from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import Plan, PlannedRun
from srbench_lite.running.runner import Summary


def instant_run(planned: Sequence[PlannedRun], *, store: Store, **_: Any) -> Summary:
    """Keep a record of each run that the store does not have; one named `endless` ends at its limit with nothing.

    A time limit below a second is over before the method is done.
    """
    present = store.statuses([one.key for one in planned])
    for one in planned:
        if one.key in present:
            continue
        train = one.task.dataset(seed=one.seed).train
        changes: dict[str, Any] = {
            "suite": one.task.suite, "task": one.task.name, "method": one.method.name, "truth": None,
            "candidates": (str(Expression.constant(float(train.y.mean()))),), "expression": str(line_through(train)),
            "scores": Scores(),
        }  # fmt: skip
        if one.budget.seconds < 1:
            changes |= {"stopped": "budget"}
        if one.method.name == "endless":
            changes |= {
                "status": Status.TIMEOUT, "reason": "the fit was stopped at its limit; it had reported no formula",
                "expression": None, "stopped": None, "candidates": (),
            }  # fmt: skip
        key = one.run_key
        facts = {field.name: getattr(key, field.name) for field in dataclasses.fields(key)}
        store.add(dataclasses.replace(record(**changes), key=one.key, **facts))
    return Summary(
        plan=Plan.of(planned), total=len(planned), present=len(present), finished=len(planned), interrupted=False
    )
