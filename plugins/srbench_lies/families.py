"""The families of features that a skeleton search goes through, from small to large.

What stands here is a grammar of LIES networks of depth two and three with fixed inner constants: E over L (monomials),
units of monomials, one plus or minus them, units of sums, products of these. No formula of any suite is written down.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.features import (
    Block,
    all_pairs,
    exponent_sets,
    join,
    monomials,
    one_plus,
    powers,
    products,
    sums,
    units,
    unordered,
)

__all__ = ["Families", "Size", "signs"]

Array = NDArray[np.float64]

#: Inner coefficients of units that formulas of physics and the classic suites of the field have.
_INNER_COEFFICIENTS: Final = (1.0, 2.0, 0.5, math.pi, 2 * math.pi, 1 / (2 * math.pi), 3.0, 4.0, 1 / 3)
_FEW_INNER_COEFFICIENTS: Final = (1.0, 2.0, 0.5)
#: Coefficients in 1 + c f.
_COEFFICIENTS_BESIDE_ONE: Final = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1 / 3, -1 / 3)


#: A variable with a value below this fraction of its largest touches zero: no root of it is looked at.
_MIN_SHARE_OFF_ZERO: Final = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How many formulas of each family are looked at."""

    small: int  # monomials in products and inner sums
    middle: int  # monomials inside units
    large: int  # monomials alone and in 1 + m
    most: int  # formulas in any block of combinations
    pairs: int  # features of which all pairs are tried
    triples: int  # features of which all triples are tried
    divisors: int  # monomials by which the target is divided
    coefficients: int  # inner coefficients of units


def signs(x: Array) -> list[str]:
    """Return "positive", "nonzero" or "zero" for each variable."""
    words = []
    for column in x.T:
        near = np.abs(column).min() < _MIN_SHARE_OFF_ZERO * np.abs(column).max()
        mixed = (column < 0).any()
        words.append("zero" if near else "nonzero" if mixed else "positive")
    return words


class Families:
    """Features at screening points, made when they are first asked for.

    Args:
        x: screening points, shape (m, d).
        names: of the variables.
        positivity: of each variable on all points, as `signs` says.
        size: how many.
        compounds: whether products and quotients of units are among them.
    """

    def __init__(
        self, x: Array, names: Sequence[str], positivity: Sequence[str], size: Size, *, compounds: bool
    ) -> None:
        self.x, self.names, self.size, self.compounds = x, tuple(names), size, compounds
        d = x.shape[1]
        wide = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 4.0, -4.0, 1.5, -1.5, 5.0, 6.0)
        usual = (1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0)
        plain = (1.0, -1.0, 2.0, -2.0)
        choices = wide if d <= 2 else usual
        self.small = self._monomials(positivity, size.small, choices if d == 1 else plain, 3)
        self.middle = self._monomials(positivity, size.middle, choices, 4)
        self.large = self._monomials(positivity, size.large, choices, 6)
        self.coefficients = _INNER_COEFFICIENTS[: size.coefficients]

    def _monomials(self, positivity: Sequence[str], most: int, choices: Sequence[float], spread: int) -> Block:
        return monomials(self.x, self.names, exponent_sets(positivity, most, choices, spread=spread))

    @functools.cached_property
    def lines(self) -> Block:
        """Sums and differences of small monomials: x - y, x**2 + y, ..."""
        i, j = unordered(len(self.small), min(self.size.most, self.size.small * 12))
        return join([sums(self.small, self.small, s, (i, j)) for s in (1.0, -1.0)]).in_order()

    @functools.cached_property
    def shifted(self) -> Block:
        """1 + c m of middling monomials m, for a few c."""
        return one_plus(self.middle, _COEFFICIENTS_BESIDE_ONE[: min(self.size.coefficients, 6) // 2 * 2]).in_order()

    @functools.cached_property
    def unary(self) -> Block:
        """Units S, E, L and their relatives, of monomials with inner coefficients."""
        inner = self.middle
        few = self.coefficients if len(inner) <= 400 else self.coefficients[:6]
        both = (*few, *(-c for c in few))
        blocks = [units(inner, "sin", few), units(inner, "cos", few), units(inner, "exp", both), units(inner, "log")]
        blocks += [units(inner, name, _FEW_INNER_COEFFICIENTS) for name in ("tanh", "cosh", "sinh")]
        return join(blocks).in_order()

    @functools.cached_property
    def of_sums(self) -> Block:
        """Units of sums: sin(x + x**2), log(1 + x), exp(-(x - y)**2), and the like."""
        few = self.coefficients[:4]
        inner = join([self.lines.first(self.size.middle), self.shifted.first(self.size.middle)])
        square = powers(inner.first(self.size.middle), 2.0)
        blocks = [
            units(inner, "sin", few),
            units(inner, "cos", few),
            units(inner, "log"),
            units(inner, "exp", (1.0, -1.0)),
        ]
        blocks += [
            units(square, "exp", (-1.0, -0.5, -2.0, 1.0)),
            powers(inner, 0.5),
            powers(inner, -1.0),
            powers(inner, 2.0),
        ]
        blocks += [powers(inner, -0.5), units(powers(inner, 0.5), "sin"), units(powers(inner, 0.5), "exp", (-1.0,))]
        return join(blocks).in_order()

    @functools.cached_property
    def nested(self) -> Block:
        """Units of units: sin(exp(x)), exp(sin(x)), log(1 + exp(x)), ..."""
        inner = self.unary.first(self.size.middle)
        plus = one_plus(inner, (1.0, -1.0))
        blocks = [units(inner, name) for name in ("sin", "cos", "exp", "tanh")]
        blocks += [units(plus, "log"), powers(plus, 0.5), powers(plus, -1.0), units(inner, "exp", (-1.0,))]
        return join(blocks).in_order()

    def mixed(self, most: int) -> Block:
        """Products of a unit and a small monomial."""
        return products(self.unary, self.small, all_pairs(len(self.unary), len(self.small), most))

    def for_products(self) -> Iterator[tuple[Block, bool]]:
        """Yield factors of a product: what a power law is multiplied by; with whether the logarithm is meant."""
        most = self.size.most
        yield self.large, False  # E: times exp(b m)
        yield one_plus(self.large, (1.0, -1.0)), True
        yield self.unary, True
        yield one_plus(self.middle, _COEFFICIENTS_BESIDE_ONE[2:]), True
        yield self.unary, False
        yield one_plus(self.unary, (1.0, -1.0)), True
        lines = self.lines
        yield lines, True
        i, j = all_pairs(len(lines), len(self.small), most)
        yield products(lines, self.small, (i, j)), False
        i, j = all_pairs(len(lines), len(self.small), most)
        squares = powers(lines, 2.0)
        i, j = all_pairs(len(squares), len(self.small), most)
        yield products(squares, self.small, (i, j)), False
        # three terms: 1 + m + m'
        i, j = unordered(len(self.middle), most)
        for a in (1.0, -1.0):
            for b in (1.0, -1.0):
                if a < 0 < b:
                    continue
                yield one_plus(sums(self.middle, self.middle, a * b, (i, j)), (a,)), True
        yield self.of_sums, True
        yield self.of_sums, False
        differences = lines.first(4 * len(self.names) ** 2)
        i, j = all_pairs(len(differences), len(self.small), most // 4)
        inner = products(differences, self.small, (i, j))
        for name in ("sin", "cos", "tanh"):
            yield units(inner, name, self.coefficients[:3]), True
        if self.compounds:
            mixed = self.mixed(most)
            yield one_plus(mixed, (1.0, -1.0)), True
            yield mixed, False
        yield self.nested, True
        yield self.nested, False
        i, j = all_pairs(len(self.unary), len(self.small), most // 2)
        for s in (1.0, -1.0):
            yield sums(self.unary, self.small, s, (i, j)), True

    def for_sums(self) -> Iterator[Block]:
        """Yield terms of a sum."""
        most = self.size.most
        yield self.large
        yield self.unary
        yield self.of_sums
        if self.compounds:
            yield self.mixed(most)
            shifted = self.shifted
            for power in (-1.0, 0.5, -0.5, 2.0):
                i, j = all_pairs(len(self.small), len(shifted), most // 2)
                yield products(self.small, shifted, (i, j), power)
            simple = self.unary.first(max(int(math.sqrt(most)), 20))
            i, j = unordered(len(simple), most)
            yield products(simple, simple, (i, j))
            of_sums = self.of_sums
            i, j = all_pairs(len(self.small), len(of_sums), most)
            yield products(self.small, of_sums, (i, j))
            simple_sums = of_sums.first(max(int(math.sqrt(most)), 20))
            i, j = all_pairs(len(simple), len(simple_sums), most)
            yield products(simple, simple_sums, (i, j))
        yield self.nested

    def for_pairs(self, *, product: bool) -> list[tuple[Block, bool]]:
        """Return the features of which all pairs are tried, as terms or as factors."""
        count = self.size.pairs
        share = max(count // 6, 10)
        if product:
            return [
                (one_plus(self.large, (1.0, -1.0)).first(2 * share), True),
                (one_plus(self.unary, (1.0, -1.0)).first(share // 2), True),
                (self.unary.first(share), True),
                (self.lines.first(share // 2), True),
                (one_plus(self.mixed(share // 2), (1.0, -1.0)), True),
                (self.large.first(share), False),
                (self.of_sums.first(share), True),
            ]
        return [
            (self.large.first(share), False),
            (self.unary.first(2 * share), False),
            (self.of_sums.first(share), False),
            (self.mixed(2 * share), False),
        ]

    def for_triples(self) -> list[tuple[Block, bool]]:
        """Return the features of which all triples are tried, as terms."""
        share = self.size.triples // 4
        return [
            (self.large.first(share), False),
            (self.unary.first(share), False),
            (self.of_sums.first(share), False),
            (self.mixed(share), False),
        ]
