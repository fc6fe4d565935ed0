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
#: Price of one decimal digit of a constant: what ten equally likely values cost.
DIGIT_PRICE: Final = 2.0 * math.log(10.0)
#: Sizes of data beyond which squares and powers of them leave the range of numbers.
_MAX_SIZE: Final = 1e75


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
    """

    names: tuple[str, ...]
    x: Array
    y: Array
    columns: Mapping[str, Array]
    points: int
    size: float

    @classmethod
    def of(cls, samples: Samples) -> Problem:
        """Return the problem that `samples` pose."""
        spread = float(np.std(samples.y))
        top = float(np.sqrt(np.mean(samples.y**2)))
        size = spread if spread > MAX_CONSTANT_SPREAD * top else top
        points = len(np.unique(samples.x, axis=0))
        return cls(samples.variables, samples.x, samples.y, samples.columns, points, size or 1.0)

    def some(self, most: int, seed: int) -> Problem:
        """Return the problem on at most `most` points, drawn without replacement; itself if it has no more."""
        n = len(self.y)
        if n <= most:
            return self
        rows = np.sort(np.random.default_rng(seed).permutation(n)[:most])
        return Problem.of(Samples(variables=self.names, x=self.x[rows], y=self.y[rows]))

    def rss(self, expression: Expression) -> float:
        """Return the sum of squared residuals; infinity where the formula is not defined on every point."""
        with np.errstate(all="ignore"):
            residual = self.y - expression(self.columns)
            rss = float(residual @ residual)
        return rss if math.isfinite(rss) else math.inf

    def is_exact(self, rss: float) -> bool:
        """Whether residuals are so small that only rounding, or a formula very like the truth, explains them."""
        return rss <= len(self.y) * (_MAX_EXACT_SHARE * self.size) ** 2

    def misfit(self, rss: float) -> float:
        """Return n log(rss / n), with a floor where residuals are rounding."""
        floor = len(self.y) * (MIN_RESIDUAL_SHARE * self.size) ** 2
        return len(self.y) * math.log(max(rss, floor) / len(self.y))

    def criterion(self, rss: float, expression: Expression, digits: float) -> float:
        """Return the description length: misfit, nodes of the formula, digits of its constants."""
        return self.misfit(rss) + NODE_PRICE * expression.complexity + DIGIT_PRICE * digits


def check_range(samples: Samples) -> None:
    """Refuse numbers whose squares and powers leave the range of float64.

    Raises:
        FitError: there are some; names the column.
    """
    for name, values in (("the target", samples.y), *samples.columns.items()):
        top = float(np.abs(values).max(initial=0.0))
        if top and not 1.0 / _MAX_SIZE < top < _MAX_SIZE:
            raise FitError(f"the largest size of {name} is {top:g}, out of the range of squares: rescale {name}")
