"""`NegligibleTerms`: which constants of a found formula may be set to zero, and what that changes.

A method that fits constants leaves terms that should not be there and hardly matter: a stray 1e-6*x. How much one
matters is the largest change of the formula's value on the domain, in standard deviations of y.

A term may also hide behind the units of a variable: with charges v of 1e-19, a factor (1 + 0.01*v) changes no digit of
y, and with distances r of 1e12 the 1 of r**2 + 1 changes none, although neither 0.01 nor 1 is the leftover of a fit. So
the change is looked at a second time, with such variables near one, for constants that are not small themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.feature_points import feature_points
from srbench_lite.judging.sample_points import Reference, gradient_at, has_inner_hole, largest_change
from srbench_lite.judging.units import near_one
from srbench_lite.judging.verdict import HIDDEN_TERM

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.high_precision_gradient import FormulaGradient

__all__ = ["MIN_LARGE_CONSTANT", "NegligibleTerms", "is_stray", "relative_change"]

#: A constant below this in size is small in itself, whatever the units.
MIN_LARGE_CONSTANT: Final = 1e-3
#: Whole numbers below this in size are never strays.
_MIN_STRAY_WHOLE: Final = 1000
#: A constant whose effect is below this share of what it was has none left.
_MAX_LOST_SHARE: Final = 1e-6
#: A relative change is measured on no fewer points.
_MIN_POINTS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NegligibleTerms:
    """The found formula of a pair, and what setting its constants to zero changes.

    Attributes:
        reference: the pair at random points.
        constants: the k numbers of the found formula.
        gradient: the found formula as a function of these, at the points of the reference.
        values: of the found formula there, shape (n,).
        spent: what leftovers that are already left out change, in standard deviations of y.
    """

    reference: Reference
    constants: tuple[float, ...]
    gradient: FormulaGradient
    values: NDArray[np.float64]
    spent: float = 0.0

    @classmethod
    def of(cls, reference: Reference, spent: float = 0.0) -> Self:
        """Return those of the found formula of a pair."""
        constants = reference.pair.found.constants
        gradient = gradient_at(reference, reference.pair.found)
        return cls(
            reference=reference, constants=constants, gradient=gradient, values=gradient.value(np.array(constants)),
            spent=spent,
        )  # fmt: skip

    @property
    def formula(self) -> Expression:
        """The found formula."""
        return self.reference.pair.found

    def without(self, zeros: frozenset[int]) -> Expression:
        """Return the found formula with the constants at the places `zeros` set to zero."""
        if not zeros:
            return self.formula
        return self.formula.with_constants(0.0 if i in zeros else c for i, c in enumerate(self.constants))

    def values_without(self, zeros: frozenset[int]) -> NDArray[np.float64]:
        """Return the values of that formula at the points of the reference, shape (n,)."""
        if not zeros:
            return self.values
        constants = np.array(self.constants)
        constants[list(zeros)] = 0.0
        return self.gradient.value(constants)

    def negligible(self, tolerance: float) -> frozenset[int]:
        """Return places of constants that, all set to zero, change no value by `tolerance` standard deviations.

        Small whole numbers are no stray constants, and neither are those whose effect the units of a variable hide.
        """
        alone = [(self._effect_on_reference(frozenset([i])), i) for i, c in enumerate(self.constants) if is_stray(c)]
        chosen: frozenset[int] = frozenset()
        for single, index in sorted(alone):
            if single >= tolerance:
                break
            more = chosen | {index}
            if self._effect_on_reference(more) < tolerance and self.effect_in_units(frozenset([index])) < HIDDEN_TERM:
                chosen = more
        return chosen

    def effect(self, zeros: frozenset[int]) -> float:
        """Return the largest change on the domain that setting constants to zero makes, in standard deviations of y."""
        if not zeros:
            return self.spent
        further = largest_change(self.reference, self.formula, self.without(zeros))
        return self.spent + max(self._effect_on_reference(zeros), further)

    def effect_of_lost_features(self, aligned: Expression) -> float:
        """Return what constants change in features of the found formula that the aligned one no longer has.

        A step up and a step down beside it, each moved by a fraction of a percent, may come to lie on one another: the
        constants are near, but the window between the steps is gone, and with it what its height changed.

        The same holds for a place in the middle of the domain where the found formula has no value.

        Args:
            aligned: the found formula with the constants that make it the truth.

        Returns:
            The largest change that such a constant made, in standard deviations of y; infinite for a lost hole.
        """
        pair = self.reference.pair
        before = feature_points(self.formula, pair.domain, pair.deadline)
        if not len(before):
            return 0.0
        if has_inner_hole(pair, before):
            return math.inf
        after = np.concatenate([before, feature_points(aligned, pair.domain, pair.deadline), self.reference.x])
        own, new = (
            self._effects(formula, x) / self.reference.spread
            for formula, x in ((self.formula, before), (aligned, after))
        )
        return float(np.max(own, initial=0.0, where=new < _MAX_LOST_SHARE * own))

    def _effects(self, formula: Expression, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest effect of each constant at points of shape (m, d), to first order, shape (k,)."""
        constants = np.array(formula.constants)
        gradient = Gradient(formula, self.reference.pair.domain.columns(x))
        _, slopes = gradient.jacobian(constants, range(len(constants)))
        effects = np.abs(slopes * constants)
        return np.asarray(np.max(np.where(np.isfinite(effects), effects, 0.0), axis=0, initial=0.0))

    def effect_in_units(self, zeros: frozenset[int]) -> float:
        """Return the median relative change with variables of small and large units near one; 0 where there are none.

        Constants that are small themselves do not count, nor do large ones that make up for the units: in 5e25*b, with
        b near 1e-23, the constant brings the term to the size that it has.
        """
        columns = near_one(self.reference.many, self.formula.variables)
        if columns is None:
            return 0.0
        large = frozenset(
            i for i in zeros if abs(self.constants[i]) >= MIN_LARGE_CONSTANT and not self._makes_up(i, columns)
        )
        if not large:
            return 0.0
        return relative_change(self.without(zeros - large)(columns), self.without(zeros)(columns))

    def _makes_up(self, place: int, near: dict[str, NDArray[np.float64]]) -> bool:
        """Whether a constant is large because units are small: with these near one, its term is far larger."""
        if abs(self.constants[place]) <= 1 / MIN_LARGE_CONSTANT:
            return False
        without = self.without(frozenset([place]))
        now, then = (
            float(np.median(np.abs(self.formula(columns) - without(columns))))
            for columns in (self.reference.many, near)
        )
        return now < MIN_LARGE_CONSTANT * then

    def _effect_on_reference(self, zeros: frozenset[int]) -> float:
        """Return the largest change on the few points of the reference."""
        if not zeros:
            return 0.0
        change = np.abs(self.values - self.values_without(zeros))
        return float(np.max(change)) / self.reference.spread if np.isfinite(change).all() else math.inf


def is_stray(value: float) -> bool:
    """Whether a number may be what a fit left: no small whole number is."""
    return abs(value) >= _MIN_STRAY_WHOLE or value != int(value)


def relative_change(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the median difference of values as a share of the larger; 0 where too few are finite."""
    with np.errstate(all="ignore"):
        change = np.abs(one - other) / np.maximum(np.abs(one), np.abs(other))
    finite = change[np.isfinite(change)]
    return float(np.median(finite)) if len(finite) >= _MIN_POINTS else 0.0
