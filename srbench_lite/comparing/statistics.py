"""What results allow to say: intervals, paired tests, verdicts against a margin.

The unit is the task, seeds averaged inside it; tasks of one family (the same function at several noise levels) are one
cluster. Differences are A minus B, or after minus before; which sign is the better one is the caller's to say.

Sources: Wilson (JASA 22, 1927); Efron (Ann. Stat. 7, 1979) and, for clusters, Field & Welsh (JRSS B 69, 2007);
Wilcoxon (Biometrics 1, 1945) with the zeros of Pratt (JASA 54, 1959); Holm (Scand. J. Stat. 6, 1979); rank-biserial
correlation of pairs (Kerby, Compr. Psychol. 3, 2014).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DIFFERENCE_DECIMALS", "Interval", "Judgement", "detectable_effect", "holm", "judgement", "mean_intervals",
    "median_interval", "rank_biserial", "ranks_of", "signed_rank", "standard_error", "stratified", "wilson_interval",
]  # fmt: skip

Array = NDArray[np.float64]

_Z95: Final = 1.959963984540054  # 97.5 % quantile of the standard normal distribution
_N_RESAMPLES: Final = 1_000
_MAX_NUMBERS_AT_ONCE: Final = 2_000_000  # numbers drawn at once, to bound memory
#: Clusters from which on the interval of a mean is that of the normal distribution: resampling adds nothing but time.
_MIN_CLUSTERS_FOR_NORMAL: Final = 2_000
#: Differences, zeros left out, up to which the null distribution of the signed ranks is counted out; beyond, it is
#: normal enough. So it is where counting takes too many steps, the ranks being large above tens of thousands of zeros.
_MAX_DIFFERENCES_COUNTED: Final = 100
_MAX_STEPS_COUNTED: Final = 20_000_000
#: Runs up to which the null distribution of a stratified test is.
_MAX_RUNS_COUNTED: Final = 2_000
#: Weights of tasks in that test are whole numbers from a quarter to a third of this.
_WEIGHT_UNITS: Final = 24
#: Decimals to which differences of averages are compared: 0.6 - 0.4 and 0.4 - 0.2 are a tie.
DIFFERENCE_DECIMALS: Final = 12


class Interval(NamedTuple):
    """Bounds of a 95 % interval."""

    low: float
    high: float


def wilson_interval(rate: float, n: int) -> Interval | None:
    """Return the 95 % interval of a rate over n independent units (Wilson, JASA 22, 1927); None for n = 0.

    `rate` may be an average of averages, such as the mean over n tasks of the share of seeds that recovered.
    """
    if n == 0:
        return None
    z2 = _Z95**2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z95 / (1 + z2 / n) * math.sqrt(max(rate * (1 - rate) / n + z2 / (4 * n * n), 0.0))
    return Interval(min(rate, max(0.0, centre - half)), max(rate, min(1.0, centre + half)))  # rounding left out


def median_interval(values: NDArray[np.float64], *, seed: int = 0) -> Interval | None:
    """Return the 95 % percentile-bootstrap interval of a median (Efron, 1979); None without values.

    Args:
        values: one number a task, shape (n,). Infinite ones stand for failed tasks and rank first or last.
        seed: of the resampling.
    """
    n = len(values)
    if n == 0:
        return None
    ranked = np.sort(values)
    below, above = (ranked[places] for places in _middles(n, seed))
    medians = np.clip(0.5 * below + 0.5 * above, below, above)  # halves first: no overflow, but the least float is lost
    low, high = np.quantile(medians, [0.025, 0.975], method="inverted_cdf")  # a value that occurs: infinity stays exact
    return Interval(float(low), float(high))


@lru_cache(maxsize=16)
def _middles(n: int, seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the ranks of the two middle values of many resamples of n, the same twice for odd n: (resamples,) each."""
    rng = np.random.default_rng(seed)
    middle = [(n - 1) // 2, n // 2]
    middles = []
    step = max(1, _MAX_NUMBERS_AT_ONCE // n)
    for start in range(0, _N_RESAMPLES, step):
        places = rng.integers(0, n, (min(step, _N_RESAMPLES - start), n))
        middles.append(np.partition(places, middle, axis=1)[:, middle])
    lower, upper = np.concatenate(middles).T
    return lower, upper


def mean_intervals(
    values: Array, clusters: Sequence[Any] | None = None, *, levels: Sequence[float] = (0.95,), seed: int = 0
) -> tuple[Interval, ...]:
    """Return percentile-bootstrap intervals of a mean, whole clusters resampled.

    From 2,000 clusters on they are those of the normal distribution, with the variance of a ratio of sums.

    Args:
        values: one number a task, shape (n,), finite, at least one.
        clusters: the family of each; None where each task is one of its own.
        levels: for each interval, the share of such intervals that hold the mean.
        seed: of the resampling.
    """
    from scipy import special

    sums, sizes = _clustered(values, clusters)
    count = len(sums)
    centre = float(sums.sum() / sizes.sum())
    if count >= _MIN_CLUSTERS_FOR_NORMAL:
        error = math.sqrt(float(np.square(sums - centre * sizes).sum())) / float(sizes.sum())
        halves = [float(special.ndtri((1 + level) / 2)) * error for level in levels]
        return tuple(Interval(centre - half, centre + half) for half in halves)
    rng = np.random.default_rng(seed)
    means = []
    step = max(1, _MAX_NUMBERS_AT_ONCE // count)
    for start in range(0, _N_RESAMPLES, step):
        places = rng.integers(0, count, (min(step, _N_RESAMPLES - start), count))
        means.append(sums[places].sum(axis=1) / sizes[places].sum(axis=1))
    bounds = [np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2]) for level in levels]
    return tuple(Interval(min(float(low), centre), max(float(high), centre)) for low, high in bounds)


def signed_rank(differences: Array, alternative: Literal["two-sided", "less", "greater"] = "two-sided") -> float:
    """Return the p-value of Wilcoxon's signed-rank test with Pratt's zeros: they are ranked, and then left out.

    Up to 100 differences that are not zero the null distribution is counted out, given the ranks that there are, so
    that ties and zeros, of which rates over a few seeds are full, cost no accuracy; with more, the normal approximation
    with the variance of these ranks (Pratt, JASA 54, 1959; Cureton, JASA 62, 1967), which of five differences among
    many zeros says 0.025 where 0.063 is right.

    Args:
        differences: one a task, or one a family, shape (n,), finite.
        alternative: "less" asks whether they are below zero.
    """
    from scipy import special

    rounded = np.round(differences, DIFFERENCE_DECIMALS)
    if not rounded.any():
        return 1.0
    ranked = ranks_of(np.abs(rounded))
    doubled = np.rint(2 * ranked).astype(int)  # ties have halves
    nonzero = doubled[rounded != 0]
    if len(nonzero) > _MAX_DIFFERENCES_COUNTED or len(nonzero) * int(nonzero.sum()) > _MAX_STEPS_COUNTED:
        signed = ranked * np.sign(rounded)
        z = float(signed.sum() / np.sqrt(np.sum(signed**2)))
        tail = {"less": z, "greater": -z, "two-sided": -abs(z)}[alternative]
        return float(special.ndtr(tail)) * (2 if alternative == "two-sided" else 1)
    chances = np.ones(1)  # of each sum of positive ranks
    for rank in nonzero:
        longer = np.zeros(len(chances) + rank)
        longer[: len(chances)] += 0.5 * chances
        longer[rank:] += 0.5 * chances
        chances = longer
    positive = int(doubled[rounded > 0].sum())
    less, greater = float(chances[: positive + 1].sum()), float(chances[positive:].sum())
    if alternative == "less":
        return min(1.0, less)
    return min(1.0, greater if alternative == "greater" else 2 * min(less, greater))


def ranks_of(values: Array) -> Array:
    """Return ranks from 1 on, ties sharing theirs: what `scipy.stats.rankdata` does, whose import takes a second."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[places], dtype=np.float64)


def stratified(before: Array, after: Array, seeds: Array) -> tuple[float, float]:
    """Test whether rates changed on these very tasks, given how often each was solved on both sides together.

    If nothing changed, all runs of a task are alike, and how its successes fall to the two sides is hypergeometric. So
    a weighted sum over tasks has a known distribution, whatever the weights are as long as they depend on the successes
    of both sides together (Birch, JRSS B 26, 1964; Cochran, 1954, and Mantel & Haenszel, 1959, for its normal
    approximation), and p-values with half the probability of what was seen (Lancaster, JASA 56, 1961) keep their level
    on average. Signed ranks take the tasks for a sample of others, and so find it less often when a few tasks are lost
    altogether.

    The weight of a task is 1 / (4 - s), s being the share of its runs that succeeded; of failures, for the other
    direction. 1 / (1 - s) would be best where all tasks lose the same share of their successes, equal weights where a
    few lose all; simulated, this finds both about as often.

    Args:
        before, after: successes of each task, shape (n,).
        seeds: runs of each on either side, shape (n,).

    Returns:
        Of the one-sided tests: that it went down, that it went up.
    """
    both = before + after
    open_ = (both > 0) & (both < 2 * seeds)  # elsewhere nothing can have changed
    hits, runs, total = (np.rint(part[open_]).astype(int) for part in (after, seeds, both))
    if not len(total):
        return 1.0, 1.0
    return _chance_of_fewer(hits, total, runs), _chance_of_fewer(runs - hits, 2 * runs - total, runs)


def _chance_of_fewer(after: NDArray[np.int_], both: NDArray[np.int_], seeds: NDArray[np.int_]) -> float:
    """Return the probability that chance alone gives so small a weighted sum of successes; of an equal one half."""
    share = both / (2 * seeds)
    weights = np.rint(_WEIGHT_UNITS / (4 - share)).astype(int)
    seen = int((weights * after).sum())
    if int(seeds.sum()) > _MAX_RUNS_COUNTED:
        from scipy import special

        variance = float(np.sum(weights**2 * seeds * share * (1 - share) * seeds / (2 * seeds - 1)))
        return float(special.ndtr((seen - float(np.sum(weights * both / 2))) / math.sqrt(variance)))
    chances = np.ones(1)  # of each weighted sum
    for (total, runs, weight), number in zip(*_counted(np.column_stack([both, seeds, weights])), strict=True):
        for _ in range(number):
            longer = np.zeros(len(chances) + runs * weight)
            for successes, chance in enumerate(_split_chances(total, runs)):
                longer[successes * weight : successes * weight + len(chances)] += chance * chances
            chances = longer
    return min(1.0, float(chances[:seen].sum()) + 0.5 * float(chances[seen]))


@lru_cache(maxsize=4096)
def _split_chances(total: int, runs: int) -> tuple[float, ...]:
    """Return the probability of each number of successes on one side, of `total` on two sides of as many runs each."""
    from scipy import stats

    return tuple(stats.hypergeom.pmf(np.arange(runs + 1), 2 * runs, total, runs).tolist())


def _counted(rows: NDArray[np.int_]) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Return the different rows, and how often each occurs."""
    different, numbers = np.unique(rows, axis=0, return_counts=True)
    return [(int(a), int(b), int(c)) for a, b, c in different], [int(number) for number in numbers]


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values adjusted for being several, in their order: one is below alpha where Holm's procedure rejects."""
    order = sorted(range(len(p_values)), key=lambda k: p_values[k])
    adjusted = [1.0] * len(order)
    least = 0.0
    for place, k in enumerate(order):
        least = max(least, min(1.0, (len(order) - place) * p_values[k]))
        adjusted[k] = least
    return adjusted


def rank_biserial(differences: Array) -> float:
    """Return the matched-pairs rank-biserial correlation, -1 to 1: the share of ranks above zero less that below.

    Zeros are left out after ranking, as in `signed_rank`; 0 where there is nothing else.
    """
    rounded = np.round(differences, DIFFERENCE_DECIMALS)
    ranked = ranks_of(np.abs(rounded)) * np.sign(rounded)
    total = float(np.abs(ranked).sum())
    return float(ranked.sum()) / total if total else 0.0


class Judgement(StrEnum):
    """What a comparison says of the second method, where a larger number is better."""

    IDENTICAL = "identical"  # no task differs at all
    BETTER = "better"
    EQUIVALENT = "equivalent"
    WORSE = "worse"
    UNDECIDED = "undecided"


def judgement(
    estimate: float, interval: Interval | None, p_less: float, p_greater: float, *, margin: float,
    detectable: float | None, alpha: float = 0.05,
) -> Judgement:  # fmt: skip
    """Return what a difference means.

    Worse: the test finds it below zero, and it is larger than the margin. Better: the same above. Equivalent: the 90 %
    interval lies within the margin on both sides, which is two one-sided tests (Schuirmann, J. Pharmacokinet. Biopharm.
    15, 1987), and a difference as large as the margin would have been found: where few tasks change at all, a resampled
    interval is too narrow. Undecided: none of these.

    Args:
        estimate: the mean difference, positive where the second method is better.
        interval: its 90 % interval; None for one task.
        p_less, p_greater: of one-sided tests, adjusted where there are several.
        margin: a difference that does not matter, positive or zero.
        detectable: what `detectable_effect` says without a margin; None for one task.
        alpha: of the tests.
    """
    if p_less <= alpha and estimate < -margin:
        return Judgement.WORSE
    if p_greater <= alpha and estimate > margin:
        return Judgement.BETTER
    within = interval is not None and -margin <= interval.low and interval.high <= margin
    if within and detectable is not None and detectable <= margin:
        return Judgement.EQUIVALENT
    return Judgement.UNDECIDED


def standard_error(differences: Array | None, noise: Array) -> float | None:
    """Return the standard error of a mean difference; None for one unit.

    By the spread of the differences or by that between seeds, whichever is larger.

    Args:
        differences: one a unit (a task, or a family), shape (n,); None where only seeds are chance.
        noise: the variance of each that is due to seeds, shape (n,); zeros where that is not known.
    """
    n = len(noise)
    if n < 2:
        return None
    spread = 0.0 if differences is None else float(np.var(differences, ddof=1)) / n
    return math.sqrt(max(spread, float(np.sum(noise)) / n**2))


def detectable_effect(
    error: float, *, tests: int = 1, margin: float = 0.0, least: float = 0.0, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the least mean difference that a one-sided test finds, and that exceeds the margin, in 80 of 100 cases.

    Args:
        error: what `standard_error` says.
        tests: of the family, of which Holm's adjustment holds the first to alpha / tests.
        margin: what the difference is to exceed as well.
        least: the smallest mean difference that can be significant.
        alpha, power: of the test.
    """
    from scipy import special

    often = float(special.ndtri(power)) * error
    return max(float(special.ndtri(1 - alpha / tests)) * error + often, margin + often, least)


def _clustered(values: Array, clusters: Sequence[Any] | None) -> tuple[Array, Array]:
    """Return the sum of each cluster and its size."""
    if clusters is None:
        return np.asarray(values, dtype=np.float64), np.ones(len(values))
    _, places = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    return np.asarray(np.bincount(places, weights=values)), np.bincount(places).astype(np.float64)
