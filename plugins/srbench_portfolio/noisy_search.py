"""`NoisySearch`: fewer variables by symmetries that noisy points show, then the other searches with weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.inner_constants import InnerConstants
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.noisy_reductions import NoisyReduction, noisy_reductions
from srbench_portfolio.part import Proposal, samples_of
from srbench_portfolio.polish import Polish
from srbench_portfolio.smooth_sums import SmoothSums

__all__ = ["NoisySearch"]

#: Share of what is left in which symmetries are looked for.
_LOOK_SHARE: Final = 0.3
#: Share of what is left in which the values of each model are searched, and then the points of each problem.
_SMOOTH_SHARE: Final = 0.3
_RAW_SHARE: Final = 0.4
#: Variables up to which a model's values are searched, and the share of that for closed forms.
_MAX_SMOOTH: Final = 3
_CLOSED_SHARE: Final = 0.35
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
        for look, share in ((self._smooth, _SMOOTH_SHARE), (self._raw, _RAW_SHARE)):
            for reduction in found:
                for proposal in look(reduction, budget.part_of_rest(share)):
                    plain = proposal.formula.fold(lambda node: node, _with_plain_exponent)
                    for formula in dict.fromkeys((proposal.formula, plain)):
                        for polished in polish(reduction.restore(formula)):
                            yield proposal.through(reduction.kind, polished)

    def _smooth(self, reduction: NoisyReduction, budget: Deadline) -> Iterator[Proposal]:
        """Yield what the model's values are like: closed forms, and units with an inner constant."""
        few = len(reduction.coordinates)
        yield from SmoothSums().propose(Problem.of(reduction.smooth), budget)
        if few <= _MAX_SMOOTH:
            search = LiesSearch("smooth search", effort=0, seed=self.seed, talkative=True)
            yield from search.propose(Problem.of(reduction.smooth), budget.part_of_rest(_CLOSED_SHARE))
        if few <= _FEW:
            yield from InnerConstants(self.seed).propose(Problem.of(_evenly(reduction.smooth)), budget)

    def _raw(self, reduction: NoisyReduction, budget: Deadline) -> Iterator[Proposal]:
        """Yield what the points themselves are like."""
        search = LiesSearch("search", effort=2, seed=self.seed, talkative=True)
        yield from search.propose(Problem.of(reduction.samples), budget)


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
