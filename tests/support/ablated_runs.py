"""Runs of variants of a method with parts that can be turned off: what ablations are tried on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from records import record

from srbench_lite.recording.record import Record

__all__ = ["DEFAULTS", "MISSED", "four_variants", "variant"]

DEFAULTS: dict[str, Any] = {"prune": True, "restarts": 8, "snap": True}
MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def variant(solved: Collection[int], *, tasks: int = 8, seeds: int = 1, **changes: Any) -> list[Record]:
    """Return runs of a variant, of which the tasks with these numbers are solved.

    Parameters are told from fields of a record by their names.
    """
    parameters = DEFAULTS | {name: changes.pop(name) for name in DEFAULTS if name in changes}
    return [
        record(
            suite="s", task=f"s/{k}", seed=seed, method="parts",
            **({"parameters": parameters} | changes | ({} if k in solved else MISSED)),
        )
        for k in range(tasks)
        for seed in range(seeds)
    ]  # fmt: skip


def four_variants() -> list[Record]:
    """Return runs on eight tasks: all parts solve six, without `snap` one is lost, without `prune` six are.

    With one restart a task is lost and another gained, in half the time.
    """
    return [
        *variant(range(6)),
        *variant(range(5), snap=False, seconds=3.0),
        *variant((), prune=False),
        *variant((0, 1, 2, 3, 4, 6), restarts=1, seconds=0.75),
    ]
