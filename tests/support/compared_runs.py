"""Runs that were solved or missed, and stores of them: what comparisons and the gate are tried on."""

from __future__ import annotations

import itertools

from records import record

from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store

#: Scores of a formula that is not the truth.
MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}

_made = itertools.count()


def runs(solved: int, tasks: int = 12, seeds: int = 2, **changes) -> list[Record]:
    """Return runs of a suite, of which the first tasks are solved; those of a later call began later."""
    changes.setdefault("started_at", f"2026-03-01T00:{next(_made) // 60:02}:{next(_made) % 60:02}+00:00")
    return [
        record(suite="s", task=f"s/{k}", seed=seed, **({} if k < solved else MISSED), **changes)
        for k in range(tasks)
        for seed in range(seeds)
    ]


def store(path: str, *records: Record) -> str:
    """Add records to a store, and return its path."""
    with Store(path) as opened:
        opened.add_all(records)
    return path


def flat(text: str) -> str:
    """Return what was printed on one line, with commands as a shell reads them."""
    return " ".join(text.replace("\\\n", " ").split())
