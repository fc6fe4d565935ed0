"""Parts that hand on smaller problems: fewer variables (`Screened`, `Reduced`), and terms or factors (`Separated`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.division.reductions import reductions, without_idle
from srbench_portfolio.division.separations import Separation, separations
from srbench_portfolio.lies_search import LiesSearch
from srbench_portfolio.part import Proposal, Solve, samples_of

__all__ = ["Reduced", "Screened", "Separated"]

#: Share of what is left that each reduced problem gets.
_REDUCED_SHARE: Final = 0.5
#: Share of what is left that each sum or product gets; of that, for the first part; formulas of it that are tried.
_SEPARATED_SHARE: Final = 0.6
_PART_SHARE: Final = 0.3
_PARTS: Final = 3


@dataclass(frozen=True, slots=True)
class Screened:
    """The same problem without the variables that have no effect.

    Attributes:
        solve: looks for formulas of it.
        depth: how many problems this one is inside of; the other is no deeper.
    """

    solve: Solve
    depth: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield what is found in the other variables."""
        reduction = without_idle(samples_of(problem), budget)
        if reduction is not None:
            for proposal in self.solve(Problem.of(reduction.samples), budget, self.depth):
                yield proposal.through(reduction.kind, proposal.formula)


@dataclass(frozen=True, slots=True)
class Reduced:
    """The same problem in fewer coordinates, where it has a symmetry.

    Attributes:
        solve: looks for formulas of the smaller problem.
        depth: how many problems this one is inside of.
    """

    solve: Solve
    depth: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield what is found in the fewer variables, written in those of the problem."""
        for reduction in reductions(samples_of(problem), budget):
            part = budget.part_of_rest(_REDUCED_SHARE)
            for proposal in self.solve(Problem.of(reduction.samples), part, self.depth + 1):
                yield proposal.through(reduction.kind, reduction.restore(proposal.formula))


@dataclass(frozen=True, slots=True)
class Separated:
    """A term or factor first, then what it leaves.

    Attributes:
        solve: looks for formulas of what is left.
        depth: how many problems this one is inside of.
        seed: of the search for the first part.
    """

    solve: Solve
    depth: int
    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield sums and products of formulas in separate variables."""
        samples = samples_of(problem)
        for separation in separations(samples, budget):
            yield from self._completed(samples, separation, budget.part_of_rest(_SEPARATED_SHARE))

    def _completed(self, samples: Samples, separation: Separation, budget: Deadline) -> Iterator[Proposal]:
        names = tuple(samples.variables[j] for j in separation.rest)
        for formula in self._formulas(separation.part, budget.part_of_rest(_PART_SHARE))[:_PARTS]:
            values = formula(separation.part.columns) * np.ones(len(samples))
            left = samples.y / values if separation.is_product else samples.y - values
            if not np.isfinite(left).all() or np.ptp(left) == 0.0:
                continue
            rest = Samples(variables=names, x=samples.x[:, list(separation.rest)], y=left)
            kind = "product" if separation.is_product else "sum"
            for proposal in self.solve(Problem.of(rest), budget.part_of_rest(1 / _PARTS), self.depth + 1):
                other = proposal.formula
                yield proposal.through(kind, formula * other if separation.is_product else formula + other)

    def _formulas(self, samples: Samples, budget: Deadline) -> list[Expression]:
        """Return the formula that `lies` finds with its smaller searches, and the larger ones of its front."""
        search = LiesSearch("part", effort=1, seed=self.seed)
        found = [proposal.formula for proposal in search.propose(Problem.of(samples), budget)]
        return list(dict.fromkeys((*found[:1], *reversed(found[1:]))))
