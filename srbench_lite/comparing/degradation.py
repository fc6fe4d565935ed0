"""`Degradation`: recovery and error of each method over one setting: noise, training points, dummies and the like.

All else is as in one condition. Of each method only tasks count that it ran on at every level of the setting, so that
a curve is about the same tasks all along. The formula is the unit, as in `srbench_lite.comparing.breakdown`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

import numpy as np

from srbench_lite.comparing.condition import Condition, on_common_tasks, with_formulas
from srbench_lite.comparing.runs import perturbation_of
from srbench_lite.comparing.statistics import Interval, median_interval, wilson_interval
from srbench_lite.problems.perturbation import Perturbation

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["SETTINGS", "Degradation", "DegradationPoint", "NoCurve", "degradation"]

#: What may be varied, as users write it -> what tables call it.
SETTINGS: Final = {
    "noise": "noise",
    "train-size": "training points",
    "dummies": "dummy variables",
    "input-noise": "noise of the inputs",
    "outliers": "share of outliers",
    "rescale": "other units",
}
#: The level of the training points that a task itself has.
OWN: Final = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class DegradationPoint:
    """What a method did at one level of a setting.

    Attributes:
        method: its name.
        level: the level as tables write it.
        value: the level as a number; None for the tasks' own numbers of training points where they differ or are not
            known.
        formulas, tasks, runs: over how many the point is an average; formulas are tasks where there is one suite.
        recovery, interval: share of runs that recovered the truth, averaged over formulas, and its 95 % Wilson
            interval; None without truths.
        nmse_test, nmse_interval: median over formulas of medians over seeds and tasks, and its 95 % bootstrap
            interval; infinite where half of them have no formula, None where y is constant on all tasks.
    """

    method: str
    level: str
    value: float | None
    formulas: int
    tasks: int
    runs: int
    recovery: float | None
    interval: Interval | None
    nmse_test: float | None
    nmse_interval: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Degradation:
    """Curves of methods over one setting.

    Attributes:
        by: the setting, a name of `SETTINGS`.
        title: the same for people.
        levels: as tables write them, the least first; the tasks' own numbers of training points last where they differ
            or are not known.
        methods: those with several levels, the best over all levels first.
        points: by method and level, in their orders.
        remarks: sentences for people.
    """

    by: str
    title: str
    levels: tuple[str, ...]
    methods: tuple[str, ...]
    points: tuple[DegradationPoint, ...]
    remarks: tuple[str, ...] = ()


class NoCurve(NamedTuple):
    """A setting of which there is no curve, and why: `one level only (0)`."""

    title: str
    why: str

    def __str__(self) -> str:
        return f"{self.title}: {self.why}"


def degradation(
    runs: pd.DataFrame, by: str, condition: Condition, own_points: Mapping[str, int] | None = None, *,
    common: bool = False,
) -> Degradation | NoCurve:  # fmt: skip
    """Return the curves of a setting; or, where no method has several levels of it, why there is none.

    Args:
        runs: with `suite`, `task`, `task_fingerprint`, `method`, `noise`, `perturbation`, `truth`, `recovered`,
            `nmse_test` and `y_constant`.
        by: a name of `SETTINGS`.
        condition: what holds of all else.
        own_points: the number of training points of each task by its fingerprint, where it is known.
        common: leave out tasks that some method did not run on at each of its levels, so that all curves are about the
            same ones.
    """
    varied, values = _varied(runs, by, condition)
    levels = np.unique(values)
    if len(levels) < 2:
        return NoCurve(SETTINGS[by], f"one level only ({_shown(by, levels[0])})" if len(levels) else "no run")
    varied = varied.assign(value=values)
    counts = varied[["method", "value"]].drop_duplicates().groupby("method", observed=True).size()
    several = counts.index[counts > 1]
    if not len(several):
        return NoCurve(SETTINGS[by], "no method ran at several levels")
    said = []
    if single := sorted(map(str, counts.index[counts < 2])):
        said.append(f"{SETTINGS[by]}: {', '.join(single)} ran at one level only and {_are(single)} left out.")
    chosen, remark = _at_every_level(varied[varied["method"].isin(several)], SETTINGS[by])
    if not len(chosen):
        return NoCurve(SETTINGS[by], "no method ran on a task at several levels")
    if common:
        chosen, further = on_common_tasks(chosen)
        remark += tuple(f"{SETTINGS[by]}: {text}" for text in further)
        if not len(chosen):
            return NoCurve(SETTINGS[by], "no task was run by all methods at each of their levels")
    names = _level_names(by, levels, chosen, own_points or {})
    points = _points(with_formulas(chosen), names)
    best: dict[str, list[float]] = {}
    for point in points:
        best.setdefault(point.method, []).append(-1.0 if point.recovery is None else point.recovery)
    methods = tuple(sorted(best, key=lambda name: (-round(sum(best[name]) / len(best[name]), 12), name)))
    order = [name for name, _ in names.values()]
    points.sort(key=lambda point: (methods.index(point.method), order.index(point.level)))
    return Degradation(
        by=by, title=SETTINGS[by], levels=tuple(order), methods=methods, points=tuple(points),
        remarks=(*said, *remark),
    )  # fmt: skip


def _varied(runs: pd.DataFrame, by: str, condition: Condition) -> tuple[pd.DataFrame, NDArray[np.float64]]:
    """Return the runs that differ from a condition in one setting only, and its value in each, (n,).

    The tasks' own number of training points is infinite: it stands behind all others.
    """
    if by == "noise":
        texts = [text for text in runs["perturbation"].unique() if perturbation_of(text) == condition.perturbation]
        own = runs[runs["perturbation"].isin(texts)]
        return own, own["noise"].to_numpy(dtype=np.float64)
    name = by.replace("-", "_")
    base = _without(condition.perturbation, name)
    value: dict[Any, float] = {}
    for text in runs["perturbation"].unique():
        there = perturbation_of(text)
        if _without(there, name) == base:
            setting = getattr(there, name)
            value[text] = math.inf if setting is None else float(setting)
    own = runs[runs["perturbation"].isin(list(value)) & (runs["noise"] == condition.noise)]
    return own, own["perturbation"].astype(object).map(value).to_numpy(dtype=np.float64)


def _without(perturbation: Perturbation, name: str) -> Perturbation:
    """Return a perturbation with the default of one setting."""
    return Perturbation.of({other: value for other, value in perturbation.settings.items() if other != name})


def _shown(by: str, level: float) -> str:
    if math.isinf(level):
        return OWN
    return ("no", "yes")[int(level)] if by == "rescale" else f"{level:g}"


def _are(names: list[str]) -> str:
    return "are" if len(names) > 1 else "is"


def _at_every_level(runs: pd.DataFrame, title: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return the runs on tasks on which their method ran at every level that it has, and what is said of the others."""
    cells = runs[["method", "task", "value"]].drop_duplicates()
    wanted = cells.groupby("method", observed=True)["value"].nunique()
    has = cells.groupby(["method", "task"], observed=True).size()
    levels = dict(zip(wanted.index, wanted, strict=True))
    full = has == np.array([levels[method] for method in has.index.get_level_values("method")])
    cell = runs.groupby(["method", "task"], observed=True).ngroup().to_numpy()
    chosen = full.to_numpy(dtype=np.bool_)[cell]
    if chosen.all():
        return runs, ()
    counts = ", ".join(
        f"{method} {int(own.sum())} of {len(own)}"
        for method, own in full.groupby(level="method", observed=True)
        if not own.all()
    )
    return runs[chosen], (f"{title}: only tasks that a method ran on at each of its levels count: {counts}.",)


def _level_names(
    by: str, levels: NDArray[np.float64], runs: pd.DataFrame, own_points: Mapping[str, int]
) -> dict[float, tuple[str, float | None]]:
    """Return for each level its name and its value as a number, in the order of these."""
    known = {own_points.get(fingerprint) for fingerprint in runs["task_fingerprint"].unique()}
    own = next(iter(known)) if len(known) == 1 else None
    names: dict[float, tuple[str, float | None]] = {}
    for level in levels.tolist():
        if math.isinf(level):
            names[level] = (OWN, None) if own is None else (f"{own} ({OWN})", float(own))
        else:
            names[level] = (_shown(by, level), level)
    return dict(sorted(names.items(), key=lambda item: math.inf if item[1][1] is None else item[1][1]))


def _points(runs: pd.DataFrame, names: Mapping[float, tuple[str, float | None]]) -> list[DegradationPoint]:
    solved = runs["recovered"].astype(float).fillna(0.0).where(runs["truth"].notna())
    error = runs["nmse_test"].astype(float).fillna(math.inf).where(runs["y_constant"].astype(float) != 1)
    columns = runs[["method", "value", "formula", "task"]].assign(solved=solved, error=error, run=1)
    groups = columns.groupby(["method", "value", "formula", "task"], observed=True)
    tasks = groups.agg(solved=("solved", "mean"), error=("error", "median"), runs=("run", "size")).reset_index()
    units = tasks.groupby(["method", "value", "formula"], observed=True).agg(
        solved=("solved", "mean"), error=("error", "median"), runs=("runs", "sum"), tasks=("task", "size")
    )
    points = []
    for key, own in units.groupby(level=["method", "value"], observed=True):
        method, value = cast("tuple[str, float]", key)
        rates, errors = own["solved"].dropna(), own["error"].dropna().to_numpy()
        recovery = float(rates.mean()) if len(rates) else None
        name, number = names[float(value)]
        points.append(
            DegradationPoint(
                method=str(method), level=name, value=number, formulas=len(own), tasks=int(own["tasks"].sum()),
                runs=int(own["runs"].sum()), recovery=recovery,
                interval=None if recovery is None else wilson_interval(recovery, len(rates)),
                nmse_test=float(np.median(errors)) if len(errors) else None,
                nmse_interval=median_interval(errors),
            )
        )  # fmt: skip
    return points
