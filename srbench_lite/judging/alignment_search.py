"""`Search`: what a search for the constants c* starts from; `Solution`: what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.expressions.gradient import Gradient
    from srbench_lite.judging.high_precision_gradient import PreciseGradient

__all__ = ["Search", "Solution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search for c* starts from.

    Attributes:
        formula: the formula to align.
        gradient: the same, as a function of its k constants.
        places: for each number of the formula, which constant it is.
        start, scales, reach: the constants, the size of a step in each (0: it must stay), and the largest change of
            each in such steps; shape (k,).
    """

    formula: Expression
    gradient: Gradient | PreciseGradient
    places: list[int]
    start: NDArray[np.float64]
    scales: NDArray[np.float64]
    reach: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """What became of the search for c*.

    Attributes:
        constants: c*, for each number of the formula; None where there is none.
        settled: whether that is certain.
        solved: whether the equations for c* were solved, whatever the solution was worth.
    """

    constants: list[float] | None
    settled: bool
    solved: bool
