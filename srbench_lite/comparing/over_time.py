"""`moments`: how good each method was at each mark of its runs, by the rules of the leaderboard."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from srbench_lite.comparing.leaderboard import on_all_tasks
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.comparing.statistics import Interval, wilson_interval
from srbench_lite.problems.perturbation import Perturbation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Moment", "mark_frame", "moments"]

_LINE = ["suite", "noise", "perturbation", "method", "seconds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the runs of a method had found by a mark.

    Attributes:
        suite, noise, perturbation, method: as in a row of the leaderboard.
        seconds: the mark, since the fits began.
        tasks: number of tasks with such runs.
        recovery, interval: share of runs that had the truth, averaged over tasks, and its 95 % Wilson interval; None
            without truths.
        nmse_test: median over tasks of medians over seeds; infinite where most runs had no formula, None where no task
            has one.
    """

    suite: str
    noise: float
    perturbation: Perturbation
    method: str
    seconds: float
    tasks: int
    recovery: float | None
    interval: Interval | None
    nmse_test: float | None


def mark_frame(progress: Iterable[tuple[int, Sequence[Mapping[str, Any]]]]) -> pd.DataFrame:
    """Return a row for each mark of each run: `id`, `seconds`, `at_recovered` and `at_nmse`, NaN where unknown.

    Args:
        progress: numbers of runs, each with what its record says of its marks.
    """
    import pandas as pd

    numbers, columns = array("q"), {name: array("d") for name in ("seconds", "recovered", "nmse_test")}
    for number, entries in progress:
        for entry in entries:
            numbers.append(number)
            for name, column in columns.items():
                value = entry[name]
                column.append(math.nan if value is None else float(value))
    return pd.DataFrame({
        "id": numbers, "seconds": columns["seconds"], "at_recovered": columns["recovered"],
        "at_nmse": columns["nmse_test"],
    })  # fmt: skip


def moments(runs: pd.DataFrame, marks: pd.DataFrame) -> Iterator[Moment]:
    """Yield those of each suite, noise level, perturbation and method, and of all suites together, in order.

    Runs without marks are left out. Over all suites the formula is the unit and only methods that ran on all tasks are
    there, as in the leaderboard.

    Args:
        runs: with `id`, `suite`, `task`, `noise`, `perturbation`, `method`, `truth` and `y_constant`.
        marks: of `mark_frame`.
    """
    known = runs[runs["id"].isin(marks["id"])]
    if not len(known):
        return
    yield from _moments(known, marks)
    if known["suite"].nunique() > 1:
        together, _ = on_all_tasks(known)
        if len(together):
            yield from _moments(together, marks)


def _moments(runs: pd.DataFrame, marks: pd.DataFrame) -> Iterator[Moment]:
    units = ["formula", "task"] if "formula" in runs else ["task"]
    names = ["id", "suite", "task", "noise", "perturbation", "method", "truth", "y_constant", *units[:-1]]
    at = marks.merge(runs[names], on="id")
    at["at_recovered"] = at["at_recovered"].fillna(0.0).where(at["truth"].notna())
    at["at_nmse"] = at["at_nmse"].fillna(math.inf).where(at["y_constant"].astype(float) != 1)
    how = {"at_recovered": "mean", "at_nmse": "median"}
    by_task = at.groupby([*_LINE, *units], observed=True, sort=True).agg(how).reset_index()
    counts = by_task.groupby(_LINE, observed=True, sort=True).size().tolist()
    by_unit = by_task.groupby([*_LINE, units[0]], observed=True, sort=True).agg(how).reset_index()
    for (key, own), tasks in zip(by_unit.groupby(_LINE, observed=True, sort=True), counts, strict=True):
        suite, noise, perturbation, method, seconds = cast("tuple[str, float, str, str, float]", key)
        rates, errors = own["at_recovered"].dropna(), own["at_nmse"].dropna()
        recovery = float(rates.mean()) if len(rates) else None
        yield Moment(
            suite=str(suite), noise=float(noise), perturbation=perturbation_of(perturbation), method=str(method),
            seconds=float(seconds), tasks=int(tasks), recovery=recovery,
            interval=None if recovery is None else wilson_interval(recovery, len(rates)),
            nmse_test=float(errors.median()) if len(errors) else None,
        )  # fmt: skip
