"""What may stand inside a function, or in front of one: monomials, and sums of two of the variables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, count_work, power_product

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
#: Nanoseconds, for `count_work`: of exponents that are listed, and of a formula with its values, also by value.
_LISTED: Final = 300.0
_MADE: Final = 20_000.0
_VALUE: Final = 8.0


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
    count_work(most * (_MADE + _VALUE * len(problem.y)))
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
    known = [set(m.formula.variables) for m in beside]
    wanted: list[tuple[int, int, tuple[int, int, int, float], Inside | None]] = []
    pairs = list(itertools.combinations(range(len(problem.names)), 2))
    for (i, j), power, sign in itertools.product(pairs, (1, 2), (-1.0, 1.0)):
        wanted.append((power, len(wanted), (i, j, power, sign), None))
        both = {problem.names[i], problem.names[j]}
        others = (m for m, names in zip(beside, known, strict=True) if not both & names)
        for rank, m in enumerate(itertools.islice(others, _BESIDE_SUMS)):
            wanted.append((power + 1 + rank, len(wanted), (i, j, power, sign), m))
    wanted.sort(key=lambda f: f[:2])
    count_work(len(wanted[:most]) * (_MADE + _VALUE * len(problem.y)))
    return [_sum_of_two(problem, *of, m) for _, _, of, m in wanted[:most]]


def _sum_of_two(problem: Problem, i: int, j: int, power: int, sign: float, beside: Inside | None) -> Inside:
    one, other = (
        Expression.variable(problem.names[k]) ** power if power > 1 else Expression.variable(problem.names[k])
        for k in (i, j)
    )
    total = one - other if sign < 0 else one + other
    values = problem.x[:, i] ** power + sign * problem.x[:, j] ** power
    return Inside(total, values) if beside is None else Inside(total * beside.formula, values * beside.values)


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
    lists: list[tuple[tuple[int, ...], list[tuple[float, ...]]]] = []  # places, and exponents of these
    costs: list[list[float]] = []
    listed = 0
    for size in range(1, min(d, _MOST_VARIABLES) + 1):
        known: dict[tuple[tuple[tuple[float, float], ...], ...], tuple[list[tuple[float, ...]], list[float]]] = {}
        for places in itertools.combinations(range(d), size):
            some = tuple(tuple(choices[p] if size < 3 else choices[p][:_OF_MANY]) for p in places)
            if some not in known:
                every = list(itertools.product(*some))
                known[some] = [tuple(e for e, _ in each) for each in every], [_cost(each) for each in every]
            exponents, prices = known[some]
            lists.append((places, exponents))
            costs.append(prices)
            listed += len(prices)
            if listed > _MOST_LISTED:
                break
    count_work(_LISTED * listed)
    starts = np.cumsum([0, *map(len, costs)])
    for index in np.argsort(np.concatenate([np.empty(0), *costs]), kind="stable").tolist():
        which = int(np.searchsorted(starts, index, side="right")) - 1
        places, exponents = lists[which]
        result = [0.0] * d
        for p, e in zip(places, exponents[index - int(starts[which])], strict=True):
            result[p] = e
        yield tuple(result)


def _cost(chosen: tuple[tuple[float, float], ...]) -> float:
    costs = [_EXPONENTS[float(np.sign(e))] for e, _ in chosen] if _is_power(chosen) else [c for _, c in chosen]
    power = _OF_A_POWER if _is_power(chosen) else 0.0
    return sum(costs) + power + _FURTHER * (len(chosen) - 1)
