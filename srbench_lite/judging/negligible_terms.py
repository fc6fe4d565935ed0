"""`NegligibleTerms`: which constants of a found formula may be set to zero, and what that changes.

A method that fits constants leaves terms that should not be there and hardly matter: a stray 1e-6*x. How much one
matters is the largest change of the formula's value on the domain, in standard deviations of y.

A term may also hide behind the units of a variable: with charges v of 1e-19, a factor (1 + 0.01*v) changes no digit
of y, although 0.01 is no leftover of a fit. So the change is looked at a second time, with such variables near one,
for constants of few digits that are not small themselves.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.free_constants import is_short
from srbench_lite.judging.sample_points import Reference, gradient_at, largest_change
from srbench_lite.judging.verdict import HIDDEN_TERM

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.high_precision_gradient import FormulaGradient

__all__ = ["NegligibleTerms"]

#: A variable that stays below this in size is also looked at with sizes near one.
_MAX_SMALL_VARIABLE: Final = 1e-2
#: A constant below this in size is small in itself, whatever the units.
_MIN_LARGE_CONSTANT: Final = 1e-3
#: Whole numbers below this in size are never strays.
_MIN_STRAY_WHOLE: Final = 1000
#: A relative change is measured on no fewer points.
_MIN_POINTS: Final = 8
_SEED: Final = 20_261_122


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NegligibleTerms:
    """The found formula of a pair, and what setting its constants to zero changes.

    Attributes:
        reference: the pair at random points.
        constants: the k numbers of the found formula.
        gradient: the found formula as a function of these, at the points of the reference.
        values: of the found formula there, shape (n,).
    """

    reference: Reference
    constants: tuple[float, ...]
    gradient: FormulaGradient
    values: NDArray[np.float64]

    @classmethod
    def of(cls, reference: Reference) -> Self:
        """Return those of the found formula of a pair."""
        constants = reference.pair.found.constants
        gradient = gradient_at(reference, reference.pair.found)
        return cls(
            reference=reference, constants=constants, gradient=gradient, values=gradient.value(np.array(constants))
        )

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
        alone = [
            (self._effect_on_reference(frozenset([i])), i)
            for i, c in enumerate(self.constants)
            if abs(c) >= _MIN_STRAY_WHOLE or c != int(c)
        ]
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
            return 0.0
        further = largest_change(self.reference, self.formula, self.without(zeros))
        return max(self._effect_on_reference(zeros), further)

    def effect_in_units(self, zeros: frozenset[int]) -> float:
        """Return the median relative change with variables of small size near one; 0 where there are none.

        Only constants of few digits that are not small themselves count.
        """
        large = frozenset(
            i for i in zeros if abs(self.constants[i]) >= _MIN_LARGE_CONSTANT and is_short(self.constants[i])
        )
        if not large:
            return 0.0
        many = self.reference.many
        columns = dict(many)
        rng = np.random.default_rng(_SEED)
        for name, column in many.items():
            is_small = bool(np.max(np.abs(column), initial=0.0) < _MAX_SMALL_VARIABLE)
            if name in self.formula.variables and is_small:
                columns[name] = np.copysign(rng.uniform(0.5, 2.0, len(column)), column)
        if all(columns[name] is column for name, column in many.items()):
            return 0.0
        full, less = self.without(zeros - large)(columns), self.without(zeros)(columns)
        with np.errstate(all="ignore"):
            change = np.abs(full - less) / np.maximum(np.abs(full), np.abs(less))
        finite = change[np.isfinite(change)]
        return float(np.median(finite)) if len(finite) >= _MIN_POINTS else 0.0

    def _effect_on_reference(self, zeros: frozenset[int]) -> float:
        """Return the largest change on the few points of the reference."""
        if not zeros:
            return 0.0
        change = np.abs(self.values - self.values_without(zeros))
        return float(np.max(change)) / self.reference.spread if np.isfinite(change).all() else math.inf
