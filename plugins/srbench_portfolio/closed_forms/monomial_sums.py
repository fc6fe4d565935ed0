"""`MonomialSums`: T(y) as a sum of few monomials of many variables, with negative and half powers.

The sums grow term by term (`growth.py`), in a few views of the points whose wrong answers differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, finite_formula, monomial, sum_by_sign
from srbench_portfolio.closed_forms.growth import EXACT, Grid, Growth, Plan
from srbench_portfolio.closed_forms.lattice import Lattice, looked_at, monomial_values
from srbench_portfolio.closed_forms.support import exact_support
from srbench_portfolio.closed_forms.transforms import POWERS, UNITS, Transform
from srbench_portfolio.part import Proposal

__all__ = ["MonomialSums"]

Array = NDArray[np.float64]

#: What each term leaves at most, as a share of what the one before left: of y, and of its transforms.
_MOST_LEFT: Final = 0.8
_MOST_LEFT_OF_TRANSFORM: Final = 0.65
#: Views: whether exponents may be halves; power of the target's size by which points weigh less; and share of the
#: largest singular value of the monomials above which directions are shrunk to one length.
_WHOLE: Final = (False, 0.0, 1e-2)
_HALVES: Final = (True, 0.0, 1e-4)
_FURTHER: Final = ((False, 0.5, 1e-3), (True, 0.5, 1e-3))
#: Further views are of those that left at most this.
_PROMISING: Final = 0.1


@dataclass(frozen=True, slots=True)
class MonomialSums:
    """Sums of few monomials.

    Attributes:
        transforms: of the target that are looked at.
    """

    transforms: tuple[Transform, ...] = (*POWERS, *UNITS[:2])

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the formula of every exact sum: those of y, of its transforms, and of y in other views."""
        if problem.is_measured:
            return
        search = _Search(problem, budget)
        first, *others = (transform for transform in self.transforms if transform.suits(problem.y))
        turns = [(transform, view) for transform in (first, *others) for view in (_WHOLE, _HALVES)]
        turns += [(first, view) for view in _FURTHER]
        promising = set()
        for transform, view in turns:
            if budget.is_over:
                return
            if view in _FURTHER and transform not in promising:
                continue
            formula, left = search.sum_of(transform, view)
            if left < _PROMISING:
                promising.add(transform)
            if formula is not None:
                yield Proposal(formula, ("monomials",))


class _Search:
    """One search, for all transforms of the target."""

    def __init__(self, problem: Problem, budget: Deadline) -> None:
        self.problem, self.budget = problem, budget
        self.rows, self.units = looked_at(problem)
        self.x = problem.x / self.units
        whole, halves = (Lattice.of(self.x, halves=halves) for halves in (False, True))
        self.has_halves = whole != halves
        self.lattices = (whole, halves)
        self.grids: dict[bool, Grid] = {}

    def sum_of(self, transform: Transform, view: tuple[bool, float, float]) -> tuple[Expression | None, float]:
        """Return the formula of an exact sum, None where none is found, and what is left of the target."""
        target = transform.forward(self.problem.y)
        top = float(np.abs(target).max())
        halves, power, share = view
        if not (0 < top < np.inf) or (halves and not self.has_halves):
            return None, 1.0
        if halves not in self.grids:
            self.grids[halves] = Grid(self.x[self.rows], Plan.of(self.lattices[halves]))
        growth = Growth(self.grids[halves], target[self.rows] / top, power, share)
        left = growth.grow(_MOST_LEFT if transform.name == "y" else _MOST_LEFT_OF_TRANSFORM, self.budget)
        return (self._written(transform, target, growth.exponents) if left < EXACT else None), left

    def _written(self, transform: Transform, target: Array, exponents: Array) -> Expression | None:
        columns = monomial_values(self.x, exponents).T
        found = exact_support(columns, target)
        if found is None:
            return None
        kept, coefficients = found

        def write() -> Expression:
            units = np.prod(self.units ** exponents[kept], axis=1)
            names = self.problem.names
            terms = [
                (float(c), monomial(names, e.tolist()) if e.any() else None)
                for c, e in zip(coefficients / units, exponents[kept], strict=True)
            ]
            return transform.write(sum_by_sign(terms))

        return finite_formula(write)
