"""`LeastSquares`: a target as a sum of columns, of any of them, and what rounding makes of it.

One QR decomposition of the scaled columns is made; every question about a part of the columns is answered by the small
triangle that it leaves (Golub & Van Loan, Matrix Computations, section 5.3). Columns and target are scaled by powers of
two, which rounds nothing, so that their squares stay in range.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work, shortest_decimal

__all__ = ["LeastSquares", "Solution", "decomposition_work"]

Array = NDArray[np.float64]

#: A column of which less than this share is left beside those before it says nothing that they do not.
_MIN_SHARE: Final = 1e-11
#: float64's epsilon.
_EPSILON: Final = 2.0**-52
#: Residuals are rounding up to so many epsilons of the sizes of what is added up, in root mean squares.
_MAX_ROUNDING_EPSILONS: Final = 8.0
#: No rounding is smaller than this, so that its square is no zero; targets have a size near one.
_LEAST_ROUNDING: Final = 2.0**-500
#: A number may be written as a decimal that is off by what so many epsilons at every point, all of one sign, explain.
_REACHES: Final = (8.0, 1.0)
#: Nanoseconds, for `count_work`, of the decomposition: by value, by point and pair of columns, and by
#: cube of columns.
_VALUE: Final = 20.0
_PAIR: Final = 2.0
_CUBE: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Coefficients of some of the columns.

    Attributes:
        places: which columns, shape (k,).
        scaled: their coefficients in the scale of the decomposition, shape (k,).
        errors: their standard errors for residuals of deviation one, shape (k,); infinite where nothing is known.
        rss: sum of squared residuals, in that scale.
        fixed: coefficients of further columns that were given, by place.
        size: of all coefficients together, the fixed ones among them, in that scale.
    """

    places: tuple[int, ...]
    scaled: Array
    errors: Array
    rss: float
    fixed: Mapping[int, float | Fraction]
    size: float


class LeastSquares:
    """Least squares of a target y (n,) on columns (n, k) of finite numbers.

    Args:
        columns: shape (n, k).
        y: shape (n,).
        weights: of squared residuals, shape (n,); None where all points count alike.
        grain: size of the numbers whose last digit y's rounding is, beside y itself and what is added up to it.
    """

    __slots__ = (
        "_columns",
        "_grain",
        "_lengths",
        "_root",
        "_size",
        "_target",
        "_triangle",
        "_unit",
        "_y",
        "points",
        "rest",
    )

    def __init__(self, columns: Array, y: Array, weights: Array | None = None, *, grain: float = 0.0) -> None:
        n, k = columns.shape
        count_work(1e9 * decomposition_work(n, k))
        self._root = np.ones(n) if weights is None else np.sqrt(weights / weights.max())  # (n,)
        self._unit = _power_of_two(max(float(np.abs(y).max()), grain))
        self._grain = grain / self._unit
        units = np.array([_power_of_two(float(np.abs(column).max())) for column in columns.T]).reshape(k)
        shares = columns / units * self._root[:, None]
        lengths = np.linalg.norm(shares, axis=0)
        lengths[lengths == 0] = 1.0
        self._columns = shares / lengths  # (n, k)
        self._lengths = lengths * units  # (k,); beyond the range of numbers only where no formula can be written
        self._y = y / self._unit * self._root  # (n,)
        R = np.asarray(
            np.linalg.qr(np.column_stack([self._columns, self._y]), mode="r")
        )  # (k + 1, k + 1), or fewer rows
        self._triangle, self._target = R[:k, :k], R[:k, k]
        self.rest = float(R[k, k] ** 2) if n > k else 0.0
        self.points = n
        self._size = (float(np.linalg.norm(self._y)) + self._grain * float(np.linalg.norm(self._root))) / math.sqrt(n)

    @property
    def deviation(self) -> float:
        """Root mean square of the target about its mean, in the scale of the decomposition."""
        weights = self._root**2
        mean = float(np.sum(self._root * self._y) / np.sum(weights))
        return float(np.sqrt(np.mean((self._y - mean * self._root) ** 2)))

    def independent(self, places: Sequence[int]) -> tuple[int, ...]:
        """Return the places of those columns that are no sum of columns before them."""
        basis = np.zeros((len(self._triangle), 0))
        kept: list[int] = []
        for place in places:
            column = self._triangle[:, place]
            for _ in range(2):  # the second time takes away what rounding left
                column = column - basis @ (basis.T @ column)
            length = float(np.linalg.norm(column))
            if length > _MIN_SHARE:
                basis = np.column_stack([basis, column / length])
                kept.append(place)
        return tuple(kept)

    def solve(self, places: Sequence[int], fixed: Mapping[int, float | Fraction] | None = None) -> Solution:
        """Return the coefficients of independent columns.

        Args:
            places: of the columns.
            fixed: coefficients of further columns that are given, by place.
        """
        count_work(_CUBE * len(places) ** 3)
        fixed = fixed or {}
        target, size = self._target, 0.0
        for place, value in fixed.items():
            scaled_value = float(value) * float(self._lengths[place]) / self._unit
            target, size = target - self._triangle[:, place] * scaled_value, size + abs(scaled_value)
        if not places:
            rss = self.rest + float(target @ target)
            return Solution((), np.zeros(0), np.zeros(0), rss, fixed, size)
        Q, R = np.linalg.qr(self._triangle[:, list(places)])
        inverse = np.linalg.inv(R)
        scaled = inverse @ (Q.T @ target)
        residual = target - self._triangle[:, list(places)] @ scaled
        errors = np.linalg.norm(inverse, axis=1)
        rss, size = self.rest + float(residual @ residual), size + float(np.abs(scaled).sum())
        return Solution(tuple(places), scaled, errors, rss, fixed, size)

    def prune(self, places: Sequence[int], price: float) -> Solution:
        """Drop columns one after another, the least certain first, as long as nothing is lost by it.

        Nothing is while a coefficient's squared t is below a price, and while residuals that are rounding stay so.
        """
        solution = self.solve(places)
        while len(solution.places) > 1:
            squares = solution.scaled**2 / (solution.errors**2 * self.variance(solution))
            worst = int(np.argmin(squares))
            fewer = self.solve([p for k, p in enumerate(solution.places) if k != worst])
            if squares[worst] >= price and not self.is_exact(fewer):
                break
            solution = fewer
        return solution

    def variance(self, solution: Solution) -> float:
        """Return the variance of residuals, no less than that of rounding."""
        freedom = self.points - len(solution.places)
        least = self.rounding(solution) ** 2
        return max(solution.rss / freedom, least) if freedom > 0 else least

    def rounding(self, solution: Solution) -> float:
        """Return a bound of the deviation of residuals that are one epsilon of what is added up at each point."""
        parts = solution.size / math.sqrt(self.points)  # columns have length one
        return max(_EPSILON * (parts + self._size), _LEAST_ROUNDING)

    def values(self, solution: Solution) -> Array:
        """Return what a solution predicts, in the scale of the decomposition, shape (n,)."""
        return np.asarray(self._columns[:, list(solution.places)] @ solution.scaled)

    def is_exact(self, solution: Solution) -> bool:
        """Whether all residuals are rounding."""
        most = _MAX_ROUNDING_EPSILONS * self.rounding(solution)
        return bool(solution.rss <= self.points * most * most)

    def unscaled(self, solution: Solution) -> Array:
        """Return coefficients in units of the data; infinite or zero where they are out of float64's range."""
        with np.errstate(all="ignore"):
            return np.asarray(solution.scaled * self._unit / self._lengths[list(solution.places)])

    def certainty(self, solution: Solution) -> Array:
        """Return by how much coefficients may be off where residuals are one rounding, all of one sign."""
        with np.errstate(all="ignore"):
            radii = math.sqrt(self.points) * self.rounding(solution) * solution.errors
            return np.asarray(radii * self._unit / self._lengths[list(solution.places)])

    def shortened(self, solution: Solution) -> Array | None:
        """Return coefficients as the shortest decimals within rounding where all residuals are; else as they are.

        None where one is out of float64's range.
        """
        values, certainty = self.unscaled(solution), self.certainty(solution)
        lost = (np.abs(values) < np.finfo(np.float64).tiny) & (np.abs(solution.scaled) > _EPSILON)
        if not np.isfinite(values).all() or lost.any():
            return None
        if not self.is_exact(solution):
            return values
        for reach in _REACHES:
            radii = (reach * certainty).tolist()
            short = [shortest_decimal(*pair) for pair in zip(values.tolist(), radii, strict=True)]
            written = dict(zip(solution.places, short, strict=True))
            if self.is_exact(self.solve([], {**solution.fixed, **written})):
                return np.array(short)
        return values


def decomposition_work(points: int, columns: int) -> float:
    """Return the seconds of the reference machine that the decomposition of so many columns takes."""
    return 1e-9 * (points * columns * (_VALUE + _PAIR * columns) + _CUBE * columns**3)


def _power_of_two(size: float) -> float:
    """Return the power of two at or above a size; 1 for zero."""
    if not 0 < size < np.inf:
        return 1.0
    return float(np.ldexp(1.0, min(int(np.frexp(size)[1]), 1023)))
