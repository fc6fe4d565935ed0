"""Linear models of a transformed target: what is fitted in closed form, and how the fit is written as a formula.

As a sum: T(y/h) = c0 + sum c_j z_j + sum a_k f_k with powers z of the variables. As a product, through logarithms:
T(y/h) = c prod x_i**g_i prod |f_k|**b_k prod exp(b_l f_l), so that all exponents come from one least-squares problem.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lies.targets import Target
from srbench_lite import Expression
from srbench_lite.fitting import (
    MIN_RESIDUAL_SHARE,
    MIN_SINGULAR_SHARE,
    MIN_USEFUL_SPREAD,
    Problem,
    count_work,
    finite_formula,
    monomial,
    power_product,
    scaled,
    sum_by_sign,
)

__all__ = ["Basis", "Part", "basis", "formulas"]

Array = NDArray[np.float64]

#: Exponents that people use have denominators up to this.
_MAX_EXPONENT_DENOMINATOR: Final = 4
#: Squares of columns beyond this leave the range of numbers.
_MAX_COLUMN_SIZE: Final = 1e150
#: A term is dropped while its coefficient is below this many standard errors.
_MIN_STANDARD_ERRORS: Final = 3.0
#: A short ratio this near to an exponent is meant, however small its error.
_MAX_DISTANCE_TO_RATIO: Final = 1e-9
#: An exponent below this, and what a factor differs from 1 by, is rounding.
_MIN_EXPONENT: Final = 1e-12
#: Nanoseconds, for `count_work`: of a model; of a column of it; of a value of a column, and of it by column.
_MODEL: Final = 80_000.0
_COLUMN: Final = 80_000.0
_VALUE: Final = 8.0
_PAIR: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Columns that a linear model always has.

    Attributes:
        exponents: shape (k, d): the powers of a sum; for a product the unit vectors of the variables that have logs.
        is_product: whether the columns are logarithms.
    """

    exponents: Array
    is_product: bool

    def columns(self, x: Array) -> Array:
        """Return the columns at points x of shape (m, d): shape (m, 1 + k), the constant first."""
        with np.errstate(all="ignore"):
            if self.is_product:
                rest = np.log(np.abs(x[:, np.argmax(self.exponents, axis=1)]))  # not of variables that are zero
            else:
                rest = (
                    np.stack([np.prod(x**e, axis=1) for e in self.exponents], axis=1)
                    if len(self.exponents)
                    else x[:, :0]
                )
        return np.column_stack([np.ones(len(x)), rest])


def basis(x: Array, degree: int, *, is_product: bool) -> Basis:
    """Return the powers up to a total degree, or the logarithms of all variables that are never zero."""
    d = x.shape[1]
    if is_product:
        usable = [i for i in range(d) if (x[:, i] != 0).all() and np.ptp(np.log(np.abs(x[:, i]))) > MIN_USEFUL_SPREAD]
        return Basis(np.eye(d)[usable], True)
    exponents: list[tuple[int, ...]] = []
    for total in range(1, degree + 1):
        for places in itertools.combinations_with_replacement(range(d), total):
            exponents.append(tuple(places.count(i) for i in range(d)))
    return Basis(np.array(exponents, dtype=np.float64).reshape(-1, d), False)


@dataclass(frozen=True, slots=True)
class Part:
    """A feature of a model: its formula, and whether it stands as it is or through its logarithm."""

    feature: Expression
    logged: bool


def formulas(problem: Problem, target: Target, base: Basis, parts: Sequence[Part]) -> list[Expression]:
    """Return formulas of y for the model of `target` with `base` and `parts`, fitted by weighted least squares.

    A sum is without the terms that are not needed. A product comes twice: with exponents rounded to short ratios,
    and as fitted. None where a column is undefined on a point, or a constant out of range.
    """
    n, width = len(problem.y), 1 + len(base.exponents) + len(parts)
    count_work(_MODEL + _COLUMN * width + n * width * (_VALUE + _PAIR * width))
    with np.errstate(all="ignore"):
        Z = base.columns(problem.x)
        extra = [p.feature(problem.columns) for p in parts]
        F = [np.log(np.abs(f)) if p.logged else f for p, f in zip(parts, extra, strict=True)]
    A = np.column_stack([Z, *F])  # (n, 1 + k + p)
    if not np.isfinite(A).all() or np.abs(A).max() > _MAX_COLUMN_SIZE:
        return []
    if target.is_product:
        return _products(problem, target, base, parts, extra, A)
    kept, c = _eliminate(A, target.values, target.weights, always=range(Z.shape[1], A.shape[1]))
    terms: list[tuple[float, Expression | None]] = []
    for j, value in zip(kept, c.tolist(), strict=True):
        if j == 0:
            terms.append((value, None))
        elif j < Z.shape[1]:
            terms.append((value, monomial(problem.names, base.exponents[j - 1].tolist())))
        else:
            terms.append((value, parts[j - Z.shape[1]].feature))
    written = finite_formula(lambda: target.write(sum_by_sign(terms))) if terms else None
    return [] if written is None else [written]


def _lengths(A: Array) -> Array:
    """Return the lengths of the columns, 1 for one of zeros."""
    lengths = np.linalg.norm(A, axis=0)
    return np.where(lengths == 0, 1.0, lengths)


def _solve(A: Array, t: Array) -> Array:
    """Return the least-squares solution with columns scaled to one length."""
    lengths = _lengths(A)
    return np.asarray(np.linalg.lstsq(A / lengths, t, rcond=MIN_SINGULAR_SHARE)[0] / lengths)


def _eliminate(A: Array, t: Array, weights: Array, always: Sequence[int]) -> tuple[list[int], Array]:
    """Drop columns, the least certain first, while it is not clear that they are needed; return places and values.

    Everything after the first factorisation is done with its (k, k) triangle. While there are many, a quarter of the
    doubtful ones goes at a time.
    """
    weights = weights / weights.max()
    Aw, tw = A * weights[:, None], t * weights
    lengths = _lengths(Aw)
    Q, R = np.linalg.qr(Aw / lengths)
    side = Q.T @ tw
    outside = float(np.sum((tw - Q @ side) ** 2))
    n = len(t)
    floor = (MIN_RESIDUAL_SHARE * float(np.linalg.norm(tw))) ** 2
    kept = list(range(A.shape[1]))
    while True:
        k = len(kept)
        q, r = np.linalg.qr(R[:, kept])
        inverse = np.linalg.pinv(r, rcond=MIN_SINGULAR_SHARE)
        c = inverse @ (q.T @ side)
        rss = outside + float(np.sum((side - R[:, kept] @ c) ** 2))
        spread = math.sqrt(max(rss, floor) / max(n - k, 1))
        errors = spread * np.linalg.norm(inverse, axis=1)
        doubt = sorted((abs(float(c[j])) / max(float(errors[j]), 1e-300), j) for j in range(k) if kept[j] not in always)
        clear = not doubt or k == 1 or doubt[0][0] >= _MIN_STANDARD_ERRORS
        if clear:
            return kept, np.linalg.lstsq(Aw[:, kept] / lengths[kept], tw, rcond=MIN_SINGULAR_SHARE)[0] / lengths[kept]
        weak = [j for certainty, j in doubt if certainty < 0.5 * _MIN_STANDARD_ERRORS]
        gone = {j for _, j in doubt[: max(1, len(weak) // 4 if k > 12 else 1)]}
        kept = [column for j, column in enumerate(kept) if j not in gone]


def _products(
    problem: Problem, target: Target, base: Basis, parts: Sequence[Part], features: Sequence[Array], A: Array
) -> list[Expression]:
    w = target.weights / target.weights.max()
    Aw, tw = A * w[:, None], target.values * w
    g = _solve(Aw, tw)
    residual = tw - Aw @ g
    n, k = A.shape
    spread = math.sqrt(float(residual @ residual) / max(n - k, 1))
    lengths = _lengths(Aw)
    errors = spread * np.linalg.norm(np.linalg.pinv(Aw / lengths, rcond=MIN_SINGULAR_SHARE), axis=1) / lengths
    free = finite_formula(_formula, problem, target, base, parts, features, g)
    rounded = g.copy()
    fixed = np.zeros(k, dtype=bool)
    count = base.exponents.shape[0]
    is_exponent = [False, *[True] * count, *[p.logged for p in parts]]
    for _ in range(k):  # the most certain exponent first; the others are fitted again
        options = [(float(errors[j]), j) for j in range(k) if is_exponent[j] and not fixed[j]]
        if not options:
            break
        error, j = min(options)
        near = _near(float(rounded[j]), max(3 * error, _MAX_DISTANCE_TO_RATIO))
        fixed[j] = True
        rounded[j] = near
        rest = np.flatnonzero(~fixed)
        rounded[rest] = _solve(Aw[:, rest], tw - Aw[:, fixed] @ rounded[fixed])
    tidy = finite_formula(_formula, problem, target, base, parts, features, rounded)
    return [e for e in (tidy, free) if e is not None]


def _near(value: float, radius: float) -> float:
    """Return the simplest ratio of a small denominator within the radius; the nearest quarter or third else."""
    for q in range(1, _MAX_EXPONENT_DENOMINATOR + 1):
        near = round(value * q) / q
        if abs(near - value) <= radius:
            return near
    return float(Fraction(value).limit_denominator(_MAX_EXPONENT_DENOMINATOR))


def _formula(
    problem: Problem, target: Target, base: Basis, parts: Sequence[Part], features: Sequence[Array], g: Array
) -> Expression | None:
    factors: list[tuple[Expression, float]] = []
    exponential: list[tuple[float, Expression | None]] = []
    signs = np.ones(len(problem.y))
    for row, e in zip(base.exponents, g[1 : 1 + len(base.exponents)].tolist(), strict=True):
        i = int(np.argmax(row))
        made = _factor(Expression.variable(problem.names[i]), problem.x[:, i], e, signs)
        if made is None:
            return None
        factors += made
    for part, f, e in zip(parts, features, g[1 + len(base.exponents) :].tolist(), strict=True):
        if part.logged:
            made = _factor(part.feature, f, e, signs)
            if made is None:
                return None
            factors += made
        else:
            exponential.append((e, part.feature))
    sign = float(target.signs[0] * signs[0])
    if not (target.signs == sign * signs).all():
        return None
    scale = sign * math.exp(min(float(g[0]), 700.0))
    if exponential:
        factors.append((Expression.call("exp", sum_by_sign(exponential)), 1.0))
    if not factors:
        return None
    body = power_product(factors)
    return target.write(body if abs(scale - 1.0) < _MIN_EXPONENT else scaled(scale, body))


def _factor(base: Expression, values: Array, e: float, signs: Array) -> list[tuple[Expression, float]] | None:
    """Return base ** e as factors and multiply `signs` by its signs; None where the power is not defined."""
    if abs(e) < _MIN_EXPONENT:
        return []
    if (values > 0).all():
        return [(base, e)]
    if e == int(e):
        if int(e) % 2:
            signs *= np.sign(values)
        return [(base, e)]
    if (values < 0).all():
        flipped = base.args[1] - base.args[0] if base.op == "sub" else -base
        return [(flipped, e)]
    return None
