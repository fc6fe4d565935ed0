"""`power`: how often a gate on some runs finds a drop, and how often it errs, as simulated from the baseline's rates.

Each task is solved with a probability from its Beta distribution given all its runs in the baseline. Both sides are
drawn anew, so what is said holds for any baseline that would be made like this one, whether it was lucky or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.gate_choice import CONDITIONS, PRIOR_RUNS
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.statistics import stratified

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REPETITIONS", "GatePower", "is_worse", "power", "with_lost_tasks", "with_thin_loss"]

_ALPHA: Final = 0.05
#: Of each shape of a drop, and without one.
REPETITIONS: Final = 200

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatePower:
    """How a gate does.

    Attributes:
        found: by method, the share of drops that are found: where every task loses the same share of its successes,
            or where some tasks lose all, whichever is found less often.
        false_alarms: the share of checks that find something where nothing has changed.
        drop: how much lower the mean rate is; of a method whose rate is lower than that, all of it is lost.
    """

    found: dict[str, float]
    false_alarms: float
    drop: float


def power(
    baseline: pd.DataFrame, chosen: pd.DataFrame, *, drop: float = 0.1, margin: float | None = None,
    repetitions: int | None = None, seed: int = 0,
) -> GatePower:  # fmt: skip
    """Simulate a gate.

    Args:
        baseline: all its runs.
        chosen: those of them that are compared.
        drop: of the mean rate over all tasks of the baseline.
        margin: a difference that does not matter; None for that of the recovery rate.
        repetitions: how often each case is drawn; None for 200 times.
        seed: of the drawing.
    """
    margin = METRICS["recovery"].margin if margin is None else margin
    repetitions = REPETITIONS if repetitions is None else repetitions
    rng = np.random.default_rng(seed)
    methods = sorted(str(method) for method in baseline["variant_of"].unique())
    found, quiet = {}, 1.0
    for method in methods:
        sides = (runs[runs["variant_of"] == method] for runs in (baseline, chosen))
        hits, tries, seeds = _rates(*sides)
        if not len(hits):  # no task has a truth
            continue
        mean = (hits.sum() + 0.5) / (tries.sum() + 1)
        ones, zeros = hits + PRIOR_RUNS * mean, tries - hits + PRIOR_RUNS * (1 - mean)
        alarms = {}
        for name, lowered in (("none", None), ("thin", with_thin_loss), ("lost", with_lost_tasks)):
            count = 0
            for _ in range(repetitions):
                chances = rng.beta(ones, zeros)
                lower = chances if lowered is None else lowered(chances, drop, rng)
                count += _alarm(chances, lower, seeds, margin, _ALPHA / len(methods), rng)
            alarms[name] = count / repetitions
        found[method] = min(alarms["thin"], alarms["lost"])
        quiet *= 1 - alarms["none"]
    return GatePower(found=found, false_alarms=1 - quiet, drop=drop)


def with_thin_loss(chances: Array, drop: float, rng: np.random.Generator | None = None) -> Array:
    """Return probabilities, (n,), of which each is lower by the same factor, so that their mean is lower by `drop`."""
    return chances * (1 - min(1.0, drop / float(chances.mean())))


def with_lost_tasks(chances: Array, drop: float, rng: np.random.Generator) -> Array:
    """Return probabilities, (n,), of which some chosen by chance are zero, so that their mean is lower by `drop`."""
    order = rng.permutation(len(chances))
    taken = np.minimum(chances[order], np.maximum(0.0, drop * len(chances) - _sum_before(chances[order])))
    lower = chances.copy()
    lower[order] -= taken
    return lower


def _sum_before(values: Array) -> Array:
    return np.cumsum(values) - values


def _rates(baseline: pd.DataFrame, chosen: pd.DataFrame) -> tuple[Array, Array, NDArray[np.int_]]:
    """Return of each task its successes and its runs in the baseline, and how many runs are chosen, (n,) each."""
    solved = baseline[CONDITIONS].assign(solved=METRICS["recovery"].of(baseline)).dropna(subset=["solved"])
    rates = solved.groupby(CONDITIONS, observed=True)["solved"].agg(["sum", "count"])
    seeds = chosen.groupby(CONDITIONS, observed=True).size().reindex(rates.index, fill_value=0)
    hits, tries = (np.asarray(rates[name], dtype=np.float64) for name in ("sum", "count"))
    return hits, tries, np.asarray(seeds, dtype=np.int_)


def _alarm(
    chances: Array, lower: Array, seeds: NDArray[np.int_], margin: float, alpha: float, rng: np.random.Generator
) -> bool:
    """Return whether the gate says that something is worse, for one drawing of both sides."""
    run = seeds > 0
    if not run.any():
        return False
    before, after = (rng.binomial(seeds[run], p[run]) for p in (chances, lower))
    return is_worse(before, after, seeds[run], margin=margin, alpha=alpha)


def is_worse(
    before: NDArray[np.int_], after: NDArray[np.int_], seeds: NDArray[np.int_], *, margin: float, alpha: float = _ALPHA
) -> bool:
    """Return what the gate decides on the recovery rate of one method.

    Args:
        before, after: successes of each task, (n,).
        seeds: runs of each on either side, (n,).
        margin: a difference that does not matter.
        alpha: level of the test; that of the gate, shared among its methods.
    """
    one, other, runs = (part.astype(np.float64) for part in (before, after, seeds))
    return float(np.mean((other - one) / runs)) < -margin and stratified(one, other, runs)[0] <= alpha
