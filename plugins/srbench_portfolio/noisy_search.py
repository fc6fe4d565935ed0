"""`NoisySearch`: fewer variables by symmetries that noisy points show, then the searches of `lies` with weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from srbench_lite import Samples
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.noisy_reductions import noisy_reductions
from srbench_portfolio.part import Proposal, samples_of

__all__ = ["NoisySearch"]

#: Share of what is left that each reduced problem gets, and of that, what its own reductions get.
_REDUCED_SHARE: Final = 0.45
_AGAIN_SHARE: Final = 0.5
#: How often a reduced problem is reduced again.
_MAX_DEPTH: Final = 1


@dataclass(frozen=True, slots=True)
class NoisySearch:
    """Problems in fewer variables where errors of the data hide symmetries from other parts.

    Attributes:
        seed: of the searches.
    """

    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield what is found in the fewer variables, written in those of the problem."""
        yield from self._proposed(samples_of(problem), budget, 0)

    def _proposed(self, samples: Samples, budget: Deadline, depth: int) -> Iterator[Proposal]:
        for reduction in noisy_reductions(samples):
            if budget.is_over:
                return
            part = budget.part_of_rest(_REDUCED_SHARE)
            for proposal in self._solved(reduction.samples, part, depth):
                formula = reduction.restore(proposal.formula)
                yield replace(proposal, formula=formula, by=(reduction.kind, *proposal.by))

    def _solved(self, samples: Samples, budget: Deadline, depth: int) -> Iterator[Proposal]:
        yield from LiesSearch("search", effort=2, seed=self.seed).propose(
            Problem.of(samples), budget.part_of_rest(1 - _AGAIN_SHARE if depth < _MAX_DEPTH else 1.0)
        )
        if depth < _MAX_DEPTH and len(samples.variables) > 1:
            yield from self._proposed(samples, budget, depth + 1)
