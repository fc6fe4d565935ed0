"""`Schedule`: which part looks when, and for how long, at a problem and at the problems inside it."""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from srbench_lite import DataError, Expression
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.closed_forms.monomial_sums import MonomialSums
from srbench_portfolio.closed_forms.rational import RationalRelations
from srbench_portfolio.closed_forms.unit_sums import UnitSums
from srbench_portfolio.constants.inner_constants import InnerConstants
from srbench_portfolio.division.affine_parts import AffineParts
from srbench_portfolio.division.divisions import Reduced, Screened, Separated
from srbench_portfolio.halves.halves import Halves
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.noise.evidence import is_surely_noisy, looks_noisy
from srbench_portfolio.noise.noisy_search import NoisySearch
from srbench_portfolio.noise.noisy_sums import NoisySums
from srbench_portfolio.part import Part, Proposal
from srbench_portfolio.side_search import SideSearch

if TYPE_CHECKING:
    from srbench_portfolio import Portfolio

__all__ = ["Schedule"]

#: How often a reduced problem is reduced again.
_MAX_DEPTH: Final = 3
#: With these a part gives up, where its numbers are out of range; the others go on.
_GIVEN_UP: Final = (np.linalg.LinAlgError, ArithmeticError, DataError)
#: Points that parts for exact data see.
_POINTS: Final = 400
#: Seconds of work of the first and the second look at a problem, and of that at one inside it.
_FIRST_LOOK: Final = 0.12
_SECOND_LOOK: Final = 0.75
_LOOK_INSIDE: Final = 0.4
#: Shares of the search of `lies`, and then of the search under noise, where errors are sure after the first look, and
#: where they are seen after the second.
_EARLY_SHARES: Final = (0.5, 0.9)
_LATE_SHARES: Final = (0.45, 0.65)
#: Expressions of the tables of halves, and whether their bases are wide.
_SMALL: Final = (3_000, False)
_WIDE: Final = (8_000, True)
_MIDDLE: Final = (50_000, False)
_LARGE_WIDE: Final = (40_000, True)
_LARGE: Final = (200_000, False)
#: How often a part of a sum or product is divided again.
_MAX_DIVISIONS: Final = 5


@dataclass(frozen=True, slots=True)
class _Turn:
    """A part and what it may use.

    Attributes:
        part: that looks.
        share: of the work that is left.
        most: seconds of work.
        all_points: whether it sees all points, as what averages errors should; others tell as much from few.
        aside: whether a second process takes it, where there is one.
    """

    part: Part
    share: float
    most: float = float("inf")
    all_points: bool = False
    aside: bool = False


@dataclass(frozen=True, slots=True)
class Schedule:
    """Solves problems.

    Attributes:
        method: with its switches.
        seed: of all draws.
        two: whether a second process takes some of the turns.
    """

    method: Portfolio
    seed: int
    two: bool = False

    def solve(self, problem: Problem, budget: Deadline, depth: int = 0) -> Iterator[Proposal]:
        """Yield what the parts propose, one part after the other.

        Args:
            problem: the points.
            budget: of all parts together.
            depth: how many problems this one is inside of.
        """
        shares = yield from self._looked(problem, budget, depth)
        under_noise = () if shares is None else self._turns_under_noise(*shares)
        turns = tuple(itertools.chain(under_noise, self._turns(depth)))
        if depth > 0 or not self.two:
            yield from self._searched(turns, problem, budget)
            return
        others = [turn for turn in turns if turn.aside]
        with SideSearch(lambda: self._searched(others, problem, budget), budget) as side:
            for proposal in self._searched((turn for turn in turns if not turn.aside), problem, budget):
                yield from side.until_now()
                yield proposal
            yield from side.rest()

    def _looked(
        self, problem: Problem, budget: Deadline, depth: int
    ) -> Generator[Proposal, None, tuple[float, float] | None]:
        """Yield what is found at first sight; return the shares of searches under noise if there are errors."""
        leader: Expression | None = None
        least = math.inf
        may_be_noisy = depth == 0 and self.method.noisy
        for place, turn in enumerate(self._looks(depth)):
            if place == 1 and may_be_noisy and not budget.is_over and is_surely_noisy(problem, leader):
                return _EARLY_SHARES  # halves need exact data, and the larger search begins with the second look
            for proposal in self._taken(turn, problem, budget):
                yield proposal
                if may_be_noisy and (rss := problem.rss(proposal.formula)) < least:
                    leader, least = proposal.formula, rss
        is_noisy = may_be_noisy and not budget.is_over and looks_noisy(problem, leader)
        return _LATE_SHARES if is_noisy else None

    def _searched(self, turns: Iterable[_Turn], problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        for turn in turns:
            yield from self._taken(turn, problem, budget)

    def _turns_under_noise(self, search: float, noisy: float) -> Iterator[_Turn]:
        """Yield what comes first where points have errors, with its shares."""
        yield _Turn(LiesSearch("search", effort=2, seed=self.seed, talkative=True), search, all_points=True)
        yield _Turn(NoisySums(), 0.3, all_points=True, aside=True)
        yield _Turn(NoisySearch(self.seed), noisy, all_points=True, aside=True)

    def plainer(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield short formulas of functions, which long exact ones may imitate where the arguments are small."""
        yield from self._taken(_Turn(InnerConstants(self.seed), 0.4), problem, budget)
        yield from self._taken(
            _Turn(LiesSearch("second look", effort=1, seed=self.seed), 1.0, all_points=True), problem, budget
        )

    def _taken(self, turn: _Turn, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield what a part proposes in its turn."""
        if budget.is_over:
            return
        share = min(turn.share, turn.most / max(budget.work_left, turn.most))
        seen = problem if turn.all_points else problem.some(_POINTS, self.seed)
        with contextlib.suppress(*_GIVEN_UP):
            yield from turn.part.propose(seen, budget.part_of_rest(share))

    def _looks(self, depth: int) -> Iterator[_Turn]:
        """Yield what finds short formulas, and the leader by which errors of the data are seen."""
        method, seed = self.method, self.seed
        yield _Turn(LiesSearch("first look", effort=0, seed=seed), 0.1, _FIRST_LOOK, all_points=True)
        if method.halves:
            yield _Turn(Halves("small halves", *_SMALL, seed), 0.1)
        if method.reductions:
            yield _Turn(Screened(self.solve, depth), 0.75)
        if method.halves:
            yield _Turn(Halves("wide halves", *_WIDE, seed), 0.1)
        if depth:
            yield _Turn(LiesSearch("second look", effort=0, seed=seed), 0.1, _LOOK_INSIDE, all_points=True)

    def _turns(self, depth: int) -> Iterator[_Turn]:
        """Yield all others, the cheapest first."""
        method, seed = self.method, self.seed
        if method.reductions and depth < _MAX_DEPTH:
            yield _Turn(Reduced(self.solve, depth), 0.55)
        if method.monomials:
            yield _Turn(MonomialSums(), 0.2)
        if method.rational:
            yield _Turn(UnitSums(), 0.2)
            yield _Turn(RationalRelations(), 0.12)
        if depth == 0:
            yield _Turn(LiesSearch("second look", effort=1, seed=seed), 0.3, _SECOND_LOOK, all_points=True, aside=True)
        if method.separations and depth < _MAX_DIVISIONS:
            yield _Turn(AffineParts(self.solve, depth, seed), 0.7)
        if method.inner:
            yield _Turn(InnerConstants(seed), 0.4, aside=True)
        if method.halves:
            yield _Turn(Halves("halves", *_MIDDLE, seed), 0.4)
        if method.separations and depth < _MAX_DEPTH:
            yield _Turn(Separated(self.solve, depth, seed), 0.6, aside=True)
        if method.noisy and depth == 0:
            yield _Turn(NoisySearch(seed), 0.4, all_points=True, aside=True)
        if method.halves:
            yield _Turn(Halves("large wide halves", *_LARGE_WIDE, seed), 0.4)
            yield _Turn(Halves("large halves", *_LARGE, seed), 0.6)
        yield _Turn(LiesSearch("search", effort=2, seed=seed), 1.0, all_points=True)
