"""From samples to a formula: each part proposes on the problem or on a reduced one, one front fits and chooses."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from srbench_lies import Lies

from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, check_range
from srbench_portfolio.inner_constants import search_inner_constants
from srbench_portfolio.rational import search_rational
from srbench_portfolio.reductions import reductions
from srbench_portfolio.separations import Separation, separations

if TYPE_CHECKING:
    from srbench_portfolio import Portfolio

__all__ = ["fit"]

#: Shares of the budget until which formulas are looked for, and constants rounded.
_SEARCH_SHARE: Final = 0.85
_ROUNDING_SHARE: Final = 0.95
_ROUNDING_SHARE_OF_WORK: Final = 1.15
_POINTS_SEARCHED: Final = 1_000
_MAX_POINTS_FITTED: Final = 10_000
#: How often a reduced problem is reduced again.
_MAX_DEPTH: Final = 3
#: Seconds of work, and share of what is left, of the first look at a problem.
_FIRST_LOOK: Final = 0.4
_FIRST_SHARE: Final = 0.1
#: Share of what is left for rational relations.
_RATIONAL_SHARE: Final = 0.12
#: Share of what is left for terms with a free inner constant.
_INNER_SHARE: Final = 0.25
#: Share of what is left that each reduced problem gets.
_REDUCED_SHARE: Final = 0.3
#: Share of what is left for the parts of a sum or product; of that, for the first part; formulas of it that are tried.
_SEPARATED_SHARE: Final = 0.4
_PART_SHARE: Final = 0.3
_PARTS: Final = 3
#: Variables whose typical size is so many decades from 1 are looked at in other units.
_MANY_DECADES: Final = 3.0

Offer = Callable[[Expression], bool]


@dataclass(slots=True, eq=False)
class _Run:
    """One fit."""

    method: Portfolio
    seed: int
    deadline: Deadline
    found_by: list[str] = field(default_factory=list)

    def solve(self, samples: Samples, offer: Offer, deadline: Deadline, path: tuple[str, ...]) -> bool:
        """Look for a formula of these samples; return whether an exact one of the whole problem was found."""
        if deadline.is_over:
            return False
        first = min(_FIRST_LOOK, _FIRST_SHARE * deadline.work_left)
        if self._searched(samples, offer, first, (*path, "first look"), effort=0):
            return True
        if self.method.rational and self._rational(samples, offer, deadline.part_of_rest(_RATIONAL_SHARE), path):
            return True
        if self.method.reductions and len(path) < _MAX_DEPTH:
            for reduction in reductions(samples):
                if deadline.is_over:
                    return False
                part = deadline.part_of_rest(_REDUCED_SHARE)

                def restored(
                    formula: Expression, restore: Callable[[Expression], Expression] = reduction.restore
                ) -> bool:
                    return offer(restore(formula))

                if self.solve(reduction.samples, restored, part, (*path, reduction.kind)):
                    return True
        if self.method.inner and self._inner(samples, offer, deadline.part_of_rest(_INNER_SHARE), path):
            return True
        if self.method.separations and len(path) < _MAX_DEPTH:
            for separation in separations(samples):
                part = deadline.part_of_rest(_SEPARATED_SHARE)
                if self._separated(samples, separation, offer, part, path):
                    return True
        return self._searched(samples, offer, deadline.work_left, (*path, "search"), effort=2)

    def _separated(
        self, samples: Samples, separation: Separation, offer: Offer, deadline: Deadline, path: tuple[str, ...]
    ) -> bool:
        """Look for formulas of one part, and for each of these for one of what it leaves."""
        parts = self._formulas(separation.part, _PART_SHARE * deadline.work_left)
        names = tuple(samples.variables[j] for j in separation.rest)
        for formula in parts[:_PARTS]:
            values = formula(separation.part.columns) * np.ones(len(samples))
            left = samples.y / values if separation.is_product else samples.y - values
            if not np.isfinite(left).all() or np.ptp(left) == 0.0:
                continue

            def beside(other: Expression, formula: Expression = formula) -> bool:
                return offer(formula * other if separation.is_product else formula + other)

            rest = Samples(variables=names, x=samples.x[:, list(separation.rest)], y=left)
            kind = "product" if separation.is_product else "sum"
            if self.solve(rest, beside, deadline.part_of_rest(1 / _PARTS), (*path, kind)):
                return True
        return False

    def _formulas(self, samples: Samples, seconds: float) -> list[Expression]:
        """Return the formula that `lies` finds with its smaller searches, and the larger ones of its front."""
        found = self._fitted(samples, seconds, effort=1)
        return [] if found is None else list(dict.fromkeys((found.expression, *reversed(found.candidates))))

    def _fitted(self, samples: Samples, seconds: float, *, effort: int) -> Fit | None:
        """Return what `lies` finds without its networks in so many seconds of work; None where it finds nothing."""
        if seconds <= 0:
            return None
        method = Lies(network=False, effort=effort, seconds=seconds)
        budget = Budget(seconds=max(self.deadline.left, 0.01))
        try:
            return method.fit(samples, seed=self.seed, budget=budget, report=_unreported)
        except FitError:
            return None

    def _rational(self, samples: Samples, offer: Offer, deadline: Deadline, path: tuple[str, ...]) -> bool:
        """Look for rational relations."""
        if search_rational(Problem.of(samples), deadline=deadline, offer=offer):
            self.found_by.append(" > ".join((*path, "rational")))
            return True
        return False

    def _inner(self, samples: Samples, offer: Offer, deadline: Deadline, path: tuple[str, ...]) -> bool:
        """Look for terms and factors with one free inner constant."""
        if search_inner_constants(Problem.of(samples), deadline=deadline, seed=self.seed, offer=offer):
            self.found_by.append(" > ".join((*path, "inner constant")))
            return True
        return False

    def _searched(self, samples: Samples, offer: Offer, seconds: float, path: tuple[str, ...], *, effort: int) -> bool:
        """Let `lies` look, without its networks, and offer what it finds."""
        found = self._fitted(samples, seconds, effort=effort)
        if found is None:
            return False
        for formula in (found.expression, *found.candidates):
            if offer(formula):
                self.found_by.append(" > ".join((*path, str(found.extras["found_by"]))))
                return True
        return False


def _unreported(expression: Expression) -> None:
    """What parts find is reported when it is offered."""


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
    run = _Run(method, seed, whole.part(_SEARCH_SHARE))

    def offer(formula: Expression) -> bool:
        front.offer(formula)
        return front.is_exact

    if np.ptp(problem.y) > 0:
        _solved(run, problem, offer)
    if problem is not everything:
        front = front.on(everything)
    front = front.settled()
    candidates = front.pareto()
    best = front.best()
    extras: dict[str, Any] = {
        "found_by": run.found_by[0] if run.found_by else "nothing exact",
        "exact": front.is_exact,
        "seconds": whole.seconds - whole.left,
        "noise": front.problem.assumed_noise(best.rss, best.free),
        **whole.facts,
    }
    return Fit(
        expression=best.expression,
        candidates=candidates,
        stopped="budget" if whole.was_cut else "done",
        extras=extras,
    )


def _solved(run: _Run, problem: Problem, offer: Offer) -> bool:
    """Solve the problem in units in which its numbers are of moderate size."""
    x, y = problem.x, problem.y
    units = {name: _unit(x[:, j]) for j, name in enumerate(problem.names)}
    unit_of_y = _unit(y)
    mapping = {name: Expression.variable(name) / unit for name, unit in units.items() if unit != 1.0}
    samples = Samples(
        variables=problem.names, x=x / np.array([units[n] for n in problem.names]), y=y / unit_of_y,
        weights=None if problem.scale is None else problem.scale**2,
    )  # fmt: skip
    if not mapping and unit_of_y == 1.0:
        return run.solve(samples, offer, run.deadline, ())

    def in_units(formula: Expression) -> bool:
        formula = formula.substitute(mapping)
        return offer(formula if unit_of_y == 1.0 else unit_of_y * formula)

    return run.solve(samples, in_units, run.deadline, ())


def _unit(values: np.typing.NDArray[np.float64]) -> float:
    """Return the power of ten in which values of a very small or large typical size are measured; else 1."""
    size = float(np.median(np.abs(values)))
    if size == 0.0:
        return 1.0
    decades = math.log10(size)
    return 1.0 if abs(decades) < _MANY_DECADES else 10.0 ** math.floor(decades)
