"""`Problem`: the points that a search must explain, and how well a formula explains them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import FitError
from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.noise import Noise
from srbench_lite.fitting.work_clock import count_evaluation
from srbench_lite.problems.data import Samples

__all__ = [
    "DIGIT_PRICE",
    "MAX_CONSTANT_SPREAD",
    "MIN_RESIDUAL_SHARE",
    "MIN_SINGULAR_SHARE",
    "MIN_USEFUL_SPREAD",
    "NODE_PRICE",
    "Problem",
    "check_range",
]

Array = NDArray[np.float64]

#: A formula whose residuals are below this fraction of the size of y explains noise-free data.
_MAX_EXACT_SHARE: Final = 2e-12
#: Residuals below this fraction are rounding; formulas are not told apart by them.
MIN_RESIDUAL_SHARE: Final = 1e-13
#: Values whose spread is below this fraction of their size are one number: the rest is rounding.
MAX_CONSTANT_SPREAD: Final = 1e-12
#: Values whose spread is below this fraction of their size leave too few digits to fit anything to.
MIN_USEFUL_SPREAD: Final = 1e-9
#: Singular values below this share of the largest, of columns of length one, are directions in which nothing is known.
MIN_SINGULAR_SHARE: Final = 1e-13
#: Price of one node of a formula in the criterion, in the units of Schwarz's: nats times two.
NODE_PRICE: Final = 2.0
#: The same where data are rounded: what one of eight symbols costs, as many as are likely at a place.
MEASURED_NODE_PRICE: Final = 2.0 * math.log(8.0)
#: Price of one decimal digit of a constant: what ten equally likely values cost.
DIGIT_PRICE: Final = 2.0 * math.log(10.0)
#: Standard deviations of chi-square (of n degrees of freedom: the square root of 2 n) that are chance.
_MAX_CHANCE: Final = 2.0
#: Residuals of at most so many times the variance of rounding are rounding.
_MAX_ROUNDING_VARIANCES: Final = 2.0
#: Sizes of data beyond which squares and powers of them leave the range of numbers.
_MAX_SIZE: Final = 1e75
#: Largest power of ten that such data are advised to be multiplied or divided by.
_MAX_POWER: Final = 300


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Training points and the yardsticks that go with them.

    Attributes:
        names: of the d variables.
        x: inputs, shape (n, d).
        y: target, shape (n,).
        columns: the inputs by name, each of shape (n,).
        points: number of rows of `x` that differ: repeated ones determine no further constants.
        size: root mean square of y about its mean, or of y where it is constant; 1 where y is zero. In units of y.
        noise: what is known of the errors of y: given weights, or the digits of the data.
        scale: by what each residual is multiplied wherever squares are summed, shape (n,), so that all have the same
            variance; None where it is 1 for all.
    """

    names: tuple[str, ...]
    x: Array
    y: Array
    columns: Mapping[str, Array]
    points: int
    size: float
    noise: Noise
    scale: Array | None

    @classmethod
    def of(cls, samples: Samples) -> Problem:
        """Return the problem that `samples` pose."""
        return cls._posed(samples, Noise.of(samples))

    @classmethod
    def _posed(cls, samples: Samples, noise: Noise) -> Problem:
        scale = noise.scale
        with np.errstate(all="ignore"):  # squares out of range: `check_range` refuses them
            if scale is None:
                spread = float(np.std(samples.y))
                top = float(np.sqrt(np.mean(samples.y**2)))
            else:
                mean = float(np.average(samples.y, weights=scale**2))
                spread = float(np.sqrt(np.mean((scale * (samples.y - mean)) ** 2)))
                top = float(np.sqrt(np.mean((scale * samples.y) ** 2)))
        size = spread if spread > MAX_CONSTANT_SPREAD * top else top
        points = len(np.unique(samples.x, axis=0))
        return cls(samples.variables, samples.x, samples.y, samples.columns, points, size or 1.0, noise, scale)

    def with_errors_of(self, formula: Expression) -> Problem:
        """Return the problem with its errors seen through a formula that explains it; itself where nothing changes."""
        if not self.is_measured:
            return self
        samples = Samples(variables=self.names, x=self.x, y=self.y)
        return self._posed(samples, Noise.of(samples, formula))

    def some(self, most: int, seed: int) -> Problem:
        """Return the problem on at most `most` points, drawn without replacement; itself if it has no more."""
        n = len(self.y)
        if n <= most:
            return self
        rows = np.sort(np.random.default_rng(seed).permutation(n)[:most])
        weights = None
        if self.noise.is_given:
            sd = np.full(n, self.noise.least) if self.noise.sd is None else self.noise.sd
            weights = sd[rows] ** -2.0
        return Problem.of(Samples(variables=self.names, x=self.x[rows], y=self.y[rows], weights=weights))

    def scaled(self, values: Array) -> Array:
        """Return residuals or columns, shape (..., n), in the scale in which all points have the same variance."""
        return values if self.scale is None else values * self.scale

    def residual(self, expression: Expression) -> Array:
        """Return scaled residuals, shape (n,)."""
        return self.scaled(self.y - expression(self.columns))

    def rss(self, expression: Expression) -> float:
        """Return the sum of squared residuals; infinity where the formula is not defined on every point."""
        count_evaluation(expression.complexity, len(self.y))
        with np.errstate(all="ignore"):
            residual = self.residual(expression)
            rss = float(residual @ residual)
        return rss if math.isfinite(rss) else math.inf

    def is_exact(self, rss: float) -> bool:
        """Whether residuals are so small that only rounding, or a formula very like the truth, explains them."""
        return rss <= len(self.y) * (_MAX_EXACT_SHARE * self.size) ** 2

    def is_within_noise(self, rss: float) -> bool:
        """Whether residuals are no larger, but for chance, than the errors that the data are known to have."""
        n = len(self.y)
        return rss <= (n + _MAX_CHANCE * math.sqrt(2 * n)) * self.noise.least**2

    def least_rss(self, rss: float) -> float:
        """Return the sum of squares below which one is not told from others: that of the data's own errors.

        What explains the data down to the rounding of float64 is no accident, however few digits they have: then it is
        that rounding.
        """
        share = MIN_RESIDUAL_SHARE * self.size
        return len(self.y) * (share if self.is_exact(rss) else max(share, self.noise.least)) ** 2

    def misfit(self, rss: float) -> float:
        """Return n log(rss / n), with a floor where residuals are rounding.

        Where errors of y were given it is the sum of their squares, as far as the residuals are within them: they may
        be larger than was said, and then count as if that had been the unit.
        """
        n = len(self.y)
        if self.noise.is_given:
            share = rss / (n * self.noise.least**2)
            return 2 * n * math.log(self.noise.least) + n * (share - 1 if share < 1 else math.log(share))
        return n * math.log(max(rss, self.least_rss(rss)) / n)

    def variance(self, rss: float, free: int) -> float:
        """Return the variance of residuals that so many fitted constants leave: no less than is known of it."""
        return max(rss / max(len(self.y) - free, 1), self.noise.least**2)

    def assumed_noise(self, rss: float, free: int) -> dict[str, object]:
        """Return the standard deviation of y that a choice of this formula assumes, in units of y, and what told it.

        It is typical (a geometric mean) where errors differ from point to point. `source` is "weights" where they were
        given, "digits" where the digits of the data explain the residuals, "residuals" where these are larger or the
        data are not rounded, and "none" where the formula is exact.
        """
        if self.is_exact(rss):
            return {"sd": 0.0, "source": "none"}
        variance = rss / max(len(self.y) - free, 1)
        least = self.noise.least**2
        if self.noise.is_given:
            return {"sd": self.noise.least, "source": "weights"}
        source = "digits" if variance <= _MAX_ROUNDING_VARIANCES * least else "residuals"
        return {"sd": math.sqrt(max(variance, least)), "source": source}

    def criterion(self, rss: float, expression: Expression, digits: float) -> float:
        """Return the description length: misfit, nodes of the formula, digits of its constants."""
        return self.misfit(rss) + self.node_price * expression.complexity + DIGIT_PRICE * digits

    @property
    def node_price(self) -> float:
        """Price of one node of a formula.

        It is higher where data are rounded: they are measured, mostly few, and of millions of formulas some fit the
        errors of few points by chance.
        """
        return MEASURED_NODE_PRICE if self.is_measured else NODE_PRICE

    @property
    def is_measured(self) -> bool:
        """Whether the digits of y say that it is rounded."""
        return self.noise.least > 0 and not self.noise.is_given


def check_range(samples: Samples) -> None:
    """Refuse numbers whose squares and powers leave the range of float64.

    Raises:
        FitError: there are some; names the column.
    """
    for name, values in (("the target", samples.y), *samples.columns.items()):
        top = float(np.abs(values).max(initial=0.0))
        if top and not 1.0 / _MAX_SIZE < top < _MAX_SIZE:
            factor = 10.0 ** -min(max(math.floor(math.log10(top)), -_MAX_POWER), _MAX_POWER)
            raise FitError(
                f"the largest size of {name} is {top:g}, out of the range of squares: rescale {name}, by {factor:g} say"
            )
