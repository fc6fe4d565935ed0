"""A few tasks that rank methods as all tasks together do: how they are chosen, and how well they agree.

Every suite gives its share of the tasks, at least one. Within that, tasks are exchanged as long as the rates of the
methods on the chosen tasks come closer to their rates on all: the sum of squared differences falls. Of several starts
the best is taken. Agreement is Kendall's tau-b between the methods' rates on the chosen tasks and on all, on resampled
tasks, and with each method's runs kept from the choice in turn: what a method can expect that comes later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import kendalltau

__all__ = ["Agreement", "agreement", "chosen_tasks", "shares"]

_STARTS: Final = 60
_RESAMPLES: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How well a choice ranks methods.

    Attributes:
        tau: Kendall's tau-b between rates on the chosen tasks and rates on all.
        interval: its 2.5 and 97.5 percentiles where all tasks, and the chosen ones, are resampled with replacement.
        tau_later: the smallest tau of a choice that was made without the runs of one of the methods.
        rates: rate of each method on all tasks, on the chosen ones, and on those chosen without its runs, shape (m, 3).
    """

    tau: float
    interval: tuple[float, float]
    tau_later: float
    rates: NDArray[np.float64]


def shares(suites: Sequence[str], size: int) -> dict[str, int]:
    """Return how many tasks each suite gives: in proportion to its tasks, at least one, `size` in all."""
    names = sorted(set(suites))
    if not len(names) <= size <= len(suites):
        raise ValueError(f"from {len(names)} suites with {len(suites)} tasks {size} tasks cannot be chosen")
    counts = {name: suites.count(name) for name in names}
    given = dict.fromkeys(names, 1)
    while sum(given.values()) < size:  # the one that is furthest below its share (Webster's method)
        open_ones = [name for name in names if given[name] < counts[name]]
        given[max(open_ones, key=lambda name: counts[name] / (2 * given[name] + 1))] += 1
    return given


def chosen_tasks(scores: NDArray[np.float64], suites: Sequence[str], *, size: int, seed: int = 0) -> NDArray[np.intp]:
    """Return the places of the chosen tasks, in order.

    Args:
        scores: of each method on each task, from 0 to 1, shape (m, n).
        suites: suite of each task.
        size: number of tasks to choose.
        seed: of the random starts.
    """
    rng = np.random.default_rng(seed)
    places = {name: np.flatnonzero(np.array([s == name for s in suites])) for name in sorted(set(suites))}
    given = shares(suites, size)
    centred = scores - scores.mean(axis=1, keepdims=True)
    best: tuple[float, NDArray[np.intp]] | None = None
    for _ in range(_STARTS):
        chosen = np.concatenate([rng.choice(places[name], given[name], replace=False) for name in places])
        error, chosen = _exchanged(centred, chosen, places, suites)
        if best is None or error < best[0]:
            best = error, np.sort(chosen)
    assert best is not None
    return best[1]


def _exchanged(
    centred: NDArray[np.float64], chosen: NDArray[np.intp], places: dict[str, NDArray[np.intp]], suites: Sequence[str]
) -> tuple[float, NDArray[np.intp]]:
    """Exchange tasks within suites as long as the squared sum of the centred scores falls."""
    total = centred[:, chosen].sum(axis=1)
    error = float(total @ total)
    improved = True
    while improved:
        improved = False
        for position, old in enumerate(chosen):
            others = np.setdiff1d(places[suites[old]], chosen)
            if not len(others):
                continue
            totals = (total - centred[:, old])[:, None] + centred[:, others]
            errors = (totals**2).sum(axis=0)
            place = int(errors.argmin())
            if errors[place] < error - 1e-12:
                chosen[position], total, error = others[place], totals[:, place], float(errors[place])
                improved = True
    return error, chosen


def agreement(
    scores: NDArray[np.float64], suites: Sequence[str], chosen: NDArray[np.intp], *, seed: int = 0
) -> Agreement:
    """Measure how well the chosen tasks rank the methods; arguments as those of `chosen_tasks`."""
    rng = np.random.default_rng(seed)
    everything, few = scores.mean(axis=1), scores[:, chosen].mean(axis=1)
    n, k = scores.shape[1], len(chosen)
    taus = [
        _tau(scores[:, rng.integers(0, n, n)].mean(axis=1), scores[:, chosen[rng.integers(0, k, k)]].mean(axis=1))
        for _ in range(_RESAMPLES)
    ]
    later = np.empty(len(scores))
    tau_later = 1.0
    for method in range(len(scores)):
        without = chosen_tasks(np.delete(scores, method, axis=0), suites, size=k, seed=seed)
        rates = scores[:, without].mean(axis=1)
        later[method] = rates[method]
        tau_later = min(tau_later, _tau(everything, rates))
    low, high = np.quantile(taus, [0.025, 0.975])
    return Agreement(
        tau=_tau(everything, few), interval=(float(low), float(high)), tau_later=tau_later,
        rates=np.column_stack([everything, few, later]),
    )  # fmt: skip


def _tau(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    return float(kendalltau(first, second).statistic)
