"""Terms: products of variable powers and at most a few non-linear factors with inner constants.

A `Factor` is one function of a combination of monomials, a `Shape` a product of factors and powers without its linear
coefficient. Both evaluate themselves with derivatives by their inner constants and write themselves as `Expression`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = ["ConstantRole", "Factor", "Monomials", "Shape", "formula", "monomial"]

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


class Monomials:
    """Values of monomials on the points `x` (n, d), computed once each."""

    def __init__(self, x: Array) -> None:
        self.x = x  # (n, d)
        self._known: dict[Exponents, Array] = {}

    def __len__(self) -> int:
        return len(self.x)

    def __call__(self, exponents: Exponents) -> Array:
        """Return the monomial's values, shape (n, 1)."""
        found = self._known.get(exponents)
        if found is None:
            with np.errstate(all="ignore"):
                found = np.ones(len(self.x))
                for column, exponent in zip(self.x.T, exponents, strict=True):
                    if exponent == 0.5:
                        found = found * np.sqrt(column)
                    elif exponent:
                        found = found * column**exponent
            self._known[exponents] = found = found[:, None]
        return found


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
        arguments = [monomial(exponents, names) for exponents in self.arguments]
        if self.kind == POWER:
            return arguments[0] ** theta[0]
        if self.kind in LINEAR:
            coefficients = list(theta[: len(arguments)])
        else:
            coefficients = [-1.0 if self.kind.endswith("-") else 1.0, *theta[: len(arguments) - 1]]
        constant = theta[-1] if len(theta) > len(arguments) - (self.kind in MONIC) else 0.0
        inner = formula([*zip(coefficients, arguments, strict=True)], constant)
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
            Values (n, g) (g = 1 for numbers), and derivatives, each (n, g).
        """
        result = points(self.powers)
        parts: list[tuple[Array, list[Array]]] = []
        start = 0
        for factor in self.factors:
            stop = start + len(factor.roles)
            parts.append(factor.value([points(a) for a in factor.arguments], theta[start:stop], slopes))
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

    def expression(self, coefficient: float, theta: Sequence[float], names: Sequence[str]) -> Expression:
        """Write `coefficient` times the term, tidily; the coefficient must not be zero."""
        above: list[Expression] = []
        below: list[Expression] = []
        for name, power in zip(names, self.powers, strict=True):
            if power:
                (above if power > 0 else below).append(_power(name, abs(power)))
        start = 0
        rates: list[tuple[float, Expression]] = []
        for factor in self.factors:
            stop = start + len(factor.roles)
            inner = theta[start:stop]
            start = stop
            if factor.kind == "exp":  # exp(a)*exp(b) is written exp(a + b)
                rates += [(a, monomial(m, names)) for a, m in zip(inner, factor.arguments, strict=True)]
            else:
                (below if factor.kind == "rec" else above).append(factor.expression(inner, names))
        if rates:
            above.insert(0, Expression.call("exp", formula(rates, 0.0)))
        above.sort(key=lambda e: e.complexity)
        if not above:
            result = Expression.constant(coefficient)
            return result / _product(below) if below else result
        result = _product(above)
        if below:
            result = result / _product(below)
        if coefficient == 1.0:
            return result
        if coefficient == -1.0:
            return -result
        result = Expression.constant(coefficient)
        for part in above:
            result = result * part
        return result / _product(below) if below else result


def _length(exponents: Exponents) -> int:
    return sum(2 if e == 1.0 else 4 for e in exponents if e)


def monomial(exponents: Exponents, names: Sequence[str]) -> Expression:
    """Write a monomial; the empty one is the constant 1."""
    above = [_power(name, e) for name, e in zip(names, exponents, strict=True) if e > 0]
    below = [_power(name, -e) for name, e in zip(names, exponents, strict=True) if e < 0]
    result = _product(above) if above else Expression.constant(1.0)
    return result / _product(below) if below else result


def formula(terms: Iterable[tuple[float, Expression]], constant: float) -> Expression:
    """Write a sum of coefficient times expression, the constant last; minus signs become differences."""
    result: Expression | None = None
    kept = [(c, e) for c, e in terms if c != 0]
    kept.sort(key=lambda pair: pair[0] < 0)  # a sum that can start without a minus does
    for coefficient, term in kept:
        size = abs(coefficient)
        if result is None:
            result = _scaled(coefficient, term)
        else:
            part = _scaled(size, term)
            result = result - part if coefficient < 0 else result + part
    if result is None:
        return Expression.constant(constant)
    if constant:
        result = result - abs(constant) if constant < 0 else result + constant
    return result


def _scaled(coefficient: float, term: Expression) -> Expression:
    if coefficient == 1.0:
        return term
    if coefficient == -1.0:
        return _negated(term)
    if term.op in ("mul", "div"):  # 2*x*y, not 2*(x*y)
        return Expression.call(term.op, _scaled(coefficient, term.args[0]), term.args[1])
    if term.is_constant and term.value == 1.0:
        return Expression.constant(coefficient)
    return Expression.constant(coefficient) * term


def _negated(term: Expression) -> Expression:
    if term.value is not None:
        return Expression.constant(-term.value)
    if term.op in ("mul", "div"):  # -2*x, not -(2*x)
        return Expression.call(term.op, _negated(term.args[0]), term.args[1])
    return -term


def _power(name: str, exponent: float) -> Expression:
    variable = Expression.variable(name)
    if exponent == 1.0:
        return variable
    return Expression.call("sqrt", variable) if exponent == 0.5 else variable**exponent


def _product(parts: Sequence[Expression]) -> Expression:
    result = parts[0]
    for part in parts[1:]:
        result = result * part
    return result
