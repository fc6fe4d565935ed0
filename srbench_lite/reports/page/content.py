"""What the page shows: rows of the leaderboard, curves, ranks, tasks with their formulas and points.

Everything is aggregated here, so that the page stays small whatever the number of runs is: a group is what one method
did on one task at one noise level with one perturbation. The last of too many tasks are left out, and the page says how
many.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite.comparing.caveats import sums_of
from srbench_lite.comparing.leaderboard import ALL_SUITES, Leaderboard, Row, is_low
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.ranking import pareto_front
from srbench_lite.comparing.runs import perturbation_of, perturbation_places
from srbench_lite.errors import ExpressionError, SrbenchError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.natural_order import natural_key
from srbench_lite.reports.mathml import to_mathml
from srbench_lite.reports.palette import looks
from srbench_lite.reports.series import MIN_NMSE, boxes, diagrams, number, on_shared_tasks, progress, times

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.problems.perturbation import Perturbation
    from srbench_lite.problems.task import Task

__all__ = ["COLUMNS", "content_of", "groups_of", "shown_records"]

#: Columns of the runs that the page needs; the formulas of the groups that are shown are fetched by `id`.
COLUMNS: Final = (
    "suite", "task", "task_fingerprint", "noise", "seed", "method", "status", "verdict", "recovered",
    "recovered_srbench", "solved_r2", "mse_test", "nmse_test", "r2_test", "mse_far", "nmse_far", "r2_far", "n_far",
    "y_constant", "complexity", "complexity_simplified", "complexity_truth", "seconds", "truth", "budget_seconds",
    "stopped", "cpu_seconds", "judged_here", "replay_gap", "undefined_train", "method_source", "identifiable",
    "perturbation", "recovered_any", "parameters", "method_version", "budget_memory_mb", "budget_threads",
    "peak_mb",
)  # fmt: skip
_MAX_GROUPS: Final = 4_000  # whose formulas are shown
_MAX_TASKS_DRAWN: Final = 400
_MAX_POINTS_DRAWN: Final = 80  # of a task
_CURVE_POINTS: Final = 121  # of a formula over a task

#: What is shown of the best run of a group.
_OF_BEST: Final = (
    "id", "seed", "verdict", "status", "nmse_test", "complexity", "seconds", "stopped", "core", "wall", "claims",
    "unlike", "undefined", "perturbation",
)  # fmt: skip

Json = dict[str, Any]


def content_of(
    run_table: RunTable, tasks: Mapping[str, Task], formulas: Mapping[int, tuple[str | None, str | None]]
) -> Json:
    """Return the content of the page, JSON.

    Args:
        run_table: the runs, with `COLUMNS`, and with marks where curves over seconds are to be drawn.
        tasks: that are installed, by name: their points are drawn.
        formulas: by number of a record, of those that `shown_records` names: the formula, and why there is none.
    """
    runs = run_table.runs
    board = Leaderboard.of(run_table)
    shown_runs = _shown_runs(runs)
    groups = groups_of(shown_runs)
    together, shares = _together(runs)
    methods = sorted(set(runs["method"].unique()))
    return {
        "suites": sorted(set(runs["suite"].unique())),
        "noises": sorted(runs["noise"].unique().tolist()),
        "perturbations": [str(one) for one in sorted(map(perturbation_of, set(runs["perturbation"])), key=_place)],
        "methods": methods,
        "looks": {name: [look.colour, look.path] for name, look in looks(methods).items()},
        "rows": [_row(row) for row in (*board.rows, *board.overall)],
        "shares": shares,
        "front": list(_fronts([*board.rows, *Leaderboard.of(replace(run_table, runs=together)).rows])),
        "time": [*times(runs), *times(together)],
        "boxes": [*boxes(runs), *boxes(together)],
        "progress": list(progress(runs, run_table.marks)),
        "ranks": list(diagrams(runs)),
        "failures": _failures(runs),
        "groups": [_shown_group(group, formulas) for group in groups],
        "tasks": dict(_drawn(groups, tasks, formulas)),
        "left_out": int(runs["task"].nunique() - shown_runs["task"].nunique()),
        "remarks": [said.replace("; --suite chooses suites", "") for said in board.remarks],  # no option of the page
    }


def shown_records(runs: pd.DataFrame) -> list[int]:
    """Return the numbers of the records whose formulas the page shows: of each group the best."""
    return [group["id"] for group in groups_of(_shown_runs(runs))]


def _shown_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs on the first tasks, as many as have a page."""
    groups = runs[["task", "noise", "perturbation", "method"]].drop_duplicates()
    sizes = groups.groupby("task", sort=True, observed=True).size()
    tasks = sizes.index[sizes.cumsum() <= _MAX_GROUPS]
    return runs if len(tasks) == len(sizes) else runs[runs["task"].isin(tasks)]


def _place(perturbation: Perturbation) -> tuple[float, ...]:
    return perturbation.place


def _row(row: Any) -> Json:
    """Return what a line of the leaderboard shows."""
    interval = row.recovery_interval
    return {
        "suite": row.suite, "noise": row.noise, "method": row.method, "tasks": row.tasks, "runs": row.runs,
        "ok": row.ok, "recovery": number(row.recovery), "low": interval and number(interval.low),
        "high": interval and number(interval.high), "r2": number(row.r2_test), "nmse": number(row.nmse_test),
        "complexity": number(row.complexity), "truth": number(row.complexity_truth), "seconds": number(row.seconds),
        "cpu": number(row.cpu_seconds), "memory": number(row.peak_mb),
        "failures": row.runs - row.ok, "undecided": row.undecided, "clock": row.by_clock,
        "core": number(row.core_share), "busy": is_low(row.core_share), "claims": row.claims,
        "odd": _odd(row.unlike, row.undefined), "perturbation": str(row.perturbation),
        "any": number(row.recovered_any),
    }  # fmt: skip


def _odd(unlike: int, undefined: int) -> str:
    """Return how many formulas are not what their method predicted with, or undefined on points of their run."""
    return ", ".join(f"{count} {what}" for count, what in ((unlike, "unlike"), (undefined, "undefined")) if count)


def _together(runs: pd.DataFrame) -> tuple[pd.DataFrame, list[Json]]:
    """Return the runs that charts of all suites show, as those of one suite; and of each level on how many tasks.

    At each noise level and perturbation with several suites these are the methods that ran on at least half of its
    tasks, on the tasks that they share.
    """
    import pandas as pd

    chosen, shares = [runs.index[:0]], []
    names = ["noise", "perturbation", "suite", "task", "method"]
    for (noise, perturbation), level in runs[names].groupby(["noise", "perturbation"], sort=True, observed=True):
        if level["suite"].nunique() > 1:
            shared = on_shared_tasks(level)
            chosen.append(shared.index)
            shares.append({
                "noise": float(str(noise)), "perturbation": str(perturbation_of(perturbation)),
                "methods": int(shared["method"].nunique()), "tasks": int(shared["task"].nunique()),
                "of": int(level["task"].nunique()),
            })  # fmt: skip
    together = runs.loc[np.concatenate(chosen)]
    suite = pd.Categorical.from_codes(np.zeros(len(together), dtype=np.int64), pd.Index([ALL_SUITES], dtype=object))
    return together.assign(suite=suite), shares


def _fronts(every: Sequence[Row]) -> Iterator[Json]:
    """Yield median error and size of each method, and whether another is better in both."""
    drawn = [row for row in every if row.nmse_test is not None and row.complexity is not None]
    for scope in dict.fromkeys((row.suite, row.noise, row.perturbation) for row in every):
        rows = [row for row in drawn if (row.suite, row.noise, row.perturbation) == scope]
        if rows:
            costs = np.array([[max(row.nmse_test or 0.0, MIN_NMSE), row.complexity] for row in rows], dtype=float)
            for row, cost, best in zip(rows, costs.tolist(), pareto_front(costs).tolist(), strict=True):
                if math.isfinite(cost[0]):
                    yield {
                        "suite": row.suite, "noise": row.noise, "perturbation": str(row.perturbation),
                        "method": row.method, "nmse": number(cost[0]), "complexity": cost[1], "front": best,
                    }  # fmt: skip


def _failures(runs: pd.DataFrame) -> list[Json]:
    columns = ["suite", "noise", "perturbation", "method", "status"]
    counts = runs.groupby(columns, sort=True, observed=True).size().rename("runs").reset_index()
    rows = [{str(name): value for name, value in row.items()} for row in counts.to_dict("records")]
    return [row | {"perturbation": str(perturbation_of(row["perturbation"]))} for row in rows]


def groups_of(runs: pd.DataFrame) -> list[Json]:
    """Return what each method did on each task at each noise level with each perturbation, in the order of tasks.

    Of all its runs there are the number, how many ended ok, and how many recovered the truth; everything else is of the
    best run, whose formula is shown.
    """
    names = ["suite", "task", "noise", "place", "method"]
    ranked = runs.assign(
        **{name: _naturally(runs[name]) for name in ("suite", "task")}, place=perturbation_places(runs),
        solved=METRICS["recovery"].of(runs), error=runs["nmse_test"].astype(float).fillna(math.inf),
        n=1, ok=runs["status"] == "ok", judged=runs["truth"].notna(), **sums_of(runs),
    )  # fmt: skip
    ranked = ranked.sort_values([*names, "solved", "error", "seed"], ascending=[True] * 5 + [False, True, True])
    grouped = ranked.groupby(names, sort=False, observed=True)
    sums = grouped[["n", "ok", "judged", "solved"]].sum().add_prefix("sum_")
    first = ranked.drop_duplicates(names).set_index(names)
    table = first[[*_OF_BEST, "truth", "task_fingerprint"]].join(sums).reset_index()
    return [
        {
            "suite": row["suite"], "task": row["task"], "noise": float(row["noise"]), "method": row["method"],
            "perturbation": str(perturbation_of(row["perturbation"])),
            "id": row["id"], "seed": int(row["seed"]), "verdict": row["verdict"], "status": row["status"],
            "truth": row["truth"], "fingerprint": row["task_fingerprint"], "n": int(row["sum_n"]),
            "hits": int(row["sum_solved"]) if row["sum_judged"] else None, "ok": int(row["sum_ok"]),
            "nmse": number(row["nmse_test"]), "size": number(row["complexity"]), "seconds": number(row["seconds"]),
            "stopped": row["stopped"], "core": number(row["core"] / row["wall"]) if row["wall"] else None,
            "claim": bool(row["claims"]), "odd": _odd(int(row["unlike"]), int(row["undefined"])).replace("1 ", ""),
        }
        for row in table.astype(object).where(table.notna(), None).to_dict("records")
    ]  # fmt: skip


def _naturally(names: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of names that is sorted as people sort them: 2 before 10."""
    return names.cat.reorder_categories(sorted(names.cat.categories, key=natural_key))


def _shown_group(group: Json, formulas: Mapping[int, tuple[str | None, str | None]]) -> Json:
    """Return a group as the page has it: its best formula typeset."""
    text, reason = formulas.get(group["id"], (None, None))
    fields = {name: group[name] for name in group if name not in ("id", "truth", "fingerprint", "suite")}
    if group["perturbation"] != "none":  # the truth is another one in the names and units of the run
        fields |= {"truth": group["truth"], "truth_math": _typeset(group["truth"])}
    return fields | {"text": text, "reason": reason, "math": _typeset(text)}


def _drawn(
    groups: Sequence[Json], tasks: Mapping[str, Task], formulas: Mapping[int, tuple[str | None, str | None]]
) -> Iterator[tuple[str, Json]]:
    """Yield tasks by name: the truth typeset; of the first ones points, the truth's curve and those of the formulas."""
    by_task: dict[str, list[Json]] = {}
    for group in groups:
        by_task.setdefault(group["task"], []).append(group)
    for place, (name, own) in enumerate(by_task.items()):
        truth = own[0]["truth"]
        content: Json = {"truth": truth, "math": _typeset(truth)}
        task = tasks.get(name)
        if own[0]["perturbation"] != "none":
            content["note"] = "Every run of this task has a perturbation: its points differ from run to run."
        elif task is not None and task.fingerprint == own[0]["fingerprint"] and place < _MAX_TASKS_DRAWN:
            try:
                content |= _points(task, own, formulas)
            except SrbenchError:
                content["note"] = "The points of this task cannot be drawn."
        yield name, content


def _points(task: Task, groups: Iterable[Json], formulas: Mapping[int, tuple[str | None, str | None]]) -> Json:
    """Return points of a task in one variable, and curves; in several, formulas' values against the true ones."""
    lowest = min(group["noise"] for group in groups)
    data = task.dataset(seed=0, noise=lowest)
    train = np.column_stack([data.train.x, data.train.y])
    some = np.linspace(0, len(data.train.y) - 1, min(_MAX_POINTS_DRAWN, len(data.train.y))).round().astype(int)
    own = [group for group in groups if (group["noise"], group["perturbation"]) == (lowest, "none")]
    methods = {group["method"]: formulas.get(group["id"], (None, None))[0] for group in own}
    if len(task.variables) == 1:
        ((name, sampling),) = task.variables.items()
        x = sampling.path(_CURVE_POINTS)
        curves = {"truth": task.truth} if task.truth is not None else {}
        curves |= {method: _parsed(text) for method, text in methods.items()}
        return {
            "variable": name, "noise": lowest,
            "points": [list(map(number, point)) for point in train[some].tolist()],
            "x": [number(float(v)) for v in x],
            "curves": {m: _values(formula, {name: x}) for m, formula in curves.items() if formula is not None},
        }  # fmt: skip
    few = np.linspace(0, len(data.test.y) - 1, min(_MAX_POINTS_DRAWN, len(data.test.y))).round().astype(int)
    columns = {name: column[few] for name, column in data.test.columns.items()}
    return {
        "variable": None, "noise": lowest, "x": [number(float(v)) for v in data.test.y[few]],
        "curves": {m: _values(f, columns) for m, t in methods.items() if (f := _parsed(t)) is not None},
    }  # fmt: skip


def _values(formula: Expression, columns: Mapping[str, NDArray[np.float64]]) -> list[float | None]:
    with np.errstate(all="ignore"):
        return [number(float(v)) for v in np.broadcast_to(formula(columns), len(next(iter(columns.values()))))]


def _parsed(text: str | None) -> Expression | None:
    if text is None:
        return None
    try:
        return Expression.parse(text)
    except ExpressionError:
        return None


def _typeset(text: str | None) -> str | None:
    formula = _parsed(text)
    return None if formula is None else to_mathml(formula)
