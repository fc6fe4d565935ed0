"""`Noise`: how far off each measured value may be, as told by given weights or by the digits that were written down.

Rounding to a unit u is an error of variance u²/12. Rounding of an input x acts on y through the slope dy/dx: the
effective variance of Orear ("Least squares when both variables have uncertainties", Am. J. Phys. 50, 1982). Beyond
rounding, errors are either alike at all points or proportional to y. Which of the two is told by the leave-one-out
residuals of simple models (powers, exponentials, parabolas), whichever explains the data best, where the likelihoods
leave no doubt.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.resolution import is_setting, resolution
from srbench_lite.problems.data import Samples

__all__ = ["Noise"]

Array = NDArray[np.float64]

#: Errors are proportional to y where twice the log-likelihood says so by this much, and y is all of one sign and
#: varies at least by this factor.
_MIN_EVIDENCE: Final = 4.0
_MIN_RATIO: Final = 3.0
#: ... and where a simple model leaves at most this share of y.
_MAX_LEFT: Final = 0.2
#: Points for each constant of a simple model.
_POINTS_PER_CONSTANT: Final = 2
#: Of more points, so many tell how errors grow.
_MAX_POINTS: Final = 400
#: Sizes of the noise beyond rounding that are tried, from this share of the residuals' size up.
_SIZES: Final = np.concatenate([[0.0], np.logspace(-4, 0.5, 46)])
#: Share of an input's spread by which a slope is taken.
_STEP: Final = 1e-6
_TINY: Final = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Noise:
    """Standard deviations of y.

    Attributes:
        sd: relative to one another, shape (n,), the geometric mean is that of the errors; None where they are alike.
        least: the standard deviation that is certain, with residuals divided by `sd` and times its mean: 0 where
            nothing is known.
        is_given: whether weights were given, so that `least` is all there is.
    """

    sd: Array | None
    least: float
    is_given: bool

    @classmethod
    def of(cls, samples: Samples, formula: Expression | None = None) -> Noise:
        """Return what is known of the errors of these points.

        Args:
            samples: the points.
            formula: one with few constants for the number of points. Where it explains them better than simple models
                do, its slopes and residuals count instead of theirs.
        """
        if samples.weights is not None:
            sd = 1.0 / np.sqrt(samples.weights)
            return cls(sd if np.ptp(sd) > 0 else None, _mean(sd), True)
        units = resolution(samples.y)
        if units is None or len(samples.y) < 3:
            return cls(None, 0.0, False)
        with np.errstate(all="ignore"):  # where sizes leave the range of numbers, nothing is known
            rounding = np.sqrt(units**2 / 12 + _variance_by_inputs(samples, formula))
            sd = np.hypot(rounding, _beyond(samples, rounding, formula))
            least = float(np.sqrt(np.mean((rounding * _mean(sd) / sd) ** 2)))
        if not (np.isfinite(sd).all() and sd.min() > 0 and 0 < least < math.inf):
            return cls(None, 0.0, False)
        return cls(sd if np.ptp(sd) > 0 else None, least, False)

    @property
    def scale(self) -> Array | None:
        """By what a point's residual is multiplied so that all have the same variance, shape (n,); None for 1."""
        return None if self.sd is None else _mean(self.sd) / self.sd


def _mean(sd: Array) -> float:
    """Return the geometric mean."""
    return float(np.exp(np.mean(np.log(sd))))


@dataclass(frozen=True, slots=True, eq=False)
class _Model:
    """A simple model T(y) = sum c_k z_k(x).

    Attributes:
        columns: inputs (n, d) to columns (n, k).
        back: the inverse of T.
        values: T(y), (n,).
        slopes: dy/dT in size, (n,).
    """

    columns: Callable[[Array], Array]
    back: Callable[[Array], Array]
    values: Array
    slopes: Array

    def left_out(self, x: Array, sd: Array) -> Array:
        """Return for each point the value of y that the other points predict where errors of y are as `sd`, (n,); NaN
        where that is not defined."""
        weights = self.slopes / sd
        Q, _ = np.linalg.qr(self.columns(x) * weights[:, None])
        leverage = np.einsum("ij,ij->i", Q, Q)
        values = self.values * weights
        residual = (values - Q @ (Q.T @ values)) / np.maximum(1.0 - leverage, _TINY)
        return self.back(self.values - residual / weights)

    def predict(self, x: Array, sd: Array) -> Callable[[Array], Array]:
        """Return the fitted model as a function."""
        weights = self.slopes / sd
        constants = np.linalg.lstsq(self.columns(x) * weights[:, None], self.values * weights, rcond=None)[0]
        return lambda places: self.back(self.columns(places) @ constants)


def _linear(x: Array) -> Array:
    return np.column_stack([np.ones(len(x)), x])


def _quadratic(x: Array) -> Array:
    d = x.shape[1]
    products = [x[:, i] * x[:, j] for i in range(d) for j in range(i, d)]
    return np.column_stack([np.ones(len(x)), x, *products])


def _changed(columns: Callable[[Array], Array], change: Callable[[Array], Array], x: Array) -> Array:
    return columns(change(x))


def _models(x: Array, y: Array) -> Iterator[_Model]:
    """Yield simple models: y, its logarithm or its inverse is linear or quadratic in the inputs or their logarithms."""
    n, d = x.shape
    targets: list[tuple[Callable[[Array], Array], Array, Array]] = [(lambda t: t, y, np.ones(n))]
    if (y > 0).all() or (y < 0).all():
        sign = float(np.sign(y[0]))
        targets.append((lambda t: sign * np.exp(t), np.log(np.abs(y)), np.abs(y)))
        targets.append((lambda t: 1.0 / t, 1.0 / y, y**2))
    inputs: list[Callable[[Array], Array]] = [lambda x: x]
    if (x > 0).all():
        inputs += [np.log, lambda x: 1.0 / x]
    for columns, count in ((_linear, d + 1), (_quadratic, (d + 1) * (d + 2) // 2)):
        if _POINTS_PER_CONSTANT * count <= n:
            for change in inputs:
                made = columns(change(x))
                if not np.isfinite(made).all():
                    continue
                for back, values, slopes in targets:
                    if np.isfinite(values).all() and np.isfinite(slopes).all() and slopes.all():
                        yield _Model(partial(_changed, columns, change), back, values, slopes)


def _misfit(residual: Array, rounding: Array, shape: Array) -> tuple[float, float]:
    """Return minus twice the best log-likelihood of residuals, and the size of the noise beyond rounding there.

    Args:
        residual: (n,).
        rounding: standard deviations that are certain, (n,).
        shape: what further standard deviations are proportional to, (n,).
    """
    size = math.sqrt(float(np.mean((residual / shape) ** 2)))
    variance = rounding**2 + np.outer(_SIZES * size, shape) ** 2  # (sizes, n)
    misfits = np.sum(np.log(variance) + residual**2 / variance, axis=1)
    best = int(np.argmin(misfits))
    return float(misfits[best]), float(_SIZES[best] * size)


def _residuals(samples: Samples, sd: Array, formula: Expression | None) -> Iterator[Array]:
    """Yield what the formula and simple models leave where errors of y are as `sd`, (n,) each."""
    if formula is not None:
        yield samples.y - formula(samples.columns)
    for model in _models(samples.x, samples.y):
        yield samples.y - model.left_out(samples.x, sd)


def _beyond(samples: Samples, rounding: Array, formula: Expression | None) -> Array:
    """Return standard deviations of the noise beyond rounding, (n,), up to those that the best model would have."""
    rows = np.arange(len(samples.y))[:_MAX_POINTS]
    some = samples.rows(rows)
    y, certain = some.y, rounding[rows]
    ones, sizes = np.ones(len(y)), np.abs(y)
    may_grow = (np.sign(y) == np.sign(y[0])).all() and y[0] != 0 and sizes.max() >= _MIN_RATIO * sizes.min()
    alike, growing = (math.inf, 0.0), (math.inf, 0.0)
    for residual in _residuals(some, ones, formula):
        if np.isfinite(residual).all():
            alike = min(alike, _misfit(residual, certain, ones))
    if may_grow:
        for residual in _residuals(some, sizes, formula):
            if np.sqrt(np.mean((residual / y) ** 2)) < _MAX_LEFT:
                growing = min(growing, _misfit(residual, certain, sizes))
    if growing[0] < alike[0] - _MIN_EVIDENCE:
        return np.asarray(growing[1] * np.abs(samples.y))
    return np.full(len(samples.y), alike[1])


def _variance_by_inputs(samples: Samples, formula: Expression | None) -> Array:
    """Return the variance of y by the rounding of the inputs, (n,)."""
    n, d = samples.x.shape
    result = np.zeros(n)
    units = {j: resolution(samples.x[:, j]) for j in range(d) if not is_setting(samples.x[:, j])}
    measured = {j: unit for j, unit in units.items() if unit is not None}
    if measured:
        slopes = _slopes(samples, sorted(measured), formula)
        for j, unit in measured.items():
            result += (slopes[j] * unit) ** 2 / 12
    return result


def _slopes(samples: Samples, inputs: Sequence[int], formula: Expression | None) -> dict[int, Array]:
    """Return the slopes of y by some inputs, each (n,): those of the best simple model, or of the formula where that is
    better; with one input and no better formula, between neighbours."""
    x, y = samples.x, samples.y
    some, targets = x[:_MAX_POINTS], y[:_MAX_POINTS]
    ones = np.ones(len(targets))
    best: _Model | None = None
    left = math.inf
    for model in _models(some, targets):
        rss = float(np.sum((targets - model.left_out(some, ones)) ** 2))
        if rss < left:
            best, left = model, rss
    if formula is not None and float(np.sum((y - formula(samples.columns))[:_MAX_POINTS] ** 2)) < left:

        def values(places: Array) -> Array:
            return formula({name: places[:, i] for i, name in enumerate(samples.variables)})

        return {j: _slope(values, x, j) for j in inputs}
    if x.shape[1] == 1:
        places, which = np.unique(x[:, 0], return_inverse=True)
        means = np.bincount(which, weights=y) / np.bincount(which)
        return {0: np.asarray(np.gradient(means, places)[which])}
    if best is None:
        return {j: np.zeros(len(y)) for j in inputs}
    predict = best.predict(some, ones)
    return {j: _slope(predict, x, j) for j in inputs}


def _slope(predict: Callable[[Array], Array], x: Array, j: int) -> Array:
    """Return the slope of a function by input j at each point, (n,); 0 where it has none."""
    step = np.zeros(x.shape[1])
    step[j] = _STEP * np.ptp(x[:, j])
    slopes = (predict(x + step) - predict(x - step)) / (2 * step[j])
    return np.where(np.isfinite(slopes), slopes, 0.0)
