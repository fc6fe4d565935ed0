"""What each figure is drawn from: rows with plain columns, which stand beside it as CSV."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite.comparing.comparison import METRICS
from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.comparing.statistics import median_interval, pareto_front, profile
from srbench_lite.errors import UsageError
from srbench_lite.reports.series import common, diagram, times

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import Outcomes

__all__ = ["DATA", "least", "read_rows", "write_rows"]

Rows = list[dict[str, Any]]
#: Errors below this are rounding.
_ROUNDING: Final = 1e-16
_THRESHOLDS: Final = np.logspace(0, -16, 129)
#: Measures of the figure with three panels: column, whether it is drawn by its logarithm, and the title of its axis.
MEASURES: Final = ("r2", "complexity", "seconds")


def least(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs at the lowest noise level of each suite."""
    found: pd.DataFrame = runs[runs["noise"] == runs.groupby("suite", observed=True)["noise"].transform("min")]
    return found


def recovery(outcomes: Outcomes) -> Rows:
    """Return the recovery rate of each method, suite and noise level with its interval."""
    return [
        {
            "suite": row.suite, "noise": row.noise, "method": row.method, "recovery": row.recovery,
            "low": row.recovery_interval.low, "high": row.recovery_interval.high, "tasks": row.tasks,
        }
        for row in Leaderboard.of(outcomes).rows
        if row.recovery is not None and row.recovery_interval is not None
    ]  # fmt: skip


def panels(outcomes: Outcomes) -> Rows:
    """Return medians over tasks, with intervals, of R², size and time on the tasks that all share, least noise."""
    runs = common(least(outcomes.runs))
    found = []
    for method, own in runs.groupby("method", sort=True, observed=True):
        values = own.assign(
            r2=own["r2_test"].astype(float).fillna(-math.inf), complexity=own["complexity"].astype(float)
        ).where(own["y_constant"].astype(float) != 1)
        tasks = values.assign(task=own["task"]).groupby("task", observed=True)[list(MEASURES)].median()
        for measure in MEASURES:
            column = tasks[measure].dropna().to_numpy(dtype=float)
            interval = median_interval(column)
            if interval is not None:
                found.append({
                    "method": method, "measure": measure, "median": float(np.median(column)), "low": interval.low,
                    "high": interval.high, "tasks": len(column),
                })  # fmt: skip
    return found


def pareto(outcomes: Outcomes) -> Rows:
    """Return median error and size of each method on the tasks that all share, least noise."""
    runs = common(least(outcomes.runs))
    errors = runs.assign(nmse=runs["nmse_test"].astype(float).fillna(math.inf))
    errors = errors[errors["y_constant"].astype(float) != 1]
    table = errors.groupby("method", observed=True).agg(nmse=("nmse", "median"), complexity=("complexity", "median"))
    table = table[np.isfinite(table["nmse"]) & table["complexity"].notna()].reset_index()
    table["nmse"] = table["nmse"].clip(lower=_ROUNDING)
    table["front"] = pareto_front(table[["nmse", "complexity"]].to_numpy(dtype=float)).astype(int)
    return _records(table[["method", "complexity", "nmse", "front"]])


def difference(outcomes: Outcomes) -> Rows:
    """Return mean ranks of the recovery rate, and the groups of methods that do not differ, least noise."""
    runs = least(outcomes.runs)
    found = diagram(runs.assign(value=METRICS["recovery"].of(runs)).dropna(subset=["value"]))
    if found is None:
        return []
    empty = {"method": "", "rank": "", "low": "", "high": "", "tasks": found["tasks"]}
    return [
        *(empty | {"method": mean["method"], "rank": mean["rank"]} for mean in found["means"]),
        *(empty | {"low": bar["low"], "high": bar["high"]} for bar in found["bars"]),
    ]


def profiles(outcomes: Outcomes) -> Rows:
    """Return the share of tasks on which each method's median error is at most so large, least noise."""
    runs = common(least(outcomes.runs))
    runs = runs.assign(nmse=runs["nmse_test"].astype(float).fillna(math.inf))
    runs = runs[runs["y_constant"].astype(float) != 1]
    found = []
    for method, own in runs.groupby("method", sort=True, observed=True):
        errors = own.groupby("task", observed=True)["nmse"].median().clip(lower=_ROUNDING).to_numpy(dtype=float)
        shares = profile(-errors, -_THRESHOLDS)
        found += [
            {"method": method, "nmse": float(at), "share": float(share)}
            for at, share in zip(_THRESHOLDS, shares, strict=True)
        ]
    return found


def solved(outcomes: Outcomes) -> Rows:
    """Return the share of runs that had recovered the truth after so many seconds, all suites, least noise."""
    return list(times(common(least(outcomes.runs)).assign(suite="all")))


DATA: Final[Mapping[str, Callable[[Outcomes], Rows]]] = {
    "recovery-noise": recovery, "panels": panels, "pareto": pareto, "critical-difference": difference,
    "profile": profiles, "time": solved,
}  # fmt: skip


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else ["empty"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(path: Path) -> Rows:
    """Read rows that `write_rows` wrote; what is a number becomes one.

    Raises:
        UsageError: there is no such file, or it holds none.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [{name: _value(text) for name, text in row.items()} for row in csv.DictReader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"cannot read {path}: {error}") from None


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
