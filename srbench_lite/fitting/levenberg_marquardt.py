"""`refit`: the constants of a formula fitted to the data by damped least squares, to machine precision.

Levenberg (1944) and Marquardt (1963) with columns scaled to length one (More, "The Levenberg-Marquardt algorithm:
implementation and theory", 1978, section 4: what is damped is the step in units of each column) and a singular value
decomposition for every step, so redundant constants (a in a*b*x) take the shortest step that serves. A Gauss-Newton
polish ends it: near the optimum full steps settle every digit that float64 has.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.fitting.damped_least_squares import Decomposition, decompose
from srbench_lite.fitting.problem import MIN_SINGULAR_SHARE, Problem
from srbench_lite.fitting.short_constants import MAX_DENOMINATOR
from srbench_lite.fitting.work_clock import count_work

__all__ = ["Fitted", "fit_constants", "is_structural", "refit"]

Array = NDArray[np.float64]

#: Largest numerator of a ratio p/q that is meant, as exponents and coefficients are that people write.
_MAX_NUMERATOR: Final = 144
#: Damping at the start, relative to columns of length one, and how it falls and rises.
_FIRST_DAMPING: Final = 1e-3
_DAMPING_FALL: Final = 0.1
_DAMPING_RISE: Final = 8.0
_MIN_DAMPING: Final = 1e-14
_MAX_DAMPING: Final = 1e8
#: Share by which the sum of squares must fall for a step to count as progress; two idle steps end the descent.
_MIN_GAIN: Final = 1e-5
_MAX_IDLE_STEPS: Final = 2
#: Full steps at the end; each squares the error of the constants, so four take 1e-2 to rounding.
_MAX_FULL_STEPS: Final = 4
#: Nanoseconds, for `count_work`: of values and slopes, by node and by value; of a decomposition with its step, by entry
#: of the matrix, and by entry times columns.
_LOOK_AT_NODE: Final = 3_500.0
_LOOK_AT_VALUE: Final = 3.0
_DECOMPOSE: Final = 32_000.0
_DECOMPOSE_VALUE: Final = 5.0
_DECOMPOSE_PAIR: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A formula with fitted constants.

    Attributes:
        expression: the formula.
        rss: sum of squared residuals; infinite where the formula is not defined on every point.
        free: places, in text order, of the constants that were allowed to move.
    """

    expression: Expression
    rss: float
    free: tuple[int, ...]


def is_structural(value: float) -> bool:
    """Whether a constant is exactly p/q with q <= 12 and |p| <= 144, and so is meant as it is."""
    if abs(value) > _MAX_NUMERATOR:
        return False
    for q in range(1, MAX_DENOMINATOR + 1):
        p = round(value * q)
        if p / q == value:
            return abs(p) <= _MAX_NUMERATOR
    return False


def refit(expression: Expression, problem: Problem, *, free: Collection[int] | None = None, steps: int = 30) -> Fitted:
    """Fit constants by least squares, starting from the values that they have.

    Args:
        expression: the formula.
        problem: the points.
        free: places, in text order, of the constants that may move; by default all that are not structural. One
            by which the formula has no finite derivative (the exponent of a base that is not positive) is held.
        steps: at most so many damped steps, then a few undamped ones.

    Returns:
        The fitted formula, never worse than it came; as it came, with an infinite sum of squares, where it is not
        defined on every point.
    """
    constants = expression.constants
    chosen = [k for k, c in enumerate(constants) if not is_structural(c)] if free is None else sorted(set(free))
    if not chosen:
        return Fitted(expression, problem.rss(expression), ())
    start = np.array(constants)
    gradient = Gradient(expression, problem.columns)
    values, rss = fit_constants(gradient, start, chosen, problem.y, steps=steps, scale=problem.scale)
    moved = bool(np.any(values != start))
    return Fitted(expression.with_constants(values.tolist()) if moved else expression, rss, tuple(chosen))


def fit_constants(
    gradient: Gradient, constants: Array, free: Collection[int], y: Array, *, steps: int = 30, enough: float = 0.0,
    scale: Array | None = None,
) -> tuple[Array, float]:  # fmt: skip
    """Fit some constants of a formula.

    Args:
        gradient: the formula at its points.
        constants: where to start, shape (k,).
        free: places of those that may move.
        y: target, shape (n,).
        steps: at most so many damped steps; 0 only polishes.
        enough: a sum of squares at which to stop.
        scale: by what residuals are multiplied, shape (n,); None for 1.

    Returns:
        All constants (k,) and the sum of squared residuals, which is never larger than at the start.
    """
    with np.errstate(all="ignore"):
        return _Descent(gradient, constants, free, y, scale).run(steps, enough)


class _Descent:
    """One fit: where it stands, and what it has seen there."""

    __slots__ = ("best", "columns", "constants", "free", "gradient", "places", "residual", "scale", "y")

    def __init__(
        self, gradient: Gradient, constants: Array, free: Collection[int], y: Array, scale: Array | None
    ) -> None:
        self.gradient, self.y, self.scale = gradient, y, scale
        self.constants = constants
        self.places = frozenset(free)
        self.free = np.array(sorted(free), dtype=np.intp)
        self.residual, self.columns, self.best = self.look(constants)
        if len(self.free) and math.isfinite(self.best):
            known = np.isfinite(self.columns).all(axis=0)
            self.free, self.columns = self.free[known], self.columns[:, known]
            self.places = frozenset(self.free.tolist())

    def look(self, constants: Array) -> tuple[Array, Array, float]:
        """Return residuals (n,), the slopes of the formula by its free constants (n, free), the sum of squares."""
        count_work(self.gradient.nodes * (_LOOK_AT_NODE + _LOOK_AT_VALUE * len(self.y)))
        values, jacobian = self.gradient.jacobian(constants, self.places)
        residual, columns = self.y - values, jacobian[:, self.free]
        if self.scale is not None:
            residual, columns = residual * self.scale, columns * self.scale[:, None]
        rss = float(residual @ residual)
        return residual, columns, rss if math.isfinite(rss) else math.inf

    def run(self, steps: int, enough: float) -> tuple[Array, float]:
        """Go down, damped, then polish."""
        if not len(self.free) or not enough < self.best < math.inf:
            return self.constants, self.best
        damping = _FIRST_DAMPING
        idle = 0
        for _ in range(steps):
            lengths, parts = self.decompose()
            before = self.best
            while not self.accept(parts.step(damping, min_share=MIN_SINGULAR_SHARE) / lengths):
                damping *= _DAMPING_RISE
                if damping > _MAX_DAMPING:
                    break
            if damping > _MAX_DAMPING:
                break
            damping = max(damping * _DAMPING_FALL, _MIN_DAMPING)
            idle = idle + 1 if self.best > before * (1 - _MIN_GAIN) else 0
            if idle >= _MAX_IDLE_STEPS or self.best <= enough:
                break
        for _ in range(_MAX_FULL_STEPS):
            before = self.best
            if before <= enough:
                break
            lengths, parts = self.decompose()
            if not self.accept(parts.step(0.0, min_share=MIN_SINGULAR_SHARE) / lengths):
                break
            if self.best > before * (1 - _MIN_GAIN):
                break
        return self.constants, self.best

    def decompose(self) -> tuple[Array, Decomposition]:
        """Return the lengths of the columns, shape (free,), and the columns of length one, decomposed."""
        columns = self.columns
        count_work(
            _DECOMPOSE + len(self.y) * columns.shape[1] * (_DECOMPOSE_VALUE + _DECOMPOSE_PAIR * columns.shape[1])
        )
        lengths = np.sqrt(np.einsum("ij,ij->j", columns, columns))
        useful = np.isfinite(lengths) & (lengths > 0)
        if not useful.all():
            columns = np.where(useful, columns, 0.0)
            lengths = np.where(useful, lengths, 1.0)
        return lengths, decompose(columns / lengths, self.residual)

    def accept(self, step: Array) -> bool:
        """Take the step if it lowers the sum of squares."""
        candidate = self.constants.copy()
        candidate[self.free] += step
        if not np.isfinite(candidate).all():
            return False
        residual, columns, rss = self.look(candidate)
        if not rss < self.best:
            return False
        self.constants, self.residual, self.columns, self.best = candidate, residual, columns, rss
        return True
