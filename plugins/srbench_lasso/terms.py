"""Terms: products of variable powers and at most a few non-linear factors with inner constants.

A `Factor` is one function of a combination of monomials, a `Shape` a product of factors and powers without its linear
coefficient. Both evaluate themselves with derivatives by their inner constants and write themselves as `Expression`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import (
    Monomials,
    above_and_below,
    leading_multiple,
    monomial,
    power_of,
    quotient,
    sum_constant_last,
)

__all__ = ["ConstantRole", "Factor", "Shape"]

Array = NDArray[np.float64]
Exponents = tuple[float, ...]  # one exponent for each variable

#: Functions of `a1*u1 + a2*u2 + ...` (all coefficients are inner constants); those in `PHASED` have a shift as well.
LINEAR: Final = ("sin0", "cos0", "sin", "cos", "exp", "tanh")
PHASED: Final = ("sin", "cos", "tanh")
#: Functions of `u1 + a2*u2 + ... + b` (the first coefficient is one, or minus one for names that end in `-`).
MONIC: Final = ("log", "log-", "sqrt", "sqrt-", "rec")
#: `u**a`, u above zero.
POWER: Final = "power"

ConstantRole = str  # "rate", "shift" or "phase"


@dataclass(frozen=True, slots=True)
class Factor:
    """One non-linear function; `arguments` are the exponents of its monomials u1, u2, ..."""

    kind: str
    arguments: tuple[Exponents, ...]

    @property
    def roles(self) -> tuple[ConstantRole, ...]:
        """What each inner constant is, in order."""
        if self.kind in PHASED:
            return ("rate",) * len(self.arguments) + ("phase",)
        if self.kind in LINEAR or self.kind == POWER:
            return ("rate",) * len(self.arguments)
        return ("rate",) * (len(self.arguments) - 1) + ("shift",)

    def value(self, u: Sequence[Array], theta: Sequence[Any], slopes: bool) -> tuple[Array, list[Array]]:
        """Evaluate.

        Args:
            u: values of the arguments, each (n, 1).
            theta: inner constants, each a number or of shape (g,).
            slopes: whether derivatives by the constants are wanted.

        Returns:
            Values (n, g), NaN outside the domain, and a list of derivatives of the same shape.
        """
        if self.kind == POWER:
            value = u[0] ** theta[0]
            return value, [value * np.log(u[0])] if slopes else []
        if self.kind in LINEAR:
            z = sum((a * column for a, column in zip(theta, u, strict=False)), np.zeros(1))
            if len(theta) > len(u):
                z = z + theta[-1]
        else:
            z = (-u[0] if self.kind.endswith("-") else u[0]) + theta[-1]
            for a, column in zip(theta, u[1:], strict=False):
                z = z + a * column
        value, slope = _function(self.kind, z)
        if not slopes:
            return value, []
        inner: list[Any] = list(u if self.kind in LINEAR else u[1:])
        if len(theta) > len(inner):
            inner.append(1.0)
        return value, [slope * du for du in inner]

    def expression(self, theta: Sequence[float], names: Sequence[str]) -> Expression:
        """Write the function; `rec` is written as its denominator."""
        arguments = [monomial(names, exponents) for exponents in self.arguments]
        if self.kind == POWER:
            return power_of(arguments[0], theta[0])
        first = [] if self.kind in LINEAR else [-1.0 if self.kind.endswith("-") else 1.0]
        coefficients = [*first, *theta][: len(arguments)]
        constant = theta[-1] if len(theta) > len(arguments) - len(first) else 0.0
        inner = sum_constant_last(zip(coefficients, arguments, strict=True), constant, leading_multiple)
        name = {"sin0": "sin", "cos0": "cos", "rec": ""}.get(self.kind, self.kind.rstrip("-"))
        return Expression.call(name, inner) if name else inner


def _function(kind: str, z: Array) -> tuple[Array, Array]:
    """Return values and derivatives of the outer function; NaN where z leaves its domain."""
    match kind:
        case "sin0" | "sin":
            return np.sin(z), np.cos(z)
        case "cos0" | "cos":
            return np.cos(z), -np.sin(z)
        case "exp":
            value = np.exp(z)
            return value, value
        case "tanh":
            value = np.tanh(z)
            return value, 1 - value**2
        case "log" | "log-":
            z = np.where(z > 0, z, np.nan)
            return np.log(z), 1 / z
        case "sqrt" | "sqrt-":
            value = np.sqrt(np.where(z >= 0, z, np.nan))
            return value, 0.5 / value
        case _:  # rec: one sign on all points
            same = (np.min(z, axis=0) > 0) | (np.max(z, axis=0) < 0)
            value = np.where(same, 1 / z, np.nan)
            return value, -(value**2)


@dataclass(frozen=True)
class Shape:
    """A term without its linear coefficient: a monomial times factors."""

    powers: Exponents
    factors: tuple[Factor, ...] = ()

    @cached_property
    def roles(self) -> tuple[ConstantRole, ...]:
        """What each inner constant is, over all factors in order."""
        return tuple(role for factor in self.factors for role in factor.roles)

    @property
    def is_constant(self) -> bool:
        """Whether this is the constant term."""
        return not self.factors and not any(self.powers)

    @property
    def size(self) -> int:
        """Number of nodes, roughly: what simpler means where the data cannot tell."""
        powers = _length(self.powers)
        inner = sum(2 + len(f.roles) + sum(_length(a) for a in f.arguments) for f in self.factors)
        return powers + inner + 2

    def value(self, points: Monomials, theta: Sequence[Any], slopes: bool = False) -> tuple[Array, list[Array]]:
        """Evaluate on n points.

        Args:
            points: the points.
            theta: inner constants, each a number or (g,).
            slopes: whether derivatives by the constants are wanted.

        Returns:
            Values (n, g) (g = 1 for numbers), and derivatives, each (n, g); all in the scale of the points.
        """
        result = points(self.powers)[:, None]
        if points.scale is not None:
            result = result * points.scale[:, None]
        parts: list[tuple[Array, list[Array]]] = []
        start = 0
        for factor in self.factors:
            stop = start + len(factor.roles)
            parts.append(factor.value([points(a)[:, None] for a in factor.arguments], theta[start:stop], slopes))
            start = stop
        derivatives: list[Array] = []
        if slopes:
            for index, (_, factor_slopes) in enumerate(parts):
                rest = result
                for other, (value, _) in enumerate(parts):
                    if other != index:
                        rest = rest * value
                derivatives += [rest * slope for slope in factor_slopes]
        for value, _ in parts:
            result = result * value
        return result, derivatives

    def expression(self, theta: Sequence[float], names: Sequence[str]) -> Expression:
        """Write the term."""
        above, below = above_and_below((Expression.variable(n), p) for n, p in zip(names, self.powers, strict=True))
        start = 0
        for factor in self.factors:
            stop = start + len(factor.roles)
            (below if factor.kind == "rec" else above).append(factor.expression(theta[start:stop], names))
            start = stop
        return quotient(sorted(above, key=lambda part: part.complexity), below)


def _length(exponents: Exponents) -> int:
    return sum(2 if e == 1.0 else 4 for e in exponents if e)
