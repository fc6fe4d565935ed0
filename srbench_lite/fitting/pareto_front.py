"""`Front`: the formulas found so far, the best of each size, and the one to answer with.

The choice is by description length (Rissanen, 1978; Schwarz's criterion in the misfit), with constants as people would
write them. Formulas come in thousands and snapping takes milliseconds, so a formula is snapped only when it could win:
when it would with the shortest constants that one may hope for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from srbench_lite.errors import FitError
from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.deadline import Clock
from srbench_lite.fitting.levenberg_marquardt import is_structural, refit
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.rounding import Snapped, snap
from srbench_lite.fitting.short_constants import digits, length
from srbench_lite.methods.method import Report

__all__ = ["Front"]

#: A formula with more fitted constants than this is kept only if it is exact: nobody reads it, and it is slow to snap.
_CONSTANTS: Final = 16
#: With more fitted constants, sums of smooth terms imitate others to a residual of 1e-12, but not to that of rounding.
_FEW: Final = 6
_NOTHING: Final = 5e-15
#: Formulas of the Pareto front that are snapped.
_TIDIED: Final = 8
#: Formulas of one size that are kept: on noise-free data the first exact one need not be the one with short constants.
_KEPT: Final = 3
#: Formulas that `best` snaps at most.
_SNAPPED: Final = 12
#: Digits that a fitted constant may turn out to need, at best, when it is snapped.
_HOPE: Final = 0.6
#: Points between the data at which a formula must be defined, and how many of them it may miss: poles are no crime.
_BETWEEN: Final = 64
_MISSES: Final = 1
#: Digits of the sum of squares by which two formulas of one structure are told apart.
_ALIKE: Final = 6


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """A formula with fitted constants; `hope` is the least criterion that snapping could give it."""

    expression: Expression
    rss: float
    hope: float


class Front:
    """Collects formulas and chooses among them.

    Args:
        problem: what is to be explained.
        report: is handed every new best formula, as fitted; may be None.
        snapping: whether constants are snapped.
        clock: when it is over, constants stay as they were fitted.
    """

    __slots__ = (
        "_best",
        "_between",
        "_candidates",
        "_clock",
        "_hope",
        "_known",
        "_problem",
        "_report",
        "_snapped",
        "_snapping",
        "_tried",
    )

    def __init__(
        self, problem: Problem, report: Report | None = None, *, snapping: bool = True, clock: Clock | None = None
    ) -> None:
        self._problem, self._report, self._snapping = problem, report, snapping
        self._clock = clock or Clock(math.inf)
        self._hope = math.inf  # the least of all candidates
        self._candidates: dict[int, list[_Candidate]] = {}  # by complexity, the most hopeful first
        self._tried: set[tuple[Expression, str]] = set()  # as they came
        self._known: set[tuple[Expression, str]] = set()  # as they were fitted
        self._snapped: dict[Expression, Snapped] = {}
        self._best: Snapped | None = None
        rng = np.random.default_rng(0)
        n = len(problem.y)
        one, other = rng.integers(n, size=(2, _BETWEEN))
        share = rng.uniform(0.2, 0.8, _BETWEEN)
        self._between = {name: share * c[one] + (1 - share) * c[other] for name, c in problem.columns.items()}

    def offer(self, expression: Expression) -> bool:
        """Fit a formula's constants and keep it if it is among the best of its size.

        Constants that are exactly p/q with q <= 12 are held, others are fitted from where they stand.

        Returns:
            Whether it was kept. Not where the same was offered before, or where it is undefined on the data or between
            them.
        """
        skeleton = _skeleton(expression)
        before = self._problem.rss(expression)
        if not math.isfinite(before) or _fresh(self._tried, skeleton, before) is None:
            return False
        free = sum(not is_structural(c) for c in expression.constants)
        if free > _CONSTANTS and not self._problem.is_exact(before):
            return False
        fitted = refit(expression, self._problem)
        expression, rss = fitted.expression, fitted.rss
        if not math.isfinite(rss) or _fresh(self._known, skeleton, rss) is None or not self._is_defined(expression):
            return False
        candidate = _Candidate(expression, rss, self._problem.criterion(rss, expression, _hoped(expression)))
        kept = self._keep(candidate)
        if candidate.hope < self._hope:
            self._hope = candidate.hope
            if self._report is not None:
                self._report(expression)
        return kept

    def best(self) -> Snapped:
        """Return the formula of least description length, its constants snapped.

        Raises:
            FitError: none was offered that is defined on the data.
        """
        candidates = sorted((e for row in self._candidates.values() for e in row), key=lambda e: e.hope)
        for candidate in candidates[:_SNAPPED]:
            if self._best is None or candidate.hope < self._best.criterion(self._problem):
                self._snap(candidate)
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
        found = [self._snap(e) for e in steps[-_TIDIED:]]
        found += [Snapped(e.expression, e.rss, 0) for e in steps[:-_TIDIED]]
        best = self.best()  # snapping may have uncovered a better one
        found.sort(key=lambda s: (s.expression.complexity, s.rss, s.digits, str(s.expression)))
        front: list[Snapped] = []
        for snapped in found:
            simpler = snapped.expression.complexity < best.expression.complexity and self._falls(snapped, best)
            if simpler and (not front or self._falls(front[-1], snapped)):
                front.append(snapped)
        return [s.expression for s in [*front, best]][-limit:]

    def _falls(self, before: Snapped, after: Snapped) -> bool:
        """Whether the second explains more than the first, rounding aside."""
        return self._problem.misfit(after.rss) < self._problem.misfit(before.rss)

    def on(self, problem: Problem) -> Front:
        """Return a front of the same formulas, the most hopeful of every size, fitted to another problem's points."""
        other = Front(problem, self._report, snapping=self._snapping, clock=self._clock)
        for candidate in sorted((row[0] for row in self._candidates.values()), key=lambda e: e.hope)[:_SNAPPED]:
            other.offer(candidate.expression)
            if self._clock.is_over:
                break
        return other

    @property
    def leader(self) -> Expression:
        """The most hopeful formula so far, as fitted.

        Raises:
            FitError: none was offered that is defined on the data.
        """
        candidates = [e for row in self._candidates.values() for e in row]
        if not candidates:
            raise FitError("no formula was found that is defined on all points")
        return min(candidates, key=lambda e: e.hope).expression

    @property
    def is_exact(self) -> bool:
        """Whether a formula was found that only rounding tells from the truth."""
        return self.exact is not None

    @property
    def exact(self) -> int | None:
        """Number of nodes of the simplest exact formula; None where there is none."""
        sizes = [e.expression.complexity for row in self._candidates.values() for e in row if self._explains(e)]
        sizes += [s.expression.complexity for s in self._snapped.values() if self._explains(s)]
        return min(sizes, default=None)

    def _explains(self, formula: _Candidate | Snapped) -> bool:
        """Whether residuals are rounding; with many fitted constants only where they are next to nothing."""
        if not self._problem.is_exact(formula.rss):
            return False
        free = sum(not is_structural(c) for c in formula.expression.constants)
        if free + 2 > self._problem.points:
            return False
        return free <= _FEW or formula.rss <= len(self._problem.y) * (_NOTHING * self._problem.size) ** 2

    def _keep(self, candidate: _Candidate) -> bool:
        row = self._candidates.setdefault(candidate.expression.complexity, [])
        row.append(candidate)
        row.sort(key=lambda e: e.hope)
        del row[_KEPT:]
        return candidate in row

    def _snap(self, candidate: _Candidate) -> Snapped:
        snapped = self._snapped.get(candidate.expression)
        if snapped is None:
            hoped = _hoped(candidate.expression)
            if not self._snapping:
                snapped = Snapped(candidate.expression, candidate.rss, digits(candidate.expression))
            elif self._clock.is_over:  # as if its constants could be snapped: others could
                snapped = Snapped(candidate.expression, candidate.rss, hoped)
            else:
                snapped = snap(candidate.expression, self._problem, self._clock)
                if self._clock.is_over:  # between two constants
                    snapped = replace(snapped, digits=min(snapped.digits, hoped))
            self._snapped[candidate.expression] = snapped
            if self._best is None or snapped.criterion(self._problem) < self._best.criterion(self._problem):
                self._best = snapped
        return snapped

    def _is_defined(self, expression: Expression) -> bool:
        return int(np.sum(~np.isfinite(expression(self._between)))) <= _MISSES


def _hoped(expression: Expression) -> float:
    """Return the digits of all constants if those that are fitted turn out to be as short as one may hope for."""
    return sum(length(c) if is_structural(c) else _HOPE for c in expression.constants)


def _skeleton(expression: Expression) -> Expression:
    """Return the formula with every constant that is fitted as 0."""
    return expression.with_constants([c if is_structural(c) else 0.0 for c in expression.constants])


def _fresh(known: set[tuple[Expression, str]], skeleton: Expression, rss: float) -> tuple[Expression, str] | None:
    """Remember a structure and its sum of squares; None if they were known."""
    key = (skeleton, f"{rss:.{_ALIKE}e}")
    if key in known:
        return None
    known.add(key)
    return key
