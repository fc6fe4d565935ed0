"""From a pruned network to the formula that equals it.

Written anew from the network's definition in arXiv 2506.08267. Each unit becomes a constant plus multiples of terms. I
units pass that on; an E unit turns logarithms among its terms into powers, exp(a + b ln x) = e^a x^b; an L unit turns a
single product into a sum, ln(c x^b) = ln c + b ln x. So chains of units collapse, and scales and gates end up in the
constants.

A cut-off that no training point reaches is no part of a pruned network nor of its formula; one that is reached is
written as a minimum or a maximum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lies.network import BOTTOM, TOP, UNITS, Architecture, Passes, Space, predict, used_units
from srbench_lite import Expression
from srbench_lite.fitting import product_of, sum_constant_last

__all__ = ["Pruned", "to_expression"]

Array = NDArray[np.float64]

#: exp of a larger number is kept inside: e^600 squared would overflow.
_MAX_EXPONENT_TAKEN_OUT: Final = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Pruned:
    """A network of which a formula can be written.

    Attributes:
        architecture: its shape.
        space: where it works.
        weights: with the gates folded in, shape (rows, columns).
        clamps: which units are cut off, shape (units,): where some training point reaches it, or nothing depends on it.
    """

    architecture: Architecture
    space: Space
    weights: Array
    clamps: NDArray[np.bool_]

    @classmethod
    def of(cls, architecture: Architecture, space: Space, weights: torch.Tensor, x: Array) -> Pruned:
        """Return the network with weights (rows, columns) and those clamps that points x (n, d) reach."""
        passes = Passes(architecture, space.inputs(x), 1)
        passes.forward(weights[None])
        plain = weights.numpy().copy()
        reached = passes.active_clamps()[0].numpy()
        return cls(architecture, space, plain, reached | ~used_units(architecture, weights[None])[0].numpy())

    def __call__(self, x: Array) -> Array:
        """Return predictions in units of y at points x (n, d), shape (n,)."""
        outputs = predict(
            self.architecture,
            torch.from_numpy(self.weights)[None],
            self.space.inputs(x),
            torch.from_numpy(self.clamps)[None],
        )
        return self.space.output(outputs[0]).numpy()


@dataclass(frozen=True, slots=True)
class _Sum:
    """A constant plus multiples of terms.

    Attributes:
        constant: the constant.
        terms: multiples by term; none is zero.
    """

    constant: float = 0.0
    terms: dict[Expression, float] = field(default_factory=dict)

    def scaled(self, factor: float) -> _Sum:
        """Return `factor` times this sum."""
        if factor == 0.0:
            return _Sum()
        return _Sum(factor * self.constant, {term: factor * multiple for term, multiple in self.terms.items()})

    def plus(self, other: _Sum) -> _Sum:
        """Return this sum plus another."""
        terms = dict(self.terms)
        for term, multiple in other.terms.items():
            total = terms.pop(term, 0.0) + multiple
            if total != 0.0:
                terms[term] = total
        return _Sum(self.constant + other.constant, terms)

    def expression(self) -> Expression:
        """Write it: positive terms first where there are any, the constant last."""
        return sum_constant_last(((multiple, term) for term, multiple in self.terms.items()), self.constant)


@dataclass(frozen=True, slots=True, eq=False)
class _Product:
    """Powers of positive bases times exp of a sum without a constant."""

    powers: dict[Expression, float]
    rest: _Sum


class _Writer:
    """Formulas of the units of one network; remembers what its own terms are made of."""

    def __init__(self) -> None:
        self._products: dict[Expression, _Product] = {}
        self._sums: dict[Expression, _Sum] = {}

    def log(self, argument: _Sum) -> _Sum:
        """Return ln of a sum that is positive on the data."""
        if not argument.terms:
            return _Sum(math.log(argument.constant)) if argument.constant > 0.0 else self._opaque_log(argument)
        if argument.constant == 0.0 and len(argument.terms) == 1:
            (term, multiple), *_ = argument.terms.items()
            if multiple > 0.0:
                product = self._products.get(term)
                if product is None:
                    return _Sum(math.log(multiple), {Expression.call("log", term): 1.0})
                terms = {Expression.call("log", base): power for base, power in product.powers.items()}
                return _Sum(math.log(multiple), terms).plus(product.rest)
            return self._opaque_log(argument)
        size = max(abs(multiple) for multiple in argument.terms.values())
        return _Sum(math.log(size)).plus(self._opaque_log(argument.scaled(1.0 / size)))

    def _opaque_log(self, argument: _Sum) -> _Sum:
        base = argument.expression()
        self._sums[base] = argument
        return _Sum(0.0, {Expression.call("log", base): 1.0})

    def exp(self, argument: _Sum) -> _Sum:
        """Return exp of a sum."""
        powers: dict[Expression, float] = {}
        rest: dict[Expression, float] = {}
        for term, multiple in argument.terms.items():
            if term.op == "log":
                powers[term.args[0]] = multiple
            else:
                rest[term] = multiple
        inside = 0.0 if abs(argument.constant) <= _MAX_EXPONENT_TAKEN_OUT else argument.constant
        factor = math.exp(argument.constant - inside)
        if not rest and not inside and len(powers) == 1:
            (base, power), *_ = powers.items()
            if power == 1.0:
                return self._sums.get(base, _Sum(0.0, {base: 1.0})).scaled(factor)
        if not powers and not rest and not inside:
            return _Sum(factor)
        product = _Product(powers, _Sum(inside, rest))
        term = self._write(product)
        if not inside:
            self._products[term] = product
        return _Sum(0.0, {term: factor})

    @staticmethod
    def _write(product: _Product) -> Expression:
        factors = [base if power == 1.0 else base**power for base, power in product.powers.items()]
        if product.rest.terms or product.rest.constant:
            factors.append(Expression.call("exp", product.rest.expression()))
        return product_of(factors)

    @staticmethod
    def sin(argument: _Sum) -> _Sum:
        """Return the sine of a sum: its first multiple positive, its constant within half a turn."""
        if not argument.terms:
            return _Sum(math.sin(argument.constant))
        sign = math.copysign(1.0, next(iter(argument.terms.values())))
        upright = argument.scaled(sign)
        phase = math.remainder(upright.constant, 2.0 * math.pi)
        return _Sum(0.0, {Expression.call("sin", _Sum(phase, upright.terms).expression()): sign})

    @staticmethod
    def limited(op: str, argument: _Sum, bound: float) -> _Sum:
        """Return a sum cut off at a bound."""
        if not argument.terms:
            return _Sum(min(argument.constant, bound) if op == "min" else max(argument.constant, bound))
        return _Sum(0.0, {Expression.call(op, argument.expression(), bound): 1.0})


def to_expression(network: Pruned, names: Sequence[str]) -> Expression:
    """Return the formula of a pruned network, in the problem's own units.

    Args:
        network: whose weights of zero leave no trace.
        names: of the d variables.

    Returns:
        A formula whose values equal `network(x)`, rounding aside, wherever the network is defined.

    Raises:
        ExpressionError: the network is so dense that the formula would be too large, or a constant not finite.
    """
    a, weights = network.architecture, network.weights
    writer = _Writer()
    columns: dict[int, _Sum] = {0: _Sum(1.0)}
    for i, name in enumerate(names):
        variable = Expression.variable(name)
        term = Expression.call("log", variable) if network.space.mode == "log" else variable
        columns[1 + i] = _Sum(0.0, {term: 1.0 / float(network.space.scale[i])})
    used = used_units(a, torch.from_numpy(weights)[None])[0].tolist()
    for row in range(a.rows):
        if row < a.units and not used[row]:
            continue
        total = _Sum()
        for column in np.flatnonzero(weights[row]).tolist():
            total = total.plus(columns[column].scaled(float(weights[row, column])))
        if row == a.units:
            break
        columns[a.first + row] = _unit(writer, UNITS[row % len(UNITS)], total, clamped=bool(network.clamps[row]))
    if network.space.mode == "log":
        return writer.exp(total).expression()
    return total.scaled(network.space.size).expression()


def _unit(writer: _Writer, kind: str, argument: _Sum, *, clamped: bool) -> _Sum:
    """Return the output of one unit."""
    if kind == "E":
        return writer.exp(writer.limited("min", argument, TOP) if clamped else argument)
    if kind == "L":
        return writer.log(writer.limited("max", argument, BOTTOM) if clamped else argument)
    return writer.sin(argument) if kind == "S" else argument
