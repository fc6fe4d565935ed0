"""`Reference`: the truth at random points of its domain, with weights and scales to measure by.

`sample_points` draws the points, `find_holes` looks where the found formula has no value, and `trusted_points` keeps
the points at which float64 can be trusted, or turns to many digits. Each returns a new value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.feature_points import feature_points
from srbench_lite.judging.high_precision_gradient import FormulaGradient, PreciseGradient
from srbench_lite.judging.high_precision_values import is_undefined, loses_digits, precise_values
from srbench_lite.judging.least_squares import root_mean_square

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.pair import Pair

__all__ = [
    "MIN_POINTS", "Holes", "Reference", "find_holes", "gradient_at", "has_inner_hole", "largest_change",
    "sample_points", "trusted_points",
]  # fmt: skip

#: A pair is not judged on fewer points.
MIN_POINTS: Final = 8
#: Points: at least this many, and so many for every constant.
_MIN_DRAWN: Final = 96
_POINTS_PER_CONSTANT: Final = 4
#: At least this many where there are branches: a branch that few points lie on is not to be missed.
_MIN_DRAWN_WITH_BRANCHES: Final = 256
#: At most this many where values are computed with many digits.
_MAX_PRECISE_POINTS: Final = 40
#: Points on which std(y) and the effect of vanishing terms are measured, and holes looked for.
_MANY_POINTS: Final = 1000
#: The same where values are computed with many digits, about.
_MANY_PRECISE_POINTS: Final = 100
#: Points without a float64 value that are looked at with many digits, about; and holes that are kept.
_HOLES_CHECKED: Final = 100
_MAX_HOLES_KEPT: Final = 4
#: Points of a line on which values are looked for on both sides of a hole; an even number.
_LINE_POINTS: Final = 256
#: Corners of the domain are looked at from inside, at this share of its width.
_CORNER_INSET: Final = 1e-6
#: A point where the next float64 changes a value by this share or more is not used in float64.
_MAX_CALM_CHANGE: Final = 1e-8
#: Weights: values below this share of the median, and of the root mean square, count as that large.
_MIN_SHARE_OF_MEDIAN: Final = 0.1
_MIN_SHARE_OF_SIZE: Final = 1e-6
#: A spread below this share of the values' size is rounding.
_MIN_SPREAD_SHARE: Final = 1e-13
#: Relative differences from exact values beyond which float64 is not believed, and points where that is looked at.
_MAX_FLOAT_ERROR: Final = 1e-8
_FLOAT_CHECKS: Final = 6
#: Points where it is looked at whether 50 digits suffice: before they are needed, and once they are used.
_DIGIT_CHECKS: Final = 3
_DIGIT_CHECKS_IN_USE: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """The truth at random points.

    Attributes:
        pair: the formulas.
        x, y, columns: points of the domain, shape (n, d), the truth there, shape (n,), and the points by variable.
        weights: of differences at these points, shape (n,): 1 / |y|, but no more than ten times the typical one.
        unit: the size of a difference that weighs one, on average.
        many_x, many: further points, shape (m, d), and the same by variable: many inside the domain, and its corners.
        size: root mean square of the truth on its domain; 1 where that is zero.
        spread: standard deviation of the truth; its size where it is constant.
        is_enough: whether there are enough points to judge by.
        is_precise: whether values are to be computed with many digits, because float64 is rounding or overflows.
        is_blind: whether even those digits are mere rounding.
    """

    pair: Pair
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    columns: dict[str, NDArray[np.float64]]
    weights: NDArray[np.float64]
    unit: float
    many_x: NDArray[np.float64]
    many: dict[str, NDArray[np.float64]]
    size: float
    spread: float
    is_enough: bool
    is_precise: bool = False
    is_blind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Holes:
    """Where the found formula has no value although the truth has.

    Attributes:
        share: of the points.
        x: some of them, shape (m, d).
    """

    share: float
    x: NDArray[np.float64]


def sample_points(pair: Pair, constants: int) -> Reference:
    """Draw points, and look at the truth there.

    Args:
        pair: the formulas.
        constants: number of constants that are to be found from these points.
    """
    wanted = max(_MIN_DRAWN if pair.is_smooth else _MIN_DRAWN_WITH_BRANCHES, _POINTS_PER_CONSTANT * constants)
    x = pair.domain.draw(wanted, part=0)
    y = _values(pair, pair.truth, x)
    if np.isfinite(y).sum() <= wanted / 2:
        x = np.concatenate([x, pair.domain.draw(10 * wanted, part=-1)])
        y = _values(pair, pair.truth, x)
    good = np.flatnonzero(np.isfinite(y))[:wanted]
    x, y = x[good], y[good]
    size = root_mean_square(y)
    inside = pair.domain.draw(_MANY_POINTS, part=3)
    many_x = np.concatenate([inside, pair.domain.corners(inside=_CORNER_INSET)])
    many_y = _values(pair, pair.truth, many_x)
    finite = np.isfinite(many_y)
    sample = many_y[: len(inside)][finite[: len(inside)]]
    spread = _spread(sample if len(sample) >= MIN_POINTS else y)
    weights = _weights(y)
    return Reference(
        pair=pair,
        x=x,
        y=y,
        columns=pair.domain.columns(x),
        weights=weights,
        unit=_unit(weights),
        many_x=many_x[finite],
        many=pair.domain.columns(many_x[finite]),
        size=size or 1.0,
        spread=spread if spread > _MIN_SPREAD_SHARE * size else size or 1.0,
        is_enough=len(y) >= MIN_POINTS and _are_usable(weights),
    )


def find_holes(reference: Reference) -> Holes:
    """Return where the found formula has no value although the truth has."""
    pair = reference.pair
    pool = np.concatenate([reference.x, reference.many_x])
    lost = pool[~np.isfinite(_values(pair, pair.found, pool))]
    if not len(lost):
        return Holes(share=0.0, x=lost)
    some = lost[:: max(1, len(lost) // _HOLES_CHECKED)]
    undefined = is_undefined(pair, some)  # the others are beyond float64
    if not undefined.any():
        return Holes(share=0.0, x=lost[:0])
    share = float(undefined.mean()) * len(lost) / len(pool)
    return Holes(share=share, x=some[undefined][:_MAX_HOLES_KEPT])


def has_inner_hole(pair: Pair, x: NDArray[np.float64]) -> bool:
    """Whether the found formula has no value at one of these points, shape (m, d), but on both sides of it.

    The truth has values there and in between. (Where the hole reaches the end of either's domain, a constant that is
    slightly off may have made it.)
    """
    lost = x[~np.isfinite(_values(pair, pair.found, x)) & np.isfinite(_values(pair, pair.truth, x))]
    lost = lost[:: max(1, len(lost) // _MAX_HOLES_KEPT)][: 2 * _MAX_HOLES_KEPT]
    lost = lost[is_undefined(pair, lost)] if len(lost) else lost
    for point in lost:
        for axis, sampling in enumerate(pair.domain.samplings):
            line = np.repeat(point[None, :], _LINE_POINTS, axis=0)
            line[:, axis] = sampling.path(_LINE_POINTS)[:_LINE_POINTS]
            below, above = line[line[:, axis] < point[axis]][::-1], line[line[:, axis] > point[axis]]
            if all(_comes_to_values(pair, side) for side in (below, above)):
                return True
    return False


def _comes_to_values(pair: Pair, side: NDArray[np.float64]) -> bool:
    """Whether the found formula has a value at some of these points before the truth has none."""
    found, true = (np.isfinite(_values(pair, formula, side)) for formula in (pair.found, pair.truth))
    return bool(found.any() and true[: int(np.argmax(found)) + 1].all())


def trusted_points(reference: Reference) -> Reference:
    """Keep the points at which both formulas have values that can be trusted; turn to many digits where none can."""
    pair = reference.pair
    values = _values(pair, pair.found, reference.x)
    defined = np.isfinite(values)
    if defined.sum() < MIN_POINTS:
        return _with_many_digits(reference)
    # not at sin(1e20), where the next number has another sine
    columns = {name: np.nextafter(column, np.inf) for name, column in reference.columns.items()}
    found_change = np.abs(pair.found(columns) - values) * _weights_of(values, reference.weights)
    true_change = np.abs(pair.truth(columns) - reference.y) * reference.weights
    calm = defined & (found_change < _MAX_CALM_CHANGE) & (true_change < _MAX_CALM_CHANGE)
    chosen = calm if calm.sum() >= MIN_POINTS else defined
    x = reference.x[chosen]
    trusted = replace(
        reference, x=x, y=reference.y[chosen], weights=reference.weights[chosen], columns=pair.domain.columns(x)
    )
    if any(
        _float_is_off(trusted, formula, own) or _digits_are_lost(trusted, formula, _DIGIT_CHECKS)
        for formula, own in ((pair.truth, trusted.y), (pair.found, values[chosen]))
    ):
        return _with_many_digits(trusted)
    return trusted


def largest_change(reference: Reference, one: Expression, other: Expression) -> float:
    """Return the largest difference between two formulas in units of `spread`.

    It is looked for on many points of the domain, and where the first formula says that it may do something.
    """
    pair = reference.pair
    features = feature_points(one, pair.domain, pair.deadline, poles=True)
    if reference.is_precise:
        x = np.concatenate([_thinned(reference.many_x), _thinned(features)])
        values, others = precise_values(pair, one, x), precise_values(pair, other, x)
        if np.any(np.isnan(values) & np.isfinite(others)):
            return math.inf
        change = np.abs(values - others)
        change = change[np.isfinite(change)]
    else:
        change = np.abs(one(reference.many) - other(reference.many))
        if len(features):
            features = features[np.isfinite(_values(pair, pair.truth, features))]
            change = np.concatenate([change, np.abs(_values(pair, one, features) - _values(pair, other, features))])
    largest = float(np.max(change, initial=0.0)) / reference.spread
    return largest if np.isfinite(largest) else np.inf


def _thinned(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return about as many points as can be looked at with many digits."""
    return x[:: max(1, len(x) // _MANY_PRECISE_POINTS)]


def gradient_at(reference: Reference, formula: Expression, places: Sequence[int] | None = None) -> FormulaGradient:
    """Return a formula as a function of its constants, at the points of the reference.

    Args:
        reference: the points.
        formula: the formula.
        places: for each number of the formula, in text order, which of k constants it is; by default one each.
    """
    pair = reference.pair
    if reference.is_precise:
        every = list(range(len(formula.constants)) if places is None else places)
        return PreciseGradient(formula, pair.domain.names, reference.x, every, pair.deadline)
    return Gradient(formula, reference.columns, places)


def _values(pair: Pair, formula: Expression, x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array(np.broadcast_to(formula(pair.domain.columns(x)), len(x)))


def _spread(values: NDArray[np.float64]) -> float:
    """Return the standard deviation, also where squares overflow or vanish."""
    largest = float(np.max(np.abs(values), initial=0.0))
    return largest * float(np.std(values / largest)) if largest else 0.0


def _weights(y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weights of differences from values of shape (n,)."""
    absolute = np.abs(y)
    # the share first: the sum of two values may overflow
    middle = float(np.median(_MIN_SHARE_OF_MEDIAN * absolute)) if len(absolute) else 0.0
    return np.asarray(1.0 / np.maximum(absolute, max(middle, _MIN_SHARE_OF_SIZE * root_mean_square(y)) or 1.0))


def _unit(weights: NDArray[np.float64]) -> float:
    return 1.0 / (root_mean_square(weights) or 1.0)


def _are_usable(weights: NDArray[np.float64]) -> bool:
    return bool((weights > 0).all() and np.isfinite(weights).all())


def _weights_of(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return weights for values that may be far larger than the truth, whose weights are given; shape (n,)."""
    return np.asarray(1.0 / np.maximum(np.abs(values), 1.0 / weights))


def _float_is_off(reference: Reference, formula: Expression, values: NDArray[np.float64]) -> bool:
    """Whether float64 values of the formula are off, as differences of nearly equal numbers are."""
    few = slice(None, None, max(1, len(reference.x) // _FLOAT_CHECKS))
    exact = precise_values(reference.pair, formula, reference.x[few])
    errors = np.abs(exact - values[few]) * _weights_of(values, reference.weights)[few]
    return bool(np.any(errors > _MAX_FLOAT_ERROR))


def _digits_are_lost(reference: Reference, formula: Expression, points: int) -> bool:
    """Whether even 50 digits do not suffice at some of the first points."""
    return loses_digits(reference.pair, formula, reference.x[:points], 1.0 / reference.weights[:points])


def _with_many_digits(reference: Reference) -> Reference:
    """Compute the truth with 50 digits, on fewer points."""
    pair = reference.pair
    x = reference.x[:_MAX_PRECISE_POINTS]
    y = precise_values(pair, pair.truth, x)
    good = np.isfinite(y)
    x, y = x[good], y[good]
    weights = _weights(y)
    precise = replace(
        reference,
        x=x,
        y=y,
        columns=pair.domain.columns(x),
        weights=weights,
        unit=_unit(weights),
        is_enough=reference.is_enough and int(good.sum()) >= MIN_POINTS and _are_usable(weights),
        is_precise=True,
    )
    is_blind = any(_digits_are_lost(precise, f, _DIGIT_CHECKS_IN_USE) for f in (pair.truth, pair.found))
    return replace(precise, is_blind=is_blind)
