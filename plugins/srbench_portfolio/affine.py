"""`Affine`: y = A(s) + B(s) * C(t) for two sets of variables s and t, found from the points alone.

Sums (B constant), products (A = 0), and what is a sum after a division by any function of s are special cases, and y
may change its sign. A, B and C are polynomials; C is fitted with B held and A and B with C held, in turn (separated
representations by alternating least squares: Beylkin, Garcke & Mohlenkamp, SIAM J. Sci. Comput. 31, 2009). The degree
grows in between, so that each one starts near its answer.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_portfolio.surrogate import Fitted, fit_columns, polynomials, unit_scaled

__all__ = ["Affine", "affine_separations", "looked_at"]

Array = NDArray[np.float64]

#: Points that are looked at.
_MAX_POINTS: Final = 300
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
#: A separation is believed if its error is below this share of the surrogate's without it, or of the spread of y, ...
_MAX_SHARE_OF_ERROR: Final = 0.3
_SMALL_ERROR: Final = 1e-8
#: ... and below this share of the spread in any case.
_MAX_ERROR: Final = 0.03
#: A positive variable whose largest value is so many times its least is looked at through its logarithm.
_WIDE: Final = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """A separation.

    Attributes:
        t: places of the variables of C.
        s: places of those of A and B.
        is_product: whether A is zero.
        rows: of the points that were looked at, shape (m,).
        values: of C at these, shape (m,), up to a factor and, but for a product, a constant; of root mean square 1.
        error: typical leave-one-out residual, relative to the spread of the target.
        residuals: all of them, likewise, shape (m,).
        full_error: the same of a surrogate that does not know of the separation.
    """

    t: tuple[int, ...]
    s: tuple[int, ...]
    is_product: bool
    rows: NDArray[np.intp]
    values: Array
    error: float
    residuals: Array
    full_error: float


def looked_at(x: Array) -> Array:
    """Return the inputs scaled to [-1, 1], through their logarithm where they are positive and wide."""
    wide = (x > 0).all(axis=0) & (x.max(axis=0) > _WIDE * np.maximum(x.min(axis=0), 1e-300))
    return unit_scaled(np.where(wide, np.log(np.where(wide, x, 1.0)), x))[0]


def affine_separations(x: Array, y: Array) -> list[Affine]:
    """Return the separations that are believed, those of the least error first.

    Args:
        x: inputs, shape (n, d).
        y: target, shape (n,).
    """
    n, d = x.shape
    rows = np.sort(np.random.default_rng(0).permutation(n)[:_MAX_POINTS])
    u, v = looked_at(x[rows]), y[rows]
    spread = float(np.std(v))
    if not spread > 0 or not np.isfinite(u).all():
        return []
    full = _full_error(u, v)
    found = []
    for size in (1, 2):
        for t in itertools.combinations(range(d), size):
            s = tuple(j for j in range(d) if j not in t)
            fitted = _alternated(u, v, t, s) if s else None
            if fitted is None:
                continue
            error = fitted[0].error
            if error < max(_MAX_SHARE_OF_ERROR * full, _SMALL_ERROR * spread) and error < _MAX_ERROR * spread:
                is_product, values = _as_product(u, v, s, fitted)
                found.append(
                    Affine(t, s, is_product, rows, values, error / spread, fitted[0].residuals / spread, full / spread)
                )
    return sorted(found, key=lambda a: a.error)


def _full_error(u: Array, v: Array) -> float:
    """Return the least error of a polynomial of all variables."""
    errors = [float(np.std(v))]
    for degree in range(1, _MAX_DEGREE + 1):
        columns = polynomials(u, degree)
        if columns.shape[1] > _MAX_SHARE * len(v) or (len(errors) > 3 and min(errors[-2:]) > min(errors)):
            break
        errors.append(fit_columns(columns, v).error)
    return min(errors)


#: The fit with values of C held, these, and the degree in s.
_Alternated = tuple[Fitted, Array, int]


def _alternated(u: Array, v: Array, t: tuple[int, ...], s: tuple[int, ...]) -> _Alternated | None:
    """Return the fit of the best degree in t; None where the points are too few."""
    best: _Alternated | None = None
    for degree in _DEGREES_OF_T[len(t)]:
        of_t = polynomials(u[:, list(t)], degree)[:, 1:]
        if of_t.shape[1] * (1 + len(s)) > _MAX_SHARE * len(v):
            break
        values = _begun(u, v, of_t, s) if best is None else best[1]
        fitted = _grown(u, v, of_t, s, values)
        if fitted is None or (best is not None and not fitted[0].error < 0.9 * best[0].error):
            break
        best = fitted
    return best


def _begun(u: Array, v: Array, of_t: Array, s: tuple[int, ...]) -> Array:
    """Return values of C for A and B of degree one: the direction of t that most of the products share."""
    of_s = np.column_stack([np.ones(len(v)), u[:, list(s)]])
    products = (of_s[:, :, None] * of_t[:, None, :]).reshape(len(v), -1)
    fitted = fit_columns(np.column_stack([of_s, products]), v)
    coefficients = fitted.coefficients[of_s.shape[1] :].reshape(of_s.shape[1], -1)
    _, _, V = np.linalg.svd(coefficients)
    return np.asarray(of_t @ V[0])


def _grown(u: Array, v: Array, of_t: Array, s: tuple[int, ...], values: Array) -> _Alternated | None:
    best: _Alternated | None = None
    worse = 0
    for degree in range(1, _MAX_DEGREE + 1):
        of_s = polynomials(u[:, list(s)], degree)
        k = of_s.shape[1]
        if 2 * k > _MAX_SHARE * len(v) or worse > 1:
            break
        for _ in range(_ROUNDS):
            fitted = _with(of_s, values, v)
            factor = of_s @ fitted.coefficients[k:]
            fitted = fit_columns(np.column_stack([of_s, factor[:, None] * of_t]), v)
            values = of_t @ fitted.coefficients[k:]
            values = (values - values.mean()) / (values.std() or 1.0)
        fitted = _with(of_s, values, v)
        if best is None or fitted.error < best[0].error:
            best, worse = (fitted, values, degree), 0
        else:
            worse += 1
    return best


def _with(of_s: Array, values: Array, v: Array) -> Fitted:
    """Fit A and B with C held."""
    return fit_columns(np.column_stack([of_s, values[:, None] * of_s]), v)


def _as_product(u: Array, v: Array, s: tuple[int, ...], fitted: _Alternated) -> tuple[bool, Array]:
    """Return whether a constant added to C makes A vanish, and the values of C with it."""
    both, values, degree = fitted
    of_s = polynomials(u[:, list(s)], degree)
    k = of_s.shape[1]
    a, b = of_s @ both.coefficients[:k], of_s @ both.coefficients[k:]
    constant = 0.0
    for _ in range(_PRODUCT_ROUNDS):
        if not b @ b > 0:
            return False, values
        constant = float((v - b * values) @ b) / float(b @ b) if constant else float(a @ b) / float(b @ b)
        product = fit_columns((values + constant)[:, None] * of_s, v)
        b = product.values / (values + constant)
    if product.error > max(_MAX_RISE * both.error, 1e-11 * float(np.std(v))):
        return False, values
    values = values + constant
    return True, values / float(np.sqrt(np.mean(values * values)))
