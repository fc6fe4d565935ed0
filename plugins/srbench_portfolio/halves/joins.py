"""`Join`: the ways in which two halves f and g make a target, each with what may stand beside them.

All have the form goal(y, f) = a * g + b.columns, with free a and b, where the columns are a base that no half is
needed for.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, power_product, sum_by_sign
from srbench_portfolio.halves.target_functions import OF_DIFFERENCE, OF_RATIO, OF_TARGET, Function

__all__ = ["Join", "Terms", "inverses", "most_columns", "powers", "quotients", "values_of"]

Array = NDArray[np.float64]
Goal = Callable[[Array, Array], Array]
#: Columns, shape (n, k), with their formulas, None for 1.
Base = tuple[Array, list[Expression | None]]
Columns = list[tuple[Array, Expression]]

#: Columns of a base, and of a wide one, which knows more smooth functions and so leaves less of others.
_MOST_COLUMNS: Final = 16
_MOST_COLUMNS_OF_WIDE: Final = 40
#: Functions of one variable in a wide base.
_FUNCTIONS: Final = ("sin", "cos", "exp", "log", "sqrt")
_ARGUMENT: Final = Expression.variable("z")
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
        logged: whether second halves stand for their logarithms, too.
        modulo: whether first halves that differ by what is in the base are one.
    """

    base: Array
    formulas: list[Expression | None]
    goal: Goal
    write: Callable[[Expression, bool, Terms], Expression]
    logged: bool = False
    modulo: bool = False


def most_columns(problem: Problem, *, wide: bool) -> int:
    """Return how many columns a base of the problem has at most."""
    return len(_monomials_of(problem, wide=wide)[1]) + 1


def quotients(problem: Problem, *, wide: bool) -> Iterator[Join]:
    """Yield T(y) * f = a * g + b + c.m + e * T(y): quotients of sums."""
    base, formulas = _monomials_of(problem, wide=wide)
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


def inverses(problem: Problem, *, wide: bool) -> Iterator[Join]:
    """Yield G(y / f) = a * g + b + c.m, then the same of y - f and y + f; all have one base."""
    base, formulas = _monomials_of(problem, wide=wide)
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


def powers(problem: Problem, *, wide: bool) -> Iterator[Join]:
    """Yield ln |y| = k * ln |f| + p * ln |g| + logarithms of a power law, and the same with g in place of ln |g|.

    Then the same of ln |y - f| and ln |y + f|, without k * ln |f|; all have one base.
    """
    base, formulas = _logarithms_of(problem, wide=wide)
    if _is_usable(np.log(np.abs(problem.y))):
        for k in _EXPONENTS:
            yield Join(base, formulas, _over_power(k), _power_law(k), logged=True, modulo=True)
    yield Join(base, formulas, _logarithm_of(np.subtract), _beside_power_law(lambda e, f: f + e), logged=True)
    yield Join(base, formulas, _logarithm_of(np.add), _beside_power_law(lambda e, f: e - f), logged=True)


def _over_power(k: float) -> Goal:
    return lambda y, f: np.log(np.abs(y)) - k * np.log(np.abs(f))


def _logarithm_of(join: Goal) -> Goal:
    return lambda y, f: np.log(np.abs(join(y, f)))


def _beside_power_law(
    back: Callable[[Expression, Expression], Expression],
) -> Callable[[Expression, bool, Terms], Expression]:
    return lambda f, negative, terms: back(_product_of(terms.others, negative), f)


def _power_law(k: float) -> Callable[[Expression, bool, Terms], Expression]:
    return lambda f, negative, terms: _product_of(terms.others, negative, [(f, k)])


def _product_of(
    parts: list[tuple[float, Expression | None]], negative: bool, factors: Sequence[tuple[Expression, float]] = ()
) -> Expression:
    """Return what has a sum of logarithms, and of what else stands in the exponent, as its logarithm.

    Args:
        parts: coefficients with formulas; a logarithm gives a power, 1 (None) a factor, another one an exponential.
        negative: whether it is less than zero.
        factors: further factors with their exponents.
    """
    factor, powers = -1.0 if negative else 1.0, list(factors)
    for c, e in parts:
        if e is None:
            factor *= math.exp(c)
        elif e.op == "log":
            powers.append((e.args[0], _near(c)))
        else:
            powers.append((Expression.call("exp", c * e), 1.0))
    return factor * power_product(powers)


def _near(exponent: float) -> float:
    """Return a multiple of 1/2 or 1/3 that is near, else the exponent."""
    for q in (1, 2, 3):
        if abs(exponent * q - round(exponent * q)) < _NEAR:
            return round(exponent * q) / q
    return exponent


def values_of(term: Expression, columns: Mapping[str, Array]) -> Array:
    """Return a term's values, shape (n,); of a logarithm those of the size of its argument."""
    values = np.log(np.abs(term.args[0](columns))) if term.op == "log" else term(columns)
    return np.asarray(values)


def _monomials_of(problem: Problem, *, wide: bool) -> Base:
    """Return 1, variables, reciprocals, squares and products of two; in a wide base functions, ratios, cubics, too."""
    plain = _plain(problem)
    columns = [(np.ones(len(problem.y)), None), *plain, *_reciprocals(plain), *_of_degree_two(plain)]
    if wide:
        columns += [*_functions(plain), *_ratios(plain), *_of_degree_three(plain)]
    return _filled(columns, wide=wide)


def _logarithms_of(problem: Problem, *, wide: bool) -> Base:
    """Return 1, logarithms of variables that are never zero, variables, squares and products of two, and so on."""
    plain = _plain(problem)
    logs = [(np.log(np.abs(values)), Expression.call("log", formula)) for values, formula in plain if values.all()]
    columns = [(np.ones(len(problem.y)), None), *logs, *plain, *_of_degree_two(plain)]
    if wide:
        columns += [*_reciprocals(plain), *(c for c in _functions(plain) if c[1].op != "log"), *_ratios(plain)]
    return _filled(columns, wide=wide)


def _filled(columns: Sequence[tuple[Array, Expression | None]], *, wide: bool) -> Base:
    most = _MOST_COLUMNS_OF_WIDE if wide else _MOST_COLUMNS
    kept = [(values, formula) for values, formula in columns if np.isfinite(values).all()][:most]
    return np.column_stack([values for values, _ in kept]), [formula for _, formula in kept]


def _plain(problem: Problem) -> Columns:
    return [(problem.x[:, j], Expression.variable(name)) for j, name in enumerate(problem.names)]


def _reciprocals(plain: Columns) -> Columns:
    return [(1 / values, 1.0 / formula) for values, formula in plain]


def _of_degree_two(plain: Columns) -> Columns:
    squares = [(values**2, formula**2) for values, formula in plain]
    return squares + [(one * other, e * f) for (one, e), (other, f) in itertools.combinations(plain, 2)]


def _functions(plain: Columns) -> Columns:
    return [
        (Expression.call(op, _ARGUMENT)({"z": values}), Expression.call(op, formula))
        for op in _FUNCTIONS
        for values, formula in plain
    ]


def _ratios(plain: Columns) -> Columns:
    return [(one / other, e / f) for (one, e), (other, f) in itertools.permutations(plain, 2)]


def _of_degree_three(plain: Columns) -> Columns:
    cubes = [(values**3, formula**3) for values, formula in plain]
    return cubes + [(one**2 * other, e**2 * f) for (one, e), (other, f) in itertools.permutations(plain, 2)]


def _is_usable(values: Array) -> bool:
    return bool(np.isfinite(values).all() and np.ptp(values) > 0)
