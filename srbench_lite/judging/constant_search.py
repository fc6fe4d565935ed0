"""`ConstantSearch`: what the search for the constants c* starts from, and its first stage, in float64.

`prepare_search` says which constants may move and how far, `closeness` how near the formula is to the truth as it
stands, and `fit_nearby` moves the constants until it is the truth as far as float64 tells.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.fast_constants import fast_constants
from srbench_lite.judging.free_constants import is_short, movable, tied
from srbench_lite.judging.high_precision_values import differences_from_truth
from srbench_lite.judging.least_squares import levenberg_marquardt, root_mean_square
from srbench_lite.judging.sample_points import gradient_at

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.high_precision_gradient import FormulaGradient
    from srbench_lite.judging.sample_points import Reference

__all__ = [
    "MAX_CONSTANTS",
    "MAX_RELATIVE_CHANGE",
    "Closeness",
    "ConstantSearch",
    "Start",
    "closeness",
    "fit_nearby",
    "hold_short_constants",
    "is_last_digit",
    "is_rounding",
    "prepare_search",
]  # fmt: skip

#: No c* is looked for in formulas with more constants.
MAX_CONSTANTS: Final = 200
#: A constant is never moved by more than this share of itself: farther away is another formula.
MAX_RELATIVE_CHANGE: Final = 0.3
#: Weighted float64 differences that rounding never causes by itself; checked against 50 digits before it is believed.
_MIN_FAR: Final = 1e-7
#: Weighted differences from which the constants are near enough to be solved for at once.
_MAX_CLOSE: Final = 1e-8
#: The worst points that are looked at to tell rounding, and the share of a difference that is left of it then.
_ROUNDING_CHECKS: Final = 3
_MAX_REAL_SHARE: Final = 0.3
#: A difference from and up to so many times what the last digits of the constants change may come from those. (One that
#: is far smaller is that of sin(1e20*x), which is bounded.)
_MIN_LAST_DIGITS: Final = 1e-3
_MAX_LAST_DIGITS: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ConstantSearch:
    """What a search for c* starts from.

    Attributes:
        formula: the formula to align.
        gradient: the same, as a function of its k constants.
        places: for each number of the formula, which constant it is.
        start, scales, max_changes: the constants, the size of a step in each (0: it must stay), and the largest change
            of each in such steps; shape (k,).
    """

    formula: Expression
    gradient: FormulaGradient
    places: Sequence[int]
    start: NDArray[np.float64]
    scales: NDArray[np.float64]
    max_changes: NDArray[np.float64]

    def with_constants(self, constants: NDArray[np.float64]) -> Expression:
        """Return the formula with constants of shape (k,)."""
        return self.formula.with_constants(float(constants[place]) for place in self.places)


@dataclass(frozen=True, slots=True)
class Closeness:
    """How near a formula is to the truth.

    Attributes:
        residual: root mean square of the weighted difference.
        is_close: whether it is the truth as far as float64 tells.
    """

    residual: float
    is_close: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Start:
    """Constants to solve from.

    Attributes:
        constants: the constants, shape (k,).
        is_lost: whether float64 cannot tell how near they are, since the last digits of constants decide.
    """

    constants: NDArray[np.float64]
    is_lost: bool = False


def prepare_search(
    reference: Reference,
    formula: Expression,
    *,
    alike_are_one: bool = False,
    free_step: float = 0.0,
) -> ConstantSearch:
    """Prepare to look for c*.

    Args:
        reference: the pair at random points.
        formula: the formula to align.
        alike_are_one: whether numbers of many digits that are nearly equal become one.
        free_step: if positive, the formula's last constant may move without bound, in steps of that size.
    """
    numbers = np.array(formula.constants)
    places = tied(formula.constants) if alike_are_one else list(range(len(numbers)))
    start = numbers
    if places:  # the mean of numbers that are one constant
        start = np.asarray(np.bincount(places, weights=numbers / np.bincount(places)[places]), dtype=np.float64)
    scales = np.abs(start)
    max_changes = np.full(len(start), MAX_RELATIVE_CHANGE)
    if free_step:
        scales[-1], max_changes[-1] = free_step, np.inf
    may_move = movable(formula, reference.columns)
    scales[[place for place, moves in zip(places, may_move, strict=True) if not moves]] = 0.0
    if len(start) > MAX_CONSTANTS:
        scales[:] = 0.0
    gradient = gradient_at(reference, formula, places)
    return ConstantSearch(
        formula=formula, gradient=gradient, places=places, start=start, scales=scales, max_changes=max_changes
    )


def hold_short_constants(search: ConstantSearch) -> ConstantSearch:
    """Return the search with constants of few digits (2.0, -1, 0.5) as they are, but for one that has no bound."""
    is_held = np.array([is_short(c) for c in search.start], dtype=bool) & np.isfinite(search.max_changes)
    return replace(search, scales=np.where(is_held, 0.0, search.scales))


def closeness(reference: Reference, search: ConstantSearch) -> Closeness:
    """Say how near the formula is to the truth with the constants that the search starts from."""
    values = search.gradient.value(search.start)
    residual = root_mean_square((values - reference.y) * reference.weights)
    is_close = (
        residual < _MAX_CLOSE
        or reference.is_blind
        or is_rounding(reference, search.with_constants(search.start), residual)
    )
    return Closeness(residual=residual, is_close=is_close)


def fit_nearby(reference: Reference, search: ConstantSearch) -> Start | None:
    """Return constants that bring the formula to the truth as far as float64 tells; None without any."""
    fast = None if reference.is_precise else fast_constants(search.formula, reference.columns, search.places)
    fit = levenberg_marquardt(
        search.gradient, reference.y, reference.weights, search.start, search.scales, search.max_changes,
        fast=fast, deadline=reference.pair.deadline,
    )  # fmt: skip
    if fit.residual <= _MIN_FAR or is_rounding(reference, search.with_constants(fit.constants), fit.residual):
        return Start(constants=fit.constants)
    if is_last_digit(search.gradient, search.start, fit.constants, reference.weights, fit.residual):
        return Start(constants=fit.constants, is_lost=True)
    return None


def is_last_digit(
    gradient: FormulaGradient,
    own: NDArray[np.float64],
    constants: NDArray[np.float64],
    weights: NDArray[np.float64],
    residual: float,
) -> bool:
    """Whether the last digits of float64 constants change values by about as much as the difference that is left.

    In (x + 12345678.9)**2 - x**2 - 24691357.8*x - 152415765279684 they change everything.

    Args:
        gradient: the formula.
        own: its own constants, shape (k,): those of few digits are what they are.
        constants: the same where they were moved to.
        weights: of the differences, shape (n,).
        residual: root mean square of the weighted difference that is left.
    """
    if not math.isfinite(residual):
        return False
    long = [i for i, value in enumerate(own) if not is_short(value)]
    _, slopes = gradient.jacobian(constants, long)
    changes = np.abs(slopes[:, long] * constants[long]) * weights[:, None] * np.finfo(np.float64).eps
    changes = changes[np.isfinite(changes).all(axis=1)]
    size = root_mean_square(changes.sum(axis=1))
    return _MIN_LAST_DIGITS * size <= residual <= _MAX_LAST_DIGITS * size


def is_rounding(reference: Reference, formula: Expression, residual: float) -> bool:
    """Whether the difference that is left comes from float64 and not from the formulas."""
    if not math.isfinite(residual) or reference.is_precise:
        return False
    differences = np.abs((formula(reference.columns) - reference.y) * reference.weights)
    worst = np.argsort(-differences, kind="stable")[:_ROUNDING_CHECKS]
    real = differences_from_truth(reference.pair, formula, reference.x[worst])
    return any(
        r is None or r * w < _MAX_REAL_SHARE * d
        for r, w, d in zip(real, reference.weights[worst], differences[worst], strict=True)
    )
