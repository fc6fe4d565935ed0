"""Where methods fail, as the page has it: rates by kind of task and of miss, and tasks that nobody recovered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.breakdown import TRAITS, Breakdown, BreakdownCell, break_down, judged_runs
from srbench_lite.comparing.condition import choose_condition, runs_under
from srbench_lite.comparing.misses import miss_breakdown, other_functions
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.comparing.solvers import Solvers, only_by_one, solvers_of, unsolved
from srbench_lite.reports.series import number

if TYPE_CHECKING:
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.store import Store

__all__ = ["weaknesses_of"]

_MAX_LISTED: Final = 300  # tasks of each list
#: Runs whose formulas are looked at: more are too slow, and how they missed is left out.
_MAX_FORMULAS: Final = 5_000

Json = dict[str, Any]


def weaknesses_of(store: Store, run_table: RunTable, tasks: Mapping[str, Task]) -> Iterator[Json]:
    """Yield what is said at each noise level and perturbation with truths.

    Args:
        store: has the records.
        run_table: with the columns of the page.
        tasks: that are installed, by name: their tags are known.
    """
    runs = run_table.runs
    tags = {task.fingerprint: task.tags for task in tasks.values()}
    ids = runs["id"].to_numpy()[other_functions(runs)].tolist()
    looked_at = len(ids) <= _MAX_FORMULAS
    formulas = {n: text for n, (text, _) in store.formulas(ids).items()} if looked_at else {}
    levels = {
        (float(n), str(perturbation_of(p))) for n, p in runs[["noise", "perturbation"]].drop_duplicates().to_numpy()
    }
    for noise, perturbation in sorted(levels):
        own, _ = runs_under(runs, choose_condition(runs, noise, perturbation))
        judged, said = judged_runs(own)
        if not len(judged):
            continue
        tables = [break_down(judged, by, tags) for by in TRAITS]
        tables += [miss_breakdown(judged, formulas)] if looked_at else []
        solvers = solvers_of(judged)
        yield {
            "noise": noise, "perturbation": perturbation, "remarks": list(said),
            "breakdowns": [_breakdown(table) for table in tables if table.levels],
            "nobody": [_task(one) for one in unsolved(solvers)[:_MAX_LISTED]],
            "nobody_in_all": len(unsolved(solvers)),
            "only": {method: [one.task for one in own[:_MAX_LISTED]] for method, own in only_by_one(solvers).items()},
        }  # fmt: skip


def _breakdown(table: Breakdown) -> Json:
    return {
        "by": table.by, "title": table.title, "levels": list(table.levels), "methods": list(table.methods),
        "overlapping": table.overlapping, "remarks": list(table.remarks),
        "cells": [[cell.level, cell.method, *_rate(cell)] for cell in table.cells],
        "total": {cell.method: _rate(cell) for cell in table.total},
    }  # fmt: skip


def _rate(cell: BreakdownCell) -> list[float | None]:
    """Return the rate, its interval, and the number of tasks."""
    return [number(cell.rate), *map(number, cell.interval), cell.tasks]


def _task(one: Solvers) -> Json:
    return {"task": one.task, "tried": len(one.tried), "closest": one.closest, "nmse": number(one.nmse_test)}
