"""`Affine`: y = A(s) + B(s) * C(t) for two sets of variables s and t, found from the points alone.

Sums (B constant), products (A = 0), and what is a sum after a division by any function of s are special cases, and y
may change its sign. A, B and C are sums of products of functions of one variable (`basis.py`); C is fitted with B held
and A and B with C held, in turn (separated representations by alternating least squares: Beylkin, Garcke & Mohlenkamp,
SIAM J. Sci. Comput. 31, 2009). The degree grows in between, so that each one starts near its answer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline
from srbench_portfolio.division.basis import Basis
from srbench_portfolio.division.surrogate import Fitted, fit_columns, polynomials, solve_columns

__all__ = ["Affine", "affine_separations"]

Array = NDArray[np.float64]

#: Columns at most, as a share of the points.
_MAX_SHARE: Final = 0.6
#: Largest degree in s, and those in t that are tried, by the number of variables of t.
_MAX_DEGREE: Final = 12
_DEGREES_OF_T: Final = {1: (6, 10, 14), 2: (4, 7)}
#: Rounds at each degree, and of a product.
_ROUNDS: Final = 2
_PRODUCT_ROUNDS: Final = 3
#: A product is believed if it makes the error no larger than this.
_MAX_RISE: Final = 1.2
#: A separation is believed if its error is below this share of the one without it, or of the spread of y, ...
_MAX_SHARE_OF_ERROR: Final = 0.4
_SMALL_ERROR: Final = 1e-8
#: ... and below this share of the spread in any case; the latter for variables with one function.
_MAX_ERROR: Final = 0.03
_MAX_ERROR_OF_SINGLE: Final = 0.04


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A separation.

    Attributes:
        t: places of the variables of C.
        s: places of those of A and B.
        is_product: whether A is zero.
        values: of C at the points, shape (m,), up to a factor and, but for a product, a constant.
        constant: that was added to the function of a variable that has one only, else 0.
        error: typical leave-one-out residual, relative to the spread of the target.
        residuals: all of them, likewise, shape (m,).
    """

    t: tuple[int, ...]
    s: tuple[int, ...]
    is_product: bool
    values: Array
    constant: float
    error: float
    residuals: Array


def affine_separations(basis: Basis, u: Array, y: Array, budget: Deadline) -> list[Affine]:
    """Return the separations that are believed: of variables with one function first, then those of least error.

    Args:
        basis: functions of the variables.
        u: inputs in [-1, 1], shape (m, d).
        y: target, shape (m,).
        budget: when it is over, no further separation is looked for.
    """
    spread = float(np.std(y))
    used = [j for j, table in enumerate(basis.tables) if table.shape[1] > 1]
    found = []
    if basis.error < _MAX_ERROR_OF_SINGLE * spread:
        for j in basis.single:
            if budget.is_over:
                break
            values = basis.tables[j][:, 1]
            s = tuple(k for k in used if k != j)
            fitted = _with(basis.products(s, max(basis.degree - 1, 1)), values, y)
            found.append(_believed(basis, y, (j,), s, (fitted, values, max(basis.degree - 1, 1))))
    flexible = [j for j in used if j not in basis.single]
    others = []
    for size in (1, 2):
        for t in itertools.combinations(flexible, size):
            s = tuple(j for j in used if j not in t)
            alternated = _alternated(basis, u, y, t, s, budget) if s else None
            if alternated is None:
                continue
            error = alternated[0].error
            if error < max(_MAX_SHARE_OF_ERROR * basis.error, _SMALL_ERROR * spread) and error < _MAX_ERROR * spread:
                others.append(_believed(basis, y, t, s, alternated))
    return found + sorted(others, key=lambda a: a.error)


#: The fit with values of C held, these, and the degree in s.
_Alternated = tuple[Fitted, Array, int]


def _alternated(
    basis: Basis, u: Array, y: Array, t: tuple[int, ...], s: tuple[int, ...], budget: Deadline
) -> _Alternated | None:
    """Return the fit of the best degree in t; None where the points are too few, or the budget is over."""
    best: _Alternated | None = None
    for degree in _DEGREES_OF_T[len(t)]:
        of_t = polynomials(u[:, list(t)], degree)[:, 1:]
        if of_t.shape[1] * (1 + len(s)) > _MAX_SHARE * len(y) or budget.is_over:
            break
        values = _begun(basis, y, of_t, s) if best is None else best[1]
        fitted = _grown(basis, y, of_t, s, values, budget)
        if fitted is None or (best is not None and not fitted[0].error < 0.9 * best[0].error):
            break
        best = fitted
    return best


def _begun(basis: Basis, y: Array, of_t: Array, s: tuple[int, ...]) -> Array:
    """Return values of C for A and B of degree one: the direction of t that most of the products share."""
    of_s = basis.products(s, 1)
    products = (of_s[:, :, None] * of_t[:, None, :]).reshape(len(y), -1)
    coefficients = solve_columns(np.column_stack([of_s, products]), y)[of_s.shape[1] :].reshape(of_s.shape[1], -1)
    _, _, V = np.linalg.svd(coefficients)
    return np.asarray(of_t @ V[0])


def _grown(
    basis: Basis, y: Array, of_t: Array, s: tuple[int, ...], values: Array, budget: Deadline
) -> _Alternated | None:
    best: _Alternated | None = None
    worse = columns = 0
    for degree in range(1, _MAX_DEGREE + 1):
        of_s = basis.products(s, degree)
        k = of_s.shape[1]
        if 2 * k > _MAX_SHARE * len(y) or worse > 1 or k == columns or budget.is_over:
            break
        columns = k
        for _ in range(_ROUNDS):
            factor = of_s @ solve_columns(_beside(of_s, values), y)[k:]
            values = of_t @ solve_columns(np.column_stack([of_s, factor[:, None] * of_t]), y)[k:]
            values = (values - values.mean()) / (values.std() or 1.0)
        fitted = _with(of_s, values, y)
        if best is None or fitted.error < best[0].error:
            best, worse = (fitted, values, degree), 0
        else:
            worse += 1
    return best


def _with(of_s: Array, values: Array, y: Array) -> Fitted:
    """Fit A and B with C held."""
    return fit_columns(_beside(of_s, values), y)


def _beside(of_s: Array, values: Array) -> Array:
    """Return the columns of A and of B * C."""
    return np.column_stack([of_s, values[:, None] * of_s])


def _believed(basis: Basis, y: Array, t: tuple[int, ...], s: tuple[int, ...], alternated: _Alternated) -> Affine:
    """Return the separation, as a product where a constant that is added to C makes A vanish."""
    fitted, values, degree = alternated
    of_s = basis.products(s, degree)
    k = of_s.shape[1]
    a, b = of_s @ fitted.coefficients[:k], of_s @ fitted.coefficients[k:]
    spread = float(np.std(y))
    constant = float(a @ b) / max(float(b @ b), 1e-300)
    of_s = basis.products(s, degree + 1) if k < _MAX_SHARE / 2 * len(y) else of_s
    for _ in range(_PRODUCT_ROUNDS):  # Newton steps in the constant, B eliminated
        columns = (values + constant)[:, None] * of_s
        b = of_s @ solve_columns(columns, y)
        constant += float(solve_columns(np.column_stack([columns, b]), y)[-1])
    product = fit_columns((values + constant)[:, None] * of_s, y)
    bound = max(_MAX_RISE * min(fitted.error, basis.error), 1e-11 * spread)
    if product.error <= bound:
        return Affine(t, s, True, values + constant, constant, product.error / spread, product.residuals / spread)
    return Affine(t, s, False, values, 0.0, fitted.error / spread, fitted.residuals / spread)
