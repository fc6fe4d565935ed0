"""`SuiteMeans`: means over suites that weigh the same, with what resampling of formulas makes of them.

A suite gives each of its n tasks 1 / n. A formula that stands in k suites gets the k-th part of what each of them gives
it, which is the mean: it counts once, and a copy of a whole suite changes nothing. Where no formula is shared, the mean
over all is the plain mean of the suites' means.

Formulas are resampled, with all their tasks in all suites, since these stand or fall together. In each resample every
formula has a random weight, and each suite is averaged with these, so that no suite is ever empty and suites keep their
weights: the Bayesian bootstrap (Rubin, Ann. Stat. 9, 1981). The weights come from gamma distributions of the shape
(n - 2) / n, n being the formulas of the suite: with that, the variance of a mean is the unbiased s^2 / n, as the
rescaled bootstrap makes it in strata (Rao & Wu, JASA 83, 1988); with Rubin's shape 1 it is too small by (n - 1) / (n +
1), which in a suite of eight formulas is 22 %.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

__all__ = ["SuiteMeans", "task_weights"]

Array = NDArray[np.float64]

_N_RESAMPLES: Final = 1_000
_MAX_NUMBERS_AT_ONCE: Final = 2_000_000
#: Up to so many weights are kept for the next table: those of several noise levels have the same formulas.
_MAX_NUMBERS_KEPT: Final = 8_000_000
#: Shape of the weights in suites of one, two or three formulas.
_MIN_SHAPE: Final = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SuiteMeans:
    """Means of methods over suites.

    Attributes:
        weights: of tasks, summing to 1, shape (tasks,).
        suite_weights: of suites, summing to 1: equal where no formula is shared, shape (suites,).
        suites: plain means over the tasks of each suite, shape (methods, suites).
        means: over all, shape (methods,).
        resampled: means over all in each resample, shape (resamples, methods).
        resampled_suites: plain means of suites in each, shape (resamples, methods, suites).
        formulas: means over the tasks of each formula, shape (methods, formulas).
        formula_weights: sums of the weights of their tasks, shape (formulas,).
    """

    weights: Array
    suite_weights: Array
    suites: Array
    means: Array
    resampled: Array
    resampled_suites: Array
    formulas: Array
    formula_weights: Array

    @property
    def effective(self) -> float:
        """How many formulas of equal weight would make as sure a mean (Kish, Survey Sampling, 1965)."""
        return 1 / float(np.square(self.formula_weights).sum())

    @classmethod
    def of(cls, scores: Array, suite: NDArray[np.int64], formula: NDArray[np.int64], *, seed: int = 0) -> Self:
        """Make them.

        Args:
            scores: finite, shape (methods, tasks).
            suite, formula: of each task, numbered from 0 on without a gap, shape (tasks,).
            seed: of the resampling.
        """
        tasks_of = np.bincount(suite)
        pairs = np.unique(np.column_stack([formula, suite]), axis=0)
        formulas_of = np.bincount(pairs[:, 1])
        weights = task_weights(suite, formula)
        suite_weights = np.asarray(np.bincount(suite, weights=weights), dtype=np.float64)
        plain = _sums(scores, suite) / tasks_of
        fewest = np.full(int(formula.max()) + 1, len(weights))
        np.minimum.at(fewest, pairs[:, 0], formulas_of[pairs[:, 1]])
        shapes = np.maximum(_MIN_SHAPE, 1 - 2 / fewest)
        resampled = np.zeros((_N_RESAMPLES, len(scores)))
        resampled_suites = np.empty((_N_RESAMPLES, len(scores), len(tasks_of)))
        members = [np.flatnonzero(suite == place) for place in range(len(tasks_of))]
        for rows, drawn in _drawn(shapes, seed):
            for place, own in enumerate(members):
                random = drawn[:, formula[own]]
                means = _averaged(random, scores[:, own])
                resampled_suites[rows, :, place] = means
                if np.ptp(weights[own]) > 0:
                    means = _averaged(random * weights[own], scores[:, own])
                resampled[rows] += suite_weights[place] * means
        return cls(
            weights=weights, suite_weights=suite_weights, suites=plain, means=scores @ weights, resampled=resampled,
            resampled_suites=resampled_suites, formulas=_sums(scores, formula) / np.bincount(formula),
            formula_weights=np.asarray(np.bincount(formula, weights=weights), dtype=np.float64),
        )  # fmt: skip


def task_weights(suite: NDArray[np.int64], formula: NDArray[np.int64]) -> Array:
    """Return what each task weighs in the means over all suites, summing to 1, shape (tasks,).

    Args:
        suite, formula: of each task, numbered from 0 on without a gap, shape (tasks,).
    """
    suites_of = np.bincount(np.unique(np.column_stack([formula, suite]), axis=0)[:, 0])
    share = 1 / (np.bincount(suite)[suite] * suites_of[formula])
    return np.asarray(share / share.sum())


def _sums(scores: Array, group: NDArray[np.int64]) -> Array:
    """Return sums over groups of tasks, shape (methods, groups)."""
    return np.stack([np.bincount(group, weights=row) for row in scores])


def _drawn(shapes: Array, seed: int) -> Iterable[tuple[slice, Array]]:
    """Return some resamples at a time: which, and the weights of formulas in them, shape (resamples, formulas)."""
    if len(shapes) * _N_RESAMPLES <= _MAX_NUMBERS_KEPT:
        return _kept(shapes.tobytes(), seed)
    return _draw(shapes, seed)


@lru_cache(maxsize=1)
def _kept(shapes: bytes, seed: int) -> tuple[tuple[slice, Array], ...]:
    return tuple(_draw(np.frombuffer(shapes), seed))


def _draw(shapes: Array, seed: int) -> Iterator[tuple[slice, Array]]:
    rng = np.random.default_rng(seed)
    step = max(1, _MAX_NUMBERS_AT_ONCE // len(shapes))
    for start in range(0, _N_RESAMPLES, step):
        stop = min(start + step, _N_RESAMPLES)
        yield slice(start, stop), rng.standard_gamma(shapes, (stop - start, len(shapes)))


def _averaged(weights: Array, scores: Array) -> Array:
    """Return weighted means, shape (resamples, methods)."""
    return np.asarray(weights @ scores.T / weights.sum(axis=1)[:, None])
