"""`Basis`: for each variable the functions of it that a target is made of, chosen by the errors of their products.

A polynomial of five variables through 200 points is coarse. Where y is a line in x**2 and in 1/z, products of these two
columns with few others do it instead: one variable after the other is left out, replaced by one power or logarithm of
it, or kept as a polynomial of low degree, as long as the leave-one-out error falls (sparse, adaptive expansions:
Blatman & Sudret, J. Comput. Phys. 230, 2011).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline, count_work
from srbench_portfolio.division.single_powers import powers_of
from srbench_portfolio.division.surrogate import fit_columns, polynomials, unit_scaled

__all__ = ["Basis", "adapted_basis", "looked_at", "plain_basis"]

Array = NDArray[np.float64]

#: Columns at most, as a share of the points.
_MAX_SHARE: Final = 0.6
_MAX_DEGREE: Final = 12
#: Degrees to which a polynomial of one variable may be held.
_CAPS: Final = (2, 4)
#: Choices for each variable that are looked at again after the first time.
_AGAIN: Final = 3
#: A choice is made if the error falls below this share, or does not rise and columns become fewer.
_MIN_GAIN: Final = 0.97
_MAX_RISE: Final = 1.005
#: A positive variable whose largest value is so many times its least is looked at through its logarithm.
_WIDE: Final = 8.0
#: Nanoseconds, for `count_work`: of products, and by value and variable.
_PRODUCTS: Final = 15_000.0
_VALUE: Final = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Functions of each variable.

    Attributes:
        tables: of each variable, shape (m, 1 + degree); the first column is 1.
        single: places of the variables that have one function only, with its number among `powers_of`.
        error: typical leave-one-out residual of their products.
        degree: of these products, in all.
    """

    tables: tuple[Array, ...]
    single: dict[int, int]
    error: float
    degree: int

    def without_idle(self, x: Array) -> Basis:
        """Return the basis with polynomials of low degree of the variables that it left out."""
        u = looked_at(x)
        tables = [
            polynomials(u[:, [j]], _CAPS[0]) if table.shape[1] == 1 else table for j, table in enumerate(self.tables)
        ]
        return replace(self, tables=tuple(tables))

    def holding(self, places: tuple[int, ...], degree: int) -> NDArray[np.bool_]:
        """Return which of the products hold which of the variables, shape (k, len(places))."""
        caps = tuple(self.tables[j].shape[1] - 1 for j in places)
        return np.asarray(_exponents(caps, degree) > 0)

    def products(self, places: tuple[int, ...], degree: int) -> Array:
        """Return products of functions of some of the variables up to a total degree, shape (m, k); 1 is first."""
        caps = tuple(self.tables[j].shape[1] - 1 for j in places)
        result = np.ones((len(self.tables[0]), len(_exponents(caps, degree))))
        count_work(_PRODUCTS + _VALUE * result.size * len(places))
        for j, powers in zip(places, _exponents(caps, degree).T, strict=True):
            result *= self.tables[j][:, powers]
        return result


@cache
def _exponents(caps: tuple[int, ...], degree: int) -> NDArray[np.intp]:
    """Return the exponents of all products up to a total degree, shape (k, d), each at most its cap."""
    found: list[tuple[int, ...]] = [()]
    for cap in caps:
        found = [(*e, k) for e in found for k in range(min(cap, degree - sum(e)) + 1)]
    found.sort(key=lambda e: (sum(e), e))
    return np.array(found, dtype=np.intp).reshape(-1, len(caps))


def _count(caps: tuple[int, ...], degree: int) -> int:
    counts = np.zeros(degree + 1)
    counts[0] = 1
    for cap in caps:
        counts = np.array([counts[max(0, k - cap) : k + 1].sum() for k in range(degree + 1)])
    return int(counts.sum())


def looked_at(x: Array) -> Array:
    """Return the inputs scaled to [-1, 1], through their logarithm where they are positive and wide."""
    wide = (x > 0).all(axis=0) & (x.max(axis=0) > _WIDE * np.maximum(x.min(axis=0), 1e-300))
    return unit_scaled(np.where(wide, np.log(np.where(wide, x, 1.0)), x))[0]


def plain_basis(x: Array, y: Array) -> Basis:
    """Return polynomials of all variables, with the total degree of the least leave-one-out error."""
    u = looked_at(x)
    tables = [polynomials(u[:, [j]], _MAX_DEGREE) for j in range(x.shape[1])]
    error, degree = _best_degree(tables, y)
    return Basis(tuple(tables), {}, error, degree)


def adapted_basis(x: Array, y: Array, budget: Deadline) -> Basis:
    """Return the functions of the variables whose products have the least leave-one-out error.

    Args:
        x: inputs, shape (m, d).
        y: target, shape (m,).
        budget: when it is over, functions stay as they are.
    """
    d = x.shape[1]
    u = looked_at(x)
    full = [polynomials(u[:, [j]], _MAX_DEGREE) for j in range(d)]
    choices: list[list[tuple[int, Array]]] = []  # number of the power, else -1; columns
    for j in range(d):
        powers = [(k, np.column_stack([np.ones(len(y)), unit_scaled(c[:, None])[0]])) for k, c in powers_of(x[:, j])]
        capped = [(-1, full[j][:, : cap + 1]) for cap in _CAPS]
        choices.append([(-1, full[j][:, :1]), *powers, *capped])
    tables, single = list(full), dict[int, int]()
    error, degree = _best_degree(tables, y)
    first = True
    while True:
        trials = []
        for j, options in enumerate(choices):
            if tables[j].shape[1] <= 2:
                continue
            errors = []
            for rank, (_, table) in enumerate(options):
                if table.shape[1] >= tables[j].shape[1]:
                    continue
                if budget.is_over:
                    return Basis(tuple(tables), single, error, degree)
                trial = [*tables[:j], table, *tables[j + 1 :]]
                errors.append((min(_error(trial, y, degree), _error(trial, y, degree + 1)), rank))
            errors.sort()
            if first:
                choices[j] = [options[rank] for _, rank in errors[:_AGAIN]]
                errors = [(e, k) for k, (e, _) in enumerate(errors[:_AGAIN])]
            trials += [(e, j, rank) for e, rank in errors[:1]]
        first = False
        least, j, rank = min(trials, default=(np.inf, 0, 0))
        if not least < max(_MIN_GAIN * error, 1e-13 * float(np.std(y))) and not least < _MAX_RISE * error:
            break
        power, tables[j] = choices[j][rank]
        single.pop(j, None)
        if power >= 0:
            single[j] = power
        error, degree = _best_degree(tables, y)
    return Basis(tuple(tables), single, error, degree)


def _best_degree(tables: list[Array], y: Array) -> tuple[float, int]:
    best, worse = (np.inf, 1), 0
    for degree in range(1, _MAX_DEGREE + 1):
        error = _error(tables, y, degree)
        if not error < np.inf or worse > 1:
            break
        if error < best[0]:
            best, worse = (error, degree), 0
        else:
            worse += 1
    return best


def _error(tables: list[Array], y: Array, degree: int) -> float:
    """Return the leave-one-out error of products up to a total degree; infinity where they are too many."""
    caps = tuple(t.shape[1] - 1 for t in tables)
    if degree > sum(caps) or _count(caps, degree) > _MAX_SHARE * len(y):
        return np.inf
    basis = Basis(tuple(tables), {}, 0.0, degree)
    return fit_columns(basis.products(tuple(range(len(tables))), degree), y).error
