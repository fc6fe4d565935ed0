"""`Turn`: a transform of y that may be a sum of simpler parts than y is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem

__all__ = ["TURNS", "Turn"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """A function of y with its inverse.

    Attributes:
        forward: the function, elementwise.
        suits: whether it has an inverse on these values.
        write: the inverse of a formula.
    """

    forward: Callable[[Array], Array]
    suits: Callable[[Array], bool]
    write: Callable[[Expression], Expression]

    def problem(self, problem: Problem) -> Problem:
        """Return the problem of the transform of y."""
        if self is TURNS[0]:
            return problem
        return Problem.of(Samples(variables=problem.names, x=problem.x, y=self.forward(problem.y)))


def _is_positive(y: Array) -> bool:
    return bool((y > 0).all())


def _has_one_sign(y: Array) -> bool:
    return bool((y > 0).all() or (y < 0).all())


#: y itself is the first.
TURNS: Final = (
    Turn(lambda y: y, lambda y: True, lambda e: e),
    Turn(lambda y: 1 / y, _has_one_sign, lambda e: 1.0 / e),
    Turn(np.square, _is_positive, lambda e: Expression.call("sqrt", e)),
    Turn(np.log, _is_positive, lambda e: Expression.call("exp", e)),
)
