"""`LinkModel`: a polynomial, or the exponential of one, through noisy points, judged by points that are left out.

An exponential of a polynomial in logarithms is a power law with corrections. It is fitted to the target itself, not to
its logarithm, by least squares with a link (Nelder & Wedderburn, J. R. Stat. Soc. A 135, 1972): where errors are alike
at all points, the small values of a target that spans decades say little, and may even have the wrong sign.
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
from srbench_portfolio.division.surrogate import unit_scaled

__all__ = ["LinkModel", "fit_link_model"]

Array = NDArray[np.float64]

#: Columns at most, as a share of the points, and in all.
_MAX_SHARE_OF_POINTS: Final = 0.45
_MAX_COLUMNS: Final = 90
#: A pull of high degrees towards zero.
_RIDGE: Final = 1e-6
_MAX_LEVERAGE: Final = 1.0 - 1e-6
#: Steps of the fit with a link, the largest of them in units of the exponent, and the share of the target's size below
#: which values are first taken to be as large.
_STEPS: Final = 3
_MAX_FALL: Final = 0.7
_FIRST_FLOOR: Final = 0.03
_LEAST_EXPONENT: Final = -30.0
_MOST_EXPONENT: Final = 6.0
#: Degrees without improvement after which no further one is tried.
_PATIENCE: Final = 2
#: An error that falls by less than this share with the last degree falls no more.
_FLAT: Final = 0.8
#: Nanoseconds, for `count_work`: of a step, and by point and pair of columns.
_STEP: Final = 60_000.0
_PAIR: Final = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class LinkModel:
    """A model of n points in k inputs.

    Attributes:
        error: root mean square of the scaled leave-one-out residuals.
        values: of the model at the points, shape (n,).
        slopes: derivatives of the polynomial by each input, shape (n, k).
        extra: coefficients of the extra columns.
        parts: values of the polynomial's columns of each group's inputs only, without the constant, shape (groups, n).
        is_flat: whether higher degrees do not bring the error down: what is left are errors of the data, or too wild
            for a polynomial.
    """

    error: float
    values: Array
    slopes: Array
    extra: Array
    parts: Array
    is_flat: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Fitted:
    error: float
    inside: Array  # the polynomial with the extra columns, (n,)
    coefficients: Array


def fit_link_model(
    u: Array, y: Array, scale: Array, *, exponential: bool, extra: Array | None = None, top: int = 6,
    groups: tuple[tuple[int, ...], ...] | None = None,
) -> LinkModel | None:  # fmt: skip
    """Return the model whose degree has the least leave-one-out error; None where points do not determine one.

    Args:
        u: inputs, shape (n, k); k may be 0.
        y: target, shape (n,), mostly positive where the model is an exponential.
        scale: by what residuals are multiplied so that all have the same variance, shape (n,).
        exponential: whether the polynomial is of the logarithm of the target.
        extra: columns beside the polynomial's, shape (n, p).
        top: largest degree.
        groups: for a sum of polynomials in some of the inputs each: their places; by default one of all.
    """
    n, k = u.shape
    scaled, half = unit_scaled(u) if k else (u, np.ones(0))
    chebyshev, derived = _chebyshev(scaled, top)
    beside = np.zeros((n, 0)) if extra is None else extra
    best: tuple[_Fitted, NDArray[np.intp]] | None = None
    errors: list[float] = []
    most = min(_MAX_SHARE_OF_POINTS * n, _MAX_COLUMNS)
    for degree in range(min(k, 1), top * min(k, 1) + 1):
        exponents = _exponents(k, degree, groups or (tuple(range(k)),))
        if len(exponents) + beside.shape[1] > most:
            break
        design = np.column_stack([_products(chebyshev, exponents), beside])
        ridge = _RIDGE * (1.0 + exponents.sum(axis=1)) ** 2
        start = None if best is None else best[0].inside
        fitted = (_exponential if exponential else _plain)(design, y, scale, ridge, start)
        if fitted is None:
            break
        errors.append(fitted.error)
        if best is None or fitted.error < best[0].error:
            best = fitted, exponents
        if len(errors) - 1 - int(np.argmin(errors)) >= _PATIENCE:
            break
    if best is None:
        return None
    fitted, exponents = best
    of_polynomial = fitted.coefficients[: len(exponents)]
    slopes = [_products(chebyshev, exponents, derived, j) @ of_polynomial for j in range(k)]
    last = int(np.argmin(errors))
    columns = _products(chebyshev, exponents)
    parts = []
    for group in groups or ():
        others = [j for j in range(k) if j not in group]
        of_group = (exponents[:, others] == 0).all(axis=1) & (exponents.sum(axis=1) > 0)
        parts.append(columns[:, of_group] @ of_polynomial[of_group])
    return LinkModel(
        error=fitted.error,
        values=np.exp(fitted.inside) if exponential else fitted.inside,
        slopes=np.stack(slopes, axis=1) / half if k else np.zeros((n, 0)),
        extra=fitted.coefficients[len(exponents) :],
        parts=np.array(parts).reshape(len(parts), n),
        is_flat=last < len(errors) - 1 or last == 0 or errors[last] > _FLAT * errors[last - 1],
    )


def _plain(design: Array, y: Array, scale: Array, ridge: Array, start: Array | None) -> _Fitted | None:
    del start
    solve = _solver(design, ridge)
    solved = solve(scale, y)
    if solved is None:
        return None
    coefficients, leverage = solved
    inside = design @ coefficients
    error = float(np.sqrt(np.mean((scale * (y - inside) / (1.0 - leverage)) ** 2)))
    return _Fitted(error, inside, coefficients) if math.isfinite(error) else None


def _exponential(design: Array, y: Array, scale: Array, ridge: Array, start: Array | None) -> _Fitted | None:
    """Fit exp(design @ c) by Gauss's and Newton's steps; the best of them counts."""
    size = float(np.sqrt(np.mean(y * y)))
    values = np.maximum(y, _FIRST_FLOOR * size) if start is None else np.exp(start)
    aim = np.log(values) if start is None else start + np.clip((y - values) / values, -_MAX_FALL, 1.0)
    solve = _solver(design, ridge)
    best: _Fitted | None = None
    for _ in range(_STEPS):
        solved = solve(scale * values, aim)
        if solved is None:
            break
        coefficients, leverage = solved
        inside = np.clip(design @ coefficients, math.log(size) + _LEAST_EXPONENT, math.log(size) + _MOST_EXPONENT)
        values = np.exp(inside)
        error = float(np.sqrt(np.mean((scale * (y - values) / (1.0 - leverage)) ** 2)))
        if not math.isfinite(error) or (best is not None and error >= best.error):
            break
        best = _Fitted(error, inside, coefficients)
        aim = inside + np.clip((y - values) / values, -_MAX_FALL, 1.0)
    return best


def _solver(design: Array, ridge: Array) -> Callable[[Array, Array], tuple[Array, Array] | None]:
    """Return what solves weighted least squares: takes weights and values, returns coefficients and leverages."""
    n, k = design.shape
    penalty = np.zeros((len(ridge), k))
    np.fill_diagonal(penalty, ridge * math.sqrt(n))

    def solve(weights: Array, values: Array) -> tuple[Array, Array] | None:
        count_work(_STEP + _PAIR * n * k * k)
        weights = weights / float(np.sqrt(np.mean(weights**2)))
        try:
            Q, R = np.linalg.qr(np.vstack([design * weights[:, None], penalty]))
            coefficients = np.linalg.solve(R, Q[:n].T @ (values * weights))
        except np.linalg.LinAlgError:
            return None
        leverage = np.minimum(np.einsum("ij,ij->i", Q[:n], Q[:n]), _MAX_LEVERAGE)
        return coefficients, leverage

    return solve


@cache
def _exponents(k: int, degree: int, groups: tuple[tuple[int, ...], ...]) -> NDArray[np.intp]:
    """Return the exponents of all products of one group's inputs up to a total degree, shape (number, k)."""
    rows = dict.fromkeys(
        tuple(chosen.count(i) for i in range(k))
        for group in groups
        for total in range(degree + 1)
        for chosen in itertools.combinations_with_replacement(group, total)
    )
    return np.array(list(rows), dtype=np.intp).reshape(len(rows), k)


def _chebyshev(u: Array, top: int) -> tuple[Array, Array]:
    """Return the polynomials and their derivatives, shape (n, k, top + 1)."""
    values = np.asarray(np.polynomial.chebyshev.chebvander(u, top), dtype=np.float64)
    derive = np.zeros((top + 1, top + 1))
    derive[:top] = np.polynomial.chebyshev.chebder(np.eye(top + 1))
    return values, np.asarray(values @ derive)


def _products(values: Array, exponents: NDArray[np.intp], slopes: Array | None = None, by: int = -1) -> Array:
    """Return the columns, shape (n, number), or their derivatives by one input."""
    result = np.ones((len(values), len(exponents)))
    for j in range(exponents.shape[1]):
        table = slopes if j == by and slopes is not None else values
        result *= table[:, j, exponents[:, j]]
    return result
