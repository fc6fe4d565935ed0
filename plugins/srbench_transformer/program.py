"""A skeleton as a sum of columns with linear constants; its other constants stand inside functions.

`srbench_lies.varpro` finds the linear ones, and moves the others by Levenberg and Marquardt's steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, UsageError
from srbench_transformer.parts import compiled, plus, walked
from srbench_transformer.tokens import Node

__all__ = ["MOST_CONSTANTS", "Program", "Span"]

Array = NDArray[np.float64]

#: Constants inside functions that a skeleton may have.
MOST_CONSTANTS: Final = 8


@dataclass(frozen=True, slots=True)
class Span:
    """Where the constants of a function or an inverse stand.

    Attributes:
        spelling: the tokens of the function.
        first: place of its first constant.
        size: number of constants.
        phase: whether the last of them is the phase of a sine.
    """

    spelling: tuple[str, ...]
    first: int
    size: int
    phase: bool


class Program:
    """A skeleton as a sum of columns with linear constants; `Separable` of `srbench_lies.varpro`.

    Args:
        skeleton: what the formula is like.

    Raises:
        UsageError: a part depends on no variable, or there are too many constants.
    """

    def __init__(self, skeleton: Node) -> None:
        terms = skeleton.args if skeleton.token == "+" else (skeleton,)
        self.terms = tuple(compiled(term) for term in terms if term.token != "C")
        self.size = sum(term.size for term in self.terms)
        self.width = 1 + len(self.terms)
        if not self.terms:
            raise UsageError("a skeleton needs a variable")
        if self.size > MOST_CONSTANTS:
            raise UsageError(f"a skeleton has at most {MOST_CONSTANTS} inner constants, this one {self.size}")

    @property
    def offsets(self) -> tuple[tuple[int, bool], ...]:
        """Return where offsets stand among the inner constants, and whether each is the phase of a sine."""
        return tuple((first + part.size - 1, part.wave) for first, part in walked(self.terms) if part.offset)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the functions, powers and inverses with constants, outer ones first."""
        return tuple(
            Span(part.spelling, first, part.size, part.wave)
            for first, part in walked(self.terms)
            if part.spelling and part.size
        )

    def columns(self, points: Array, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns, the constant first, and their derivatives at points (n, variables); see `Separable`."""
        values = np.ones((len(theta), self.width, len(points)))
        derivatives = []
        first = 0
        for row, term in enumerate(self.terms, 1):
            v, inner = term.at(points, theta[:, first : first + term.size], slopes)
            values[:, row] = v
            derivatives.append(inner[None])
            first += term.size
        return values, derivatives

    def draw(self, points: Array, count: int, rng: np.random.Generator) -> Array:
        """Return inner constants to start from, shape (count, size)."""
        with np.errstate(all="ignore"):
            return np.concatenate([term.draw(points, count, rng)[0] for term in self.terms], axis=1)

    def express(self, theta: Array, linear: Array, names: Sequence[str]) -> Expression:
        """Return the formula with inner constants, shape (size,), and linear ones, shape (width,)."""
        result: Expression | None = None
        first = 0
        for row, term in enumerate(self.terms, 1):
            result = plus(result, float(linear[row]), term.express(theta[first : first + term.size], names))
            first += term.size
        result = plus(result, float(linear[0]), None)
        return result if result is not None else Expression.constant(0.0)
