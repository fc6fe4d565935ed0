"""`Terms`: the products of powers that a polynomial adds up, of inputs or of their distances from numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Monomials, leading_multiple, power_product, shortest_decimal, sum_in_order

__all__ = ["Terms", "count_terms", "exponents_up_to"]

Array = NDArray[np.float64]
Exponents = tuple[int, ...]

#: A middle is the shortest number within this share of half the range.
_MAX_MIDDLE_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Products of powers of shifted and scaled inputs.

    Attributes:
        names: of the d inputs.
        exponents: of each of the k products, d each; all zero for the constant.
        shifts: what is taken from each input, shape (d,).
        scales: by what each is divided then, shape (d,).
    """

    names: tuple[str, ...]
    exponents: tuple[Exponents, ...]
    shifts: Array
    scales: Array

    @classmethod
    def plain(cls, names: Sequence[str], exponents: Sequence[Exponents]) -> Terms:
        """Return products of powers of the inputs as they are."""
        return cls(tuple(names), tuple(exponents), np.zeros(len(names)), np.ones(len(names)))

    @classmethod
    def shifted(cls, names: Sequence[str], exponents: Sequence[Exponents], x: Array) -> Terms:
        """Return products of powers of distances from a short number in the middle of each input's range."""
        middles, halves = _ranges(x)
        radii = _MAX_MIDDLE_SHARE * halves
        shifts = [shortest_decimal(*pair) for pair in zip(middles.tolist(), radii.tolist(), strict=True)]
        return cls(tuple(names), tuple(exponents), np.array(shifts), np.ones(len(names)))

    @classmethod
    def centred(cls, names: Sequence[str], exponents: Sequence[Exponents], x: Array) -> Terms:
        """Return products of powers of inputs that are moved and scaled to [-1, 1]: for numbers, not for reading."""
        return cls(tuple(names), tuple(exponents), *_ranges(x))

    def values(self, x: Array) -> Array:
        """Return the values of the products on inputs (n, d), shape (n, k); not finite where they are out of range."""
        with np.errstate(all="ignore"):
            monomials = Monomials((x - self.shifts) / self.scales)
            return np.stack([monomials(exponents) for exponents in self.exponents], axis=1)

    def formula(self, places: Sequence[int], coefficients: Array) -> Expression:
        """Write a sum of multiples of some of the products, the highest degree first, the constant last."""
        factors = [
            Expression.variable(name) if shift == 0 else _distance(name, shift)
            for name, shift in zip(self.names, self.shifts.tolist(), strict=True)
        ]
        pairs = [(self.exponents[p], c) for p, c in zip(places, coefficients.tolist(), strict=True) if c != 0]
        pairs.sort(key=lambda pair: (sum(pair[0]), pair[0]), reverse=True)
        terms = [(c, power_product(zip(factors, map(float, e), strict=True))) for e, c in pairs]
        return sum_in_order(terms, leading_multiple)


def count_terms(variables: int, degree: int) -> int:
    """Return how many products of so many variables have at most a degree, the constant included."""
    return math.comb(variables + degree, degree)


def exponents_up_to(variables: int, degree: int) -> tuple[Exponents, ...]:
    """Return the exponents of all products of at most a degree, the constant first, those of lower degree first."""
    return tuple(_exponents_up_to(variables, degree))


def _exponents_up_to(variables: int, degree: int) -> Iterator[Exponents]:
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(variables), total):
            yield tuple(chosen.count(k) for k in range(variables))


def _ranges(x: Array) -> tuple[Array, Array]:
    """Return the middle and half the width of the ranges of inputs (n, d), each of shape (d,)."""
    low, high = x.min(axis=0) / 2, x.max(axis=0) / 2  # halved first: their difference might leave the range of numbers
    return low + high, np.where(high > low, high - low, 1.0)


def _distance(name: str, number: float) -> Expression:
    variable = Expression.variable(name)
    return variable - number if number > 0 else variable + -number
