"""`find_standing`: what of a plan stands in a store already, and what is to be done."""

from __future__ import annotations

import itertools
from array import array
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Set
from dataclasses import dataclass

from srbench_lite.recording.record import Status
from srbench_lite.recording.store import Store
from srbench_lite.running.plan import KeyedRun, Plan

__all__ = ["Standing", "find_standing", "is_of_other_code", "with_records"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is to be done of a plan.

    Attributes:
        missing: the runs to do, those that are to be repeated among them.
        present: how many runs of the plan stand in the store and stay.
        planned: how many runs of the plan each method has, by name.
        ok: names of the methods of which a run that stays ended ok.
        other_code: how many stored runs of each method are repeated because other code has made them, or nobody knows
            which; methods without any are not named.
    """

    missing: Plan
    present: int
    planned: Mapping[str, int]
    ok: Set[str]
    other_code: Mapping[str, int]


def find_standing(
    plan: Plan, store: Store | None, *, again: Container[str] = (), retry: Collection[str] = (), fresh: bool = False,
    keep_old: bool = False,
) -> Standing:  # fmt: skip
    """Say which runs of a plan are to be done; it keeps a number for each of these, and nothing for the others.

    Args:
        plan: the runs.
        store: where they may stand; None where there is no store yet.
        again: keys of runs to repeat.
        retry: statuses of stored runs that are to be repeated.
        fresh: whether all are.
        keep_old: whether runs that other code of the method has made stay.
    """
    missing = array("q")
    planned: Counter[str] = Counter()
    other_code: Counter[str] = Counter()
    ok: set[str] = set()
    for number, ((key, method, source), record) in enumerate(with_records(plan, store)):
        planned[method] += 1
        if record is None or fresh or record[0] in retry or key in again:
            missing.append(number)
        elif not keep_old and is_of_other_code(source, record[1]):
            missing.append(number)
            other_code[method] += 1
        elif record[0] == Status.OK:
            ok.add(method)
    return Standing(
        missing=plan.part(missing), present=len(plan) - len(missing), planned=planned, ok=ok,
        other_code=other_code,
    )  # fmt: skip


def is_of_other_code(source: str | None, made_by: str | None) -> bool:
    """Whether other code than the planned method's has made a record, or nobody knows which.

    Where the planned method's code is not in files, nothing can be said, and no record counts as one of other code.

    Args:
        source: of the planned method's code.
        made_by: the source of the code that made the record.
    """
    return source not in (None, made_by)


def with_records(plan: Plan, store: Store | None) -> Iterator[tuple[KeyedRun, tuple[str, str | None] | None]]:
    """Yield each run of a plan with the status of its record and the code that made it; None where it has none."""
    if store is None:
        return zip(plan.keyed(), itertools.repeat(None))
    runs, keyed = itertools.tee(plan.keyed())
    return zip(runs, store.standing(key for key, _, _ in keyed), strict=True)
