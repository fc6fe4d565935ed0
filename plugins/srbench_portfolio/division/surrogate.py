"""`Surrogate`: a polynomial through the points, whose slopes tell what the target depends on.

Products of Chebyshev polynomials of the scaled inputs up to a total degree; the degree is that of the least
leave-one-out error (Allen's PRESS, Technometrics 16, 1974: the residual over one less its leverage).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import count_work

__all__ = ["Fitted", "Surrogate", "fit_columns", "fit_surrogate", "polynomials", "solve_columns", "unit_scaled"]

Array = NDArray[np.float64]

#: Columns of a polynomial at most, as a share of the points, and in all.
_MAX_SHARE_OF_POINTS: Final = 0.6
_MAX_COLUMNS: Final = 200
#: A pull of high degrees towards zero, so small that it only settles what the points leave open.
_RIDGE: Final = 1e-8
#: Leverage that a point may have at most.
_MAX_LEVERAGE: Final = 1.0 - 1e-6
#: Nanoseconds, for `count_work`: of a fit, and by point and pair of columns.
_FIT: Final = 60_000.0
_PAIR: Final = 0.6
#: The same of coefficients by normal equations, of leverages beside them, and the pull towards zero of columns of
#: length one.
_QUICK_FIT: Final = 25_000.0
_QUICK_PAIR: Final = 0.055
_LEVERAGE: Final = 25_000.0
_LEVERAGE_PAIR: Final = 0.05
_QUICK_RIDGE: Final = 1e-13
#: Share of the points whose residuals are typical: polynomials are far off at a few in the corners.
_TYPICAL: Final = 0.95


@dataclass(frozen=True, slots=True, eq=False)
class Surrogate:
    """A polynomial fitted to n points in d variables.

    Attributes:
        error: root mean square of the leave-one-out residuals, in units of the target.
        degree: total degree.
        values: of the polynomial at the points, shape (n,).
        slopes: derivatives by each input, in the inputs' own scale, shape (n, d); None where not asked for.
        exponents: degrees of each column in each variable, shape (k, d).
        coefficients: of the columns, shape (k,), and behind them those of the extra columns.
    """

    error: float
    degree: int
    values: Array
    slopes: Array | None
    exponents: NDArray[np.intp]
    coefficients: Array

    def columns(self, x: Array) -> Array:
        """Return the polynomial's columns at the points that it was fitted to, shape (n, k)."""
        chebyshev, _ = _chebyshev(unit_scaled(x)[0], self.degree)
        return _products(chebyshev, self.exponents)


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A least-squares fit of columns.

    Attributes:
        error: root mean square of the leave-one-out residuals, without the largest.
        values: at the points, shape (n,).
        coefficients: of the columns, shape (k,).
        residuals: leave-one-out, shape (n,).
        rise: by what the sum of squares rises where some of the columns, told by places, are left out.
    """

    error: float
    values: Array
    coefficients: Array
    residuals: Array
    rise: Callable[[NDArray[np.intp]], float]


def polynomials(u: Array, degree: int) -> Array:
    """Return products of Chebyshev polynomials up to a total degree, of inputs in [-1, 1], shape (n, k); 1 is first."""
    return _products(_chebyshev(u, degree)[0], _exponents(u.shape[1], degree, None))


def fit_columns(columns: Array, y: Array) -> Fitted:
    """Fit a sum of columns, shape (n, k): normal equations with one step of refinement, much faster than `_fitted`."""
    n, k = columns.shape
    count_work(_LEVERAGE + _LEVERAGE_PAIR * k * k * n)
    solved = _solved(columns, y)
    if solved is None:
        return Fitted(math.inf, np.zeros(n), np.zeros(k), np.full(n, math.inf), lambda _: math.inf)
    A, size, inverse, coefficients = solved
    values = A @ coefficients
    leverage = np.minimum(np.einsum("ij,ij->i", A @ inverse, A), _MAX_LEVERAGE)
    residuals = (y - values) / (1.0 - leverage)
    squares = np.sort(residuals**2)
    error = math.sqrt(float(np.mean(squares[: max(int(_TYPICAL * n), 1)])))

    def rise(places: NDArray[np.intp]) -> float:
        chosen = coefficients[places]
        return float(chosen @ np.linalg.lstsq(inverse[np.ix_(places, places)], chosen, rcond=None)[0])

    return Fitted(error if math.isfinite(error) else math.inf, values, coefficients / size, residuals, rise)


def solve_columns(columns: Array, y: Array) -> Array:
    """Return the coefficients alone of a fit by `fit_columns`, shape (k,)."""
    solved = _solved(columns, y)
    if solved is None:
        return np.zeros(columns.shape[1])
    _, size, _, coefficients = solved
    return coefficients / size


def _solved(columns: Array, y: Array) -> tuple[Array, Array, Array, Array] | None:
    """Return the columns of length one, their lengths, the inverse of their products and their coefficients."""
    n, k = columns.shape
    count_work(_QUICK_FIT + _QUICK_PAIR * k * k * (n + k))
    size = np.linalg.norm(columns, axis=0)
    size[size == 0.0] = 1.0
    A = columns / size
    gram = A.T @ A
    gram[np.diag_indices(k)] += _QUICK_RIDGE
    try:
        inverse = np.linalg.inv(gram)
    except np.linalg.LinAlgError:
        return None
    coefficients = inverse @ (A.T @ y)
    coefficients += inverse @ (A.T @ (y - A @ coefficients))
    return A, size, inverse, coefficients


def unit_scaled(x: Array) -> tuple[Array, Array]:
    """Return the columns of `x`, shape (n, d), scaled to [-1, 1], and half the width of each, shape (d,)."""
    low, high = x.min(axis=0), x.max(axis=0)
    half = np.where(high > low, (high - low) / 2, 1.0)
    return (x - (low + high) / 2) / half, half


@cache
def _exponents(d: int, degree: int, groups: tuple[tuple[int, ...], ...] | None) -> NDArray[np.intp]:
    """Return the exponents of all products up to a total degree, shape (k, d); of one group's variables each."""
    sets = groups or (tuple(range(d)),)
    found: dict[tuple[int, ...], None] = {}
    for members in sets:
        for total in range(degree + 1):
            for chosen in itertools.combinations_with_replacement(members, total):
                found[tuple(chosen.count(i) for i in range(d))] = None
    return np.array(list(found), dtype=np.intp)


def _count(d: int, degree: int, groups: tuple[tuple[int, ...], ...] | None) -> int:
    sets = groups or (tuple(range(d)),)
    return 1 + sum(math.comb(len(members) + degree, degree) - 1 for members in sets)


def fit_surrogate(
    x: Array, y: Array, *, top: int = 14, slopes: bool = False, extra: Array | None = None,
    groups: tuple[tuple[int, ...], ...] | None = None,
) -> Surrogate | None:  # fmt: skip
    """Fit the polynomial whose degree has the least leave-one-out error.

    Args:
        x: inputs, shape (n, d).
        y: target, shape (n,).
        top: largest degree.
        slopes: whether the derivatives are wanted.
        extra: further columns, shape (n, k), that are fitted beside the polynomial.
        groups: for a sum of polynomials in some of the variables each: their places; by default one of all.

    Returns:
        None where the points do not determine a polynomial of degree one.
    """
    n, d = x.shape
    u, half = unit_scaled(x)
    most = min(_MAX_SHARE_OF_POINTS * n, _MAX_COLUMNS)
    chebyshev, derived = _chebyshev(u, top)
    best: Surrogate | None = None
    worse = 0
    for degree in range(1, top + 1):
        if _count(d, degree, groups) > most or worse > 1:
            break
        exponents = _exponents(d, degree, groups)
        columns = _products(chebyshev, exponents)
        design = columns if extra is None else np.column_stack([columns, extra])
        fitted = _fitted(design, y, _RIDGE * (1.0 + exponents.sum(axis=1)) ** 2)
        if fitted is None:
            break
        error, values, coefficients = fitted
        if best is None or error < best.error:
            best = Surrogate(error, degree, values, None, exponents, coefficients)
            worse = 0
        else:
            worse += 1
    if best is None or not slopes:
        return best
    gradient = np.stack(
        [_products(chebyshev, best.exponents, derived, j) @ best.coefficients[: len(best.exponents)] for j in range(d)],
        axis=1,
    )
    return Surrogate(best.error, best.degree, best.values, gradient / half, best.exponents, best.coefficients)


def _chebyshev(u: Array, top: int) -> tuple[Array, Array]:
    """Return the polynomials and their derivatives, shape (top + 1, n, d)."""
    values, slopes = [np.ones_like(u), u], [np.zeros_like(u), np.ones_like(u)]
    for k in range(2, top + 1):
        values.append(2 * u * values[-1] - values[-2])
        slopes.append(2 * values[k - 1] + 2 * u * slopes[-1] - slopes[-2])
    return np.array(values[: top + 1]), np.array(slopes[: top + 1])


def _products(values: Array, exponents: NDArray[np.intp], slopes: Array | None = None, by: int = -1) -> Array:
    """Return the columns, shape (n, k), or their derivatives by one variable."""
    d = exponents.shape[1]
    result = np.ones((values.shape[1], len(exponents)))
    for j in range(d):
        table = slopes if j == by and slopes is not None else values
        result *= table[exponents[:, j], :, j].T
    return result


def _fitted(design: Array, y: Array, ridge: Array) -> tuple[float, Array, Array] | None:
    """Return leave-one-out error, values, and coefficients; None where nothing is determined."""
    n, k = design.shape
    count_work(_FIT + _PAIR * n * k * k)
    penalty = np.zeros((len(ridge), k))
    np.fill_diagonal(penalty, ridge * math.sqrt(n))
    try:
        Q, R = np.linalg.qr(np.vstack([design, penalty]))
        top = Q[:n]
        coefficients = np.linalg.solve(R, top.T @ y)
    except np.linalg.LinAlgError:
        return None
    values = design @ coefficients
    leverage = np.minimum(np.einsum("ij,ij->i", top, top), _MAX_LEVERAGE)
    error = float(np.sqrt(np.mean(((y - values) / (1.0 - leverage)) ** 2)))
    return (error, values, coefficients) if math.isfinite(error) else None
