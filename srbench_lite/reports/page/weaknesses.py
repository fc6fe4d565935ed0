"""Where methods fail, how they degrade and what they cost, as the page has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.comparing.breakdown import TRAITS, Breakdown, BreakdownCell, break_down, judged_runs
from srbench_lite.comparing.condition import choose_condition, runs_under
from srbench_lite.comparing.cost import costs_of
from srbench_lite.comparing.degradation import SETTINGS, Degradation, NoCurve, degradation
from srbench_lite.comparing.misses import miss_breakdown, other_functions
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.comparing.solvers import Solvers, only_by_one, solvers_of, unsolved
from srbench_lite.reports.series import MIN_NMSE, number

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.cost import Cost
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.problems.task import Task
    from srbench_lite.recording.store import Store

__all__ = ["weaknesses_of"]

_MAX_LISTED: Final = 300  # tasks of each list
#: Runs whose formulas are looked at: more are too slow, and how they missed is left out, which the page says.
_MAX_FORMULAS: Final = 5_000
_MAX_TRACED: Final = 100_000  # runs whose marks are read; of more the time to recover half is left out

Json = dict[str, Any]


def weaknesses_of(store: Store, run_table: RunTable, tasks: Mapping[str, Task]) -> Iterator[Json]:
    """Yield what is said at each noise level and perturbation.

    Args:
        store: has the records.
        run_table: with the columns of the page.
        tasks: that are installed, by name: their tags are known.
    """
    runs = run_table.runs
    tags = {task.fingerprint: task.tags for task in tasks.values()}
    points = {task.fingerprint: task.n_train for task in tasks.values()}
    ids = runs["id"].to_numpy()[other_functions(runs)].tolist()
    looked_at = len(ids) <= _MAX_FORMULAS
    formulas = {n: text for n, (text, _) in store.formulas(ids).items()} if looked_at else {}
    progress = dict(store.progress(runs["id"].tolist())) if len(runs) <= _MAX_TRACED else {}
    curves = [degradation(runs, by, choose_condition(runs), points) for by in SETTINGS]
    pairs = [*runs[["noise", "perturbation"]].drop_duplicates().itertuples(index=False)]
    levels = [(float(noise), perturbation_of(text)) for noise, text in pairs]
    for noise, changes in sorted(levels, key=lambda level: (level[0], level[1].place)):
        perturbation = str(changes)
        own, _ = runs_under(runs, choose_condition(runs, noise, perturbation))
        judged, _ = judged_runs(own)
        cells = _by_task(judged)
        tables = [break_down(cells, by, tags) for by in TRAITS] if len(judged) else []
        tables += [miss_breakdown(judged, formulas)] if looked_at and len(judged) else []
        solvers = solvers_of(cells.assign(solved=(cells["solved"] > 0).astype(float))) if len(judged) else ()
        yield {
            "noise": noise, "perturbation": perturbation,
            "costs": [_cost(cost) for cost in costs_of(own, judged, progress)],
            "curves": [_curve(curve) for curve in curves if isinstance(curve, Degradation)],
            "not_drawn": [str(curve) for curve in curves if isinstance(curve, NoCurve)],
            "breakdowns": [_breakdown(table) for table in tables if table.levels],
            "nobody": [_task(one) for one in unsolved(solvers)[:_MAX_LISTED]],
            "unread": 0 if looked_at or not len(judged) else len(ids),
            "nobody_in_all": len(unsolved(solvers)),
            "only": {method: [one.task for one in own[:_MAX_LISTED]] for method, own in only_by_one(solvers).items()},
        }  # fmt: skip


def _by_task(judged: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each task and method: the share of its runs that recovered the truth, and the least error.

    Rates average over the runs of a task before all else, so that they are the same of these rows, and quicker.
    """
    first = {name: (name, "first") for name in ("suite", "task_fingerprint", "truth", "formula")}
    groups = judged.groupby(["task", "method"], observed=True, sort=True)
    return groups.agg(solved=("solved", "mean"), nmse_test=("nmse_test", "min"), **first).reset_index()


def _breakdown(table: Breakdown) -> Json:
    return {
        "by": table.by, "title": table.title, "levels": list(table.levels), "methods": list(table.methods),
        "overlapping": table.overlapping, 
        "remarks": [said for said in table.remarks if "--common" not in said],  # an option that the page does not have
        "cells": [[cell.level, cell.method, *_rate(cell)] for cell in table.cells],
        "total": {cell.method: _rate(cell) for cell in table.total},
    }  # fmt: skip


def _rate(cell: BreakdownCell) -> list[float | None]:
    """Return the rate, its interval, and the number of tasks."""
    return [number(cell.rate), *map(number, cell.interval), cell.tasks]


def _curve(curve: Degradation) -> Json:
    points = [
        {
            "method": point.method, "level": point.level, "recovery": number(point.recovery),
            "low": None if point.interval is None else number(point.interval.low),
            "high": None if point.interval is None else number(point.interval.high),
            "nmse": None if point.nmse_test is None else number(max(point.nmse_test, MIN_NMSE)), "tasks": point.tasks,
        }
        for point in curve.points
    ]  # fmt: skip
    return {
        "by": curve.by, "title": curve.title, "levels": list(curve.levels), "points": points,
        "remarks": list(curve.remarks),
    }  # fmt: skip


def _cost(cost: Cost) -> Json:
    return {
        "method": cost.method, "runs": cost.runs, "seconds": number(cost.seconds), "cpu": number(cost.cpu_seconds),
        "memory": number(cost.peak_mb), "largest": number(cost.largest_mb),
        "reach": {str(round(100 * one.share)): number(one.seconds) for one in cost.reach},
    }  # fmt: skip


def _task(one: Solvers) -> Json:
    return {"task": one.task, "tried": len(one.tried), "closest": one.closest, "nmse": number(one.nmse_test)}
