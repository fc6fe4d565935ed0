"""Several methods at once: ranks and groups that do not differ, performance profiles, Pareto fronts.

Sources: Friedman (JASA 32, 1937), Nemenyi (1963) and the diagram of Demsar (JMLR 7, 2006), whose groups are by default
those of pairwise tests (Benavoli et al., JMLR 17, 2016).
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.statistics import DIFFERENCE_DECIMALS, holm, signed_rank
from srbench_lite.errors import UsageError

__all__ = ["Friedman", "cliques", "critical_difference", "friedman", "pareto_front", "profile", "ranks"]

Array = NDArray[np.float64]


def ranks(scores: Array) -> Array:
    """Return the ranks of methods on each task, 1 the best, ties sharing theirs.

    Args:
        scores: larger is better, shape (tasks, methods); infinite ones stand for failures.

    Returns:
        Shape (tasks, methods).
    """
    rounded = np.round(scores, DIFFERENCE_DECIMALS)
    ranked = np.empty(rounded.shape)
    for place, own in enumerate(rounded.T[:, :, None]):
        ranked[:, place] = (rounded > own).sum(axis=1) + ((rounded == own).sum(axis=1) + 1) / 2
    return ranked


class Friedman(NamedTuple):
    """Friedman's test: its statistic, p-value, and the mean rank of each method."""

    statistic: float
    p_value: float
    mean_ranks: tuple[float, ...]


def friedman(scores: Array) -> Friedman:
    """Test whether methods differ at all.

    Args:
        scores: larger is better, shape (tasks, methods).

    Raises:
        UsageError: there are fewer than three methods or two tasks; compare two by `signed_rank`.
    """
    from scipy import special  # scipy.stats takes a second to import

    tasks, methods = scores.shape
    if methods < 3 or tasks < 2:
        raise UsageError(
            f"Friedman's test needs three methods and two tasks, got {methods} and {tasks}; compare two methods by "
            "`signed_rank`"
        )
    ranked = ranks(scores)
    means = tuple(float(mean) for mean in ranked.mean(axis=0))
    if np.all(ranked == ranked[:, :1]):
        return Friedman(0.0, 1.0, means)
    spread = float(np.square(ranked.sum(axis=0) - tasks * (methods + 1) / 2).sum())
    statistic = (methods - 1) * spread / float(np.square(ranked - (methods + 1) / 2).sum())  # ties counted as they are
    return Friedman(statistic, float(special.chdtrc(methods - 1, statistic)), means)


def critical_difference(methods: int, tasks: int, *, alpha: float = 0.05) -> float:
    """Return Nemenyi's critical difference of mean ranks (Demsar 2006, equation 6)."""
    from scipy import stats

    quantile = float(stats.studentized_range.ppf(1 - alpha, methods, math.inf)) / math.sqrt(2)
    return quantile * math.sqrt(methods * (methods + 1) / (6 * tasks))


def cliques(
    scores: Array, *, test: Literal["wilcoxon", "nemenyi"] = "wilcoxon", alpha: float = 0.05
) -> list[tuple[int, ...]]:
    """Return the largest groups of methods, neighbours in mean rank, of which no two differ significantly.

    Args:
        scores: larger is better, shape (tasks, methods).
        test: of pairs, by signed ranks and Holm over all pairs; or by Nemenyi's critical difference.
        alpha: of the tests.

    Returns:
        Places of methods, the best mean rank first; no group within another, and none of one method.
    """
    tasks, methods = scores.shape
    means = ranks(scores).mean(axis=0)
    order = sorted(range(methods), key=lambda k: (means[k], k))
    pairs = [(a, b) for place, a in enumerate(order) for b in order[place + 1 :]]
    if test == "nemenyi":
        limit = critical_difference(methods, tasks, alpha=alpha) if methods > 1 else 0.0
        alike = {pair: bool(means[pair[1]] - means[pair[0]] <= limit) for pair in pairs}
    else:
        p_values = holm([signed_rank(_difference(scores[:, a], scores[:, b])) for a, b in pairs])
        alike = {pair: p > alpha for pair, p in zip(pairs, p_values, strict=True)}
    groups: list[tuple[int, ...]] = []
    for first in range(methods):
        last = first
        while last + 1 < methods and all(alike[order[k], order[last + 1]] for k in range(first, last + 1)):
            last += 1
        if last > first and not (groups and set(order[first : last + 1]) <= set(groups[-1])):
            groups.append(tuple(order[first : last + 1]))
    return [tuple(int(k) for k in np.asarray(group)) for group in groups]


def profile(values: Array, at: Array) -> Array:
    """Return the share of values that reach each threshold (a performance profile), shape as `at`.

    Args:
        values: larger is better, shape (n,); minus infinity stands for a failure.
        at: thresholds.
    """
    ranked = np.sort(values)
    return np.asarray(1.0 - np.searchsorted(ranked, at, side="left") / max(len(ranked), 1), dtype=np.float64)


def pareto_front(costs: Array) -> NDArray[np.bool_]:
    """Return which points no other beats: none is as good in every cost and better in one.

    Args:
        costs: smaller is better, shape (points, costs).
    """
    as_good = (costs[:, None, :] <= costs[None, :, :]).all(axis=2)
    better = (costs[:, None, :] < costs[None, :, :]).any(axis=2)
    return np.asarray(~(as_good & better).any(axis=0))


def _difference(one: Array, other: Array) -> Array:
    """Return differences of scores among which two failures are a tie and one failure outweighs everything."""
    ranked = np.sort(np.concatenate((one, other))[np.isfinite(np.concatenate((one, other)))])
    worst = (ranked[0] - 1 - (ranked[-1] - ranked[0])) if len(ranked) else 0.0
    best = (ranked[-1] + 1 + (ranked[-1] - ranked[0])) if len(ranked) else 0.0
    first, second = (np.clip(part, worst, best) for part in (one, other))
    return np.asarray(first - second)
