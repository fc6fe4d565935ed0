"""A skeleton as a sum of columns with linear constants; its other constants stand inside functions.

`srbench_lite.fitting.fit_separable` finds the linear ones, and moves the others by Levenberg-Marquardt steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, UsageError
from srbench_transformer.parts import ONE, compile_part, walk, weighted_sum
from srbench_transformer.tokens import Node

__all__ = ["MAX_INNER_CONSTANTS", "Program", "Span"]

Array = NDArray[np.float64]

#: Constants inside functions that a skeleton may have.
MAX_INNER_CONSTANTS: Final = 8


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
    """A skeleton as a sum of columns with linear constants; a `Separable` of `srbench_lite.fitting`.

    Args:
        skeleton: what the formula is like.

    Raises:
        UsageError: a part depends on no variable, or there are too many constants.
    """

    def __init__(self, skeleton: Node) -> None:
        terms = skeleton.args if skeleton.token == "+" else (skeleton,)
        self.terms = tuple(compile_part(term) for term in terms if term.token != "C")
        self.size = sum(term.size for term in self.terms)
        self.width = 1 + len(self.terms)
        if not self.terms:
            raise UsageError("a skeleton needs a variable")
        if self.size > MAX_INNER_CONSTANTS:
            raise UsageError(f"a skeleton has at most {MAX_INNER_CONSTANTS} inner constants, this one {self.size}")

    def places(self, row: int) -> range:
        """Return where the inner constants of the term of a row, 1 and more, stand."""
        first = sum(term.size for term in self.terms[: row - 1])
        return range(first, first + self.terms[row - 1].size)

    @property
    def removable(self) -> tuple[int, ...]:
        """Return where the coefficients of sums stand whose other terms stay when they are zero."""
        return tuple(first + place for first, part in walk(self.terms) for place in part.removable)

    def usual_form(self, theta: Array, linear: Array) -> tuple[Array, Array]:
        """Return constants of the same formula as one would write it.

        No phase is beyond a right angle, and the arguments of sines that are terms or factors begin with a plus.

        Args:
            theta: inner constants, shape (size,).
            linear: linear constants, shape (width,).
        """
        theta, linear = theta.copy(), linear.copy()
        for first, part in walk(self.terms):
            if part.offset and part.wave:
                last = first + part.size - 1
                phase = theta[last] - 2 * math.pi * round(theta[last] / (2 * math.pi))
                if abs(phase) > math.pi / 2:  # sin(u + phase) is sin(pi - phase - u)
                    theta[[first + place for place in part.coefficients]] *= -1
                    phase = math.copysign(math.pi, phase) - phase
                theta[last] = phase
        for row, term in enumerate(self.terms, 1):
            for place, argument in term.sines:
                first = self.places(row).start + place
                places = [first + k for k in (*argument.coefficients, argument.size - 1)]
                if theta[places[0]] < 0:  # sin(-u) is -sin(u)
                    theta[places] *= -1
                    linear[row] *= -1
                if math.isclose(theta[places[-1]], -math.pi / 2, rel_tol=1e-12):  # sin(u - pi/2) is -sin(u + pi/2)
                    theta[places[-1]] = math.pi / 2
                    linear[row] *= -1
        return theta, linear

    @property
    def offsets(self) -> tuple[tuple[int, bool], ...]:
        """Return where offsets stand among the inner constants, and whether each is the phase of a sine."""
        return tuple((first + part.size - 1, part.wave) for first, part in walk(self.terms) if part.offset)

    @property
    def spans(self) -> tuple[Span, ...]:
        """Return the functions, powers and inverses with constants, outer ones first."""
        return tuple(
            Span(part.spelling, first, part.size, part.wave)
            for first, part in walk(self.terms)
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
        terms = [
            (float(linear[row]), term.express(self._own(theta, row), names)) for row, term in enumerate(self.terms, 1)
        ]
        return weighted_sum([*terms, (float(linear[0]), ONE)])

    def absorb(self, theta: Array, linear: Array, names: Sequence[str]) -> Expression | None:
        """Return the same formula with linear constants drawn into powers, roots and logarithms; None if none can be.

        An offset goes into the first logarithm.
        """
        terms: list[tuple[float, Expression]] = []
        offset, drawn = float(linear[0]), 0
        for row, term in enumerate(self.terms, 1):
            factor, own = float(linear[row]), self._own(theta, row)
            whole: Expression | None = None
            if factor != 0 and term.name == "log" and offset != 0:
                whole = term.absorb(offset / factor, own, names)
                offset = offset if whole is None else 0.0
                terms.append((factor, term.express(own, names) if whole is None else whole))
            elif factor not in (0, 1) and term.name != "log" and (whole := term.absorb(factor, own, names)) is not None:
                terms.append((1.0, whole))
            else:
                terms.append((factor, term.express(own, names)))
            drawn += whole is not None
        return weighted_sum([*terms, (offset, ONE)]) if drawn else None

    def _own(self, theta: Array, row: int) -> Array:
        places = self.places(row)
        return theta[places.start : places.stop]
