"""`StrayTerms`: which constants of a found formula may be set to zero, and what that changes.

A method that fits constants leaves terms that should not be there and hardly matter: a stray 1e-6*x. How much one
matters is the largest change of the formula's value on the domain, in standard deviations of y.

A term may also hide behind the units of a variable: with charges v of 1e-19, a factor (1 + 0.01*v) changes no digit
of y, although 0.01 is no leftover of a fit. So the change is looked at a second time, with such variables near one,
for constants of few digits that are not small themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.free_constants import is_short
from srbench_lite.judging.verdict import HIDDEN_TERM

if TYPE_CHECKING:
    from srbench_lite.expressions.gradient import Gradient
    from srbench_lite.judging.high_precision_gradient import PreciseGradient
    from srbench_lite.judging.sample_points import Reference

__all__ = ["StrayTerms"]

#: A variable that stays below this in size is also looked at with sizes near one.
_SMALL_VARIABLE: Final = 1e-2
#: A constant below this in size is small in itself, whatever the units.
_SMALL_CONSTANT: Final = 1e-3
#: Whole numbers below this in size are never strays.
_LARGE_WHOLE: Final = 1000
#: A relative change is measured on no fewer points.
_FEWEST: Final = 8
_SEED: Final = 20_261_122


class StrayTerms:
    """The terms of one formula that may be strays.

    Args:
        formula: the formula that was found, with k constants.
        gradient: the same at the points of the reference.
        reference: the truth.
    """

    def __init__(self, formula: Expression, gradient: Gradient | PreciseGradient, reference: Reference) -> None:
        import numpy as np

        self.formula = formula
        self._reference = reference
        self._gradient = gradient
        self._constants = np.array(formula.constants)
        self._values = gradient.value(self._constants)

    def without(self, zeros: frozenset[int]) -> Expression:
        """Return the formula with the constants at the places `zeros` set to zero."""
        if not zeros:
            return self.formula
        return self.formula.with_constants(0.0 if i in zeros else c for i, c in enumerate(self.formula.constants))

    def negligible(self, tolerance: float) -> frozenset[int]:
        """Return places of constants that, all set to zero, change no value by `tolerance` standard deviations.

        Small whole numbers are no stray constants, and neither are those whose effect the units of a variable hide.
        """
        alone = [
            (self._effect(frozenset([i])), i)
            for i, c in enumerate(self.formula.constants)
            if abs(c) >= _LARGE_WHOLE or c != int(c)
        ]
        chosen: frozenset[int] = frozenset()
        for single, index in sorted(alone):
            if single >= tolerance:
                break
            more = chosen | {index}
            if self._effect(more) < tolerance and self.effect_in_units(frozenset([index])) < HIDDEN_TERM:
                chosen = more
        return chosen

    def effect(self, zeros: frozenset[int]) -> float:
        """Return the largest change on the domain that setting constants to zero makes, in standard deviations of y."""
        if not zeros:
            return 0.0
        return max(self._effect(zeros), self._reference.largest_change(self.formula, self.without(zeros)))

    def effect_in_units(self, zeros: frozenset[int]) -> float:
        """Return the median relative change with variables of small size near one; 0 where there are none.

        Only constants of few digits that are not small themselves count.
        """
        import numpy as np

        constants = self.formula.constants
        large = frozenset(i for i in zeros if abs(constants[i]) >= _SMALL_CONSTANT and is_short(constants[i]))
        if not large:
            return 0.0
        many = self._reference.many
        columns = dict(many)
        rng = np.random.default_rng(_SEED)
        for name, column in many.items():
            if name in self.formula.variables and np.max(np.abs(column), initial=0.0) < _SMALL_VARIABLE:
                columns[name] = np.copysign(rng.uniform(0.5, 2.0, len(column)), column)
        if all(columns[name] is column for name, column in many.items()):
            return 0.0
        full, less = self.without(zeros - large)(columns), self.without(zeros)(columns)
        with np.errstate(all="ignore"):
            change = np.abs(full - less) / np.maximum(np.abs(full), np.abs(less))
        finite = change[np.isfinite(change)]
        return float(np.median(finite)) if len(finite) >= _FEWEST else 0.0

    def _effect(self, zeros: frozenset[int]) -> float:
        """Return the largest change on the few points."""
        import numpy as np

        if not zeros:
            return 0.0
        constants = self._constants.copy()
        constants[list(zeros)] = 0.0
        change = np.abs(self._values - self._gradient.value(constants))
        return float(np.max(change)) / self._reference.spread if np.isfinite(change).all() else math.inf
