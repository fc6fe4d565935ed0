"""`Screen`: what a look at both formulas in float64 says, before any constant is solved for.

Most wrong formulas end here: they have no value where the truth has one, or stay far from it even with constants that
may move and a free factor and summand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.agreement import HighPrecisionCheck
from srbench_lite.judging.constant_search import MAX_CONSTANTS, MAX_RELATIVE_CHANGE, is_last_digit, is_rounding
from srbench_lite.judging.fast_constants import fast_constants
from srbench_lite.judging.free_constants import movable
from srbench_lite.judging.least_squares import levenberg_marquardt, root_mean_square
from srbench_lite.judging.negligible_terms import NegligibleTerms
from srbench_lite.judging.sample_points import Reference, find_holes, gradient_at, sample_points, trusted_points
from srbench_lite.judging.verdict import EXACT_TERM, RECOVERED_CONSTANT, RECOVERED_TERM, Ruling, VerdictWord

if TYPE_CHECKING:
    from srbench_lite.judging.pair import Pair

__all__ = ["NO_CONSTANTS", "Screen", "Unsettled", "further_vanishing", "screen"]

#: Why a formula is different, where nothing more is known.
NO_CONSTANTS: Final = "no constants nearby make it the truth"

#: A formula undefined on more than this share of the truth's domain is different, whatever its constants.
_MAX_HOLES: Final = 0.05
#: Weighted differences beyond which a formula with free factor and summand is given up.
_MIN_CLEARLY_FAR: Final = 1e-4
#: The same beyond which no added or multiplied constant is looked for.
_MIN_AFFINELY_FAR: Final = 1e-6
#: A factor this close to one, and a summand to zero, in units of the truth's spread, need no second start.
_MAX_NEAR_LINE: Final = 0.3
#: Steps of the search with bounds that very many constants get.
_MAX_BOUNDED_STEPS: Final = 30
#: A factor is moved by up to this share of itself there.
_FACTOR_REACH: Final = 0.5
#: A constant has little effect below so many times what may be left out. It moves in larger steps, by smaller shares.
_LIGHT_EFFECT: Final = 10 * RECOVERED_TERM
_LIGHT_STEP: Final = 100.0
_MAX_LIGHT_CHANGE: Final = 0.02
#: Singular values below this share of the largest are left alone in a straight line.
_MIN_LINE_SHARE: Final = 1e-12
#: Sets of vanishing constants that are tried besides the likely ones.
_MAX_FURTHER_SETS: Final = 8


@dataclass(frozen=True, slots=True)
class Unsettled:
    """Numbers cannot settle the pair: there is only the proof left.

    Attributes:
        reason: why, in words.
    """

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Screen:
    """A pair that has passed the screen, and what the later steps need to know of it.

    Attributes:
        reference: the truth at random points.
        check: what formulas with other constants are compared with, in many digits.
        terms: the found formula, and what setting constants to zero changes.
        vanishing: the sets of constants to be tried at zero: all with little effect, those with next to none, none.
        is_affinely_near: whether a free factor and summand may bring the found formula to the truth.
    """

    reference: Reference
    check: HighPrecisionCheck
    terms: NegligibleTerms
    vanishing: tuple[frozenset[int], ...]
    is_affinely_near: bool


@dataclass(frozen=True, slots=True)
class _Distance:
    """How far a formula is from the truth with constants nearby and a free factor and summand.

    Attributes:
        is_far: whether nothing of that brings it near.
        is_affinely_near: whether it comes as near as rounding; None where that was not looked at.
    """

    is_far: bool
    is_affinely_near: bool | None = None


def screen(pair: Pair, spent: float = 0.0) -> Screen | Ruling | Unsettled:
    """Look at both formulas in float64, with 50 digits where float64 is mere rounding.

    Args:
        pair: the formulas.
        spent: what leftovers that are already left out change, in standard deviations of y.

    Returns:
        A screen, where the pair may be equal; a verdict, where it cannot be; or why neither can be said.
    """
    drawn = sample_points(pair, min(len(pair.found.constants), MAX_CONSTANTS))
    if not drawn.is_enough:
        return Unsettled("the truth is defined nearly nowhere on its domain")
    holes = find_holes(drawn)
    if holes.share > _MAX_HOLES:
        return Ruling(VerdictWord.DIFFERENT, "undefined where the truth is defined")
    reference = trusted_points(drawn)
    if not reference.is_enough:
        return Unsettled("it cannot be evaluated where the truth is defined")
    terms = NegligibleTerms.of(reference, spent)
    distance = _distance(reference, pair.found, terms.values)
    vanishing = _vanishing(terms)
    if distance.is_far:
        zeros = vanishing[0]
        without = _distance(reference, terms.without(zeros), terms.values_without(zeros)) if zeros else distance
        if without.is_far:
            return Ruling(VerdictWord.DIFFERENT, NO_CONSTANTS)
        if without.is_affinely_near is not None:
            distance = without
    return Screen(
        reference=reference,
        check=HighPrecisionCheck(pair=pair, size=reference.size, holes=holes.x),
        terms=terms,
        vanishing=vanishing,
        is_affinely_near=distance.is_affinely_near is not False,
    )


def further_vanishing(vanishing: tuple[frozenset[int], ...]) -> tuple[frozenset[int], ...]:
    """Return further sets to be tried at zero: of the constants with little effect each alone, and all but each."""
    every = vanishing[0]
    if len(every) < 2:
        return ()
    sets = [*(frozenset([i]) for i in sorted(every)), *(every - {i} for i in sorted(every))]
    return tuple([s for s in dict.fromkeys(sets) if s not in vanishing][:_MAX_FURTHER_SETS])


def _vanishing(terms: NegligibleTerms) -> tuple[frozenset[int], ...]:
    """Return the sets of constants to be tried at zero, the largest first."""
    if len(terms.constants) > MAX_CONSTANTS:
        return (frozenset(),)
    sets = [terms.negligible(tolerance) for tolerance in (RECOVERED_TERM, EXACT_TERM)]
    return tuple(dict.fromkeys([*sets, frozenset()]))


def _distance(reference: Reference, formula: Expression, values: NDArray[np.float64]) -> _Distance:
    """Say whether constants nearby, a free factor and a summand bring a formula of these values near the truth."""
    if reference.is_blind:
        return _Distance(is_far=False)
    residual = root_mean_square((values - reference.y) * reference.weights)
    if not residual > _MIN_CLEARLY_FAR or is_rounding(reference, formula, residual):
        return _Distance(is_far=False)
    try:
        wider = Expression.call("add", Expression.call("mul", formula, 1.0), 0.0)
    except ExpressionError:  # no room for more nodes
        return _Distance(is_far=False)
    if len(formula.constants) > MAX_CONSTANTS:
        return _distance_of_many(reference, formula)
    factor, summand = _straight_line(reference, values)
    distance = _affine_distance(reference, wider, factor, summand)
    is_near_line = abs(factor - 1) < _MAX_NEAR_LINE and abs(summand) < _MAX_NEAR_LINE * reference.spread
    if not distance.is_far or is_near_line:
        return distance
    return _affine_distance(reference, wider, 1.0, 0.0)


def _straight_line(reference: Reference, values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the factor and the summand that bring values nearest to the truth (weighted least squares)."""
    columns = np.column_stack([values, np.ones_like(values)]) * reference.weights[:, None]
    sizes = np.array([root_mean_square(column) for column in columns.T])
    if not (np.isfinite(columns).all() and (sizes > 0).all()):
        return 1.0, 0.0
    line = np.linalg.lstsq(columns / sizes, reference.y * reference.weights, rcond=_MIN_LINE_SHARE)[0] / sizes
    return (float(line[0]), float(line[1])) if line[0] and np.isfinite(line).all() else (1.0, 0.0)


def _affine_distance(reference: Reference, wider: Expression, factor: float, summand: float) -> _Distance:
    """Say how far factor*formula + summand is, from one start.

    Args:
        reference: the pair at random points.
        wider: the formula with a factor and a summand: its last two constants.
        factor, summand: where these start.
    """
    k = len(wider.constants) - 2
    gradient = gradient_at(reference, wider)
    start = np.array([*wider.constants[:k], factor, summand])
    scales = np.abs(start)
    scales[k + 1] = max(scales[k + 1], reference.unit)
    scales[:k][~movable(wider, reference.columns)[:k]] = 0.0
    # a constant with little effect may go to zero and beyond, and does so rather than the others
    _, slopes = gradient.jacobian(start, range(k))
    effects = np.max(np.abs(slopes * scales), axis=0)
    light = (effects < _LIGHT_EFFECT * reference.spread) & (np.arange(k + 2) < k)
    scales[light] *= _LIGHT_STEP
    max_changes = np.where(light, _MAX_LIGHT_CHANGE, MAX_RELATIVE_CHANGE)
    max_changes[k:] = np.inf
    fast = None if reference.is_precise else fast_constants(wider, reference.columns, range(k + 2))
    fit = levenberg_marquardt(
        gradient, reference.y, reference.weights, start, scales, max_changes,
        fast=fast, deadline=reference.pair.deadline,
    )  # fmt: skip
    is_near = (
        not fit.residual > _MIN_AFFINELY_FAR
        or is_rounding(reference, wider.with_constants(fit.constants), fit.residual)
        or is_last_digit(gradient, start, fit.constants, reference.weights, fit.residual)
    )
    return _Distance(is_far=fit.residual > _MIN_CLEARLY_FAR and not is_near, is_affinely_near=is_near)


def _distance_of_many(reference: Reference, formula: Expression) -> _Distance:
    """Say whether a formula with very many constants is far, with each moved within the tolerance, to first order.

    Moved freely, so many constants meet nearly anything.
    """
    constants = np.array(formula.constants)
    values, slopes = gradient_at(reference, formula).jacobian(constants, range(len(constants)))
    changes = slopes * constants * RECOVERED_CONSTANT
    changes = np.where(np.isfinite(changes), changes, 0.0)
    factor, _ = _straight_line(reference, values)
    is_far = all(_is_out_of_reach(reference, values, changes, share) for share in (1.0, factor))
    return _Distance(is_far=is_far)


def _is_out_of_reach(
    reference: Reference, values: NDArray[np.float64], changes: NDArray[np.float64], factor: float
) -> bool:
    """Whether a factor of about that size, a summand and a share of each change do not lead to the truth.

    Args:
        reference: the pair at n random points.
        values: of the formula there, shape (n,).
        changes: what each constant may change there at most, shape (n, k).
        factor: the factor.
    """
    from scipy.optimize import lsq_linear  # rarely needed

    k = changes.shape[1]
    matrix = np.column_stack([changes, values, np.ones_like(values)]) * reference.weights[:, None]
    matrix[:, : k + 1] *= factor
    right = reference.y * reference.weights
    unit = root_mean_square(matrix[:, -1]) or 1.0
    if not np.isfinite(matrix).all():
        return False
    matrix[:, -1] /= unit
    low = np.append(-np.ones(k), [1 - _FACTOR_REACH, -np.inf])
    high = np.append(np.ones(k), [1 + _FACTOR_REACH, np.inf])
    solution = lsq_linear(matrix, right, bounds=(low, high), max_iter=_MAX_BOUNDED_STEPS).x
    left = root_mean_square(matrix @ solution - right)
    curvature = RECOVERED_CONSTANT * root_mean_square(np.abs(matrix[:, :k]).sum(axis=1))
    return left > max(_MIN_CLEARLY_FAR, curvature)
