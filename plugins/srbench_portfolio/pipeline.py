"""From samples to a formula: the parts propose, one front fits and chooses."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, check_range, formula_digits, is_structural
from srbench_portfolio.noise.choice import Choice
from srbench_portfolio.part import Proposal
from srbench_portfolio.schedule import Schedule

if TYPE_CHECKING:
    from srbench_portfolio import Portfolio

__all__ = ["fit"]

#: Shares of the budget until which formulas are looked for, and constants rounded.
_SEARCH_SHARE: Final = 0.85
_ROUNDING_SHARE: Final = 0.95
_ROUNDING_SHARE_OF_WORK: Final = 1.15
_POINTS_SEARCHED: Final = 1_000
_MAX_POINTS_FITTED: Final = 10_000
#: An exact formula with more digits in its constants may imitate a plainer one, which gets a share of the rest.
_PLAIN_DIGITS: Final = 25.0
_PATIENCE_SHARE: Final = 0.2
#: Variables whose typical size is so many decades from 1 are looked at in other units.
_MANY_DECADES: Final = 3.0


def fit(method: Portfolio, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Find a formula for `samples`; see `Method.fit`."""
    if not samples.variables and np.ptp(samples.y) > 0:
        raise FitError("y varies, but there is no variable that it could depend on")
    check_range(samples)
    with np.errstate(all="ignore"):
        return _fit(method, samples, seed, budget, report)


def _fit(method: Portfolio, samples: Samples, seed: int, budget: Budget, report: Report) -> Fit:
    everything = Problem.of(samples).some(_MAX_POINTS_FITTED, seed)
    problem = everything.some(_POINTS_SEARCHED, seed)
    whole = Deadline(budget.seconds)
    if method.seconds:
        whole = Deadline(budget.seconds, work=min(whole.work, method.seconds))
    rounding = whole.part(_ROUNDING_SHARE, work_share=_ROUNDING_SHARE_OF_WORK)
    front = ParetoFront(problem, report, deadline=rounding)
    front.offer(Expression.constant(float(np.mean(problem.y))))
    choice = Choice(problem)
    found_by = "nothing exact"
    if np.ptp(problem.y) > 0:
        schedule = Schedule(method, seed)
        size: int | None = None
        patience: Deadline | None = None
        for proposal in _in_moderate_units(problem, schedule, whole.part(_SEARCH_SHARE)):
            front.offer(proposal.formula)
            choice.offer(proposal.formula)
            exact = front.exact_size
            if exact is not None and (size is None or exact < size):
                size, found_by = exact, " > ".join(proposal.by)
                if formula_digits(front.best().expression) <= _PLAIN_DIGITS:
                    break
                patience = patience or whole.part_of_rest(_PATIENCE_SHARE)
            if patience is not None and patience.is_over:
                break
    if problem is not everything:
        front = front.on(everything)
    front = front.settled()
    candidates = front.pareto()
    answer = front.best().expression
    if not front.is_exact and (other := choice.best(answer, front.problem)) != answer:
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


def _in_moderate_units(problem: Problem, schedule: Schedule, budget: Deadline) -> Iterator[Proposal]:
    """Yield formulas of the problem, found in units in which its numbers are of moderate size."""
    x, y = problem.x, problem.y
    units = {name: _unit(x[:, j]) for j, name in enumerate(problem.names)}
    unit_of_y = _unit(y)
    mapping = {name: Expression.variable(name) / unit for name, unit in units.items() if unit != 1.0}
    if not mapping and unit_of_y == 1.0:
        yield from schedule.solve(problem, budget)
        return
    weights = None if problem.scale is None else problem.scale**2
    moderate = Samples(
        variables=problem.names, x=x / np.array([units[n] for n in problem.names]), y=y / unit_of_y, weights=weights
    )
    for proposal in schedule.solve(Problem.of(moderate), budget):
        formula = proposal.formula.substitute(mapping)
        yield replace(proposal, formula=formula if unit_of_y == 1.0 else unit_of_y * formula)


def _unit(values: np.typing.NDArray[np.float64]) -> float:
    """Return the power of ten in which values of a very small or large typical size are measured; else 1."""
    size = float(np.median(np.abs(values)))
    if size == 0.0:
        return 1.0
    decades = math.log10(size)
    return 1.0 if abs(decades) < _MANY_DECADES else 10.0 ** math.floor(decades)
