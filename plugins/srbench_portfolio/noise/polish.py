"""`Polish`: formulas fitted to the points, and with rounded constants where they may be the best so far.

A front rounds the constants of few formulas, those that would win if theirs came out as short as can be expected.
Under noise many formulas explain the points about as well, and constants that come out as 1 or 0 vanish with a node or
two, which is more than was expected: so more of them are rounded, once each.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, is_structural, refit, round_constants

__all__ = ["Polish", "loosened"]

#: Digits that a fitted constant needs at best.
_MIN_DIGITS: Final = 0.6
#: What rounding may bring beyond that, in units of the criterion, by fitted constant.
_MARGIN: Final = 6.0
#: Fitted constants that a formula may have.
_MAX_CONSTANTS: Final = 6
#: A constant off a short ratio by this much is fitted, not held.
_NUDGE: Final = 1.0 + 1e-9
#: Digits of the sum of squares by which formulas are told apart.
_DIGITS: Final = 5


@dataclass(slots=True, eq=False)
class Polish:
    """Fits and rounds formulas of one problem.

    Attributes:
        problem: the points.
        deadline: after it nothing is rounded.
        best: the least criterion of a rounded formula so far.
    """

    problem: Problem
    deadline: Deadline
    best: float = math.inf
    _known: set[tuple[int, str]] = field(default_factory=set)

    def __call__(self, formula: Expression) -> Iterator[Expression]:
        """Yield the formula as fitted, then as rounded; nothing where the like of it was seen."""
        problem = self.problem
        fitted = refit(formula.with_constants([loosened(c) for c in formula.constants]), problem)
        key = (fitted.expression.complexity, f"{fitted.rss:.{_DIGITS}e}")
        if not math.isfinite(fitted.rss) or key in self._known:
            return
        self._known.add(key)
        yield fitted.expression
        free = sum(not is_structural(c) for c in fitted.expression.constants)
        if free > _MAX_CONSTANTS or self.deadline.is_over:
            return
        if problem.criterion(fitted.rss, fitted.expression, _MIN_DIGITS * free) - _MARGIN * free < self.best:
            rounded = round_constants(fitted, problem, self.deadline)
            self.best = min(self.best, rounded.criterion(problem))
            yield rounded.expression


def loosened(constant: float, most: float = math.inf) -> float:
    """Return a constant so that it is fitted: it was rounded to other values of y.

    Multiples of 1/2 up to a size are meant as they are and stay.
    """
    is_meant = constant == round(2 * constant) / 2 and abs(constant) <= most
    return constant if is_meant else constant * _NUDGE
