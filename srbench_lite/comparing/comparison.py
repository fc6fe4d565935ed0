"""`Comparison`: two sets of runs, task by task: which is better, by how much, and how surely.

Runs are paired by the fingerprint of the task, the noise level, the perturbation and the seed; what has no partner is
refused by name. Seeds are averaged inside a task first; the noise levels and perturbations of a task are one cluster
(`srbench_lite.comparing.statistics`). A run that failed counts as not recovered, and as the worst accuracy there is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.metrics import METRICS, USUAL_METRICS
from srbench_lite.comparing.runs import perturbation_of, plain_number
from srbench_lite.comparing.statistics import (
    Interval,
    Judgement,
    detectable_effect,
    holm,
    judgement,
    mean_intervals,
    rank_biserial,
    signed_rank,
    standard_error,
    stratified,
)
from srbench_lite.errors import ComparisonError, UnknownNameError, UnpairedError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "CRASHED", "Change", "Comparison", "Line", "compare"]

Array = NDArray[np.float64]

#: What a comparison needs to know of a run, beside what decides which runs count.
COLUMNS: Final = (
    "suite", "task", "task_fingerprint", "noise", "seed", "method", "status", "recovered", "nmse_test", "y_constant",
    "complexity", "seconds", "truth", "budget_seconds", "budget_memory_mb", "budget_threads", "scoring_version",
    "perturbation",
)  # fmt: skip
#: How runs end that gave no formula although they could have.
CRASHED: Final = ("crashed", "invalid")
_PAIR: Final = ("suite", "task", "noise", "perturbation", "seed")
_CONDITIONS: Final = [name for name in _PAIR if name != "seed"]
_LIMITS: Final = ("budget_seconds", "budget_memory_mb", "budget_threads")
#: Decimals of means that count: a baseline keeps nine digits of a number.
_MEAN_DECIMALS: Final = 6
#: Runs that must be lost for `stratified` to be significant at all at 0.05, and tasks for `signed_rank`.
_MIN_LOST_RUNS: Final = 4
_MIN_CHANGED_TASKS: Final = 5
#: Runs and tasks that an error names.
_MAX_NAMED_IN_ERROR: Final = 8


class _Scope(NamedTuple):
    """Tasks that have a line of their own."""

    suite: str
    noise: float
    perturbation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one metric says on one set of tasks. Numbers of a ratio metric are logarithms to base 10.

    Attributes:
        metric: its name.
        suite, noise, perturbation: of the tasks; None for all.
        tasks, runs: numbers of tasks and of pairs of runs.
        before, after: means over tasks.
        difference, interval: mean of after minus before, and its 95 % interval; None for one task.
        narrow: the 90 % interval.
        error: standard error of the difference; None for one task.
        least: the smallest difference that can be significant.
        p_value: two-sided, unadjusted.
        p_less, p_greater: of one-sided ones in the direction of worse and better, Holm's adjustment made.
        effect: rank-biserial correlation, positive where `after` is better.
        verdict: of the second, against the margin.
        margin: a difference that does not matter.
        detectable: the least difference that would be found, and called better or worse, in 80 of 100 cases; None where
            that cannot be said.
    """

    metric: str
    suite: str | None
    noise: float | None
    tasks: int
    runs: int
    before: float
    after: float
    difference: float
    interval: Interval | None
    narrow: Interval | None
    error: float | None
    least: float
    p_value: float
    p_less: float
    p_greater: float
    effect: float
    verdict: Judgement
    margin: float
    detectable: float | None = None
    perturbation: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A task on which the recovery rate differs.

    Attributes:
        suite, task, noise, perturbation: of the runs.
        seeds: runs of each side.
        before, after: recovered runs.
    """

    suite: str
    task: str
    noise: float
    seeds: int
    before: int
    after: int
    perturbation: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides compared.

    Attributes:
        before, after: names of the two sides.
        lines: first one for each metric on all tasks, then by suite, noise and perturbation if there are several.
        changes: tasks whose recovery differs, the largest losses first, the largest gains last.
        failures: on each side, runs that crashed or gave no formula that can be read.
        unpaired: runs without a partner that were left out, as `common` asks.
    """

    before: str
    after: str
    lines: tuple[Line, ...]
    changes: tuple[Change, ...]
    failures: tuple[int, int]
    unpaired: int = 0

    @property
    def lost(self) -> tuple[Change, ...]:
        """The changes for the worse, the largest first."""
        return tuple(change for change in self.changes if change.after < change.before)

    @property
    def gained(self) -> tuple[Change, ...]:
        """The changes for the better, the largest first."""
        gained = (change for change in self.changes if change.after > change.before)
        return tuple(sorted(gained, key=lambda change: (change.before - change.after) / change.seeds))

    def overall(self, metric: str) -> Line | None:
        """Return the line of all tasks; None where the metric exists on none."""
        return next((x for x in self.lines if x.metric == metric and x.suite is None), None)


def compare(
    before: pd.DataFrame, after: pd.DataFrame, names: tuple[str, str], *, metrics: Sequence[str] = USUAL_METRICS,
    margins: dict[str, float] | None = None, common: bool = False, different_limits: bool = False,
    these_tasks: bool = False,
) -> Comparison:  # fmt: skip
    """Compare the runs of two sides, one method each.

    Args:
        before, after: runs with the columns `COLUMNS`.
        names: of the sides.
        metrics: names of `METRICS`; those of costs need the columns `cpu_seconds` and `peak_mb`, too.
        margins: in place of those of the metrics.
        common: leave out runs without a partner, which are an error otherwise.
        different_limits: allow sides with different budgets.
        these_tasks: ask whether the rate changed on these very tasks, seeds being what is left to chance
            (`stratified`), and not whether one side is better on tasks like these (`signed_rank`).

    Raises:
        ComparisonError: the sides cannot be compared: other definitions, scorings or limits, or runs without partner.
        UnknownNameError: there is no such metric.
    """
    metrics = tuple(dict.fromkeys(metrics))
    for name in metrics:
        if name not in METRICS:
            raise UnknownNameError("metric", name, METRICS)
    _refuse_empty(before, after, names)
    measured = tuple(dict.fromkeys(("recovery", *metrics)))
    sides = _measured(before, measured), _measured(after, measured)
    _refuse_other_definitions(before, after, names)
    paired, unpaired = _paired(*sides, names, common=common, different_limits=different_limits)
    values = _averaged(paired, measured)
    lines: list[Line] = []
    scopes = [None, *_scopes(values)]
    for name in metrics:
        margin = (margins or {}).get(name, METRICS[name].margin)
        own = [line for scope in scopes if (line := _line(values, name, margin, scope, these_tasks))]
        lines += own[:1] + adjusted(own[1:])
    crashed = (int(paired["crashed_before"].sum()), int(paired["crashed_after"].sum()))
    return Comparison(
        before=names[0], after=names[1], lines=tuple(sorted(lines, key=lambda x: x.suite is not None)),
        changes=tuple(_changes(values)), failures=crashed, unpaired=unpaired,
    )  # fmt: skip


def adjusted(lines: Sequence[Line]) -> list[Line]:
    """Return lines whose p-values and verdicts are those of one family of tests."""
    less, greater = holm([x.p_less for x in lines]), holm([x.p_greater for x in lines])
    adjusted_lines = []
    for line, p_less, p_greater in zip(lines, less, greater, strict=True):
        sign, narrow, verdict = METRICS[line.metric].sign, line.narrow, line.verdict
        if sign < 0 and narrow is not None:
            narrow = Interval(-narrow.high, -narrow.low)
        significant = decisive = None  # the least difference that the test finds, and that also gets a verdict
        if line.error is not None:
            significant = detectable_effect(line.error, least=line.least)
            if significant > 0:  # where no difference varies, nobody knows how one would
                decisive = detectable_effect(line.error, least=line.least, tests=len(lines), margin=line.margin)
        if verdict is not Judgement.IDENTICAL:
            verdict = judgement(
                sign * line.difference, narrow, p_less, p_greater, margin=line.margin, detectable=significant
            )
        adjusted_lines.append(replace(line, p_less=p_less, p_greater=p_greater, verdict=verdict, detectable=decisive))
    return adjusted_lines


def _refuse_empty(before: pd.DataFrame, after: pd.DataFrame, names: tuple[str, str]) -> None:
    for side, name in ((before, names[0]), (after, names[1])):
        if not len(side):
            raise ComparisonError(
                f"{name} has no run among those that are compared; `srbench leaderboard` lists the runs"
            )


def _refuse_other_definitions(before: pd.DataFrame, after: pd.DataFrame, names: tuple[str, str]) -> None:
    """Raise `ComparisonError` if the two sides were scored differently, or are on different definitions of tasks."""
    versions = [sorted(side["scoring_version"].unique()) for side in (before, after)]
    if versions[0] != versions[1]:
        raise ComparisonError(
            f"{names[0]} was scored by version {', '.join(versions[0])} and {names[1]} by version "
            f"{', '.join(versions[1])} of the judge; `srbench rescore` judges older runs again"
        )
    fingerprints: list[dict[str, str]] = []
    for side in (before, after):
        first = side.drop_duplicates("task")
        fingerprints.append(dict(zip(first["task"], first["task_fingerprint"], strict=True)))
    shared = fingerprints[0].keys() & fingerprints[1].keys()
    differing = sorted(task for task in shared if fingerprints[0][task] != fingerprints[1][task])
    if differing:
        raise ComparisonError(
            f"{_listed(differing, 'task')} defined differently on the two sides: {_few(differing)}; run the "
            "older side again"
        )


def _paired(
    before: pd.DataFrame, after: pd.DataFrame, names: tuple[str, str], *, common: bool, different_limits: bool
) -> tuple[pd.DataFrame, int]:
    """Return one row for each pair of runs, and how many runs have no partner."""
    for runs, name in ((before, names[0]), (after, names[1])):
        twice = runs[runs.duplicated(list(_PAIR))]
        if len(twice):
            raise ComparisonError(f"{name} has {_run(twice.iloc[0])} more than once; keep one of the two runs")
    merged = before.merge(after, on=list(_PAIR), how="outer", suffixes=("_before", "_after"), indicator=True)
    unpaired = merged[merged["_merge"] != "both"]
    if len(unpaired) and not common:
        sides = []
        for side, name in (("left_only", names[0]), ("right_only", names[1])):
            rows = unpaired[unpaired["_merge"] == side]
            few = [_run(row) for _, row in rows.head(_MAX_NAMED_IN_ERROR).iterrows()]
            if len(rows):
                more = f", and {len(rows) - _MAX_NAMED_IN_ERROR} more" if len(rows) > _MAX_NAMED_IN_ERROR else ""
                sides.append(f"only {name} has {', '.join(few)}{more}")
        raise UnpairedError(f"{_listed(unpaired, 'run')} without a partner: {'; '.join(sides)}")
    paired = merged[merged["_merge"] == "both"].reset_index(drop=True)
    if not len(paired):
        raise ComparisonError(
            f"{names[0]} and {names[1]} have no task, noise, perturbation and seed in common; run both on the same"
        )
    if not different_limits:
        for limit in _LIMITS:
            differing = paired[paired[f"{limit}_before"] != paired[f"{limit}_after"]]
            if len(differing):
                row = differing.iloc[0]
                raise ComparisonError(
                    f"the limits differ: {limit} is {row[f'{limit}_before']:g} for {names[0]} and "
                    f"{row[f'{limit}_after']:g} for {names[1]} on {row['task']}; run both with the same"
                )
    return paired, len(unpaired)


def _run(row: Any) -> str:
    perturbation = perturbation_of(row["perturbation"])
    further = f", {perturbation}" if perturbation else ""
    return f"{row['task']} (noise {plain_number(float(row['noise']))}, seed {row['seed']}{further})"


def _listed(things: Sequence[object] | pd.DataFrame, noun: str) -> str:
    return f"{len(things)} {noun}{'s are' if len(things) != 1 else ' is'}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:_MAX_NAMED_IN_ERROR]) + (
        f", and {len(names) - _MAX_NAMED_IN_ERROR} more" if len(names) > _MAX_NAMED_IN_ERROR else ""
    )


def _measured(runs: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return what runs are paired by, their limits, some metrics, and whether they crashed."""
    values = {name: METRICS[name].of(runs) for name in metrics}
    return runs[[*_PAIR, *_LIMITS]].assign(crashed=runs["status"].isin(CRASHED), **values)


def _averaged(paired: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return a row for each task, noise level and perturbation.

    Of each metric: NAME_before and NAME_after, means over seeds; NAME_runs, how many seeds they are of; NAME_noise, the
    variance of their difference that is due to seeds.
    """
    sides = ("before", "after")
    columns = {f"{name}_{side}": paired[f"{name}_{side}"] for name in metrics for side in sides}
    for name in metrics:  # a metric that one run of a pair lacks, the pair lacks
        both = columns[f"{name}_before"].notna() & columns[f"{name}_after"].notna()
        columns |= {f"{name}_{side}": columns[f"{name}_{side}"].where(both) for side in sides}
    groups = paired[_CONDITIONS].assign(**columns).groupby(_CONDITIONS, sort=True, observed=True)
    means, counts, spread = groups.mean().round(_MEAN_DECIMALS), groups.count(), groups.var().fillna(0.0)
    for name in metrics:
        means[f"{name}_runs"] = counts[f"{name}_before"]
        means[f"{name}_noise"] = (spread[f"{name}_before"] + spread[f"{name}_after"]) / means[f"{name}_runs"]
    return means.reset_index()


def _scopes(values: pd.DataFrame) -> list[_Scope]:
    """Return suites, noise levels and perturbations, where there are several."""
    found = values[["suite", "noise", "perturbation"]].drop_duplicates().to_numpy().tolist()
    scopes = [_Scope(*scope) for scope in found]
    ordered = sorted(scopes, key=lambda scope: (scope.suite, scope.noise, perturbation_of(scope.perturbation).place))
    return ordered if len(scopes) > 1 else []


def _line(values: pd.DataFrame, name: str, margin: float, scope: _Scope | None, these_tasks: bool) -> Line | None:
    """Return what a metric says on the tasks of a scope, or on all; None where it exists on none."""
    chosen = values[f"{name}_runs"].to_numpy() > 0
    if scope is not None:
        for column, value in scope._asdict().items():
            chosen &= (values[column] == value).to_numpy()
    if not chosen.any():
        return None
    before, after, runs, variance = (
        values[f"{name}_{part}"].to_numpy()[chosen] for part in ("before", "after", "runs", "noise")
    )
    differences = after - before
    tasks, places, sizes = np.unique(
        values["task"].to_numpy(dtype=object)[chosen], return_inverse=True, return_counts=True
    )
    units = np.bincount(places, weights=differences) / sizes  # one a task, its noise levels averaged
    several = len(tasks) > 1
    interval, narrow = mean_intervals(differences, places.tolist(), levels=(0.95, 0.9)) if several else (None, None)
    signed = METRICS[name].sign * units
    by_runs = these_tasks and name == "recovery"
    if by_runs:
        p_less, p_greater = stratified(before * runs, after * runs, runs)
        share = (before + after) / 2  # if nothing changed, all runs of a task are alike: also of a single seed
        variance = 4 * share * (1 - share) / (2 * runs - 1)
    else:
        p_less, p_greater = signed_rank(signed, "less"), signed_rank(signed, "greater")
    noises = np.bincount(places, weights=variance) / np.square(sizes)
    min_changes = _MIN_LOST_RUNS if by_runs else _MIN_CHANGED_TASKS
    least = min_changes / float(runs.max() * sizes.max()) / len(tasks) if name == "recovery" else 0.0
    line = Line(
        metric=name, suite=scope and scope.suite, noise=None if scope is None else scope.noise,
        perturbation=scope and str(perturbation_of(scope.perturbation)), tasks=len(tasks), runs=int(runs.sum()),
        before=float(before.mean()),
        after=float(after.mean()), difference=float(differences.mean()), interval=interval, narrow=narrow,
        p_value=min(1.0, 2 * min(p_less, p_greater)), p_less=p_less, p_greater=p_greater, effect=rank_biserial(signed),
        verdict=Judgement.UNDECIDED if np.round(differences, 12).any() else Judgement.IDENTICAL, margin=margin,
        error=standard_error(None if by_runs else units, noises), least=least,
    )  # fmt: skip
    return adjusted([line])[0]


def _changes(values: pd.DataFrame) -> Iterator[Change]:
    """Yield the tasks whose recovery differs."""
    judged = values[values["recovery_runs"] > 0]
    changed = judged[judged["recovery_before"] != judged["recovery_after"]]
    order = (changed["recovery_after"] - changed["recovery_before"]).sort_values(kind="stable").index
    columns = [*_CONDITIONS, "recovery_before", "recovery_after", "recovery_runs"]
    for suite, task, noise, perturbation, before, after, seeds in changed.loc[order, columns].to_numpy().tolist():
        yield Change(
            suite=suite, task=task, noise=float(noise), seeds=int(seeds), before=round(before * seeds),
            after=round(after * seeds), perturbation=str(perturbation_of(perturbation)),
        )  # fmt: skip
