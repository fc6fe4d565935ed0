"""`AffineForm`: which variables A and B of y = A + B * C really need, C known, and what their values are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline
from srbench_portfolio.division.basis import Basis
from srbench_portfolio.division.surrogate import Fitted, fit_columns

__all__ = ["AffineForm", "affine_form"]

Array = NDArray[np.float64]

#: A set of variables of A, or of B; empty for a constant, None for zero.
Places = tuple[int, ...] | None

#: Columns at most, as a share of the points, and the largest degree.
_MAX_SHARE: Final = 0.6
_MAX_DEGREE: Final = 14
#: A degree is raised where that makes the error smaller than this share.
_MIN_GAIN: Final = 0.9
#: A variable is left out where the error without it is no larger than this share, or than this share of the spread.
_MAX_RISE: Final = 1.1
_ROUNDING: Final = 1e-11


@dataclass(frozen=True, slots=True, eq=False)
class AffineForm:
    """A fit of y = A + B * C.

    Attributes:
        a: places of the variables of A; empty where it is constant, None where it is zero.
        b: those of B; empty where it is constant.
        a_values, b_values: their values, shape (m,).
        error: typical leave-one-out residual of y.
        residuals: all of them, shape (m,).
    """

    a: Places
    b: tuple[int, ...]
    a_values: Array
    b_values: Array
    error: float
    residuals: Array


def affine_form(
    basis: Basis, y: Array, values: Array, a: Places, b: Places, bound: float, budget: Deadline
) -> AffineForm | None:
    """Return the form with the fewest variables that explains the points as well as the one given.

    Args:
        basis: functions of the variables.
        y: target, shape (m,).
        values: of C, shape (m,).
        a: places of the variables that A may have; None for A = 0.
        b: the same of B; empty where it is constant.
        bound: error above which C is not worth it.
        budget: when it is over, degrees and variables stay as they are.

    Returns:
        None where the error is above the bound, or the points are too few.
    """
    fits = _Fits(basis, y, values, budget)
    degrees, best = fits.grown(a, b)
    if not best < bound:
        return None
    floor = _ROUNDING * (float(np.std(y)) or 1.0)
    while not budget.is_over:
        smaller = fits.cheapest(a, b, degrees)
        if smaller is None or not fits.error(*smaller, degrees) <= max(_MAX_RISE * best, floor):
            break
        a, b = smaller
        best = min(best, fits.error(a, b, degrees))
    degrees, _ = fits.grown(a, b)
    fitted, split = fits.fitted(a, b, degrees)
    changes = float(np.std(split[1] @ fitted.coefficients[split[0].shape[1] :])) * float(np.std(values))
    if b and a and changes < fitted.error:  # B explains no more than errors of A
        b = ()
        degrees, _ = fits.grown(a, b)
    fitted, split = fits.fitted(a, b, degrees)
    columns_a, columns_b = split
    k = columns_a.shape[1]
    a_values, b_values = columns_a @ fitted.coefficients[:k], columns_b @ fitted.coefficients[k:]
    return AffineForm(a, b or (), a_values, b_values, fitted.error, fitted.residuals)


class _Fits:
    """Fits with C held."""

    def __init__(self, basis: Basis, y: Array, values: Array, budget: Deadline) -> None:
        self.basis, self.y, self.values, self.budget = basis, y, values, budget
        self.columns: dict[tuple[Places, int], Array] = {}
        self.known: dict[tuple[Places, Places, tuple[int, int]], Fitted] = {}
        self.most = _MAX_SHARE * len(y)

    def of(self, places: Places, degree: int) -> Array:
        """Return the polynomials of some of the variables, shape (m, k)."""
        key = (places, degree)
        if key not in self.columns:
            if places is None:
                self.columns[key] = np.empty((len(self.y), 0))
            elif not places:
                self.columns[key] = np.ones((len(self.y), 1))
            else:
                self.columns[key] = self.basis.products(places, degree)
        return self.columns[key]

    def fitted(self, a: Places, b: Places, degrees: tuple[int, int]) -> tuple[Fitted, tuple[Array, Array]]:
        one, other = self.of(a, degrees[0]), self.of(b, degrees[1])
        key = (a, b, degrees)
        if key not in self.known:
            self.known[key] = fit_columns(np.column_stack([one, self.values[:, None] * other]), self.y)
        return self.known[key], (one, other)

    def cheapest(self, a: Places, b: Places, degrees: tuple[int, int]) -> tuple[Places, Places] | None:
        """Return the form with one variable less in A or B, or without a constant A, that costs least."""
        fitted, split = self.fitted(a, b, degrees)
        k = split[0].shape[1]
        found: list[tuple[float, int, tuple[Places, Places]]] = []
        if a is not None:
            if a:
                kept = self.basis.holding(a, degrees[0])
                for i, j in enumerate(a):
                    less = tuple(p for p in a if p != j)
                    found.append((fitted.rise(np.flatnonzero(kept[:, i])), len(found), (less, b)))
            found.append((fitted.rise(np.arange(k)), -1, (None, b)))
        if b:
            kept = self.basis.holding(b, degrees[1])
            for i, j in enumerate(b):
                less = tuple(p for p in b if p != j)
                found.append((fitted.rise(k + np.flatnonzero(kept[:, i])), len(found), (a, less)))
        return min(found, key=lambda f: f[:2])[2] if found else None

    def error(self, a: Places, b: Places, degrees: tuple[int, int]) -> float:
        return self.fitted(a, b, degrees)[0].error

    def fits(self, a: Places, b: Places, degrees: tuple[int, int]) -> bool:
        if max(degrees) > _MAX_DEGREE:
            return False
        return bool(self.of(a, degrees[0]).shape[1] + self.of(b, degrees[1]).shape[1] <= self.most)

    def grown(self, a: Places, b: Places) -> tuple[tuple[int, int], float]:
        """Return the degrees of least error, raised one after the other, with it."""
        degrees, best = (1, 1), self.error(a, b, (1, 1))
        steps = [(i, j) for i, j in ((1, 0), (0, 1), (1, 1), (2, 0), (0, 2)) if (a or not i) and (b or not j)]
        while not self.budget.is_over:
            ways = [(degrees[0] + i, degrees[1] + j) for i, j in steps]
            trials = [(self.error(a, b, w), w) for w in ways if self.fits(a, b, w)]
            error, way = min(trials, default=(np.inf, degrees))
            if not error < _MIN_GAIN * best:
                break
            degrees, best = way, error
        return degrees, best
