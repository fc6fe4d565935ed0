"""`Join`: the ways in which two halves f and g make a target, each with what may stand beside them.

All have the form goal(y, f) = a * g + b.columns, with free a and b, where the columns are a base that no half is
needed for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, power_product, sum_by_sign
from srbench_portfolio.target_functions import OF_DIFFERENCE, OF_RATIO, OF_TARGET, Function

__all__ = ["Join", "Terms", "inverses", "most_columns", "powers", "quotients"]

Array = NDArray[np.float64]
Goal = Callable[[Array, Array], Array]

#: Columns of a base.
_MAX_COLUMNS: Final = 16
#: Exponents of the first half where logarithms are compared.
_EXPONENTS: Final = (1.0, -1.0, 0.5, -0.5, 2.0, -2.0)
#: Exponents this near to a multiple of 1/2 or 1/3 are meant as that.
_NEAR: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Terms:
    """A right-hand side.

    Attributes:
        others: coefficients with formulas, None for 1.
        of_target: coefficient of the target's own column, where the base has it.
    """

    others: list[tuple[float, Expression | None]]
    of_target: float = 0.0

    def written(self) -> Expression:
        """Return the sum without the target's column."""
        return sum_by_sign(self.others)


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """One way in which two halves make the target.

    Attributes:
        base: columns, shape (n, k).
        formulas: of these columns, None for 1; fewer by one where the last column is the target's own.
        goal: elementwise of y and f; NaN where it is not defined.
        write: the formula of y; takes f, whether what was inverted is negative, and the right-hand side.
        logged: whether halves stand for their logarithms.
    """

    base: Array
    formulas: list[Expression | None]
    goal: Goal
    write: Callable[[Expression, bool, Terms], Expression]
    logged: bool = False


def most_columns(problem: Problem) -> int:
    """Return how many columns a base of the problem has at most."""
    return len(_monomials(problem)[1]) + 1


def quotients(problem: Problem) -> Iterator[Join]:
    """Yield T(y) * f = a * g + b + c.m + e * T(y): quotients of sums."""
    base, formulas = _monomials(problem)
    for function in OF_TARGET:
        t = function.values(problem.y)
        if _is_usable(t):
            yield Join(np.column_stack([base, t]), formulas, _times(function), _quotient(function))


def _times(function: Function) -> Goal:
    return lambda y, f: function.values(y) * f


def _quotient(function: Function) -> Callable[[Expression, bool, Terms], Expression]:
    def write(f: Expression, negative: bool, terms: Terms) -> Expression:
        below = f if terms.of_target == 0.0 else sum_by_sign([(1.0, f), (-terms.of_target, None)])
        return function.invert(terms.written() / below, negative)

    return write


def inverses(problem: Problem) -> Iterator[Join]:
    """Yield G(y / f) = a * g + b + c.m, then the same of y - f and y + f; all have one base."""
    base, formulas = _monomials(problem)
    for function in OF_RATIO:
        yield Join(base, formulas, _of(function, np.divide), _inverted(function, lambda e, f: f * e))
    for function in OF_DIFFERENCE:
        yield Join(base, formulas, _of(function, np.subtract), _inverted(function, lambda e, f: f + e))
        yield Join(base, formulas, _of(function, np.add), _inverted(function, lambda e, f: e - f))


def _of(function: Function, join: Goal) -> Goal:
    return lambda y, f: function.values(join(y, f))


def _inverted(
    function: Function, back: Callable[[Expression, Expression], Expression]
) -> Callable[[Expression, bool, Terms], Expression]:
    return lambda f, negative, terms: back(function.invert(terms.written(), negative), f)


def powers(problem: Problem) -> Iterator[Join]:
    """Yield ln |y| = k * ln |f| + p * ln |g| + logarithms of a power law, and the same with g in place of ln |g|."""
    x = problem.x
    logs = np.log(np.abs(x))
    usable = np.flatnonzero(np.isfinite(logs).all(axis=0)).tolist()
    base = np.column_stack([*(logs[:, j] for j in usable), np.ones(len(x))])
    formulas = [*(Expression.call("log", Expression.variable(problem.names[j])) for j in usable), None]
    if _is_usable(np.log(np.abs(problem.y))):
        for k in _EXPONENTS:
            yield Join(base, formulas, _over_power(k), _power_law(k), logged=True)


def _over_power(k: float) -> Goal:
    return lambda y, f: np.log(np.abs(y)) - k * np.log(np.abs(f))


def _power_law(k: float) -> Callable[[Expression, bool, Terms], Expression]:
    def write(f: Expression, negative: bool, terms: Terms) -> Expression:
        factor = -1.0 if negative else 1.0
        parts = [(f, k)]
        for c, e in terms.others:
            if e is None:
                factor *= math.exp(c)
            elif e.op == "log":
                parts.append((e.args[0], _near(c)))
            else:
                parts.append((Expression.call("exp", c * e), 1.0))
        return factor * power_product(parts)

    return write


def _near(exponent: float) -> float:
    """Return a multiple of 1/2 or 1/3 that is near, else the exponent."""
    for q in (1, 2, 3):
        if abs(exponent * q - round(exponent * q)) < _NEAR:
            return round(exponent * q) / q
    return exponent


def _monomials(problem: Problem) -> tuple[Array, list[Expression | None]]:
    """Return 1, variables, reciprocals, squares and products of two, as many as there is room for."""
    x, d = problem.x, len(problem.names)
    variables = [Expression.variable(name) for name in problem.names]
    columns = [np.ones(len(x)), *x.T]
    formulas: list[Expression | None] = [None, *variables]
    further = [(1 / x[:, j], 1.0 / variables[j]) for j in range(d) if (x[:, j] != 0).all()]
    further += [(x[:, j] ** 2, variables[j] ** 2) for j in range(d)]
    further += [(x[:, i] * x[:, j], variables[i] * variables[j]) for i, j in itertools.combinations(range(d), 2)]
    for column, formula in further[: max(_MAX_COLUMNS - len(columns), 0)]:
        columns.append(column)
        formulas.append(formula)
    return np.column_stack(columns), formulas


def _is_usable(values: Array) -> bool:
    return bool(np.isfinite(values).all() and np.ptp(values) > 0)
