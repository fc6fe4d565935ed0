"""`RankIntervals`: between which places methods may stand, given how far resamples scatter.

A method is ahead of another where the interval of their difference lies above zero. The intervals of all pairs hold at
once, in 95 of 100 cases: their common width is that of the largest deviation among all pairs in a resample, each
divided by its standard error. A rank lies between one more than the methods that are ahead, and the number of methods
less those that are behind (Mogstad, Romano, Shaikh & Wilhelm, Rev. Econ. Stud. 91, 2024). So of equal methods all have
the same interval in 95 of 100 cases; intervals made of the ranks in resamples would part them more often, the more
methods there are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.statistics import DIFFERENCE_DECIMALS
from srbench_lite.comparing.suite_means import SuiteMeans

__all__ = ["RankIntervals"]

Array = NDArray[np.float64]

_LEVEL: Final = 0.95
_MAX_NUMBERS_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RankIntervals:
    """Ranks of methods, 1 the best, those with equal means sharing the better one.

    Attributes:
        ranks, low, high: shape (methods,).
        differences: of the row's mean less the column's, shape (methods, methods).
        half_width: of the simultaneous 95 % interval of each difference, shape (methods, methods).
    """

    ranks: NDArray[np.int64]
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    differences: Array
    half_width: Array

    @classmethod
    def of(cls, means: SuiteMeans) -> Self:
        """Make them of means and their resamples."""
        count = len(means.means)
        centre = np.round(means.means, DIFFERENCE_DECIMALS)
        differences = np.round(centre[:, None] - centre[None, :], DIFFERENCE_DECIMALS)
        errors = np.maximum(_errors(means.resampled), _least_errors(means))
        half_width = _factor(means, errors) * errors
        ahead = differences > half_width
        return cls(
            ranks=1 + (centre[None, :] > centre[:, None]).sum(axis=1), low=1 + ahead.sum(axis=0),
            high=count - ahead.sum(axis=1),
            differences=differences, half_width=half_width,
        )  # fmt: skip


def _errors(resampled: Array) -> Array:
    """Return the standard error of each difference, shape (methods, methods)."""
    covariance = np.atleast_2d(np.cov(resampled, rowvar=False))
    own = np.diag(covariance)
    return np.asarray(np.sqrt(np.maximum(own[:, None] + own[None, :] - 2 * covariance, 0.0)), dtype=np.float64)


def _least_errors(means: SuiteMeans) -> Array:
    """Return standard errors that no difference can have less of, however alike all formulas are.

    Of formulas that all differ alike resamples say that the difference is certain, of two as of a hundred. With half an
    observation added to each of four cells (Agresti & Min, Stat. Med. 24, 2005) n paired proportions that all differ by
    1 are shrunk to n / (n + 2), with the standard error sqrt(3 n + 2) / (n + 2)^(3/2). Here means are not shrunk, and
    the error is larger by as much: sqrt((3 n + 2) / (n + 2)) / n.
    """
    n = means.effective
    least = math.sqrt((3 * n + 2) / (n + 2)) / n
    count = len(means.formulas)
    largest = np.zeros((count, count))
    for place, row in enumerate(means.formulas):
        largest[place] = np.abs(means.formulas - row).max(axis=1)
    return np.asarray(least * largest, dtype=np.float64)


def _factor(means: SuiteMeans, errors: Array) -> float:
    """Return how many standard errors hold all differences at once in 95 of 100 cases.

    That is what they do in resamples, and at least what one difference needs that is normal; wider by the ratio of
    Student's quantile to the normal one, since errors that are estimated from few formulas are often too small.
    """
    from scipy import special

    deviations = means.resampled - means.means
    first, second = np.triu_indices(len(means.means), 1)
    differing = errors[first, second] > 0
    first, second = first[differing], second[differing]
    if not len(first):
        return 0.0
    largest = []
    step = max(1, _MAX_NUMBERS_AT_ONCE // len(first))
    for start in range(0, len(deviations), step):
        part = deviations[start : start + step]
        largest.append((np.abs(part[:, first] - part[:, second]) / errors[first, second]).max(axis=1))
    tail = (1 + _LEVEL) / 2
    normal = float(special.ndtri(tail))
    wider = float(special.stdtrit(max(1.0, means.effective - len(means.suite_weights)), tail)) / normal
    return wider * max(normal, float(np.quantile(np.concatenate(largest), _LEVEL)))
