"""`NoisyChoice`: of many formulas of noisy points the shortest description, with nodes priced as for measured data.

Under noise thousands of formulas come within chance of each other, and a constant that is added can make another one
come out a digit shorter: 12.5*a + 0.04 for 12.55*a. So a node costs what one of eight symbols does (Rissanen,
Automatica 14, 1978), far more formulas are rounded than a front rounds, and each of the best is looked at without the
numbers that it may not need.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from srbench_lite import Expression
from srbench_lite.fitting import (
    Deadline,
    Fitted,
    Problem,
    formula_digits,
    is_structural,
    number_digits,
    refit,
    round_constants,
    tidy,
)
from srbench_portfolio.noise.choice import price_of_rare
from srbench_portfolio.noise.polish import loosened
from srbench_portfolio.noise.simpler_forms import factored_forms, simpler_forms

__all__ = ["NoisyChoice"]

#: Digits that a fitted constant may come out with.
_FEW_DIGITS: Final = 1.2
#: Formulas that are kept; those of which simpler forms are looked at; those whose constants are rounded.
_KEPT: Final = 40
_SIMPLIFIED: Final = 6
_ROUNDED: Final = 16
#: Errors are certain to be at least this share of what the best formula leaves.
_CERTAIN: Final = 0.5
#: Digits of the sum of squares by which formulas are told apart.
_DIGITS: Final = 5
#: What a power costs whose exponent is no multiple of 1/2, beside its digits: of four, one is such.
_ODD_POWER: Final = 2 * math.log(4.0)
#: Multiples of 1/2 up to this are meant as they are.
_MEANT: Final = 4.0


@dataclass(slots=True, eq=False)
class NoisyChoice:
    """The most promising formulas that were offered, each once.

    Attributes:
        problem: the points.
    """

    problem: Problem
    _kept: list[tuple[float, int, Expression]] = field(default_factory=list)
    _known: set[tuple[int, str]] = field(default_factory=set)

    def offer(self, formula: Expression) -> None:
        """Remember a formula if it may be among the best once its constants are rounded."""
        rss = self.problem.rss(formula)
        key = (formula.complexity, f"{rss:.{_DIGITS}e}")
        if not math.isfinite(rss) or key in self._known:
            return
        self._known.add(key)
        heapq.heappush(self._kept, (-_promise(self.problem, formula, rss), -len(self._known), formula))
        if len(self._kept) > _KEPT:
            heapq.heappop(self._kept)

    def best(self, answer: Expression, problem: Problem, deadline: Deadline) -> Expression:
        """Return the formula of least description length.

        Args:
            answer: what was best so far.
            problem: all points, and what is known of their errors by now.
            deadline: after it no further formula is fitted or rounded.
        """
        options = [answer, *(formula for _, _, formula in sorted(self._kept, reverse=True, key=lambda k: k[:2]))]
        problem = _with_certain_errors(problem, options)
        fitted = _fitted(problem, options, deadline)
        leading = [answer, *(each.expression for each in fitted[:_SIMPLIFIED])]
        simpler = dict.fromkeys(
            form for formula in leading for forms in (simpler_forms, factored_forms) for form in forms(formula)
        )
        best, least = answer, _length(problem, answer, problem.rss(answer), formula_digits(answer))
        for each in _fitted(problem, [*(f.expression for f in fitted), *simpler], deadline)[:_ROUNDED]:
            if deadline.is_over:
                break
            rounded = round_constants(each, problem, deadline)
            length = _length(problem, rounded.expression, rounded.rss, rounded.digits)
            if length < least:
                best, least = rounded.expression, length
        neat = tidy(best)
        return neat if neat.complexity <= best.complexity else best


def _with_certain_errors(problem: Problem, formulas: Iterable[Expression]) -> Problem:
    """Return the problem as one with errors, where nothing was known of them."""
    if problem.noise.least > 0:
        return problem
    left = min(problem.rss(formula) for formula in formulas)
    if not 0 < left < math.inf:
        return problem
    return replace(problem, noise=replace(problem.noise, least=_CERTAIN * math.sqrt(left / len(problem.y))))


def _fitted(problem: Problem, formulas: Iterable[Expression], deadline: Deadline) -> list[Fitted]:
    """Return the formulas with their constants fitted, the most promising first, those of one misfit and size once."""
    found: dict[tuple[int, str], tuple[float, int, Fitted]] = {}
    for place, formula in enumerate(formulas):
        if deadline.is_over:
            break
        fitted = refit(formula.with_constants([loosened(c, _MEANT) for c in formula.constants]), problem)
        if math.isfinite(fitted.rss):
            key = (fitted.expression.complexity, f"{fitted.rss:.{_DIGITS}e}")
            promise = _promise(problem, fitted.expression, fitted.rss)
            if key not in found or promise < found[key][0]:
                found[key] = (promise, place, fitted)
    return [fitted for _, _, fitted in sorted(found.values(), key=lambda f: f[:2])]


def _promise(problem: Problem, formula: Expression, rss: float) -> float:
    """Return the description length if fitted constants come out short."""
    digits = (number_digits(c) if is_structural(c) else min(number_digits(c), _FEW_DIGITS) for c in formula.constants)
    return _length(problem, formula, rss, sum(digits))


def _length(problem: Problem, formula: Expression, rss: float, digits: float) -> float:
    powers = sum(node.op == "pow" and _is_odd(node.args[1].value) for node in formula.postorder())
    return problem.criterion(rss, formula, digits) + price_of_rare(formula) + _ODD_POWER * powers


def _is_odd(exponent: float | None) -> bool:
    return exponent is not None and exponent != round(2 * exponent) / 2
