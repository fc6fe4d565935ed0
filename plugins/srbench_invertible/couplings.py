"""Couplings: y = S(rest)*x + T(rest), affine in one variable, whose S and T are explained in their turn.

Source: affine coupling layers (Dinh, Sohl-Dickstein & Bengio, Real NVP, ICLR 2017), with symbolic inner functions as in
Tohme et al., ISR (arXiv 2405.06848, 2024). What differs: S stands for exp(s); S and T are not trained as networks, but
their values are read off a polynomial fit, and formulas are found for these values.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_invertible.chains import Chain, chains
from srbench_invertible.maps import MAPS, Map
from srbench_lite import Expression
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Coupling", "couplings", "explanations"]

Array = NDArray[np.float64]

#: Degree of the polynomials by the number of variables, at most, and how many terms they have for each point.
_DEGREES: Final = (0, 12, 9, 6, 5, 4, 3)
_TERMS_PER_POINT: Final = 0.3
#: What a polynomial may leave of the variance.
_MOST_LEFT: Final = 0.02
#: A part below this share of the size of the values is nothing, and one that varies less is a constant.
_NOTHING: Final = 1e-3
#: A variable whose absence does not raise what is left by more than this factor does not matter.
_NO_MATTER: Final = 100.0
#: Least that is left, for ratios.
_ROUNDING: Final = 1e-20
#: Couplings that are followed, formulas of each part, and pairs of maps that are fitted for a part.
_FOLLOWED: Final = 2
_OF_EACH_PART: Final = 2
_PAIRS_OF_PART: Final = 30
#: Mean squared errors of parts, in those that polynomials leave.
_ERRORS: Final = 3.0
#: Maps of a variable in which values may be affine; by what factor they must be clearer, and what is clear.
_MAPS_OF_VARIABLES: Final = ("identity", "square", "reciprocal", "sqrt", "log", "exp")
_PRICE_OF_MAP: Final = 30.0
_CLEAR: Final = 1e-9
#: Variables of a part, at most.
_MOST_VARIABLES: Final = 6
#: Nanoseconds, for `count_work`: of a least-squares fit, by entry of the matrix and column.
_SOLVE: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Coupling:
    """Values that are affine in a variable, or in a map of it.

    Attributes:
        variable: its column.
        map: of the variable.
        slope, offset: S and T at the points, each of shape (n,).
        left: share of the variance that the polynomials leave.
    """

    variable: int
    map: Map
    slope: Array
    offset: Array
    left: float


def couplings(values: Array, x: Array, columns: Sequence[int]) -> list[Coupling]:
    """Return in which of some variables, or maps of them, values are affine, the clearest first.

    Polynomials of the others stand for S and T. A map must be clearer than the variable itself by a factor.

    Args:
        values: shape (n,).
        x: shape (n, variables).
        columns: variables that matter.
    """
    found = []
    for column in columns:
        rest = _polynomials(x[:, [other for other in columns if other != column]])
        for name in _MAPS_OF_VARIABLES:
            own = MAPS[name].apply(x[:, column])
            if not np.isfinite(own).all():
                continue
            solution, left = _solved(np.hstack([rest, own[:, None] * rest]), values)
            if left < _MOST_LEFT:
                terms = rest.shape[1]
                found.append(Coupling(column, MAPS[name], rest @ solution[terms:], rest @ solution[:terms], left))

    def price(coupling: Coupling) -> float:
        return max(coupling.left, _CLEAR) * (1.0 if coupling.map.name == "identity" else _PRICE_OF_MAP)

    return sorted(found, key=price)


def explanations(
    values: Array, x: Array, names: Sequence[str], *, deadline: Deadline, pairs: int, error: float = 0.0, depth: int = 0
) -> Iterator[Expression]:
    """Yield formulas that may explain values, their constants roughly fitted.

    Args:
        values: shape (n,).
        x: shape (n, variables).
        names: of the variables.
        deadline: ends the search.
        pairs: of maps that are fitted where one variable is left.
        error: mean squared error of the values.
        depth: how many couplings were gone through before.
    """
    size = math.sqrt(float(np.square(values).mean()))
    if values.std() <= max(_NOTHING * size, math.sqrt(error)):
        yield Expression.constant(float(values.mean()))
        return
    columns = _that_matter(values, x, error)
    if len(columns) == 1:
        most = _OF_EACH_PART if depth else 2 * _OF_EACH_PART
        column = columns[0]
        found: list[Chain] = chains(
            values, x[:, column], names[column], pairs=pairs, most=most, deadline=deadline,
            floor=error / float(values.var()), monotone=depth == 0,
        )  # fmt: skip
        yield from (chain.expression for chain in found)
        return
    if not columns or len(columns) > _MOST_VARIABLES:
        return
    for coupling in couplings(values, x, columns)[:_FOLLOWED]:
        if deadline.is_over:
            return
        rest = [column for column in columns if column != coupling.variable]
        parts = []
        for part in (coupling.slope, coupling.offset):
            own = coupling.map.apply(x[:, coupling.variable])
            scale = float(np.square(own).mean()) if part is coupling.slope else 1.0
            of_part = explanations(
                part, x[:, rest], [names[c] for c in rest], deadline=deadline, pairs=min(pairs, _PAIRS_OF_PART),
                error=_ERRORS * coupling.left * float(values.var()) / scale, depth=depth + 1,
            )  # fmt: skip
            parts.append(list(itertools.islice(of_part, _OF_EACH_PART)))
        if _is_nothing(coupling.offset, size):
            parts[1].insert(0, Expression.constant(0.0))
        variable = coupling.map.write(Expression.variable(names[coupling.variable]))
        for slope, offset in itertools.product(*parts):
            product = variable if slope == Expression.constant(1.0) else slope * variable
            yield product if offset == Expression.constant(0.0) else product + offset


def _is_nothing(values: Array, size: float) -> bool:
    return bool(np.abs(values).max() < _NOTHING**0.5 * size)


def _that_matter(values: Array, x: Array, error: float) -> list[int]:
    """Return the columns without which polynomials explain values worse than their error allows."""
    least = max(error / max(float(values.var()), 1e-300), _ROUNDING)
    columns = [column for column in range(x.shape[1]) if np.ptp(x[:, column]) > 0]
    for column in list(columns):
        if len(columns) == 1:
            break
        without = [other for other in columns if other != column]
        _, left = _solved(_polynomials(x[:, columns]), values)
        _, left_without = _solved(_polynomials(x[:, without]), values)
        if left_without <= _NO_MATTER * max(left, least):
            columns = without
    return columns


def _polynomials(x: Array) -> Array:
    """Return products of Chebyshev polynomials up to a total degree of inputs (n, variables): shape (n, terms)."""
    n, variables = x.shape
    if variables == 0:
        return np.ones((n, 1))
    degree = _DEGREES[min(variables, len(_DEGREES) - 1)]
    while degree > 1 and math.comb(degree + variables, variables) > _TERMS_PER_POINT * n:
        degree -= 1
    low, high = x.min(axis=0), x.max(axis=0)
    scaled = np.where(high > low, 2 * (x - low) / np.where(high > low, high - low, 1.0) - 1, 0.0)
    angles = np.arccos(np.clip(scaled, -1, 1))
    powers = np.stack([np.cos(k * angles) for k in range(degree + 1)])  # (degree + 1, n, variables)
    columns = [
        np.prod([powers[k, :, place] for place, k in enumerate(exponents)], axis=0)
        for exponents in itertools.product(range(degree + 1), repeat=variables)
        if sum(exponents) <= degree
    ]
    return np.stack(columns, axis=1)


def _solved(matrix: Array, values: Array) -> tuple[Array, float]:
    """Return the least-squares solution, and the share of the variance that it leaves, a point each term aside."""
    count_work(_SOLVE * matrix.size * matrix.shape[1])
    solution: Array = np.asarray(np.linalg.lstsq(matrix, values, rcond=1e-12)[0], dtype=np.float64)
    free = max(len(values) - matrix.shape[1], 1)
    residual = float(np.square(matrix @ solution - values).sum()) / free
    return solution, float(residual / max(float(values.var()), 1e-300))
