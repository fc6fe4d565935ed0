"""`View`: a transform of the target as a linear sum, with columns that a function with inner constants is added to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Problem, count_work, finite_formula, power_product, sum_by_sign
from srbench_portfolio.constants.insides import Inside, constant

__all__ = ["View", "logarithms", "product_view", "sum_views"]

Array = NDArray[np.float64]

#: A fit that leaves at most this share of the sum of squares is exact: then columns that it does not need are dropped.
_EXACT: Final = 1e-14
#: What is left may grow to this share when a column is dropped.
_MAX_LEFT: Final = 1e-15
#: Exponents this near to a multiple of 1/2 or 1/3 are meant as that.
_NEAR: Final = 0.02
#: Nanoseconds, for `count_work`: of a linear fit, and by point and pair of columns.
_SOLVE: Final = 60_000.0
_PAIR: Final = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A transform T of the target: T(y) = sum of base columns + sum of columns with inner constants.

    Attributes:
        values: T(y) at all points, (n,).
        weights: by which residuals are multiplied, (n,).
        base: the columns without inner constants.
        is_product: whether T is the logarithm: base columns are logarithms of variables or formulas as exponents.
        inverse: y from T(y); not used for products.
    """

    values: Array
    weights: Array
    base: tuple[Inside, ...]
    is_product: bool = False
    inverse: Callable[[Expression], Expression] = lambda e: e

    def formula(
        self, problem: Problem, columns: list[Inside], moved: Callable[[], list[list[Inside]]]
    ) -> tuple[float, Expression] | None:
        """Fit the linear constants at all points, and write the formula.

        Where next to nothing is left, columns that are not needed are dropped one by one; the inner constants may move
        a little meanwhile.

        Args:
            problem: the points.
            columns: those with inner constants; of products their values are logarithms.
            moved: computes the same columns after each of the inner constants has moved a little.

        Returns:
            The share of the sum of squares that is left, and the formula.
        """
        used = [*self.base, *columns]
        design = np.column_stack([c.values for c in used]) * self.weights[:, None]
        goal = self.values * self.weights
        if not (np.isfinite(design).all() and np.isfinite(goal).all()):
            return None
        least = float(np.linalg.norm(goal - goal.mean())) ** 2
        left, coefficients = _solved(design, goal)
        kept = list(range(len(used)))
        if left < _EXACT * least:
            of_inner = coefficients[len(self.base) :]
            slopes = [
                (np.column_stack([c.values - o.values for c, o in zip(other, columns, strict=True)]) @ of_inner)
                * self.weights
                for other in moved()
            ]
            kept, coefficients = _needed(design, np.array(slopes).reshape(-1, len(goal)).T, goal, _MAX_LEFT * least)
        formula = self._written(problem, [used[k] for k in kept], coefficients)
        return None if formula is None else (left / least, formula)

    def _written(self, problem: Problem, used: list[Inside], coefficients: Array) -> Expression | None:
        pairs = list(zip(coefficients.tolist(), used, strict=True))
        if not self.is_product:
            return finite_formula(lambda: self.inverse(_sum(pairs)))

        def write() -> Expression:
            factor = 1.0
            powers: list[tuple[Expression, float]] = []
            exponents: list[tuple[float, Expression | None]] = []
            for c, column in pairs:
                if column.formula.op == "log":
                    if power := _near(c):
                        powers.append((column.formula.args[0], power))
                elif column.formula.is_constant:
                    factor = float(np.exp(c))
                else:
                    exponents.append((c, column.formula))
            if exponents:
                powers.append((Expression.call("exp", sum_by_sign(exponents)), 1.0))
            if not powers:
                return Expression.constant(factor)
            product = power_product(powers)
            agree = float(np.sum(np.sign(problem.y) * np.sign(product(problem.columns))))
            return float(np.copysign(factor, agree)) * product

        return finite_formula(write)


def _sum(pairs: list[tuple[float, Inside]]) -> Expression:
    constants = sum(c for c, column in pairs if column.formula.is_constant)
    others = [(c, column.formula) for c, column in pairs if not column.formula.is_constant]
    if not others:
        return Expression.constant(constants)
    total = sum_by_sign(others)
    return total + constants if constants else total


def _solved(design: Array, goal: Array) -> tuple[float, Array]:
    """Return the sum of squares that is left, and the coefficients."""
    n, k = design.shape
    count_work(_SOLVE + _PAIR * n * k * k)
    scale = np.linalg.norm(design, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    coefficients, *_ = np.linalg.lstsq(design / scale, goal, rcond=1e-14)
    rest = goal - (design / scale) @ coefficients
    return float(rest @ rest), np.asarray(coefficients / scale)


def _needed(design: Array, slopes: Array, goal: Array, most: float) -> tuple[list[int], Array]:
    """Return the columns that are needed beside the slopes to leave no more than `most`, and their coefficients."""
    slopes = slopes[:, np.isfinite(slopes).all(axis=0) & (slopes != 0).any(axis=0)]
    kept = list(range(design.shape[1]))
    left, coefficients = _solved(np.column_stack([design, slopes]), goal)
    while len(kept) > 1:
        sizes = np.abs(coefficients[: len(kept)]) * np.linalg.norm(design[:, kept], axis=0)
        rest = [k for k in kept if k != kept[int(np.argmin(sizes))]]
        without, others = _solved(np.column_stack([design[:, rest], slopes]), goal)
        if without > max(most, 4.0 * left):
            break
        kept, coefficients, left = rest, others, without
    return kept, coefficients[: len(kept)]


def _near(value: float) -> float:
    """Return a multiple of 1/2 or 1/3 that is near, else the value."""
    for q in (1, 2, 3):
        if abs(value * q - round(value * q)) < _NEAR:
            return round(value * q) / q
    return value


def logarithms(problem: Problem) -> tuple[Inside, ...]:
    """Return a constant and the logarithms of the variables that are never zero."""
    return (
        constant(problem),
        *(
            Inside(Expression.call("log", Expression.variable(name)), np.log(np.abs(problem.x[:, j])))
            for j, name in enumerate(problem.names)
            if (problem.x[:, j] != 0).all()
        ),
    )


def product_view(problem: Problem, exponents: tuple[Inside, ...] = ()) -> View | None:
    """Return ln |y| over the logarithms of the variables; None where y is zero anywhere.

    Args:
        problem: the points.
        exponents: further columns: what may stand in an exponential that multiplies all.
    """
    y = problem.y
    if (y == 0).any():
        return None
    # errors of ln y where y is next to zero say little
    weights = np.minimum(np.abs(y) / float(np.median(np.abs(y))), 1.0)
    return View(np.log(np.abs(y)), weights, (*logarithms(problem), *exponents), is_product=True)


def sum_views(problem: Problem, base: tuple[Inside, ...]) -> list[View]:
    """Return y, 1/y, ln y, y**2 and sqrt y over given columns, those that are defined."""
    y = problem.y
    views = [View(y, np.ones_like(y), base)]
    if (y != 0).all():
        views.append(View(1 / y, y**2, base, inverse=lambda e: 1.0 / e))
    if (y > 0).all():
        views.append(View(np.log(y), y, base, inverse=lambda e: Expression.call("exp", e)))
        views.append(View(y**2, 1 / y, base, inverse=lambda e: Expression.call("sqrt", e)))
        views.append(View(np.sqrt(y), np.sqrt(y), base, inverse=lambda e: e**2))
    return views
