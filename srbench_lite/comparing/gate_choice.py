"""`choose`: which runs of a baseline to do again where there is no time for all of them.

What tells of a drop is a run that succeeded before and would succeed again. But runs may not be chosen by the results
that they are then compared with: of tasks that were solved in all runs, some were lucky, and would look worse without
any change. So the first third of the seeds of each task chooses, and only the other seeds are compared. The choice then
depends on nothing that the test looks at, and the test keeps its level (Fithian, Sun & Taylor, "Optimal inference after
model selection", 2014, call this data splitting, after Cox, Biometrika 62, 1975).

Of the seeds that choose, each task has a Beta distribution of its rate, with the mean rate of the method as prior. A
set of runs is the better, the larger the expected loss of successes is beside its standard deviation, of seeds and of
which tasks lose theirs. That is a knapsack with a fractional objective; it is solved greedily for a multiplier that is
found by iteration (Dinkelbach, Management Science 13, 1967).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.metrics import METRICS

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable

__all__ = ["CONDITIONS", "PRIOR_RUNS", "GateChoice", "choose"]

#: What has a rate: a task under a condition, whose seeds differ only.
CONDITIONS: Final = ["suite", "task", "noise", "perturbation"]
#: As many runs as this count the mean rate of a method for each task. Rates are mostly near 0 or 1.
PRIOR_RUNS: Final = 0.7
_RUN_SECONDS: Final = 0.3  # of a run beside its fit: process, drawing, judging
_START_SECONDS: Final = 15.0
#: Part of the time that is planned for: fits take longer where the machine is slower than the baseline's.
_PLANNED_SHARE: Final = 0.85
_ITERATIONS: Final = 20

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateChoice:
    """Runs to do again.

    Attributes:
        runs: those of the baseline that they are compared with, in the order in which they are to be done.
        total: number of runs of the baseline.
        seconds: expected wall clock of doing them.
        by_rate: whether they were chosen by what they tell. False: all, or as many seeds of each task as there is
            time for.
    """

    runs: pd.DataFrame
    total: int
    seconds: float
    by_rate: bool


def choose(baseline: RunTable, *, seconds: float, jobs: int, drop: float = 0.1) -> GateChoice:
    """Choose runs that can be done in time, and that tell most about a drop of the recovery rate.

    Args:
        baseline: its runs, with one variant of each method.
        seconds: wall clock there is.
        jobs: how many runs are done at a time.
        drop: how much lower the mean rate is, for which the choice is best.
    """
    import pandas as pd

    capacity = max(0.0, seconds * _PLANNED_SHARE - _START_SECONDS) * jobs
    plans = [
        _Plan(own.reset_index(drop=True), drop)
        for _, own in baseline.runs.groupby("variant_of", sort=True, observed=True)
    ]
    shares = _shared(capacity, [plan.whole_cost for plan in plans])
    chosen, cost, by_rate = [], 0.0, False
    for plan, share in zip(plans, shares, strict=True):
        rows, selected = plan.within(share)
        part = plan.runs.loc[rows]
        chosen.append(part.assign(place=(np.arange(len(part)) + 0.5) / max(1, len(part))))
        cost += float(plan.costs[rows].sum())
        by_rate |= selected
    runs = pd.concat(chosen).sort_values("place", kind="stable").drop(columns="place")
    return GateChoice(
        runs=runs.reset_index(drop=True), total=len(baseline.runs), by_rate=by_rate,
        seconds=_START_SECONDS + cost / jobs if len(runs) else 0.0,
    )  # fmt: skip


def _shared(capacity: float, wanted: list[float]) -> list[float]:
    """Share what there is: nobody gets more than wanted, and who wants more gets as much as anybody."""
    shares, left = [0.0] * len(wanted), capacity
    order = sorted(range(len(wanted)), key=lambda k: wanted[k])
    for place, k in enumerate(order):
        shares[k] = min(wanted[k], left / (len(order) - place))
        left -= shares[k]
    return shares


class _Plan:
    """The runs of one method, and what each would cost and tell.

    Attributes:
        runs: (n,) runs.
        costs: (n,) expected seconds.
        whole_cost: of all of them.
    """

    def __init__(self, runs: pd.DataFrame, drop: float) -> None:
        self.runs = runs.sort_values([*CONDITIONS, "seed"], kind="stable").reset_index(drop=True)
        groups = self.runs.groupby(CONDITIONS, sort=False, observed=True)
        self._unit = groups.ngroup().to_numpy()
        self._place = groups.cumcount().to_numpy()
        sizes = np.bincount(self._unit)
        choosing = np.where(sizes > 1, np.ceil(sizes / 3), 0)  # seeds of each that choose
        self._chooses = self._place < choosing[self._unit]
        solved = METRICS["recovery"].of(self.runs)
        told = self._chooses & ~np.isnan(solved)
        judged = ~np.isnan(solved)
        self._judged = judged if judged.any() else ~judged  # without truths, nothing tells more than anything else
        seconds = self.runs["seconds"].to_numpy(dtype=np.float64)
        usual = float(np.mean(seconds[self._chooses] if self._chooses.any() else seconds))
        taken, count = (np.bincount(self._unit, w, len(sizes)) for w in (seconds * self._chooses, 1.0 * self._chooses))
        self.costs = ((taken + usual) / (count + 1) + _RUN_SECONDS)[self._unit]
        self.whole_cost = float(self.costs.sum())
        hits, tries = (
            np.asarray(np.bincount(self._unit, w, len(sizes)), dtype=np.float64)
            for w in (np.where(told, solved, 0.0), 1.0 * told)
        )
        mean = (hits.sum() + 0.5) / (tries.sum() + 1)
        hits, tries = hits + PRIOR_RUNS * mean, tries + PRIOR_RUNS
        rate = hits / tries
        self._set_worth(rate, rate * (hits + 1) / (tries + 1), min(1.0, drop / float(rate.mean())))

    def _set_worth(self, rate: Array, squared: Array, lost: float) -> None:
        """Say what each run adds to the expected loss of successes, and to its variance.

        Args:
            rate, squared: of each task, the means of its rate and of its square, (u,).
            lost: the share of successes that a drop takes.
        """
        left = 1 - lost / 2
        seeds = 2 * (left * rate - left**2 * squared)  # of both sides together, if the drop is the same for all tasks
        tasks = squared * lost * (1 - lost)  # of one seed, if it takes all of some tasks and nothing of others
        order = self._place - self._chooses_of_unit()
        self._losses = (rate * lost)[self._unit] * self._judged
        self._variances = seeds[self._unit] + (2 * order + 1) * tasks[self._unit]

    def _chooses_of_unit(self) -> NDArray[np.int_]:
        """Return for each run how many seeds of its task choose, (n,)."""
        return np.asarray(np.bincount(self._unit, self._chooses), dtype=int)[self._unit]

    def within(self, capacity: float) -> tuple[NDArray[np.int_], bool]:
        """Return the places of the runs to do, in their order, and whether they were chosen by what they tell."""
        compared = np.flatnonzero(~self._chooses)
        if self.costs[compared].sum() <= capacity * (1 + 1e-9):
            return self._whole_seeds(compared, capacity), False
        losses, variances, costs = (part[compared] for part in (self._losses, self._variances, self.costs))
        best, best_worth = np.empty(0, dtype=int), 0.0
        multiplier = float(losses.sum() / (2 * variances.sum()))
        for _ in range(_ITERATIONS):
            gains = losses - multiplier * variances
            taken = _filled(gains / costs, costs, capacity)
            taken = taken[gains[taken] > 0]
            if not len(taken):
                break
            loss, variance = float(losses[taken].sum()), float(variances[taken].sum())
            if (worth := loss / math.sqrt(variance)) > best_worth:
                best, best_worth = taken, worth
            multiplier = loss / (2 * variance)
        return compared[best], True

    def _whole_seeds(self, compared: NDArray[np.int_], capacity: float) -> NDArray[np.int_]:
        """Return all runs that are compared, and of the others as many seeds of every task as there is time for."""
        rows, left = compared, capacity - float(self.costs[compared].sum())
        for place in range(int(self._place[self._chooses].max(initial=-1)) + 1):
            layer = np.flatnonzero(self._chooses & (self._place == place))
            left -= float(self.costs[layer].sum())
            if left < -1e-9 * capacity:
                break
            rows = np.concatenate([rows, layer])
        return rows


def _filled(worth: Array, costs: Array, capacity: float) -> NDArray[np.int_]:
    """Return the places of items, those of most worth first, as many as there is room for."""
    order = np.argsort(-worth, kind="stable")
    taken, left = [], capacity
    for place in order.tolist():
        if costs[place] <= left:
            taken.append(place)
            left -= float(costs[place])
    return np.array(taken, dtype=int)
