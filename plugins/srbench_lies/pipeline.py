"""From samples to a formula: closed forms, search over skeletons, networks; each ends the fit if it is exact."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from srbench_lies.enumeration import SIZES, Enumeration
from srbench_lies.families import Families
from srbench_lies.front import Front
from srbench_lies.network_search import fit_network
from srbench_lies.problem import Clock, Problem
from srbench_lies.schedule import Schedule
from srbench_lies.skeletons import Effort, search_skeletons

from srbench_lite import Budget, Expression, Fit, Report, Samples

if TYPE_CHECKING:
    from srbench_lies import _Network

__all__ = ["discover"]

#: Share of the budget for searching; the rest is for choosing and snapping.
_SHARE: Final = 0.85
#: Total degree of polynomials in closed form.
_DEGREE: Final = 8

Step = tuple[str, Callable[[], bool]]


@dataclass(slots=True, eq=False)
class _Run:
    """One fit."""

    method: _Network
    problem: Problem
    seed: int
    clock: Clock
    front: Front
    extras: dict[str, Any] = field(default_factory=dict)

    def offer(self, expression: Expression) -> bool:
        self.front.offer(expression)
        return self.front.is_exact

    def steps(self) -> Iterator[Step]:
        """Yield the parts of the plan, cheap ones first."""
        method, problem = self.method, self.problem
        enumeration = Enumeration(
            problem, self.clock, self.offer, self.seed, transforms=method.transforms, compounds=method.products
        )
        if method.closed_form:
            yield "power law", enumeration.power_laws
            yield "polynomial", lambda: enumeration.polynomials(_DEGREE)
            if method.transforms:
                yield "polynomial over monomial", lambda: enumeration.divided(SIZES[0])
        if method.search:
            for level in range(method.effort + 1):
                yield from self._level(enumeration, level)
        if method.network:
            yield "network", self._network

    def _level(self, enumeration: Enumeration, level: int) -> Iterator[Step]:
        method, size = self.method, SIZES[level]
        families: list[Families] = []

        def those() -> Families:
            if not families:
                families.append(enumeration.families(size))
            return families[0]

        yield f"product {level}", lambda: enumeration.products(those(), divided=False)
        yield f"term {level}", lambda: enumeration.terms(those(), divided=False)
        if level == 0:
            yield "skeleton 0", lambda: self._skeletons(Effort.quick())
        if level and method.closed_form and method.transforms:
            yield f"polynomial over monomial {level}", lambda: enumeration.divided(size)
        if method.products:
            yield f"two factors {level}", lambda: enumeration.pairs(those(), product=True)
        yield f"two terms {level}", lambda: enumeration.pairs(those(), product=False)
        yield f"three terms {level}", lambda: enumeration.triples(those())
        if method.transforms:
            yield f"term over monomial {level}", lambda: enumeration.terms(those(), divided=True)
            yield f"product over monomial {level}", lambda: enumeration.products(those(), divided=True)
        if level == 1 and method.effort > 1:
            yield "skeleton 1", lambda: self._skeletons(Effort.full())

    def _skeletons(self, effort: Effort) -> bool:
        search_skeletons(self.problem, effort=effort, seed=self.seed, clock=self.clock, offer=self.offer)
        return self.front.is_exact

    def _network(self) -> bool:
        method, d = self.method, self.problem.x.shape[1]
        if method.published:
            schedule = Schedule.published(d, steps=method.steps, restarts=method.restarts)
        else:
            schedule = Schedule(restarts=method.restarts)
        schedule = dataclasses.replace(schedule, oversample=method.oversample, prune=method.prune)
        if not method.sparsify:
            schedule = dataclasses.replace(schedule, penalty="none")
        found = fit_network(self.problem, schedule, seed=self.seed, clock=self.clock, offer=self.front.offer)
        self.extras["network"] = dataclasses.asdict(found)
        return self.front.is_exact


def discover(method: _Network, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Find a formula for `samples`; see `Method.fit`."""
    problem = Problem.of(samples)
    clock = Clock(_SHARE * budget.seconds)
    front = Front(problem, report, snapping=method.snap)
    front.offer(Expression.constant(float(np.mean(problem.y))))
    run = _Run(method, problem, seed, clock, front)
    found_by, cut = "constant", False
    if not np.ptp(problem.y) == 0:
        found_by = "nothing exact"
        for name, step in run.steps():
            if clock.is_over:
                cut = True
                break
            if step():
                found_by = name
                break
        cut = cut or clock.is_over
    best = front.best()
    extras = {"found_by": found_by, "exact": front.is_exact, "seconds": clock.seconds - clock.left, **run.extras}
    return Fit(
        expression=best.expression,
        candidates=front.pareto(),
        stopped="budget" if cut else "done",
        extras=extras,
    )
