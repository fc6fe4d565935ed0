"""Series that the page and the figures of a paper draw: quality over time, solved runs, ranks, boxes over tasks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from srbench_lite.comparing.leaderboard import ALL_SUITES
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.over_time import moments
from srbench_lite.comparing.ranking import cliques, friedman, ranks
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.recording.record import Status

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["MIN_NMSE", "boxes", "diagram", "diagrams", "number", "on_shared_tasks", "progress", "times"]

MIN_NMSE: Final = 1e-16  # smaller errors are rounding, and are drawn as this
_MAX_CURVE_POINTS: Final = 120  # of the runs solved over time
_MIN_SECONDS: Final = 1e-3  # shorter times are drawn as this
_MAX_NMSE: Final = 100.0  # larger errors are all equally useless, and are drawn as this; so is a missing formula
_LEVEL: Final = ["suite", "noise", "perturbation", "method"]
_QUANTILES: Final = {"low": 0.05, "q1": 0.25, "median": 0.5, "q3": 0.75, "high": 0.95}

Json = dict[str, Any]


def times(runs: pd.DataFrame) -> Iterator[Json]:
    """Yield, for each method, what share of its runs had recovered the truth after so many seconds."""
    judged = runs.loc[runs["truth"].notna(), [*_LEVEL, "recovered", "seconds", "budget_seconds"]]
    for (suite, noise, perturbation, method), own in judged.groupby(_LEVEL, sort=True, observed=True):
        solved = np.sort(own.loc[own["recovered"].astype(float) == 1, "seconds"].to_numpy(dtype=float))
        share = np.arange(1, len(solved) + 1) / len(own)
        places = np.unique(np.linspace(0, len(solved) - 1, min(_MAX_CURVE_POINTS, len(solved))).round().astype(int))
        limit = float(own["budget_seconds"].max())
        first = {
            "suite": suite, "noise": noise, "perturbation": str(perturbation_of(perturbation)), "method": method,
        }  # fmt: skip
        for at in places.tolist():
            yield {**first, "seconds": number(max(float(solved[at]), _MIN_SECONDS)), "solved": number(float(share[at]))}
        yield {**first, "seconds": limit, "solved": number(float(share[-1]) if len(solved) else 0.0)}


def progress(runs: pd.DataFrame, marks: pd.DataFrame | None) -> Iterator[Json]:
    """Yield, for each method and mark, its recovery rate with the interval, and the median of its errors."""
    for moment in moments(runs, marks) if marks is not None else ():
        low, high = (None, None) if moment.interval is None else moment.interval
        error = None if moment.nmse_test is None else max(moment.nmse_test, MIN_NMSE)
        yield {
            "suite": moment.suite, "noise": moment.noise, "perturbation": str(moment.perturbation),
            "method": moment.method, "seconds": moment.seconds, "recovery": number(moment.recovery),
            "low": number(low), "high": number(high), "nmse": number(error), "tasks": moment.tasks,
        }  # fmt: skip


def boxes(runs: pd.DataFrame) -> Iterator[Json]:
    """Yield, for each method, quantiles over tasks of the medians over seeds: of errors, and of seconds.

    Whiskers (`low`, `high`) are the 5 % and 95 % quantiles, `q1` and `q3` the quartiles. Errors are between 1e-16 and
    100, which a missing formula has; runs that were skipped have no seconds.
    """
    values = runs[[*_LEVEL, "task"]].assign(
        nmse=runs["nmse_test"].astype(float).fillna(math.inf).clip(MIN_NMSE, _MAX_NMSE)
        .where(runs["y_constant"].astype(float) != 1),
        seconds=runs["seconds"].astype(float).where(runs["status"] != Status.SKIPPED).clip(lower=_MIN_SECONDS),
    )  # fmt: skip
    tasks = values.groupby([*_LEVEL, "task"], sort=True, observed=True)[["nmse", "seconds"]].median()
    for measure in ("nmse", "seconds"):
        lines = tasks[measure].dropna().groupby(level=list(range(len(_LEVEL))), sort=True, observed=True)
        table = lines.quantile(np.array([*_QUANTILES.values()])).unstack()
        for (key, row), count in zip(table.iterrows(), lines.size().tolist(), strict=True):
            suite, noise, perturbation, method = cast("tuple[str, float, str, str]", key)
            yield {
                "suite": suite, "noise": float(noise), "perturbation": str(perturbation_of(perturbation)),
                "method": method, "measure": measure, "tasks": count,
                **{name: number(float(row[share])) for name, share in _QUANTILES.items()},
            }  # fmt: skip


def diagrams(runs: pd.DataFrame) -> Iterator[Json]:
    """Yield mean ranks and the groups that do not differ, for each suite and for all.

    Ranks are of the recovery rate; of the accuracy where no task of the suite has a truth.
    """
    names = [*_LEVEL, "task"]
    of_runs = {name: METRICS[name].of(runs) for name in ("recovery", "accuracy")}
    every = runs[names].assign(**of_runs).groupby(names, sort=True, observed=True).mean().reset_index()
    suites = sorted(set(runs["suite"].unique()))
    for suite in [*suites, *([ALL_SUITES] if len(suites) > 1 else [])]:
        own = every if suite == ALL_SUITES else every[every["suite"] == suite]
        metric = METRICS["recovery" if own["recovery"].notna().any() else "accuracy"]
        values = own.assign(value=own[metric.name]).dropna(subset=["value"])
        for (noise, perturbation), level in values.groupby(["noise", "perturbation"], sort=True, observed=True):
            content = diagram(level)
            if content is not None:
                what = {"noise": float(str(noise)), "perturbation": str(perturbation_of(perturbation))}
                yield {"suite": suite, **what, "metric": metric.title, **content}


def on_shared_tasks(level: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of methods that ran on at least half of the tasks, on the tasks that all of these ran on."""
    counts = level.groupby(["task", "method"], sort=True, observed=True).size().unstack()
    counts = counts.loc[:, counts.notna().sum() >= len(counts) / 2].dropna()
    return level[level["task"].isin(counts.index) & level["method"].isin(counts.columns)]


def diagram(level: pd.DataFrame) -> Json | None:
    """Return a critical-difference diagram of the methods on their shared tasks; None for fewer than two of either.

    Args:
        level: runs of one noise level and perturbation, with a column `value`, of which more is better.
    """
    table = on_shared_tasks(level).pivot_table(
        index="task", columns="method", values="value", aggfunc="mean", observed=True
    )
    if table.shape[1] < 2 or table.shape[0] < 2:
        return None
    scores: NDArray[np.float64] = table.to_numpy(dtype=float)
    names = [str(name) for name in table.columns]
    p = friedman(scores).p_value if len(names) > 2 else None
    means = ranks(scores).mean(axis=0)
    order = sorted(range(len(names)), key=lambda k: (means[k], names[k]))
    return {
        "tasks": len(scores), "p": None if p is None else number(p),
        "means": [{"method": names[k], "rank": number(float(means[k])), "row": row} for row, k in enumerate(order)],
        "bars": [
            {"low": number(float(means[group[0]])), "high": number(float(means[group[-1]])), "bar": bar}
            for bar, group in enumerate(cliques(scores))
        ],
    }  # fmt: skip


def number(value: float | None) -> float | None:
    """Return a number to five digits; None where it is none."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.5g}")
