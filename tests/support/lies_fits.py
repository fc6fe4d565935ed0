"""Small data sets for `lies`, and what every fit must keep."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from srbench_lies.skeletons import Effort, search_skeletons

from srbench_lite import Budget, Expression, Fit, Method, Samples
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.problem import Problem

Array = NDArray[np.float64]
Intervals = dict[str, tuple[float, float]]
#: Residuals of a search's exact formulas as a fraction of the size of y, with a margin for rounding.
EXACT = 1e-13


def _ignore(expression: Expression) -> None:
    del expression


def fit(
    method: Method,
    samples: Samples,
    *,
    seed: int = 0,
    seconds: float = 60.0,
    report: Callable[[Expression], None] = _ignore,
) -> Fit:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return method.fit(samples, seed=seed, budget=Budget(seconds=seconds), report=report)


def table(x: Array, y: Array) -> Samples:
    names = tuple("abcdfghijklm"[: x.shape[1]])
    return Samples(variables=names, x=np.asarray(x, dtype=np.float64), y=np.asarray(y, dtype=np.float64))


def draw(truth: str, intervals: Intervals, n: int = 100, noise: float = 0.0) -> Samples:
    rng = np.random.default_rng(5)
    columns = {name: rng.uniform(low, high, n) for name, (low, high) in intervals.items()}
    y = np.broadcast_to(Expression.parse(truth)(columns), (n,))
    y = y + rng.normal(0, 1, n) * noise * np.sqrt(np.mean(y**2))
    return Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y)


@dataclass(frozen=True)
class Searched:
    """What a search over skeletons offered, without an end of it from outside."""

    formulas: tuple[Expression, ...]  # as offered where one is exact, else the best first
    is_exact: bool  # whether one explains y to rounding
    in_time: bool  # whether the deadline did not cut it off


def searched(problem: Problem, effort: Effort, *, seed: int = 0, seconds: float = 60.0) -> Searched:
    deadline, found = Deadline(seconds), list[Expression]()

    def offer(expression: Expression) -> bool:
        found.append(expression)
        return False

    search_skeletons(problem, effort=effort, seed=seed, deadline=deadline, offer=offer)
    is_exact = any(problem.rss(f) <= len(problem.y) * (EXACT * problem.size) ** 2 for f in found)
    formulas = found if is_exact else sorted(found, key=problem.rss)
    return Searched(tuple(formulas), is_exact, is_exact or not deadline.is_over)


def error(found: Fit, samples: Samples) -> float:
    """Largest error as a fraction of the size of y."""
    return float(np.abs(found.expression(samples.columns) - samples.y).max() / np.abs(samples.y).max())


def check(found: Fit, samples: Samples) -> None:
    """What every answer must be: finite, of the given variables, readable, the end of a front."""
    assert np.isfinite(found.expression(samples.columns)).all()
    assert set(found.expression.variables) <= set(samples.variables)
    assert Expression.parse(str(found.expression)) == found.expression
    assert found.stopped in ("done", "budget")
    assert found.candidates[-1] == found.expression
    sizes = [c.complexity for c in found.candidates]
    assert all(small < large for small, large in itertools.pairwise(sizes))
    left = [float(np.sum((c(samples.columns) - samples.y) ** 2)) for c in found.candidates]
    floor = len(samples.y) * (1e-9 * np.abs(samples.y).max()) ** 2
    assert all(less <= more + floor for more, less in itertools.pairwise(left))
