"""Families of polynomials, drawn so that short and long ones come alike, and their canonical spelling.

The spelling is the one a decoder writes: descending degree, terms that are zero left out, no zeros that say nothing, a
coefficient of one not written before x, powers as products: `-2.5*x*x+x-0.25`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, UsageError
from srbench_lite.fitting import leading_multiple, monomial, sum_in_order

__all__ = ["FAMILIES", "Family", "family", "polynomial", "spell", "split_of"]

Whole = NDArray[np.int64]

#: Shares of the splits, by a hash of the polynomial: no polynomial stands in two of them, whichever seed drew it.
_SPLITS: Final = ("held-out", "validation", *("training",) * 18)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Polynomials in x on [-1, 1].

    Attributes:
        name: as typed after --family.
        degree: at most.
        decimals: of a coefficient, at most.
        bound: no coefficient is larger.
    """

    name: str
    degree: int
    decimals: int
    bound: int = 5

    @property
    def terms(self) -> int:
        """Return the number of coefficients."""
        return self.degree + 1

    @property
    def units(self) -> int:
        """Return how many units of the last decimal make one."""
        return int(10**self.decimals)

    @property
    def powers(self) -> NDArray[np.int64]:
        """Return the powers of x in the order of the coefficients: descending, shape (terms,)."""
        return np.arange(self.degree, -1, -1)

    def draw(self, n: int, rng: np.random.Generator, *, split: str = "training") -> Whole:
        """Draw n polynomials of a split.

        Which terms are there is uniform over all choices but none. The number of decimals of the polynomial is uniform
        (0 to `decimals`); one of its coefficients has exactly as many, the others as many or fewer, uniformly. So
        lengths from one token to the most occur alike, and no formula is mostly of the largest length.

        Args:
            n: how many.
            rng: draws them.
            split: "training", "validation" or "held-out".

        Returns:
            Coefficients in units of the last decimal, descending powers: shape (n, terms).
        """
        batches: list[Whole] = []
        missing = n
        while missing > 0:
            drawn = self._draw(2 * missing + 16, rng)
            batches.append(drawn[split_of(drawn) == split][:missing])
            missing -= len(batches[-1])
        return np.concatenate(batches) if batches else np.zeros((0, self.terms), np.int64)

    def _draw(self, n: int, rng: np.random.Generator) -> Whole:
        subsets = rng.integers(1, 2**self.terms, n)  # bit k: whether term k is there
        present = (subsets[:, None] >> np.arange(self.terms)) & 1 == 1  # (n, terms)
        most = rng.integers(0, self.decimals + 1, n)  # decimals of the polynomial
        decimals = rng.integers(0, most[:, None] + 1, (n, self.terms))
        leading = np.argmax(np.where(present, rng.random((n, self.terms)), -1.0), axis=1)
        decimals[np.arange(n), leading] = most
        sizes = np.zeros((n, self.terms), np.int64)
        for count in range(self.decimals + 1):
            allowed = np.arange(1, self.bound * 10**count + 1)
            if count:
                allowed = allowed[allowed % 10 != 0]
            drawn = rng.choice(allowed, (n, self.terms)) * 10 ** (self.decimals - count)
            sizes = np.where(decimals == count, drawn, sizes)
        signs = np.where(rng.random((n, self.terms)) < 0.5, -1, 1)
        return np.where(present, signs * sizes, 0)

    def values(self, coefficients: Whole) -> NDArray[np.float64]:
        """Return coefficients in units of one, as float64 of the same shape."""
        return coefficients / float(self.units)

    def decimals_of(self, coefficients: Whole) -> NDArray[np.int64]:
        """Return the decimals that each polynomial's longest coefficient has: shape (n,)."""
        count = np.zeros(len(coefficients), np.int64)
        for decimals in range(1, self.decimals + 1):
            longer = coefficients % 10 ** (self.decimals - decimals + 1) != 0
            count = np.where(longer.any(axis=1), decimals, count)
        return count


def polynomial(coefficients: NDArray[np.float64], variable: str) -> Expression:
    """Return a polynomial as a sum of terms of descending degree.

    Args:
        coefficients: of descending powers, shape (degree + 1,); those that are zero are left out.
        variable: its name.
    """
    powers = range(len(coefficients) - 1, -1, -1)
    terms = zip(map(float, coefficients), powers, strict=True)
    return sum_in_order(((c, monomial([variable], [power])) for c, power in terms if c != 0), leading_multiple)


def spell(family: Family, coefficients: Whole) -> str:
    """Return the canonical spelling of one polynomial; `0` where every coefficient is zero."""
    parts: list[str] = []
    for power, units in zip(family.powers.tolist(), coefficients.tolist(), strict=True):
        if units == 0:
            continue
        sign = "-" if units < 0 else "+" if parts else ""
        whole, rest = divmod(abs(units), family.units)
        number = str(whole)
        if rest:
            number += "." + f"{rest:0{family.decimals}d}".rstrip("0")
        factors = ["x"] * power
        if number != "1" or not factors:
            factors = [number, *factors]
        parts.append(sign + "*".join(factors))
    return "".join(parts) or "0"


def split_of(coefficients: Whole) -> NDArray[np.str_]:
    """Return the split of each polynomial, by a hash of its coefficients: shape (n,).

    Source of the hash: the finaliser of SplitMix64 (Steele, Lea & Flood, "Fast Splittable Pseudorandom Number
    Generators", OOPSLA 2014, figure 16).
    """
    state = np.zeros(len(coefficients), np.uint64)
    with np.errstate(over="ignore"):
        for column in coefficients.T:
            state = state + column.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return np.asarray(_SPLITS)[(state % np.uint64(len(_SPLITS))).astype(np.int64)]


FAMILIES: Final = {
    f.name: f for f in (Family(name="poly2", degree=2, decimals=2), Family(name="poly4", degree=4, decimals=1))
}


def family(name: str) -> Family:
    """Return a family by name.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in FAMILIES:
        raise UsageError(f"unknown family {name!r}; there are: {', '.join(FAMILIES)}")
    return FAMILIES[name]
