"""From samples to a formula: the parts propose, one front fits and chooses."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite import Budget, Expression, ExpressionError, Fit, FitError, Report, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, check_range, formula_digits, is_structural
from srbench_portfolio.blas_threads import one_blas_thread
from srbench_portfolio.noise.choice import Choice
from srbench_portfolio.noise.evidence import leaves_errors
from srbench_portfolio.noise.noisy_choice import NoisyChoice
from srbench_portfolio.part import Proposal
from srbench_portfolio.schedule import Schedule
from srbench_portfolio.side_search import SideSearch
from srbench_portfolio.units import Units

if TYPE_CHECKING:
    from srbench_portfolio import Portfolio

__all__ = ["fit"]

#: Shares of the seconds and of the work until which formulas are looked for, constants rounded, and formulas of noisy
#: points compared once more; the last two take work that is not planned, which the clock has room for.
_SEARCH: Final = (0.8, 0.85)
_ROUNDING: Final = (0.88, 1.15)
_CHOICE: Final = (0.95, 1.25)
#: Points for each fitted constant of a formula that is fitted: others fit anything, and their constants take long.
_POINTS_PER_CONSTANT: Final = 3
_POINTS_SEARCHED: Final = 1_000
_MAX_POINTS_FITTED: Final = 10_000
#: An exact formula with more digits in its constants may imitate a plainer one, which gets a share of the rest.
_PLAIN_DIGITS: Final = 25.0
_PATIENCE_SHARE: Final = 0.2
_NOTHING: Final = "nothing exact"


def fit(method: Portfolio, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Find a formula for `samples`; see `Method.fit`."""
    if not samples.variables and np.ptp(samples.y) > 0:
        raise FitError("y varies, but there is no variable that it could depend on")
    check_range(samples)
    alone = contextlib.nullcontext() if budget.threads == 1 else one_blas_thread()
    with alone, np.errstate(all="ignore"):
        return _fit(method, samples, seed, budget, report)


def _fit(method: Portfolio, samples: Samples, seed: int, budget: Budget, report: Report) -> Fit:
    everything = Problem.of(samples).some(_MAX_POINTS_FITTED, seed)
    problem = everything.some(_POINTS_SEARCHED, seed)
    whole = Deadline(budget.seconds)
    if method.seconds:
        whole = Deadline(budget.seconds, work=min(whole.work, method.seconds))
    searching, rounding, choosing = (
        whole.part(seconds, work_share=work) for seconds, work in (_SEARCH, _ROUNDING, _CHOICE)
    )
    front = ParetoFront(problem, report, deadline=rounding)
    front.offer(Expression.constant(float(np.mean(problem.y))))
    choice, noisy_choice = Choice(problem), NoisyChoice(problem)
    found_by = _NOTHING
    if np.ptp(problem.y) > 0:
        schedule = Schedule(method, seed, two=budget.threads > 1 and SideSearch.is_possible())
        search = _Search(problem, schedule, front, (choice, noisy_choice))
        search.run(searching)
        found_by = search.found_by
    if problem is not everything:
        front = front.on(everything)
    front = front.settled()
    candidates = front.pareto()
    answer = front.best().expression
    if not front.is_exact:
        other = choice.best(answer, front.problem)
        if method.noisy and leaves_errors(front.problem, other):
            other = noisy_choice.best(other, front.problem, choosing)
        if other != answer:
            answer, candidates = other, [*candidates, other]
    free = sum(not is_structural(c) for c in answer.constants)
    extras: dict[str, Any] = {
        "found_by": found_by,
        "exact": front.is_exact,
        "seconds": whole.seconds - whole.left,
        "noise": front.problem.assumed_noise(front.problem.rss(answer), free),
        **whole.facts,
    }
    return Fit(
        expression=answer,
        candidates=candidates,
        stopped="budget" if whole.was_cut else "done",
        extras=extras,
    )


@dataclass(slots=True, eq=False)
class _Search:
    """Offers what the parts propose, until a formula is exact and plain.

    Attributes:
        problem: the points.
        schedule: of the parts.
        front: fits and keeps formulas.
        choices: keep them as they came.
        found_by: the parts through which the shortest exact formula came.
    """

    problem: Problem
    schedule: Schedule
    front: ParetoFront
    choices: tuple[Choice | NoisyChoice, ...]
    found_by: str = _NOTHING
    _size: int | None = None

    def run(self, budget: Deadline) -> None:
        """Search; an exact formula with long constants may imitate a plainer one, which is then looked for first."""
        with contextlib.closing(self._in_moderate_units(budget)) as proposals:
            if self._finds_shorter(proposals) and not self._is_plain:
                patience = budget.part_of_rest(_PATIENCE_SHARE)
                plainer = itertools.chain(self.schedule.plainer(self.problem, patience), proposals)
                while self._finds_shorter(plainer, patience) and not self._is_plain:
                    pass

    def _in_moderate_units(self, budget: Deadline) -> Generator[Proposal]:
        """Yield what the parts propose for the problem in other units, written in its own."""
        units = Units.of(self.problem)
        problem = self.problem if units.are_moderate else units.measured(self.problem)
        for proposal in self.schedule.solve(problem, budget):
            with contextlib.suppress(ExpressionError):  # a number is beyond float64
                yield replace(proposal, formula=units.written_back(proposal.formula))

    def _finds_shorter(self, proposals: Iterator[Proposal], budget: Deadline | None = None) -> bool:
        """Offer what is proposed until a formula is exact, and shorter than those that were; whether one is."""
        for proposal in proposals:
            if self._is_determined(proposal.formula):
                self.front.offer(proposal.formula)
            for choice in self.choices:
                choice.offer(proposal.formula)
            size = self.front.exact_size
            if size is not None and (self._size is None or size < self._size):
                self._size, self.found_by = size, " > ".join(proposal.by)
                return True
            if budget is not None and budget.is_over:
                break
        return False

    def _is_determined(self, formula: Expression) -> bool:
        """Whether there are points enough for its constants, or it is exact as it is."""
        free = sum(not is_structural(c) for c in formula.constants)
        problem = self.problem
        return _POINTS_PER_CONSTANT * free <= problem.points or problem.is_exact(problem.rss(formula))

    @property
    def _is_plain(self) -> bool:
        return formula_digits(self.front.best().expression) <= _PLAIN_DIGITS
