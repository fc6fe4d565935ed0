"""`Choice`: among formulas that explain noisy points about as well, one of usual functions."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Final

from srbench_lite import Expression
from srbench_lite.fitting import Problem, formula_digits

__all__ = ["Choice", "price_of_rare"]

#: Functions that are some eight times as rare in formulas as exponentials, roots and waves, and what each costs for
#: that in units of the criterion.
_RARE: Final = frozenset({"atan", "asin", "acos", "tan", "tanh", "sinh", "cosh"})
_RARE_PRICE: Final = 2 * math.log(8.0)
#: Formulas that are kept.
_MOST: Final = 40


@dataclass(slots=True, eq=False)
class Choice:
    """The best formulas that were offered, as they came: those with fitted constants have many digits, and lose.

    Attributes:
        problem: the points.
    """

    problem: Problem
    _kept: list[tuple[float, int, Expression]] = field(default_factory=list)
    _seen: int = 0

    def offer(self, formula: Expression) -> None:
        """Remember a formula if it is among the best."""
        criterion = self._criterion(formula)
        if not math.isfinite(criterion):
            return
        self._seen += 1
        heapq.heappush(self._kept, (-criterion, -self._seen, formula))
        if len(self._kept) > _MOST:
            heapq.heappop(self._kept)

    def best(self, answer: Expression, problem: Problem) -> Expression:
        """Return the formula to answer with: the answer so far, or one that is likelier.

        Args:
            answer: what is best without regard to functions.
            problem: all points, and what is known of their errors by now.
        """
        final = Choice(problem)
        options = [answer, *(formula for _, _, formula in sorted(self._kept, key=lambda kept: kept[:2], reverse=True))]
        return min(options, key=final._criterion)

    def _criterion(self, formula: Expression) -> float:
        problem = self.problem
        return problem.criterion(problem.rss(formula), formula, formula_digits(formula)) + price_of_rare(formula)


def price_of_rare(formula: Expression) -> float:
    """Return what rare functions of a formula cost beside their nodes, in units of the criterion."""
    return _RARE_PRICE * sum(node.op in _RARE for node in formula.postorder())
