"""Runs of versions and commits of a method: what histories are tried on."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from records import record

from srbench_lite.recording.record import Record

__all__ = ["four_states", "state"]

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def state(
    solved: Collection[int], day: int, *, version: str = "1", code: str | None = "a", commit: str | None = "c0ffee0",
    tasks: int = 8, seeds: int = 1, packages: dict[str, str] | None = None, cpu: str = "one", **changes: Any,
) -> list[Record]:  # fmt: skip
    """Return runs of one state, of which the tasks with these numbers are solved, made on a day of March."""
    environment = {"commit": commit, "cpu": cpu, "packages": packages or {"numpy": "2.0"}}
    return [
        record(
            suite="s", task=f"s/{k}", seed=seed, method="aged", method_version=version,
            method_source=code and code * 16, environment=environment,
            **({"started_at": f"2026-03-{day:02}T00:00:{k:02}+00:00"} | changes | ({} if k in solved else MISSED)),
        )
        for k in range(tasks)
        for seed in range(seeds)
    ]  # fmt: skip


def four_states() -> list[Record]:
    """Return runs on eight tasks: version 1 solves 6, a commit loses all of them, version 2 solves 7, version 10 those.

    Version 10 runs on another machine with a newer library and a new parameter.
    """
    later = {"packages": {"numpy": "2.1", "scipy": "1.0"}, "cpu": "two", "parameters": {"degree": 3, "new": True}}
    return [
        *state(range(6), 1),
        *state((), 5, code="b", commit="badbad0"),
        *state(range(1, 8), 9, version="2", code="c", commit="fine0000+dirty", seconds=0.75),
        *state(range(1, 8), 9, version="10", code="d", commit=None, **later),
    ]
