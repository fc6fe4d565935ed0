"""`Lattice`: the exponents that monomials of the data may have, the shortest first, and the steps between them."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Problem, count_work

__all__ = ["Lattice", "looked_at", "monomial_values"]

Array = NDArray[np.float64]

#: Exponents with what each costs: of all variables, of one that is alone, of those without zeros, and of positive ones.
_WHOLE: Final = {1.0: 1.0, 2.0: 1.6, 3.0: 2.6, 4.0: 3.6, 5.0: 4.6, 6.0: 5.6}
_ALONE: Final = {float(k): k - 0.4 for k in range(7, 13)}
_BELOW: Final = {-1.0: 1.4, -2.0: 2.4, -3.0: 3.6, -4.0: 4.4}
_HALVES: Final = {0.5: 1.6, -0.5: 2.4, 1.5: 3.0, 2.5: 3.6, -1.5: 3.6, 3.5: 4.6}
_LINEAR: Final = 0.5
#: Cost of the shortest monomials that are listed at first, what is added while there are too few, and at most.
_FIRST_COST: Final = 2.0
_MORE_COST: Final = 0.5
_MOST_COST: Final = 14.0
#: Points at which sums of monomials are compared.
_POINTS: Final = 140
#: A variable whose least size is below this share of its largest is not divided by.
_MIN_SHARE: Final = 1e-3
#: Steps of one exponent, alone and together with a step of another.
_STEPS: Final = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
_HALF_STEPS: Final = (-1.5, -0.5, 0.5, 1.5)
_MOST_IN_PAIR: Final = 2.0
#: Nanoseconds, for `count_work`: of a monomial that is listed, and of a value of one by variable.
_LISTED: Final = 1_600.0
_VALUE: Final = 0.8


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """Exponents of the variables of some points.

    Attributes:
        choices: for each of the d variables the exponents that it may have, with their costs, the cheapest first.
        linear: how many of them, the last ones, are there once or not.
    """

    choices: tuple[tuple[tuple[float, float], ...], ...]
    linear: int = 0

    @classmethod
    def of(cls, x: Array, *, halves: bool = True) -> Lattice:
        """Return the exponents that are defined on all points x, shape (n, d), with or without halves."""
        choices = []
        for column in x.T:
            some = _WHOLE | _ALONE if x.shape[1] == 1 else dict(_WHOLE)
            sizes = np.abs(column)
            if sizes.min() > _MIN_SHARE * sizes.max() or column.min() > 0:
                some |= _BELOW
            if halves and column.min() > 0:
                some |= _HALVES
            choices.append(tuple(sorted(some.items(), key=lambda choice: choice[1])))
        return cls(tuple(choices))

    def with_linear(self, number: int) -> Lattice:
        """Return the exponents of so many more variables, each of which is there once or not."""
        return Lattice((*self.choices, *[((1.0, _LINEAR),)] * number), number)

    def shortest(self, number: int) -> Array:
        """Return the exponents of so many monomials, or fewer where there are no more, shape (k, d), 1 first."""
        cost = _FIRST_COST
        while True:
            found = list(self._up_to(cost))
            if len(found) >= number or cost >= _MOST_COST:
                break
            cost += _MORE_COST
        count_work(_LISTED * len(found))
        found.sort(key=lambda each: each[0])
        return np.array([exponents for _, exponents in found[:number]]).reshape(-1, len(self.choices))

    def _up_to(self, most: float) -> list[tuple[float, tuple[float, ...]]]:
        """Return all exponents up to a cost, with it."""
        found: list[tuple[float, tuple[float, ...]]] = [(0.0, ())]
        for choices in self.choices:
            longer = [(cost, (*exponents, 0.0)) for cost, exponents in found]
            for cost, exponents in found:
                for exponent, price in choices:
                    if cost + price > most:
                        break
                    longer.append((cost + price, (*exponents, exponent)))
            found = longer
        return found

    def steps(self) -> Array:
        """Return changes of one exponent, shape (m, d)."""
        d = len(self.choices)
        steps = [(j, step) for j in range(d) for step in self._steps_of(j)]
        result = np.zeros((len(steps), d))
        for row, (j, step) in enumerate(steps):
            result[row, j] = step
        return result

    def double_steps(self) -> Array:
        """Return changes of two exponents, shape (m, d)."""
        d = len(self.choices)
        small = [[step for step in self._steps_of(j) if abs(step) <= _MOST_IN_PAIR] for j in range(d)]
        steps = [
            (j, k, one, other)
            for j, k in itertools.combinations(range(d), 2)
            for one, other in itertools.product(small[j], small[k])
        ]
        result = np.zeros((len(steps), d))
        for row, (j, k, one, other) in enumerate(steps):
            result[row, j], result[row, k] = one, other
        return result

    def _steps_of(self, variable: int) -> tuple[float, ...]:
        if variable >= len(self.choices) - self.linear:
            return (-1.0, 1.0)
        halves = any(exponent % 1 for exponent, _ in self.choices[variable])
        return _STEPS + _HALF_STEPS if halves else _STEPS

    def bounds(self) -> tuple[Array, Array]:
        """Return the least and the largest exponent of every variable, each of shape (d,)."""
        low = [min(0.0, *(exponent for exponent, _ in choices)) for choices in self.choices]
        high = [max(exponent for exponent, _ in choices) for choices in self.choices]
        return np.array(low), np.array(high)


def monomial_values(x: Array, exponents: Array) -> Array:
    """Return the values of monomials with exponents of shape (k, d) at points of shape (n, d), shape (k, n)."""
    count_work(_VALUE * len(exponents) * x.size)
    values = np.ones((len(exponents), len(x)))
    for column, powers in zip(x.T, exponents.T, strict=True):
        different, places = np.unique(powers, return_inverse=True)
        if different.any():
            values *= np.stack([column**power for power in different])[places]
    return values


def looked_at(problem: Problem) -> tuple[NDArray[np.intp], Array]:
    """Return the places of the points at which sums are compared, and the typical size of each variable, shape (d,)."""
    rows = np.sort(np.random.default_rng(0).permutation(len(problem.y))[:_POINTS])
    sizes = np.median(np.abs(problem.x), axis=0)
    return rows, np.where(sizes > 0, sizes, 1.0)
