"""`Reference`: the truth at random points of its domain, in float64, with weights and scales to measure by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.alignment import root_mean_square
from srbench_lite.judging.certification import Comparison

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FEWEST_POINTS", "Reference"]

#: A pair is not judged on fewer points.
FEWEST_POINTS: Final = 8
#: Points: at least this many, and four for every constant.
_POINTS: Final = 96
#: The same where there are branches: a branch that few points lie on is not to be missed.
_BRANCH_POINTS: Final = 256
#: The same where values are computed with many digits.
_PRECISE_POINTS: Final = 40
#: Points on which std(y) and the effect of vanishing terms are measured, and holes looked for.
_MANY_POINTS: Final = 1000
#: The same where values are computed with many digits.
_PRECISE_MANY: Final = 100
#: Points without a float64 value that are looked at with many digits, about.
_HOLES: Final = 100
#: Corners of the domain are looked at from inside, at this share of its width.
_NUDGE: Final = 1e-6
#: A point where the next float64 changes a value by more is not used in float64.
_CALM: Final = 1e-8
#: A value below this share of the root mean square counts as that large, however many are that small.
_TINY: Final = 1e-6
#: Relative differences from exact values beyond which float64 is not believed, and points where that is looked at.
_NOISE: Final = 1e-8
_NOISE_POINTS: Final = 6
#: Points where it is looked at whether many digits suffice.
_SHAKEN_POINTS: Final = 3


class Reference:
    """The truth at random points.

    Args:
        found: the formula that a method returned.
        truth: the formula that the data were made from.
        comparison: of the two.
        constants: number of constants that are to be found from these points.

    Attributes:
        x, y, columns: points of the domain, shape (n, d), the truth there, shape (n,), and the points by variable.
        weights: of differences at these points, shape (n,): 1 / |y|, but no more than ten times the typical one.
        unit: the size of a difference that weighs one, on average.
        many: further points, a column for each variable: many inside the domain, and its corners.
        spread: standard deviation of the truth; its size where it is constant.
        enough: whether there are enough points to judge by.
        precise: whether values are to be computed with many digits, because float64 is rounding or overflows.
        blind: whether even those digits are mere rounding.
    """

    def __init__(self, found: Expression, truth: Expression, comparison: Comparison, constants: int) -> None:
        import numpy as np

        self._comparison = comparison
        self._found = found
        self._truth = truth
        wanted = max(_POINTS if comparison.smooth else _BRANCH_POINTS, 4 * constants)
        x = comparison.draw(wanted, part=0)
        y = self._values(truth, x)
        if np.isfinite(y).sum() <= wanted / 2:
            x = np.concatenate([x, comparison.draw(10 * wanted, part=-1)])
            y = self._values(truth, x)
        good = np.flatnonzero(np.isfinite(y))[:wanted]
        self.x, self.y = x[good], y[good]
        size = root_mean_square(self.y)
        comparison.size = size or 1.0
        inside = comparison.draw(_MANY_POINTS, part=3)
        many = np.concatenate([inside, comparison.corners(inside=_NUDGE)])
        values = self._values(truth, many)
        finite = np.isfinite(values)
        self.many = comparison.columns(many[finite])
        self._many = many[finite]
        sample = values[: len(inside)][finite[: len(inside)]]
        sample = sample if len(sample) >= FEWEST_POINTS else self.y
        largest = float(np.max(np.abs(sample), initial=0.0))
        spread = largest * float(np.std(sample / largest)) if largest else 0.0
        self.spread = spread if spread > 1e-13 * size else size or 1.0
        self.enough = len(self.y) >= FEWEST_POINTS
        self.precise = self.blind = False
        self._weigh()

    def _values(self, formula: Expression, x: NDArray[np.float64]) -> NDArray[np.float64]:
        import numpy as np

        return np.array(np.broadcast_to(formula(self._comparison.columns(x)), len(x)))

    def _weigh(self) -> None:
        import numpy as np

        self.columns = self._comparison.columns(self.x)
        absolute = np.abs(self.y)
        middle = float(np.median(0.1 * absolute)) if len(absolute) else 0.0  # the sum of two values may overflow
        self.weights = 1.0 / np.maximum(absolute, max(middle, _TINY * root_mean_square(self.y)) or 1.0)
        self.unit = 1.0 / (root_mean_square(self.weights) or 1.0)
        self.enough = self.enough and bool((self.weights > 0).all() and np.isfinite(self.weights).all())

    def holes(self) -> tuple[float, NDArray[np.float64]]:
        """Return where the found formula has no value although the truth has: the share of points, and some of them."""
        import numpy as np

        pool = np.concatenate([self.x, self._many])
        lost = pool[~np.isfinite(self._values(self._found, pool))]
        if not len(lost):
            return 0.0, lost
        some = lost[:: max(1, len(lost) // _HOLES)]
        undefined = self._comparison.undefined(some)  # the others are beyond float64
        if not undefined.any():
            return 0.0, lost[:0]
        return float(undefined.mean()) * len(lost) / len(pool), some[undefined][:4]

    def settle_on_points(self) -> None:
        """Keep the points at which the found formula has a value that can be trusted; decide on `precise`."""
        import numpy as np

        values = self._values(self._found, self.x)
        defined = np.isfinite(values)
        if defined.sum() < FEWEST_POINTS:
            self._use_many_digits()
            return
        # not at sin(1e20), where the next number has another sine
        columns = {name: np.nextafter(column, np.inf) for name, column in self.columns.items()}
        shaken = np.abs(self._found(columns) - values) * self._weights_of(values) < _CALM
        calm = defined & shaken & (np.abs(self._truth(columns) - self.y) * self.weights < _CALM)
        kept = calm if calm.sum() >= FEWEST_POINTS else defined
        self.x, self.y, self.weights = self.x[kept], self.y[kept], self.weights[kept]
        self.columns = self._comparison.columns(self.x)
        if any(
            self._is_noise(formula, own) or self._is_lost(formula, _SHAKEN_POINTS)
            for formula, own in ((self._truth, self.y), (self._found, values[kept]))
        ):
            self._use_many_digits()

    def _is_noise(self, formula: Expression, values: NDArray[np.float64]) -> bool:
        """Whether float64 values of the formula are off, as differences of nearly equal numbers are."""
        import numpy as np

        few = slice(None, None, max(1, len(self.x) // _NOISE_POINTS))
        exact = self._comparison.values(formula, self.x[few])
        return bool(np.any(np.abs(exact - values[few]) * self._weights_of(values)[few] > _NOISE))

    def _weights_of(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return weights for values that may be far larger than the truth, shape (n,)."""
        import numpy as np

        return np.asarray(1.0 / np.maximum(np.abs(values), 1.0 / self.weights))

    def _use_many_digits(self) -> None:
        """Compute the truth with many digits, on fewer points."""
        import numpy as np

        self.precise = True
        x = self.x[:_PRECISE_POINTS]
        y = self._comparison.values(self._truth, x)
        good = np.isfinite(y)
        self.x, self.y = x[good], y[good]
        self.enough = self.enough and int(good.sum()) >= FEWEST_POINTS
        self._weigh()
        self.blind = any(self._is_lost(formula, _NOISE_POINTS) for formula in (self._truth, self._found))

    def _is_lost(self, formula: Expression, points: int) -> bool:
        """Whether even many digits do not suffice at some of the first points."""
        return self._comparison.is_rounding(formula, self.x[:points], 1.0 / self.weights[:points])

    def largest_change(self, one: Expression, other: Expression) -> float:
        """Return the largest difference between two formulas on many points of the domain, in units of `spread`."""
        import numpy as np

        if self.precise:
            x = self._many[:: max(1, len(self._many) // _PRECISE_MANY)]
            change = np.abs(self._comparison.values(one, x) - self._comparison.values(other, x))
            change = change[np.isfinite(change)]
        else:
            change = np.abs(one(self.many) - other(self.many))
        largest = float(np.max(change, initial=0.0)) / self.spread
        return largest if np.isfinite(largest) else np.inf
