"""`ParetoFront`: the formulas found so far, the best of each size, and the one to answer with.

The choice is by description length (Rissanen, 1978; Schwarz's criterion in the misfit), with constants as people would
write them. Formulas come in thousands and rounding takes milliseconds, so a formula is rounded only when it could win:
when its best possible criterion, with the shortest constants to be expected, is below the best known one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from srbench_lite.errors import FitError
from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.idle_parts import without_idle_parts
from srbench_lite.fitting.levenberg_marquardt import is_structural, refit
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.rounding import RoundedFormula, round_constants
from srbench_lite.fitting.short_constants import formula_digits, number_digits
from srbench_lite.fitting.work_clock import count_work

__all__ = ["ParetoFront"]

#: Formulas with more fitted constants are kept only where they are exact: nobody reads them, rounding them is slow.
_MAX_CONSTANTS: Final = 16
#: With more fitted constants, sums of smooth terms imitate others to a residual of 1e-12, but not to that of rounding.
_MAX_FEW_CONSTANTS: Final = 6
_MAX_RESIDUAL_OF_MANY: Final = 5e-15
#: Formulas of the Pareto front whose constants are rounded.
_MAX_ROUNDED_OF_FRONT: Final = 8
#: Formulas whose constants `best` rounds at most.
_MAX_ROUNDED: Final = 12
#: Points for each fitted constant where data are rounded: with fewer, errors are fitted and not the law.
_MEASURED_POINTS_PER_CONSTANT: Final = 2
#: Points for each fitted constant of the formula through which errors are seen.
_POINTS_PER_CONSTANT: Final = 8
#: Formulas that go on when the errors of the data are known better.
_MAX_SETTLED: Final = 30
#: Digits that a fitted constant needs at best when it is rounded.
_MIN_DIGITS_EXPECTED: Final = 0.6
#: Points between the data at which a formula must be defined, and how many of them it may miss: poles are no crime.
_POINTS_BETWEEN: Final = 64
_MAX_UNDEFINED: Final = 1
#: Nanoseconds, for `count_work`: of what an offer costs beside its fit, by node.
_OFFERED_NODE: Final = 15_000.0
#: Digits of the sum of squares by which two formulas of one structure are told apart.
_RSS_DIGITS: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A formula with fitted constants, and the least criterion that rounding is expected to give it."""

    expression: Expression
    rss: float
    best_possible_criterion: float


class ParetoFront:
    """Collects formulas and chooses among them.

    Args:
        problem: what is to be explained.
        report: is handed every new best formula, as fitted; may be None.
        rounded: whether constants are rounded.
        kept: formulas of one size that are kept: on noise-free data the first exact one need not be the one with short
            constants, under noise the first to be offered need not be the one with the fewest when they are rounded.
        deadline: when it is over, constants stay as they were fitted.
    """

    __slots__ = (
        "_best",
        "_best_possible",
        "_between",
        "_candidates",
        "_deadline",
        "_kept",
        "_known",
        "_most_constants",
        "_problem",
        "_report",
        "_rounded",
        "_rounded_formulas",
        "_tried",
    )

    def __init__(
        self,
        problem: Problem,
        report: Callable[[Expression], object] | None = None,
        *,
        rounded: bool = True,
        kept: int = 3,
        deadline: Deadline | None = None,
    ) -> None:
        self._problem, self._report, self._rounded = problem, report, rounded
        self._kept = kept
        self._deadline = deadline or Deadline(math.inf)
        self._best_possible = math.inf  # the least of all candidates
        self._candidates: dict[int, list[_Candidate]] = {}  # by complexity, the most promising first
        self._tried: set[tuple[Expression, str]] = set()  # as they came
        self._known: set[tuple[Expression, str]] = set()  # as they were fitted
        self._rounded_formulas: dict[Expression, RoundedFormula] = {}
        self._best: RoundedFormula | None = None
        self._most_constants = _MAX_CONSTANTS
        if problem.is_measured:
            self._most_constants = min(_MAX_CONSTANTS, max(problem.points // _MEASURED_POINTS_PER_CONSTANT, 1))
        rng = np.random.default_rng(0)
        n = len(problem.y)
        one, other = rng.integers(n, size=(2, _POINTS_BETWEEN))
        share = rng.uniform(0.2, 0.8, _POINTS_BETWEEN)
        self._between = {name: share * c[one] + (1 - share) * c[other] for name, c in problem.columns.items()}

    def offer(self, expression: Expression) -> bool:
        """Fit a formula's constants and keep it if it is among the best of its size.

        Constants that are exactly p/q with q <= 12 are held, others are fitted from where they stand.

        Returns:
            Whether it was kept. Not where the same was offered before, or where it is undefined on the data or between
            them.
        """
        count_work(expression.complexity * _OFFERED_NODE)
        skeleton = _skeleton(expression)
        before = self._problem.rss(expression)
        if not math.isfinite(before) or _fresh(self._tried, skeleton, before) is None:
            return False
        free = sum(not is_structural(c) for c in expression.constants)
        if free > self._most_constants and not (self._problem.is_exact(before) and self._determines(free)):
            return False
        fitted = refit(expression, self._problem)
        expression, rss = fitted.expression, fitted.rss
        if not math.isfinite(rss) or _fresh(self._known, skeleton, rss) is None or not self._is_defined(expression):
            return False
        candidate = _Candidate(expression, rss, self._problem.criterion(rss, expression, _digits_expected(expression)))
        kept = self._keep(candidate)
        if candidate.best_possible_criterion < self._best_possible:
            self._best_possible = candidate.best_possible_criterion
            if self._report is not None:
                self._report(expression)
        return kept

    def best(self) -> RoundedFormula:
        """Return the formula of least description length, its constants rounded.

        Raises:
            FitError: none was offered that is defined on the data.
        """
        for candidate in _by_promise(e for row in self._candidates.values() for e in row)[:_MAX_ROUNDED]:
            if self._best is None or candidate.best_possible_criterion < self._best.criterion(self._problem):
                self._round(candidate)
        if self._best is None:
            raise FitError("no formula was found that is defined on all points")
        return self._best

    def pareto(self, limit: int = 20) -> list[Expression]:
        """Return the simplest formula and, growing, those that explain more, up to the best; the last `limit` of them.

        Sums of squares that are rounding count as equal, so nothing follows an exact formula.
        """
        if not self._candidates:
            return []
        best = self.best()
        rising = [row[0] for size, row in sorted(self._candidates.items()) if size <= best.expression.complexity]
        steps: list[_Candidate] = []
        for candidate in rising:
            if not steps or self._problem.misfit(candidate.rss) < self._problem.misfit(steps[-1].rss):
                steps.append(candidate)
        rounded = [self._round(e) for e in steps[-_MAX_ROUNDED_OF_FRONT:]]
        rounded += [RoundedFormula(e.expression, e.rss, 0) for e in steps[:-_MAX_ROUNDED_OF_FRONT]]
        best = self.best()  # rounding may have uncovered a better one
        rounded.sort(key=lambda s: (s.expression.complexity, s.rss, s.digits, str(s.expression)))
        front: list[RoundedFormula] = []
        for formula in rounded:
            simpler = formula.expression.complexity < best.expression.complexity and self._falls(formula, best)
            if simpler and (not front or self._falls(front[-1], formula)):
                front.append(formula)
        return [s.expression for s in [*front, best]][-limit:]

    def _falls(self, before: RoundedFormula, after: RoundedFormula) -> bool:
        """Whether the second explains more than the first, rounding aside."""
        return self._problem.misfit(after.rss) < self._problem.misfit(before.rss)

    def on(self, problem: Problem) -> ParetoFront:
        """Return a front of the same formulas, the most promising of every size, fitted to another problem's points."""
        other = ParetoFront(problem, self._report, rounded=self._rounded, kept=self._kept, deadline=self._deadline)
        for candidate in _by_promise(row[0] for row in self._candidates.values())[:_MAX_ROUNDED]:
            other.offer(candidate.expression)
            if self._deadline.is_over:
                break
        return other

    def settled(self) -> ParetoFront:
        """Return the front on the problem with its errors seen through a formula; itself where data are not rounded.

        That is the most promising with few fitted constants: one with many may have fitted the errors away. Its slopes
        and residuals say better than those of simple models how far off each point may be.
        """
        most = len(self._problem.y) // _POINTS_PER_CONSTANT
        candidates = _by_promise(e for row in self._candidates.values() for e in row)
        few = [e for e in candidates if sum(not is_structural(c) for c in e.expression.constants) <= most]
        problem = self._problem.with_errors_of(few[0].expression) if few else self._problem
        if problem is self._problem:
            return self
        other = ParetoFront(problem, self._report, rounded=self._rounded, kept=self._kept, deadline=self._deadline)
        for candidate in candidates[:_MAX_SETTLED]:
            other.offer(candidate.expression)
            if self._deadline.is_over:
                break
        return other

    @property
    def problem(self) -> Problem:
        """What is to be explained."""
        return self._problem

    @property
    def leader(self) -> Expression:
        """The most promising formula so far, as fitted.

        Raises:
            FitError: none was offered that is defined on the data.
        """
        candidates = [e for row in self._candidates.values() for e in row]
        if not candidates:
            raise FitError("no formula was found that is defined on all points")
        return _by_promise(candidates)[0].expression

    @property
    def is_exact(self) -> bool:
        """Whether a formula was found that only rounding tells from the truth."""
        return self.exact_size is not None

    @property
    def exact_size(self) -> int | None:
        """Number of nodes of the simplest exact formula; None where there is none."""
        sizes = [e.expression.complexity for row in self._candidates.values() for e in row if self._explains(e)]
        sizes += [s.expression.complexity for s in self._rounded_formulas.values() if self._explains(s)]
        return min(sizes, default=None)

    def _determines(self, free: int) -> bool:
        """Whether points outnumber so many fitted constants by two; asked only of data that are rounded."""
        return not self._problem.is_measured or free + 2 <= self._problem.points

    def _explains(self, formula: _Candidate | RoundedFormula) -> bool:
        """Whether residuals are rounding; with many fitted constants only where they are next to nothing."""
        if not self._problem.is_exact(formula.rss):
            return False
        free = sum(not is_structural(c) for c in formula.expression.constants)
        if free + 2 > self._problem.points:
            return False
        nothing = len(self._problem.y) * (_MAX_RESIDUAL_OF_MANY * self._problem.size) ** 2
        return free <= _MAX_FEW_CONSTANTS or formula.rss <= nothing

    def _keep(self, candidate: _Candidate) -> bool:
        row = self._candidates.setdefault(candidate.expression.complexity, [])
        row.append(candidate)
        row.sort(key=lambda e: e.best_possible_criterion)
        del row[self._kept :]
        return candidate in row

    def _round(self, candidate: _Candidate) -> RoundedFormula:
        rounded = self._rounded_formulas.get(candidate.expression)
        if rounded is None:
            expected = _digits_expected(candidate.expression)
            if not self._rounded:
                rounded = RoundedFormula(candidate.expression, candidate.rss, formula_digits(candidate.expression))
            elif self._deadline.is_over:  # as if its constants could be rounded: others could
                short = without_idle_parts(candidate.expression, self._problem.columns)
                rounded = RoundedFormula(short, self._problem.rss(short), expected)
            else:
                rounded = round_constants(candidate.expression, self._problem, self._deadline)
                if self._deadline.is_over:  # between two constants
                    rounded = replace(rounded, digits=min(rounded.digits, expected))
            self._rounded_formulas[candidate.expression] = rounded
            if self._best is None or rounded.criterion(self._problem) < self._best.criterion(self._problem):
                self._best = rounded
        return rounded

    def _is_defined(self, expression: Expression) -> bool:
        return int(np.sum(~np.isfinite(expression(self._between)))) <= _MAX_UNDEFINED


def _by_promise(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    return sorted(candidates, key=lambda candidate: candidate.best_possible_criterion)


def _digits_expected(expression: Expression) -> float:
    """Return the digits of all constants if those that are fitted come out as short as can be expected."""
    return sum(number_digits(c) if is_structural(c) else _MIN_DIGITS_EXPECTED for c in expression.constants)


def _skeleton(expression: Expression) -> Expression:
    """Return the formula with every constant that is fitted as 0."""
    return expression.with_constants([c if is_structural(c) else 0.0 for c in expression.constants])


def _fresh(known: set[tuple[Expression, str]], skeleton: Expression, rss: float) -> tuple[Expression, str] | None:
    """Remember a structure and its sum of squares; None if they were known."""
    key = (skeleton, f"{rss:.{_RSS_DIGITS}e}")
    if key in known:
        return None
    known.add(key)
    return key
