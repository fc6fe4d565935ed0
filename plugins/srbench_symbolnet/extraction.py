"""From a masked network to a formula with the same values, and from that to shorter ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, count_work, finite_formula, is_structural, refit, sum_constant_last, tidy
from srbench_symbolnet.network import Networks

__all__ = ["MaskedNetwork", "subsets", "trimmed"]

Array = NDArray[np.float64]

#: Units that a formula is made of, at most, and those that are chosen among.
_MOST_UNITS: Final = 3
_MOST_CHOICE: Final = 14
#: How many steps a fit takes after a constant was dropped.
_STEPS_AFTER_DROP: Final = 12
#: Digits of a fitted constant, for its price.
_DIGITS_OF_CONSTANT: Final = 3.0
#: Nanoseconds, for `count_work`: of a subset of units, and of a node of a formula that is tidied.
_SUBSET: Final = 60_000.0
_TIDIED_NODE: Final = 60_000.0


@dataclass(frozen=True, slots=True, eq=False)
class MaskedNetwork:
    """One network with its thresholds applied; weights that are pruned are zero.

    Attributes:
        units: names of the functions, "" where it is pruned to the identity, "*" and "+" for products and sums of two.
        inner: shape (sums, inputs).
        inner_bias: shape (sums,).
        outer: shape (units,).
        offset: of the output.
    """

    units: tuple[str, ...]
    inner: Array
    inner_bias: Array
    outer: Array
    offset: float

    @classmethod
    @torch.no_grad()
    def of(cls, networks: Networks, place: int) -> Self:
        """Return one of some networks."""
        masks = networks.masks()
        kept = [name if bool(masks.functions[place, k]) else "" for k, name in enumerate(networks.units)]
        kept += ["*" if bool(masks.products[place, k]) else "+" for k in range(networks.products)]
        inner = networks.inner * masks.inner * masks.inputs[:, None]
        return cls(
            units=tuple(kept), inner=inner[place].numpy(),
            inner_bias=(networks.inner_bias * masks.inner_bias)[place].numpy(),
            outer=(networks.outer * masks.outer)[place].numpy(),
            offset=float((networks.outer_bias * masks.outer_bias)[place]),
        )  # fmt: skip

    @property
    def active(self) -> list[int]:
        """Units that count and depend on an input, the largest weight first."""
        return sorted(
            (unit for unit in range(len(self.units)) if self.outer[unit] and self.inner[self._sums(unit)].any()),
            key=lambda unit: -abs(self.outer[unit]),
        )

    def _sums(self, unit: int) -> list[int]:
        """Return which linear maps a unit has: one, or the two of a product."""
        functions = 2 * len(self.units) - len(self.inner_bias)
        if unit < functions:
            return [unit]
        products = len(self.units) - functions
        return [unit, unit + products]

    def values(self, x: Array) -> Array:
        """Return the values of all units, shape (n, units), at inputs of shape (n, inputs)."""
        sums = x @ self.inner.T + self.inner_bias
        with np.errstate(all="ignore"):
            columns = [_APPLIED[name](*sums[:, self._sums(unit)].T) for unit, name in enumerate(self.units)]
        return np.stack(columns, axis=1)

    def formula(
        self, scales: Array, size: float, names: Sequence[str], weights: Array | None = None
    ) -> Expression | None:
        """Return the network as a formula of inputs and target in their own units; None where numbers are too large.

        Args:
            scales: by what each input was divided, shape (inputs,).
            size: by what the target was divided.
            names: of the inputs.
            weights: of the units and of the offset, in place of the network's own, shape (units + 1,).
        """
        outer = np.append(self.outer, self.offset) if weights is None else weights
        return finite_formula(self._formula, outer * size, self.inner / scales, names)

    def _formula(self, outer: Array, inner: Array, names: Sequence[str]) -> Expression:
        terms = []
        for unit in np.flatnonzero(outer[:-1]):
            arguments = [_linear(inner[k], float(self.inner_bias[k]), names) for k in self._sums(int(unit))]
            terms.append((float(outer[unit]), _WRITTEN[self.units[unit]](*arguments)))
        return sum_constant_last(terms, float(outer[-1]))


def subsets(network: MaskedNetwork, x: Array, y: Array) -> Iterator[Array]:
    """Yield weights of the units and of the offset that fit best with one unit, with two, and so on: (units + 1,).

    Args:
        network: whose units are chosen among, at most 14 of them.
        x: inputs, shape (n, inputs).
        y: target, shape (n,).
    """
    values = network.values(x)
    choice = [unit for unit in network.active if np.isfinite(values[:, unit]).all()][:_MOST_CHOICE]
    for count in range(1, min(_MOST_UNITS, len(choice)) + 1):
        best, least = None, math.inf
        for subset in itertools.combinations(choice, count):
            columns = np.column_stack([values[:, subset], np.ones(len(y))])
            solution = np.linalg.lstsq(columns, y, rcond=1e-10)[0]
            error = float(np.square(columns @ solution - y).sum())
            count_work(_SUBSET)
            if error < least:
                best, least = (subset, solution), error
        if best is not None:
            weights = np.zeros(len(network.units) + 1)
            weights[[*best[0], -1]] = best[1]
            yield weights


def trimmed(expression: Expression, problem: Problem, is_over: Callable[[], bool]) -> Expression:
    """Return a formula without the constants that are not worth their price, those missed least dropped first."""
    fitted = refit(expression, problem)
    best = fitted.expression
    price = _price(problem, fitted.rss, best)
    while not is_over():
        tries: list[tuple[float, int, Expression]] = []
        constants = best.constants
        for place, value in enumerate(constants):
            if is_over():
                return best
            if is_structural(value):
                continue
            count_work(_TIDIED_NODE * best.complexity)
            without = tidy(best.with_constants([*constants[:place], 0.0, *constants[place + 1 :]]))
            if without.variables:
                less = refit(without, problem, steps=_STEPS_AFTER_DROP)
                tries.append((_price(problem, less.rss, less.expression), len(tries), less.expression))
        if not tries or min(tries)[0] >= price:
            return best
        price, _, best = min(tries)
    return best


def _price(problem: Problem, rss: float, expression: Expression) -> float:
    """Return the description length of a formula whose fitted constants have the digits that are usual."""
    free = sum(not is_structural(value) for value in expression.constants)
    return problem.criterion(rss, expression, _DIGITS_OF_CONSTANT * free) if math.isfinite(rss) else math.inf


def _linear(weights: Array, bias: float, names: Sequence[str]) -> Expression:
    terms = [(float(weights[k]), Expression.variable(names[int(k)])) for k in np.flatnonzero(weights)]
    return sum_constant_last(terms, bias)


def _gauss(argument: Expression) -> Expression:
    return Expression.call("exp", -(argument**2))


_APPLIED: Final[dict[str, Callable[..., Array]]] = {
    "sin": np.sin,
    "exp": np.exp,
    "gauss": lambda z: np.exp(-np.square(z)),
    "tanh": np.tanh,
    "square": np.square,
    "": lambda z: z,
    "*": np.multiply,
    "+": np.add,
}
_WRITTEN: Final[dict[str, Callable[..., Expression]]] = {
    "sin": lambda z: Expression.call("sin", z),
    "exp": lambda z: Expression.call("exp", z),
    "gauss": _gauss,
    "tanh": lambda z: Expression.call("tanh", z),
    "square": lambda z: z**2,
    "": lambda z: z,
    "*": lambda z, w: z * w,
    "+": lambda z, w: z + w,
}
