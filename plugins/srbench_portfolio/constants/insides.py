"""What may stand inside a function, or in front of one: monomials, and sums of two of the variables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, power_product

__all__ = ["Inside", "constant", "monomials", "sums_of_two"]

Array = NDArray[np.float64]

#: Exponents that variables of a monomial may have, with what each costs.
_EXPONENTS: Final = {1.0: 1.0, -1.0: 1.2, 2.0: 2.2, 0.5: 2.6, -2.0: 2.8, -0.5: 3.2, 3.0: 4.0, 1.5: 4.4}
#: What each further variable costs.
_FURTHER: Final = 0.4
#: What a power of a monomial of several variables costs.
_OF_A_POWER: Final = 1.2
_MOST_VARIABLES: Final = 4
#: Exponents of each variable where there are three or more.
_OF_MANY: Final = 4
_MOST_LISTED: Final = 60_000
#: Monomials beside a sum of two.
_BESIDE_SUMS: Final = 8


@dataclass(frozen=True, slots=True, eq=False)
class Inside:
    """A function of the variables without constants.

    Attributes:
        formula: of the variables.
        values: at all points, shape (n,).
        exponents: of the variables that stand in a monomial, in their order; none for others.
    """

    formula: Expression
    values: Array
    exponents: tuple[float, ...] = ()


def constant(problem: Problem) -> Inside:
    """Return the number one."""
    return Inside(Expression.constant(1.0), np.ones(len(problem.y)))


def monomials(problem: Problem, most: int) -> list[Inside]:
    """Return products of powers of the variables that are finite at all points, the simplest first."""
    variables = [Expression.variable(name) for name in problem.names]
    return [
        Inside(
            power_product([(v, e) for v, e in zip(variables, exponents, strict=True) if e]),
            values,
            tuple(e for e in exponents if e),
        )
        for exponents in itertools.islice(_exponents(problem.x), most)
        if np.isfinite(values := _values(problem.x, exponents)).all()
    ]


def sums_of_two(problem: Problem, beside: list[Inside], most: int) -> list[Inside]:
    """Return sums and differences of two variables and of their squares, alone and times a monomial of the others."""
    found: list[tuple[int, int, Inside]] = []
    pairs = list(itertools.combinations(range(len(problem.names)), 2))
    for (i, j), power, sign in itertools.product(pairs, (1, 2), (-1.0, 1.0)):
        one, other = (
            Expression.variable(problem.names[k]) ** power if power > 1 else Expression.variable(problem.names[k])
            for k in (i, j)
        )
        total = one - other if sign < 0 else one + other
        values = problem.x[:, i] ** power + sign * problem.x[:, j] ** power
        found.append((power, len(found), Inside(total, values)))
        others = [m for m in beside if not {problem.names[i], problem.names[j]} & set(m.formula.variables)]
        for rank, m in enumerate(others[:_BESIDE_SUMS]):
            found.append((power + 1 + rank, len(found), Inside(total * m.formula, values * m.values)))
    found.sort(key=lambda f: f[:2])
    return [inside for _, _, inside in found[:most]]


def _is_power(chosen: tuple[tuple[float, float], ...]) -> bool:
    """Whether it is the square or the root of a simpler monomial of several variables, such as (a/b)**2."""
    sizes = {abs(e) for e, _ in chosen}
    return len(chosen) > 1 and sizes in ({2.0}, {0.5})


def _values(x: Array, exponents: tuple[float, ...]) -> Array:
    """Return a monomial's values, shape (n,)."""
    result = np.ones(len(x))
    for j, e in enumerate(exponents):
        if e:
            result = result * x[:, j] ** e
    return result


def _exponents(x: Array) -> Iterator[tuple[float, ...]]:
    """Yield exponents of monomials, cheap ones first, such that every value is finite."""
    d = x.shape[1]
    positive, nonzero = [bool((x[:, j] > 0).all()) for j in range(d)], [bool((x[:, j] != 0).all()) for j in range(d)]
    choices = [
        [(e, c) for e, c in _EXPONENTS.items() if (e > 0 or nonzero[j]) and (e == int(e) or positive[j])]
        for j in range(d)
    ]
    found: list[tuple[float, tuple[float, ...]]] = []
    for size in range(1, min(d, _MOST_VARIABLES) + 1):
        for places in itertools.combinations(range(d), size):
            some = [choices[p] if size < 3 else choices[p][:_OF_MANY] for p in places]
            for each in itertools.product(*some):
                exponents = [0.0] * d
                for p, (e, _) in zip(places, each, strict=True):
                    exponents[p] = e
                costs = [_EXPONENTS[float(np.sign(e))] for e, _ in each] if _is_power(each) else [c for _, c in each]
                power = _OF_A_POWER if _is_power(each) else 0.0
                found.append((sum(costs) + power + _FURTHER * (size - 1), tuple(exponents)))
            if len(found) > _MOST_LISTED:
                break
    found.sort(key=lambda f: f[0])
    for _, exponents_ in found:
        yield exponents_
