"""Programs whose constants are not all free: some are held, or parts of one spelling share theirs."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from srbench_transformer.program import Program, Span

__all__ = ["HeldProgram", "TiedProgram"]

Array = NDArray[np.float64]


class HeldProgram:
    """A `Separable`: a program with some constants held as they are, and some terms left out.

    Args:
        program: the skeleton.
        theta: all inner constants, shape (size,).
        held: places of those that stay.
        absent: rows of the columns that are left out, 0 for the constant; with a term go its inner constants.
    """

    def __init__(self, program: Program, theta: Array, held: Collection[int], absent: Collection[int] = ()) -> None:
        self.program, self.theta = program, theta
        self.rows = np.array([row for row in range(program.width) if row not in absent], dtype=np.intp)
        gone = {place for row in absent if row for place in program.places(row)}
        self.free = np.array([k for k in range(program.size) if k not in held and k not in gone], dtype=np.intp)
        self.size, self.width = len(self.free), len(self.rows)

    def whole(self, theta: Array) -> Array:
        """Return all inner constants, shape (B, size), where the others are as given, (B, free)."""
        result = np.tile(self.theta, (len(theta), 1))
        result[:, self.free] = theta
        return result

    def whole_linear(self, linear: Array) -> Array:
        """Return all linear constants, shape (program width,), zero for the columns that are left out."""
        result = np.zeros(self.program.width)
        result[self.rows] = linear
        return result

    def columns(self, points: Array, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns and their derivatives by the constants that move; see `Separable`."""
        values, derivatives = self.program.columns(points, self.whole(theta), slopes)
        moved = []
        for row, inner in enumerate(derivatives, 1):
            if row in self.rows:
                places = self.program.places(row)
                moved.append(inner[:, [k - places.start for k in self.free if k in places]])
        return values[:, self.rows], moved


class TiedProgram:
    """A `Separable`: a program whose parts of one spelling share their constants, the phases of sines aside.

    Rates of two exponentials that are equal are hard to tell apart, and so hard to find, while they may differ.

    Args:
        program: the skeleton.
    """

    def __init__(self, program: Program) -> None:
        owner = np.arange(program.size)
        first_spans: dict[tuple[str, ...], Span] = {}
        for span in program.spans:
            like = first_spans.setdefault(span.spelling, span)
            if like is not span:
                shared = span.size - span.phase
                owner[span.first : span.first + shared] = owner[like.first : like.first + shared]
        self.program, self.width = program, program.width
        self.representatives, self.numbers = np.unique(owner, return_inverse=True)
        self.size = len(self.representatives)

    @property
    def is_tied(self) -> bool:
        """Return whether some constants are the same."""
        return self.size < self.program.size

    def whole(self, theta: Array) -> Array:
        """Return all constants, shape (B, all), from those that differ, (B, size)."""
        return theta[:, self.numbers]

    def columns(self, points: Array, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns and their derivatives, all in one group; see `Separable`."""
        values, derivatives = self.program.columns(points, self.whole(theta), slopes)
        if not slopes:
            return values, []
        together = np.zeros((len(derivatives), self.size, len(theta), len(points)))
        first = 0
        for row, inner in enumerate(derivatives):
            for each in inner[0]:
                together[row, self.numbers[first]] += each
                first += 1
        return values, [together]
