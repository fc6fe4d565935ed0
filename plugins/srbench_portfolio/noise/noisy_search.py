"""`NoisySearch`: fewer variables by symmetries that noisy points show, then the other searches with weights."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem, finite_formula
from srbench_portfolio.constants.inner_constants import InnerConstants
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.noise.noisy_reductions import NoisyReduction, noisy_reductions
from srbench_portfolio.noise.noisy_separations import noisy_separations
from srbench_portfolio.noise.polish import Polish
from srbench_portfolio.noise.smooth_sums import SmoothSums
from srbench_portfolio.part import Proposal, samples_of

__all__ = ["NoisySearch"]

#: Share of what is left in which symmetries are looked for.
_LOOK_SHARE: Final = 0.3
#: Share of what is left in which the values of each model are searched, and then the points of each problem.
_SMOOTH_SHARE: Final = 0.35
_RAW_SHARE: Final = 0.4
#: Variables up to which a model's values are searched, and the share of that for units with an inner constant.
_MAX_SMOOTH: Final = 3
_INNER_SHARE: Final = 0.75
#: Share of what is left that separations of each problem get; how many are looked at, and the share of each part.
_SEPARATED_SHARE: Final = 0.25
_SEPARATIONS: Final = 2
_PART_SHARE: Final = 0.35
#: Formulas of each part that are joined, and of these proposed.
_OF_PART: Final = 12
_JOINED: Final = 16
_TINY: Final = 1e-300
#: Variables up to which, and error, relative to the target's size, below which a symmetry is taken to be one; else the
#: share of what is left that all get.
_FEW: Final = 2
_MAX_ERROR: Final = 0.3
_DOUBTFUL_SHARE: Final = 0.5
#: Exponents this near to a multiple of 1/2 may be meant as that.
_NEAR_EXPONENT: Final = 0.2


@dataclass(frozen=True, slots=True)
class NoisySearch:
    """Problems in fewer variables where errors of the data hide symmetries from other parts.

    Values of the model that has a symmetry are nearer to the truth than the points are, so skeletons are told apart
    better by them, and no transform of a target meets one whose error is as large as itself. They have a bias, though:
    what is found is only proposed.

    Attributes:
        seed: of the searches.
    """

    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield what is found in the fewer variables, written in those of the problem."""
        found = noisy_reductions(samples_of(problem), budget.part_of_rest(_LOOK_SHARE))
        if not any(len(each.coordinates) <= _FEW and each.error < _MAX_ERROR for each in found):
            budget = budget.part_of_rest(_DOUBTFUL_SHARE)
        found.sort(key=lambda each: len(each.coordinates) > 1)
        polish = Polish(problem, budget)
        looks = ((self._smooth, _SMOOTH_SHARE), (self._separated, _SEPARATED_SHARE), (self._raw, _RAW_SHARE))
        for look, share in looks:
            for reduction in found:
                for proposal in look(reduction, budget.part_of_rest(share)):
                    plain = proposal.formula.fold(lambda node: node, _with_plain_exponent)
                    for formula in dict.fromkeys((proposal.formula, plain)):
                        for polished in polish(reduction.restore(formula)):
                            yield proposal.through(reduction.kind, polished)

    def _smooth(self, reduction: NoisyReduction, budget: Deadline) -> Iterator[Proposal]:
        """Yield what the model's values are like: closed forms, and units with an inner constant."""
        yield from SmoothSums().propose(Problem.of(reduction.smooth), budget)
        if len(reduction.coordinates) <= _FEW:
            inner = InnerConstants(self.seed)
            part = budget.part_of_rest(_INNER_SHARE)  # for looking; what is done with the proposals is not in it
            yield from list(inner.propose(Problem.of(_evenly(reduction.smooth)), part))
        if len(reduction.coordinates) <= _MAX_SMOOTH:
            search = LiesSearch("smooth search", effort=0, seed=self.seed, talkative=True)
            yield from search.propose(Problem.of(reduction.smooth), budget)

    def _separated(self, reduction: NoisyReduction, budget: Deadline) -> Iterator[Proposal]:
        """Yield products and sums of what the model's values of two parts are like."""
        problem = Problem.of(reduction.samples)
        for separation in noisy_separations(reduction.samples)[:_SEPARATIONS]:
            parts = [self._of_part(part, budget.part_of_rest(_PART_SHARE)) for part in separation.parts]
            found: list[tuple[float, int, Expression]] = []
            for one, other in itertools.product(*parts):
                formula = _joined(one, other, problem, is_product=separation.is_product)
                if formula is not None:
                    found.append((problem.rss(formula), len(found), formula))
            for _, _, formula in sorted(found, key=lambda f: f[:2])[:_JOINED]:
                yield Proposal(formula, ("smooth product" if separation.is_product else "smooth sum of parts",))

    def _of_part(self, part: Samples, budget: Deadline) -> list[Expression]:
        """Return the likeliest formulas of a part."""
        problem = Problem.of(part)
        proposals = list(SmoothSums().propose(problem, budget))
        if len(part.variables) <= _FEW:
            proposals += InnerConstants(self.seed).propose(Problem.of(_evenly(part)), budget)
        formulas = dict.fromkeys(proposal.formula for proposal in proposals)
        scored = [(problem.criterion(problem.rss(f), f, float(len(f.constants))), i, f) for i, f in enumerate(formulas)]
        return [formula for _, _, formula in sorted(scored, key=lambda s: s[:2])[:_OF_PART]]

    def _raw(self, reduction: NoisyReduction, budget: Deadline) -> Iterator[Proposal]:
        """Yield what the points themselves are like."""
        search = LiesSearch("search", effort=2, seed=self.seed, talkative=True)
        yield from search.propose(Problem.of(reduction.samples), budget)


def _joined(one: Expression, other: Expression, problem: Problem, *, is_product: bool) -> Expression | None:
    """Return the product of two parts times a constant, or their sum and one; None where that is not defined."""
    values = (
        one(problem.columns) * other(problem.columns) if is_product else one(problem.columns) + other(problem.columns)
    )
    w = np.ones(len(values)) if problem.scale is None else problem.scale
    base = values * w if is_product else w
    goal = problem.y * w if is_product else (problem.y - values) * w
    constant = float(base @ goal) / max(float(base @ base), _TINY)
    if not np.isfinite(constant) or constant == 0.0:
        return None
    return finite_formula(lambda: constant * (one * other) if is_product else one + other + constant)


def _evenly(samples: Samples) -> Samples:
    """Return as many points without weights: each as often as its weight says."""
    n = len(samples)
    assert samples.weights is not None
    total = np.cumsum(samples.weights / samples.weights.sum())
    rows = np.minimum(np.searchsorted(total, (np.arange(n) + 0.5) / n), n - 1)
    return Samples(variables=samples.variables, x=samples.x[rows], y=samples.y[rows])


def _with_plain_exponent(node: Expression, args: list[Expression]) -> Expression:
    """Return a node with an exponent that is near a multiple of 1/2 as that."""
    if node.op == "pow" and args[1].value is not None:
        half = round(2 * args[1].value) / 2
        if half and abs(half - args[1].value) < _NEAR_EXPONENT:
            return args[0] if half == 1 else args[0] ** half
    return Expression(node.op, args=args)
