"""Atoms of skeletons: `Unit` (a function of a linear combination) and `Term` (a power product times units).

Both nest: the pieces of a unit's argument are terms, so that sin(w*exp(v*x)) or log(x**2 + s) are units like any other.
Values and derivatives by the inner constants are computed for many sets of constants at once. A sine stands with its
cosine (kind `wave`), so that amplitude and phase are linear and only the frequency is an inner constant.

Units follow Montazerin et al., "Sparse Interpretable Deep Learning with LIES Networks" (2025): logarithm, identity,
exponential, sine; square roots, reciprocals and tanh are added as short names of what those compose.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Monomials

__all__ = ["MONIC_KINDS", "PHASE_KINDS", "Term", "Unit"]

Array = NDArray[np.float64]
Powers = tuple[float, ...]  # one exponent for each variable

#: Functions of `a1*u1 + a2*u2 + ... + b`. All others (`wave`, `exp`) have no shift.
PHASE_KINDS: Final = ("sin", "tanh")
#: Functions of `sign*u1 + a2*u2 + ... + b`: the size of the first coefficient is left to the linear one.
MONIC_KINDS: Final = ("log", "sqrt", "rec")
#: The plain logarithm of one piece has no inner constant of its own.
_PLAIN: Final = "ln"


@dataclass(frozen=True)
class Unit:
    """One function of a linear combination of terms.

    Attributes:
        kind: one of the kinds above.
        pieces: the terms that are combined; none of them holds a `wave`.
        sign: coefficient of the first piece where the kind is monic, 1 or -1.
    """

    kind: str
    pieces: tuple[Term, ...]
    sign: float = 1.0

    @property
    def is_monic(self) -> bool:
        """Whether the first piece has no free coefficient."""
        return self.kind in MONIC_KINDS or self.kind == _PLAIN

    @property
    def has_shift(self) -> bool:
        """Whether the last inner constant is added to the combination."""
        return self.kind in MONIC_KINDS or self.kind in PHASE_KINDS

    @cached_property
    def size(self) -> int:
        """Number of inner constants: for each piece its coefficient and its own, then the shift."""
        return sum(1 + piece.size for piece in self.pieces) - self.is_monic + self.has_shift

    @cached_property
    def length(self) -> int:
        """Number of nodes, roughly."""
        return 1 + sum(2 + piece.length for piece in self.pieces) + 2 * self.has_shift

    def combination(self, points: Monomials, theta: Array, slopes: bool) -> tuple[Array, list[Any]]:
        """Return the argument (B, n) and its derivatives by the unit's constants, each broadcasting to (B, n)."""
        z: Any = 0.0
        derivatives: list[Any] = []
        at = 0
        for index, piece in enumerate(self.pieces):
            free = not (self.is_monic and index == 0)
            factor: Any = theta[:, at, None] if free else self.sign  # (B, 1)
            at += free
            values, inner = piece.columns(points, theta[:, at : at + piece.size], slopes)
            at += piece.size
            z = z + factor * values[0]
            if slopes:
                if free:
                    derivatives.append(values[0])
                derivatives += [factor * inner[0][k] for k in range(piece.size)]
        if self.has_shift:
            z = z + theta[:, at, None]
            derivatives.append(1.0)
        return z, derivatives

    def alternatives(self, points: Monomials, theta: Array, slopes: bool) -> list[tuple[Array, list[Array]]]:
        """Evaluate.

        Args:
            points: n points.
            theta: B sets of the unit's inner constants, (B, size).
            slopes: whether derivatives are wanted.

        Returns:
            For each column (two for a wave, else one) values (B, n), NaN outside the domain, and derivatives by each
            constant, all (B, n).
        """
        z, dz = self.combination(points, theta, slopes)
        z = np.broadcast_to(z, (len(theta), len(points)))
        columns = []
        for value, slope in _function(self.kind, z):
            columns.append((value, [slope * d for d in dz]))
        return columns


@dataclass(frozen=True)
class Term:
    """A product of powers of the variables and units, without its linear coefficient."""

    powers: Powers
    units: tuple[Unit, ...] = ()

    @cached_property
    def size(self) -> int:
        """Number of inner constants."""
        return sum(unit.size for unit in self.units)

    @cached_property
    def width(self) -> int:
        """Number of columns: two for each wave, multiplied."""
        return int(2 ** sum(unit.kind == "wave" for unit in self.units))

    @cached_property
    def length(self) -> int:
        """Number of nodes, roughly."""
        powers = sum(2 if e == 1.0 else 4 for e in self.powers if e)
        return max(powers + sum(1 + unit.length for unit in self.units) - 1, 1)

    def columns(self, points: Monomials, theta: Array, slopes: bool) -> tuple[Array, Array]:
        """Evaluate.

        Args:
            points: n points.
            theta: B sets of inner constants, (B, size).
            slopes: whether derivatives are wanted.

        Returns:
            Values (width, B, n) and derivatives (width, size, B, n) (without any column where not wanted). The first
            wave's sine and cosine vary slowest.
        """
        B, n = len(theta), len(points)
        parts: list[list[tuple[Array, list[Array]]]] = []
        at = 0
        for unit in self.units:
            parts.append(unit.alternatives(points, theta[:, at : at + unit.size], slopes))
            at += unit.size
        choices = _choices(parts)
        values = np.empty((len(choices), B, n))
        derivatives = np.empty((len(choices), self.size if slopes else 0, B, n))
        front = points(self.powers)
        plain = not any(self.powers)
        for row, choice in enumerate(choices):
            product: Any = None if plain else front
            for value, _ in choice:
                product = value if product is None else product * value
            values[row] = front if product is None else product
            if not slopes:
                continue
            at = 0
            for index, (_, inner) in enumerate(choice):
                rest: Any = None if plain else front
                for other, (value, _) in enumerate(choice):
                    if other != index:
                        rest = value if rest is None else rest * value
                for slope in inner:
                    derivatives[row, at] = slope if rest is None else rest * slope
                    at += 1
        return values, derivatives


def _choices(
    parts: Sequence[list[tuple[Array, list[Array]]]],
) -> list[list[tuple[Array, list[Array]]]]:
    """Return every way to take one alternative of each part."""
    choices: list[list[tuple[Array, list[Array]]]] = [[]]
    for part in parts:
        choices = [[*head, each] for head in choices for each in part]
    return choices


def _function(kind: str, z: Array) -> list[tuple[Array, Array]]:
    """Return values and derivatives of the outer function, NaN where z leaves its domain; a pair for each column."""
    match kind:
        case "wave":
            sine, cosine = np.sin(z), np.cos(z)
            return [(sine, cosine), (cosine, -sine)]
        case "sin":
            return [(np.sin(z), np.cos(z))]
        case "exp":
            value = np.exp(z)
            return [(value, value)]
        case "tanh":
            value = np.tanh(z)
            return [(value, 1.0 - value**2)]
        case "log" | "ln":
            z = np.where(z > 0, z, np.nan)
            return [(np.log(z), 1.0 / z)]
        case "sqrt":
            value = np.sqrt(np.where(z > 0, z, np.nan))
            return [(value, 0.5 / value)]
        case _:  # rec: one sign on all points
            same = (np.min(z, axis=1) > 0) | (np.max(z, axis=1) < 0)
            value = np.where(same[:, None], 1.0 / z, np.nan)
            return [(value, -(value**2))]
