"""From samples to a formula: closed forms, search over skeletons, networks; each ends the fit if it is exact."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from srbench_lies.enumeration import SIZES, Enumeration
from srbench_lies.families import Families
from srbench_lies.schedule import Schedule
from srbench_lies.skeletons import Effort, search_skeletons
from srbench_lies.stopping import leaves_noise
from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples, torch_threads
from srbench_lite.fitting import Deadline, ParetoFront, Problem, check_range

if TYPE_CHECKING:
    from srbench_lies import _Network

__all__ = ["fit"]

#: Share of the budget for searching; the rest is for choosing and rounding.
_SEARCH_SHARE_OF_BUDGET: Final = 0.85
#: ... until here; a formula that is being rounded then is finished.
_ROUNDING_SHARE_OF_BUDGET: Final = 0.95
#: ... which may count more work than is planned for all: it is short, and constants as they were fitted read badly.
_ROUNDING_SHARE_OF_WORK: Final = 1.15
#: Points that differ below which large searches only find accidents.
_MIN_POINTS_FOR_LARGE_SEARCHES: Final = 8
#: Variables up to which sums of terms with inner constants are looked for early: of the tasks on which the order was
#: chosen (`CHOOSING` of the generator), none with more was found by them.
_MAX_VARIABLES_OF_FEW: Final = 2
#: Points that are searched with, and points to which the formulas found are then fitted: time and memory stay bounded.
_POINTS_SEARCHED: Final = 1_000
_MAX_POINTS_FITTED: Final = 10_000
#: Total degree of polynomials in closed form.
_MAX_CLOSED_FORM_DEGREE: Final = 8

#: Constants that an exact formula may have for that to be plain.
_MAX_PLAIN_CONSTANTS: Final = 1


@dataclass(frozen=True, slots=True, eq=False)
class _Step:
    """A part of the plan.

    Attributes:
        name: for reports.
        find: offers formulas and says whether one is exact; None marks where noise may end the fit.
        early: whether a plainer formula is looked for where an exact one has many constants, since none with fitted
            inner constants was looked for before.
    """

    name: str
    find: Callable[[], bool] | None
    early: bool = False


@dataclass(slots=True, eq=False)
class _Run:
    """One fit."""

    method: _Network
    problem: Problem
    seed: int
    deadline: Deadline
    front: ParetoFront
    threads: int
    extras: dict[str, Any] = field(default_factory=dict)
    enumeration: Enumeration = field(init=False)

    def __post_init__(self) -> None:
        method = self.method
        self.enumeration = Enumeration(
            self.problem, self.deadline, self.offer, self.seed, transforms=method.transforms, compounds=method.products
        )

    def offer(self, expression: Expression) -> bool:
        self.front.offer(expression)
        return self.front.is_exact

    def steps(self) -> Iterator[_Step]:
        """Yield the parts of the plan, cheap ones first."""
        method, problem, enumeration = self.method, self.problem, self.enumeration
        if method.closed_form:
            yield _Step("power law", enumeration.power_laws)
            yield _Step("polynomial", lambda: enumeration.polynomials(_MAX_CLOSED_FORM_DEGREE))
            if method.transforms:
                yield _Step("polynomial over monomial", lambda: enumeration.divided(SIZES[0]), early=True)
        effort = method.effort if problem.points >= _MIN_POINTS_FOR_LARGE_SEARCHES else 0
        for level in range(effort + 1):
            if method.search:
                yield _Step("", None)
                yield from self._level(enumeration, level)
            if method.network and level == min(effort, 1):
                yield _Step("network", self._network)

    def _level(self, enumeration: Enumeration, level: int) -> Iterator[_Step]:
        method, size = self.method, SIZES[level]
        families: list[Families] = []

        def those() -> Families:
            if not families:
                families.append(enumeration.families(size))
            return families[0]

        yield _Step(f"product {level}", lambda: enumeration.products(those(), divided=False), early=level == 0)
        yield _Step(f"term {level}", lambda: enumeration.terms(those(), divided=False), early=level == 0)
        early = (
            self.problem.x.shape[1] <= _MAX_VARIABLES_OF_FEW
        )  # there, sums with inner constants are likely and quick
        if level == 0 and early:
            yield _Step("skeleton 0", lambda: self._skeletons(Effort.quick()))
        if level and method.closed_form and method.transforms:
            yield _Step(f"polynomial over monomial {level}", lambda: enumeration.divided(size))
        if method.products:
            yield _Step(f"two factors {level}", lambda: enumeration.pairs(those(), product=True))
        yield _Step(f"two terms {level}", lambda: enumeration.pairs(those(), product=False))
        yield _Step(f"three terms {level}", lambda: enumeration.triples(those()))
        if method.transforms:
            yield _Step(f"term over monomial {level}", lambda: enumeration.terms(those(), divided=True))
            yield _Step(f"product over monomial {level}", lambda: enumeration.products(those(), divided=True))
        if level == 1 and not early:
            yield _Step("skeleton 0", lambda: self._skeletons(Effort.quick()))
        if level == (1 if early else 2) and method.effort > 1:
            yield _Step("skeleton 1", lambda: self._skeletons(Effort.full()))

    def simplify(self) -> None:
        """Look for a plainer formula than an exact one that has many constants."""
        before = self.front.exact_size

        def offer(expression: Expression) -> bool:
            self.front.offer(expression)
            return self.front.exact_size != before

        search_skeletons(self.problem, effort=Effort.quick(), seed=self.seed, deadline=self.deadline, offer=offer)

    def _skeletons(self, effort: Effort) -> bool:
        search_skeletons(self.problem, effort=effort, seed=self.seed, deadline=self.deadline, offer=self.offer)
        return self.front.is_exact

    def _network(self) -> bool:
        from srbench_lies.network_search import fit_network  # brings torch, which nothing else here needs

        method, d = self.method, self.problem.x.shape[1]
        schedule = Schedule.published(d, steps=method.steps, restarts=method.restarts)
        if not method.published:
            free, sparse = Schedule().stages
            share = method.steps / (free.steps + sparse.steps)
            schedule = Schedule(
                restarts=method.restarts,
                survivors=min(method.restarts, Schedule().survivors),
                stages=tuple(replace(s, steps=max(round(share * s.steps), 1)) for s in (free, sparse)),
                sketches=Schedule().sketches if method.search and method.restarts > 1 else 0,
                penalty=method.penalty,
            )
        schedule = replace(
            schedule, oversample=method.oversample, prune=method.prune, refit=method.refit, mode=method.mode,
            penalty=schedule.penalty if method.sparsify else "none",
        )  # fmt: skip
        with torch_threads(self.threads):
            network = fit_network(self.problem, schedule, seed=self.seed, deadline=self.deadline, offer=self.offer)
        self.extras["network"] = asdict(network)
        return self.front.is_exact


def _search(run: _Run) -> str:
    """Go through the plan; return what found an exact formula."""
    leaders: list[Expression] = []
    for step in run.steps():
        if run.deadline.is_over:
            break
        if step.find is None:
            leaders.append(run.front.leader)
            if len(leaders) > 1 and leaders[-1] == leaders[-2] and leaves_noise(leaders[-1], run.problem):
                return "noise left"
        elif step.find():
            if step.early and run.method.search and run.front.best().free > _MAX_PLAIN_CONSTANTS:
                run.simplify()
            return step.name
    return "nothing exact"


def fit(method: _Network, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Find a formula for `samples`; see `Method.fit`."""
    _check(samples)
    with np.errstate(all="ignore"):  # what is undefined or out of range is seen in the values
        return _fit(method, samples, seed, budget, report)


def _check(samples: Samples) -> None:
    """Refuse data in which no formula can be looked for."""
    if not samples.variables and np.ptp(samples.y) > 0:
        raise FitError("y varies, but there is no variable that it could depend on")
    check_range(samples)


def _fit(method: _Network, samples: Samples, seed: int, budget: Budget, report: Report) -> Fit:
    everything = Problem.of(samples).some(_MAX_POINTS_FITTED, seed)
    problem = everything.some(_POINTS_SEARCHED, seed)
    whole = Deadline(budget.seconds)
    if method.seconds:
        whole = Deadline(budget.seconds, work=min(whole.work, method.seconds))
    deadline = whole.part(_SEARCH_SHARE_OF_BUDGET)
    rounding = whole.part(_ROUNDING_SHARE_OF_BUDGET, work_share=_ROUNDING_SHARE_OF_WORK)
    front = ParetoFront(problem, report, rounded=method.snap, deadline=rounding)
    front.offer(Expression.constant(float(np.mean(problem.y))))
    run = _Run(method, problem, seed, deadline, front, budget.threads)
    found_by = "constant"
    if np.ptp(problem.y) > 0:
        found_by = _search(run)
    if problem is not everything:
        front = front.on(everything)
    front = front.settled()
    candidates = front.pareto()
    best = front.best()  # after the front, whose rounding may uncover a better one
    extras = {
        "found_by": found_by,
        "exact": front.is_exact,
        "models": run.enumeration.models,
        "seconds": whole.seconds - whole.left,
        "noise": front.problem.assumed_noise(best.rss, best.free),
        **whole.facts,
        **run.extras,
    }
    return Fit(
        expression=best.expression,
        candidates=candidates,
        stopped="budget" if whole.was_cut else "done",
        extras=extras,
    )
