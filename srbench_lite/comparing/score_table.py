"""`ScoreTable`: methods x tasks, one number each: what standings over all suites are made of.

Seeds are averaged inside a task. One table is about one noise level and perturbation and one metric: tasks with a truth
by recovery, tasks without one by accuracy, since nobody can recover a formula that nobody knows.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.leaderboard import formulas_of
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import counted, perturbation_of, perturbation_places
from srbench_lite.comparing.statistics import DIFFERENCE_DECIMALS
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.problems.perturbation import Perturbation

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "RANKED_BY", "Lack", "ScoreTable", "score_tables"]

Array = NDArray[np.float64]

#: What a table needs to know of a run, beside what decides which runs count.
COLUMNS: Final = (
    "suite", "task", "task_fingerprint", "noise", "perturbation", "method", "status", "recovered", "nmse_test",
    "y_constant", "truth", "budget_seconds", "complexity", "judged_here", "identifiable", "seconds",
)  # fmt: skip
#: Metrics that every run has, whatever became of it, so that methods can be ranked by them.
RANKED_BY: Final = ("recovery", "accuracy")
#: More methods than these are not compared pair by pair: a table of them is too large to be read.
_MAX_METHODS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A method that did not run on every task.

    Attributes:
        method: its name.
        tasks: number of the tasks on which it did not run.
        suites: for each suite with such tasks, their number and that of all its tasks.
    """

    method: str
    tasks: int
    suites: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreTable:
    """Scores of methods on tasks, in order of their names.

    Attributes:
        metric: name of one of `METRICS`, of which more is better.
        noise, perturbation: of the runs.
        methods, tasks, suites: their names.
        suite: place of each task's suite in `suites`, shape (tasks,).
        formula: a number for each task, the same for tasks of one formula, shape (tasks,).
        scores: means over seeds, NaN where a method did not run on a task, shape (methods, tasks).
        runs: numbers of runs, shape (methods, tasks).
        statuses: for each method, how many of its runs ended how.
        limits: for each method, the seconds that its fits were allowed.
    """

    metric: str
    noise: float
    perturbation: Perturbation
    methods: tuple[str, ...]
    tasks: tuple[str, ...]
    suites: tuple[str, ...]
    suite: NDArray[np.int64]
    formula: NDArray[np.int64]
    scores: Array
    runs: NDArray[np.int64]
    statuses: tuple[Mapping[str, int], ...]
    limits: tuple[tuple[float, ...], ...]

    @property
    def lacks(self) -> tuple[Lack, ...]:
        """The methods that did not run on every task, those that lack least first."""
        found = []
        of_suite = np.bincount(self.suite, minlength=len(self.suites))
        for place, method in enumerate(self.methods):
            absent = self.runs[place] == 0
            if absent.any():
                counts = np.bincount(self.suite[absent], minlength=len(self.suites))
                suites = {self.suites[k]: (int(counts[k]), int(of_suite[k])) for k in np.flatnonzero(counts)}
                found.append(Lack(method=method, tasks=int(absent.sum()), suites=suites))
        return tuple(sorted(found, key=lambda lack: (lack.tasks, lack.method)))

    def complete(self) -> Self:
        """Return the methods that ran on every task."""
        chosen = np.flatnonzero((self.runs > 0).all(axis=1))
        return replace(
            self, methods=tuple(self.methods[k] for k in chosen), scores=self.scores[chosen], runs=self.runs[chosen],
            statuses=tuple(self.statuses[k] for k in chosen), limits=tuple(self.limits[k] for k in chosen),
        )  # fmt: skip

    def common(self) -> Self:
        """Return all methods on the tasks that every one of them ran on.

        Raises:
            UsageError: there is no such task.
        """
        chosen = np.flatnonzero((self.runs > 0).all(axis=0))
        if not len(chosen):
            ran = (self.runs > 0).sum(axis=1)
            least = int(np.argmin(ran))
            raise UsageError(
                f"--common: no task was run by all {len(self.methods)} methods at noise {self.noise:g}; "
                f"{self.methods[least]} ran on the fewest, {counted(int(ran[least]), 'task')}; choose with --method or "
                "--suite"
            )
        kept = np.unique(self.suite[chosen])
        return replace(
            self, tasks=tuple(self.tasks[k] for k in chosen), suites=tuple(self.suites[k] for k in kept),
            suite=np.searchsorted(kept, self.suite[chosen]), formula=_used(self.formula[chosen])[1],
            scores=self.scores[:, chosen], runs=self.runs[:, chosen],
        )  # fmt: skip


def score_tables(runs: pd.DataFrame, metric: str | None = None) -> Iterator[ScoreTable]:
    """Yield a table for each noise level and perturbation, in order.

    Args:
        runs: those that count, with the columns `COLUMNS`.
        metric: one of `RANKED_BY`, for all tasks that have it; None for recovery on tasks with a truth and accuracy on
            tasks without, each in a table of its own.

    Raises:
        UnknownNameError: the metric is none of these.
        UsageError: there are too many methods.
    """
    import pandas as pd

    if metric not in (None, *RANKED_BY):
        raise UnknownNameError("metric", str(metric), RANKED_BY)
    if not len(runs):
        return
    present, method = _used(runs["method"].cat.codes.to_numpy())
    methods = [str(runs["method"].cat.categories[place]) for place in present]
    if len(present) > _MAX_METHODS:
        raise UsageError(
            f"{len(present):,} methods and variants are too many to compare each with each, the most is "
            f"{_MAX_METHODS}; choose with --method"
        )
    known, task = _used(runs["task"].cat.codes.to_numpy())
    examples = _examples(runs, task, len(known))
    formula, has_truth = formulas_of(examples), examples["truth"].notna().to_numpy()
    names = {name: examples[name].astype(str).to_numpy() for name in ("task", "suite")}
    level = pd.factorize(runs["noise"], sort=True)[0] * len(runs["perturbation"].cat.categories)
    level = _used(level + perturbation_places(runs))[1]
    values = {name: METRICS[name].of(runs) for name in ([metric] if metric else RANKED_BY)}
    limits, limit_names = pd.factorize(runs["budget_seconds"], sort=True)
    status = runs["status"].cat
    statuses, seconds = [str(name) for name in status.categories], np.asarray(limit_names, dtype=np.float64)
    shape = (len(present), len(known))
    for number in range(int(level.max()) + 1):
        rows = np.flatnonzero(level == number)
        counts = _counts(method[rows], task[rows], shape)
        for name, of_run in values.items():
            sums = np.bincount(method[rows] * shape[1] + task[rows], weights=of_run[rows], minlength=counts.size)
            scores = np.round(sums.reshape(shape) / np.maximum(counts, 1), DIFFERENCE_DECIMALS)
            chosen = np.any(counts > 0, axis=0) & ~np.any(np.isnan(scores), axis=0)
            if metric is None:
                chosen &= has_truth if name == "recovery" else ~has_truth
            stands = np.flatnonzero(np.any(counts[:, chosen] > 0, axis=1))
            if not len(stands):
                continue
            own = rows[chosen[task[rows]]]
            ended = _counts(method[own], status.codes.to_numpy(np.int64)[own], (len(present), len(statuses)))
            allowed = _counts(method[own], limits[own].astype(np.int64), (len(present), len(seconds)))
            suites, suite = np.unique(names["suite"][chosen], return_inverse=True)
            yield ScoreTable(
                metric=name, noise=float(runs["noise"].iloc[rows[0]]),
                perturbation=perturbation_of(str(runs["perturbation"].iloc[rows[0]])),
                methods=tuple(methods[k] for k in stands), tasks=tuple(names["task"][chosen].tolist()),
                suites=tuple(suites.tolist()), suite=suite, formula=np.unique(formula[chosen], return_inverse=True)[1],
                scores=np.where(counts > 0, scores, math.nan)[np.ix_(stands, chosen)],
                runs=counts[np.ix_(stands, chosen)],
                statuses=tuple({name: int(n) for name, n in zip(statuses, ended[k], strict=True) if n} for k in stands),
                limits=tuple(tuple(seconds[allowed[k] > 0].tolist()) for k in stands),
            )  # fmt: skip


def _used(codes: NDArray[np.integer[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the codes that occur, in order, and for each code its place among them."""
    known = np.flatnonzero(np.bincount(codes))
    places = np.zeros(int(known[-1]) + 1, dtype=np.int64)
    places[known] = np.arange(len(known))
    return known, places[codes]


def _examples(runs: pd.DataFrame, task: NDArray[np.int64], count: int) -> pd.DataFrame:
    """Return for each task its least perturbed run."""
    order = np.argsort(perturbation_places(runs), kind="stable")[::-1]
    example = np.empty(count, dtype=np.int64)
    example[task[order]] = order
    return runs.iloc[example].reset_index(drop=True)


def _counts(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> NDArray[np.int64]:
    """Return how often each row and column occur together."""
    return np.bincount(rows * shape[1] + columns, minlength=shape[0] * shape[1]).reshape(shape)
