"""Rational relations in closed form: T(y) * Q(z) = P(z) is linear in the coefficients of both polynomials.

The relation holds on all points if the matrix of the columns of P and of -T(y) times those of Q has a null vector; its
entries are the coefficients. z are the variables, or functions such as cosines of some of them, so that formulas
such as sqrt(1 - v**2/c**2)/(1 + v/c*cos(t)) are rational too. Only noise-free data show such a relation.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, power_product, sum_by_sign
from srbench_portfolio.closed_forms.transforms import POWERS, UNITS, Transform
from srbench_portfolio.part import Proposal

__all__ = ["RationalRelations"]

Array = NDArray[np.float64]

#: Singular values below this share of the largest, of columns of length one, are a relation.
_MAX_RELATION: Final = 2e-13
#: Share that the terms of the target have in a relation that is one of it.
_MIN_SHARE_OF_TARGET: Final = 1e-5
#: Columns at most, in all and as a share of the points.
_MAX_COLUMNS: Final = 90
_MAX_SHARE: Final = 0.6
#: Degrees of P and Q, in the order in which they are tried.
_DEGREES: Final = (
    (1, 1), (2, 1), (1, 2), (2, 2), (3, 2), (2, 4), (4, 2), (3, 3), (4, 4), (5, 5), (6, 4), (6, 6), (8, 8),
)  # fmt: skip
#: Of these, how many are tried, by the number of variables that are replaced by functions.
_TRIES: Final = (15, 9, 5)
#: Nanoseconds, for `count_work`: of a relation that is looked for, and by point and pair of columns.
_RELATION: Final = 78_000.0
_PAIR: Final = 0.91
#: ... and by value of a column and variable, when columns are made.
_VALUE: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Axis:
    """A variable or a function of one, scaled to a largest size of 1.

    Attributes:
        values: shape (n,).
        formula: what they are, before they were divided by `size`.
        size: of the largest value.
    """

    values: Array
    formula: Expression
    size: float


@dataclass(frozen=True, slots=True, eq=False)
class _Axes:
    """Some axes with the monomials of them.

    Attributes:
        axes: one for each variable, or more.
    """

    axes: list[_Axis]
    _made: dict[int, Array] = field(default_factory=dict)

    def monomials(self, degree: int) -> Array:
        """Return the values of all monomials up to a total degree, shape (n, k)."""
        if degree not in self._made:
            exponents = _powers(len(self.axes), degree)
            result = np.ones((len(self.axes[0].values), len(exponents)))
            count_work(_VALUE * result.size * len(self.axes))
            for j, axis in enumerate(self.axes):
                result *= (axis.values[:, None] ** np.arange(degree + 1))[:, exponents[:, j]]
            self._made[degree] = result
        return self._made[degree]


#: Of the target, in the order in which they are tried.
_TRANSFORMS: Final = (
    tuple(
        transform
        for name in ("y", "y^2", "-y^2", "sqrt y", "sqrt -y")
        for transform in POWERS
        if transform.name == name
    )
    + UNITS
)
#: ... where two variables are replaced.
_OF_TWO: Final = _TRANSFORMS[:3]
_FUNCTIONS: Final = ("cos", "sin", "exp", "sqrt", "log", "tanh")


class RationalRelations:
    """Rational relations between functions of the variables and the target."""

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the formula of every relation that is found."""
        for replaced in range(3):
            for axes in map(_Axes, _axes(problem, replaced)):
                for transform in _TRANSFORMS if replaced < 2 else _OF_TWO:
                    if budget.is_over:
                        return
                    if transform.suits(problem.y):
                        for formula in _related(problem, axes, transform, budget, _TRIES[replaced]):
                            yield Proposal(formula, ("rational",))


def _axes(problem: Problem, replaced: int) -> Iterator[list[_Axis]]:
    """Yield the variables with so many of them replaced by functions of them."""
    d = len(problem.names)
    if replaced > d:
        return
    plain = [_axis(Expression.variable(name), problem) for name in problem.names]
    functions = [
        [axis for op in _FUNCTIONS if (axis := _axis(Expression.call(op, Expression.variable(name)), problem))]
        for name in problem.names
    ]
    for places in itertools.combinations(range(d), replaced):
        for chosen in itertools.product(*(functions[p] for p in places)):
            axes = list(plain)
            for place, axis in zip(places, chosen, strict=True):
                axes[place] = axis
            if all(axes):
                yield [axis for axis in axes if axis is not None]
    if replaced == 0:  # all that have roots
        roots = [_axis(Expression.call("sqrt", axis.formula), problem) if axis else None for axis in plain]
        if any(roots) and all(plain):
            yield [root or axis for root, axis in zip(roots, plain, strict=True) if axis is not None]
    if replaced == 1:  # a function beside its variable
        for place in range(d):
            for axis in functions[place]:
                if axis.formula.op != "sqrt" and all(plain):
                    yield [*(axis for axis in plain if axis is not None), axis]


def _axis(formula: Expression, problem: Problem) -> _Axis | None:
    values = formula(problem.columns) * np.ones(len(problem.y))
    size = float(np.abs(values).max())
    return _Axis(values / size, formula, size) if 0 < size < 1e12 else None


def _related(problem: Problem, axes: _Axes, transform: Transform, budget: Deadline, tries: int) -> Iterator[Expression]:
    t = transform.forward(problem.y)
    top = float(np.abs(t).max())
    if not 0 < top < 1e150:
        return
    t = t / top
    most = min(_MAX_COLUMNS, int(_MAX_SHARE * problem.points))
    d = len(axes.axes)

    def relation(above: int, below: int) -> Array:
        return np.column_stack([axes.monomials(above), -t[:, None] * axes.monomials(below)])

    degrees = [(p, q) for p, q in _DEGREES if math.comb(d + p, d) + math.comb(d + q, d) <= most][:tries]
    # where the largest have no relation, none of those inside has one
    for above, below in sorted(degrees, reverse=True):
        if budget.is_over:
            return
        is_largest = not any(p >= above and q >= below and (p, q) != (above, below) for p, q in degrees)
        if is_largest and _relation(relation(above, below)) is None:
            degrees = [(p, q) for p, q in degrees if p > above or q > below]
    for above, below in degrees:
        if budget.is_over:
            return
        A = relation(above, below)
        if _relation(A) is None:
            continue
        formula = _written(axes.axes, transform, _powers(d, above), _powers(d, below), A, top, budget)
        if formula is not None:
            yield formula


@cache
def _powers(d: int, degree: int) -> NDArray[np.intp]:
    """Return the exponents of all monomials up to a total degree, shape (k, d), low degrees first."""
    sets = (
        tuple(chosen.count(i) for i in range(d))
        for total in range(degree + 1)
        for chosen in itertools.combinations_with_replacement(range(d), total)
    )
    return np.array(list(sets), dtype=np.intp).reshape(-1, d)


def _relation(A: Array) -> Array | None:
    """Return the coefficients of a combination of the columns that is zero, shape (k,); None where there is none."""
    n, k = A.shape
    count_work(_RELATION + _PAIR * n * k * k)
    norms = np.linalg.norm(A, axis=0)
    if not np.isfinite(norms).all() or (norms == 0).any():
        return None
    # the triangle has the singular values of the matrix and is smaller
    R = np.linalg.qr(A / norms, mode="r")
    _, s, V = np.linalg.svd(R)
    return np.asarray(V[-1] / norms) if s[-1] < _MAX_RELATION * s[0] else None


def _written(
    axes: list[_Axis],
    transform: Transform,
    numerator: NDArray[np.intp],
    denominator: NDArray[np.intp],
    A: Array,
    top: float,
    budget: Deadline,
) -> Expression | None:
    """Leave out the columns that are not needed, and write the formula; None where the budget is over."""
    p = len(numerator)
    kept = list(range(A.shape[1]))
    degrees = np.concatenate([numerator.sum(axis=1), denominator.sum(axis=1) + 0.5])
    for column in sorted(kept, key=lambda c: -float(degrees[c])):
        rest = [c for c in kept if c != column]
        if budget.is_over:
            return None
        if (
            len(rest) > 1
            and any(c >= p for c in rest)
            and any(c < p for c in rest)
            and _relation(A[:, rest]) is not None
        ):
            kept = rest
    coefficients = _relation(A[:, kept])
    if coefficients is None:
        return None
    sizes = np.abs(coefficients) * np.linalg.norm(A[:, kept], axis=0)
    if max(s for s, k in zip(sizes.tolist(), kept, strict=True) if k >= p) < _MIN_SHARE_OF_TARGET * float(sizes.max()):
        return None  # a relation among the variables' functions alone
    above = [(c, _power_of_axes(axes, numerator[k])) for c, k in zip(coefficients.tolist(), kept, strict=True) if k < p]
    below = [
        (c, _power_of_axes(axes, denominator[k - p]))
        for c, k in zip(coefficients.tolist(), kept, strict=True)
        if k >= p
    ]

    def write() -> Expression:
        lead = max((c * scale for c, (_, scale) in below), key=abs, default=1.0)
        upper = _sum([(c * scale * top / lead, e) for c, (e, scale) in above])
        lower = _sum([(c * scale / lead, e) for c, (e, scale) in below])
        return transform.write(upper if lower == Expression.constant(1.0) else upper / lower)

    return finite_formula(write)


def _power_of_axes(axes: list[_Axis], exponents: NDArray[np.intp]) -> tuple[Expression | None, float]:
    """Return a monomial of the axes' formulas, None for 1, and the number by which it is multiplied."""
    scale = math.prod(axis.size ** -int(e) for axis, e in zip(axes, exponents, strict=True))
    powers = [
        (axis.formula.args[0], e / 2) if axis.formula.op == "sqrt" else (axis.formula, float(e))
        for axis, e in zip(axes, exponents.tolist(), strict=True)
        if e
    ]
    return (power_product(powers) if powers else None), scale


def _sum(terms: list[tuple[float, Expression | None]]) -> Expression:
    constant = sum(c for c, e in terms if e is None)
    others = [(c, e) for c, e in terms if e is not None]
    if not others:
        return Expression.constant(constant)
    total = sum_by_sign(others)
    return total + constant if constant else total
