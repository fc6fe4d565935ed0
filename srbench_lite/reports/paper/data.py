"""What each figure is drawn from: rows with plain columns, which stand beside it as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite.comparing.condition import choose_condition
from srbench_lite.comparing.degradation import SETTINGS, Degradation, NoCurve, degradation
from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.ranking import pareto_front, profile
from srbench_lite.comparing.runs import perturbation_places
from srbench_lite.comparing.statistics import median_interval
from srbench_lite.errors import UsageError
from srbench_lite.files import write_text
from srbench_lite.reports.paper.findings import ALL
from srbench_lite.reports.series import MIN_NMSE, diagram, on_shared_tasks, progress, times

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.overall import Overall
    from srbench_lite.comparing.runs import RunTable

__all__ = ["DATA", "STANDINGS", "at_least_noise", "read_rows", "write_rows"]

Rows = list[dict[str, Any]]
_THRESHOLDS: Final = np.logspace(0, -16, 129)
#: Measures of the figure with three panels: column, whether it is drawn by its logarithm, and the title of its axis.
MEASURES: Final = ("r2", "complexity", "seconds")


def at_least_noise(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs at the lowest noise level of each suite, without perturbation where there are such."""
    chosen: pd.DataFrame = runs[runs["noise"] == runs.groupby("suite", observed=True)["noise"].transform("min")]
    return least_perturbed(chosen)


def least_perturbed(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of each suite without perturbation, or with the first of its perturbations."""
    places = runs[["suite"]].assign(place=perturbation_places(runs))
    chosen: pd.DataFrame = runs[places["place"] == places.groupby("suite", observed=True)["place"].transform("min")]
    return chosen


def degradation_curves(run_table: RunTable) -> Rows:
    """Return the recovery rate of each method at each level of each setting that has several levels."""
    return [
        {
            "setting": curve.title, "level": point.level, "method": point.method, "recovery": point.recovery,
            "low": point.interval.low, "high": point.interval.high, "tasks": point.tasks,
        }
        for curve in _curves(run_table)
        if isinstance(curve, Degradation)
        for point in curve.points
        if point.recovery is not None and point.interval is not None
    ]  # fmt: skip


def not_drawn(run_table: RunTable) -> str:
    """Return a sentence on the settings that have no curves; empty where all have."""
    said = [str(curve) for curve in _curves(run_table) if not isinstance(curve, Degradation)]
    return f"Not drawn: {'; '.join(said)}." if said else ""


def _curves(run_table: RunTable) -> list[Degradation | NoCurve]:
    condition = choose_condition(run_table.runs)
    return [degradation(run_table.runs, by, condition) for by in SETTINGS]


def recovery(run_table: RunTable) -> Rows:
    """Return the recovery rate of each method, suite and noise level with its interval; the least perturbation.

    None where there is one noise level only.
    """
    if run_table.runs["noise"].nunique() < 2:
        return []
    return [
        {
            "suite": row.suite, "noise": row.noise, "method": row.method, "recovery": row.recovery,
            "low": row.recovery_interval.low, "high": row.recovery_interval.high, "tasks": row.tasks,
        }
        for row in Leaderboard.of(replace(run_table, runs=least_perturbed(run_table.runs))).rows
        if row.recovery is not None and row.recovery_interval is not None
    ]  # fmt: skip


def panels(run_table: RunTable) -> Rows:
    """Return medians over tasks, with intervals, of R², size and time on the tasks that all share, least noise."""
    runs = on_shared_tasks(at_least_noise(run_table.runs))
    rows = []
    for method, own in runs.groupby("method", sort=True, observed=True):
        values = own.assign(
            r2=own["r2_test"].astype(float).fillna(-math.inf), complexity=own["complexity"].astype(float)
        ).where(own["y_constant"].astype(float) != 1)
        tasks = values.assign(task=own["task"]).groupby("task", observed=True)[list(MEASURES)].median()
        for measure in MEASURES:
            column = tasks[measure].dropna().to_numpy(dtype=float)
            interval = median_interval(column)
            if interval is not None:
                rows.append({
                    "method": method, "measure": measure, "median": float(np.median(column)), "low": interval.low,
                    "high": interval.high, "tasks": len(column),
                })  # fmt: skip
    return rows


def pareto(run_table: RunTable) -> Rows:
    """Return median error and size of each method on the tasks that all share, least noise."""
    runs = on_shared_tasks(at_least_noise(run_table.runs))
    errors = runs.assign(nmse=runs["nmse_test"].astype(float).fillna(math.inf))
    errors = errors[errors["y_constant"].astype(float) != 1]
    table = errors.groupby("method", observed=True).agg(nmse=("nmse", "median"), complexity=("complexity", "median"))
    table = table[np.isfinite(table["nmse"]) & table["complexity"].notna()].reset_index()
    table["nmse"] = table["nmse"].clip(lower=MIN_NMSE)
    table["front"] = pareto_front(table[["nmse", "complexity"]].to_numpy(dtype=float)).astype(int)
    return _records(table[["method", "complexity", "nmse", "front"]])


def difference(run_table: RunTable) -> Rows:
    """Return mean ranks, and the groups of methods that do not differ, least noise.

    They are ranked by recovery; by accuracy where no task has a truth.
    """
    runs = at_least_noise(run_table.runs)
    metric = METRICS["recovery" if runs["truth"].notna().any() else "accuracy"]
    ranks = diagram(runs.assign(value=metric.of(runs)).dropna(subset=["value"]))
    if ranks is None:
        return []
    empty = {"method": "", "rank": "", "low": "", "high": "", "tasks": ranks["tasks"]}
    return [
        *(empty | {"method": mean["method"], "rank": mean["rank"]} for mean in ranks["means"]),
        *(empty | {"low": bar["low"], "high": bar["high"]} for bar in ranks["bars"]),
    ]


def profiles(run_table: RunTable) -> Rows:
    """Return the share of tasks on which each method's median error is at most so large, least noise."""
    runs = on_shared_tasks(at_least_noise(run_table.runs))
    runs = runs.assign(nmse=runs["nmse_test"].astype(float).fillna(math.inf))
    runs = runs[runs["y_constant"].astype(float) != 1]
    rows = []
    for method, own in runs.groupby("method", sort=True, observed=True):
        errors = own.groupby("task", observed=True)["nmse"].median().clip(lower=MIN_NMSE).to_numpy(dtype=float)
        shares = profile(-errors, -_THRESHOLDS)
        rows += [
            {"method": method, "nmse": float(at), "share": float(share)}
            for at, share in zip(_THRESHOLDS, shares, strict=True)
        ]
    return rows


def solved(run_table: RunTable) -> Rows:
    """Return the share of runs that had solved their task after so many seconds, all suites, least noise."""
    runs = on_shared_tasks(at_least_noise(run_table.runs))
    if not runs["truth"].notna().any():  # then a run is solved that is accurate enough
        runs = runs.assign(recovered=runs["solved_r2"], truth="")
    return list(times(runs.assign(suite="all", perturbation="{}")))


def over_time(run_table: RunTable) -> Rows:
    """Return recovery rate and median error of each method at each mark, all suites, on shared tasks, least noise."""
    if run_table.marks is None or run_table.marks.empty:
        return []
    runs = at_least_noise(run_table.runs)
    runs = on_shared_tasks(runs[runs["id"].isin(run_table.marks["id"])])
    rows = progress(runs.assign(suite="all", perturbation="{}", noise=0.0), run_table.marks)
    return [{name: row[name] for name in row if name not in ("noise", "perturbation", "suite")} for row in rows]


DATA: Final[Mapping[str, Callable[[RunTable], Rows]]] = {
    "degradation": degradation_curves, "recovery-noise": recovery, "panels": panels, "pareto": pareto,
    "critical-difference": difference, "profile": profiles, "time": solved, "over-time": over_time,
}  # fmt: skip


def matrix(standings: Iterable[Overall]) -> Rows:
    """Return what each method has in each suite and over all of them: recovery, or accuracy where none has a truth."""
    rows = []
    for overall in (one for one in standings if len(one.standings) > 1):
        for standing in overall.standings:
            columns = [(suite.name, cell.value) for suite, cell in zip(overall.suites, standing.cells, strict=True)]
            several = [(ALL, standing.value)] if len(columns) > 1 else []
            rows += [
                {"method": standing.method, "suite": suite, "metric": overall.metric, "value": value}
                for suite, value in (*columns, *several)
            ]
    return rows


def ranking(standings: Iterable[Overall]) -> Rows:
    """Return the mean over all suites of each method and its rank, both with their intervals."""
    return [
        {
            "method": standing.method, "metric": overall.metric, "value": standing.value,
            "low": standing.interval.low, "high": standing.interval.high, "rank": standing.rank,
            "first": standing.ranks[0], "last": standing.ranks[1],
        }
        for overall in [*standings][:1]
        if len(overall.standings) > 1
        for standing in overall.standings
    ]  # fmt: skip


STANDINGS: Final[Mapping[str, Callable[[Iterable[Overall]], Rows]]] = {"matrix": matrix, "ranking": ranking}


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else ["empty"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, stream.getvalue())


def read_rows(path: Path) -> Rows:
    """Read rows that `write_rows` wrote; what is a number becomes one.

    Raises:
        UsageError: there is no such file, or it holds none.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"cannot read {path}: {reason}; name a CSV file that `srbench paper` wrote") from None


def _value(text: str | None) -> Any:
    try:
        return float(text or "")
    except ValueError:
        return text or ""


def _records(table: pd.DataFrame) -> Rows:
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]


def only(rows: Iterable[Mapping[str, Any]], **wanted: Any) -> Rows:
    """Return the rows with these values."""
    return [dict(row) for row in rows if all(row[name] == value for name, value in wanted.items())]
