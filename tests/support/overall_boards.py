"""Standings over all suites with one of everything."""

from __future__ import annotations

from functools import cache

from records import failure, record

from srbench_lite.comparing.overall import OverallTables
from srbench_lite.recording.record import Record, Status

MISSED = {"verdict": "different", "recovered": False}
UNKNOWN = {"truth": None, "verdict": None, "recovered": None}
SUITES = {"classic": 6, "longer-name": 5, "waves": 4}


def runs(method: str, solved: int, **changes: object) -> list[Record]:
    """Return a run on each task of `SUITES`; in each suite the first so many are recovered."""
    return [
        record(
            method=method, suite=suite, task=f"{suite}/{place}", truth=_truth(suite, place),
            **({} if place < solved else MISSED), **changes,
        )
        for suite, count in SUITES.items() for place in range(count)
    ]  # fmt: skip


def _truth(suite: str, place: int) -> str:
    """The first of every suite is the same formula."""
    return f"x**{2 + place}" if place == 0 else f"x**{2 + place} + {len(suite)}*x"


def everything() -> list[Record]:
    """Return runs with two noise levels, a suite without truths, a method that lacks some, failures and variants."""
    measured = [
        record(method=method, suite="measured", task=f"measured/{k}", nmse_test=error * 10.0**-k, **UNKNOWN)
        for method, error in (("a|b", 0.1), ("best_one", 0.01), ("none", 1e3)) for k in range(3)
    ]  # fmt: skip
    skipped = [
        failure(Status.SKIPPED, method="none", suite=suite, task=f"{suite}/{place}", truth=_truth(suite, place))
        for suite, count in SUITES.items() for place in range(count)
    ]  # fmt: skip
    return [
        *runs("best_one", 6), *runs("a|b", 3), *runs("a|b", 2, seed=1), *skipped, *measured,
        *(r for r in runs("half*", 6) if r.suite != "longer-name" and r.task != "waves/3"),
        *runs("best_one", 6, noise=0.1, budget_seconds=12.0), *runs("a|b", 6, noise=0.1),
    ]  # fmt: skip


@cache
def tables() -> OverallTables:
    return OverallTables.from_records(everything())
