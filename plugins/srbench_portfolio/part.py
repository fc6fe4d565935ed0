"""`Part`: one way to look for formulas; all have this one interface, so that one schedule can order them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem

__all__ = ["Part", "Proposal", "Solve", "samples_of"]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A formula that may explain the points; its constants need not be fitted.

    Attributes:
        formula: of the problem's variables.
        by: the parts through which it came, the outermost first.
    """

    formula: Expression
    by: tuple[str, ...]

    def through(self, part: str, formula: Expression) -> Proposal:
        """Return what a part makes of it for the problem around."""
        return replace(self, formula=formula, by=(part, *self.by))


class Part(Protocol):
    """Looks for formulas of a problem.

    Whoever asks takes proposals one by one, fits them, and stops asking when one is exact. A part ends by itself when
    its budget is over or when it has nothing more to say; the same problem and budget give the same proposals.
    """

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield formulas, the likeliest first."""


#: Solves a smaller problem with all parts: takes the problem, the budget, and how deep in others it is.
Solve = Callable[[Problem, Deadline, int], Iterator[Proposal]]


def samples_of(problem: Problem) -> Samples:
    """Return the points of a problem, with weights where its errors are known."""
    weights = None if problem.scale is None else problem.scale**2
    if problem.noise.is_given and weights is None:  # the same error at all points
        weights = np.full(len(problem.y), problem.noise.least**-2.0)
    return Samples(variables=problem.names, x=problem.x, y=problem.y, weights=weights)
