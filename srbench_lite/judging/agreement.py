"""`HighPrecisionCheck`: two formulas at the same random points, with many digits; `Agreement`: what that shows.

Agreement to most of the digits at random points shows, for formulas made of analytic functions, that they are the same
function; a difference in the leading digits shows that they are not. What lies between is left to more digits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.feature_points import feature_points
from srbench_lite.judging.high_precision import OutOfReachError, UndefinedError, with_digits
from srbench_lite.judging.high_precision_values import shaken, truth_targets
from srbench_lite.judging.sampled_domain import MAX_DECADES

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.judging.high_precision import PreciseFormula
    from srbench_lite.judging.pair import Pair

__all__ = ["Agreement", "HighPrecisionCheck"]

#: Of all digits, the share that must agree for "equal", and the share that, if it agrees, forbids "different".
_MIN_EQUAL_SHARE: Final = 0.82
_MAX_DIFFERENT_SHARE: Final = 0.25
#: The same share for "equal" on the wider boxes, where rounding errors of c* are amplified.
_MIN_EQUAL_SHARE_WIDE: Final = 0.6
#: Of all digits of c*, so many of the last may be wrong.
_UNSURE_DIGITS: Final = 10
#: Of the points that agree, so many are checked for digits that are lost (on the domain, beyond it), and so many must
#: be left.
_DOUBTED_POINTS: Final = 2
_DOUBTED_POINTS_BEYOND: Final = 1
_MIN_POINTS: Final = 3
#: Points on the domain: for formulas with one branch, and where there may be more.
_POINTS: Final = 8
_POINTS_WITH_BRANCHES: Final = 40
#: Decades by which the wider boxes exceed the domain, and points in each.
_DECADES: Final = (1.0, MAX_DECADES)
_POINTS_BEYOND: Final = 4
#: Of the places that formulas themselves point at, so many are compared with many digits: those with the largest
#: relative differences in float64, from this one on.
_FEATURES_CHECKED: Final = 6
_MIN_FEATURE: Final = 1e-9
#: A value below this share of the truth's root mean square counts as that large in relative differences. (In the
#: corners, where a root may begin, the share is one.)
_MIN_VALUE_SHARE: Final = 1e-25
_MIN_VALUE_SHARE_IN_CORNERS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a comparison shows.

    Attributes:
        equal: whether the formula is the truth; None where so many digits do not tell.
        by: what the agreement stands on, in words; empty where there is none.
    """

    equal: bool | None
    by: str = ""


@dataclass(frozen=True, slots=True)
class _Deviation:
    """The largest relative difference, or the first that is enough, and the number of points used."""

    largest: Any
    points: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HighPrecisionCheck:
    """What formulas with other constants are compared with.

    Attributes:
        pair: the truth and its domain.
        size: root mean square of the truth on its domain.
        holes: points where the found formula is undefined in float64 although the truth is defined, shape (m, d).
    """

    pair: Pair
    size: float
    holes: NDArray[np.float64]

    def compare(self, formula: PreciseFormula, constants: Sequence[Any], digits: int, *, last: bool) -> Agreement:
        """Say whether the formula with these constants is the truth.

        Args:
            formula: the formula.
            constants: its constants, known to nearly all digits.
            digits: working precision in decimal digits.
            last: whether there will be no more digits: a disagreement on the wider boxes, which may come from digits
                that are lost there, then shows formulas without branches to be different, and no others.

        Raises:
            UndefinedError: the formula has no value where the truth has one, on the domain.
        """
        pair = self.pair
        context = with_digits(digits)
        different = context.mpf(10) ** (-_MAX_DIFFERENT_SHARE * digits)
        inner = self._points_inside()
        inside = _deviation(self, formula, constants, inner, digits, _MIN_VALUE_SHARE, on_domain=True)
        if inside.largest > different:
            return Agreement(equal=False)
        if inside.points < min(_MIN_POINTS, len(inner)):
            return Agreement(equal=None)
        if not pair.is_branchless:
            corners = pair.domain.corners()
            edge = _deviation(self, formula, constants, corners, digits, _MIN_VALUE_SHARE_IN_CORNERS, on_domain=False)
            if edge.largest > different:
                return Agreement(equal=False)
        if inside.largest > context.mpf(10) ** (-_MIN_EQUAL_SHARE * digits):
            return Agreement(equal=None)
        by = f"{inside.points} points, {digits} digits"
        if pair.is_smooth and pair.domain.names:
            return self._compare_beyond(
                formula, constants, digits, Agreement(equal=True, by=by), inside.points, last=last
            )
        return Agreement(equal=True, by=by)

    def agrees_at_features(
        self, found: Expression, formula: PreciseFormula, constants: Sequence[Any], digits: int
    ) -> bool:
        """Whether a formula is the truth also where it or the truth may do something that random points miss.

        Args:
            found: the formula, in float64: says which places are looked at with many digits.
            formula, constants, digits: as for `compare`.

        Raises:
            UndefinedError: the formula has no value where the truth has one.
        """
        pair = self.pair
        x = np.concatenate([feature_points(f, pair.domain, pair.deadline) for f in (found, pair.truth)])
        if not len(x):
            return True
        columns = pair.domain.columns(x)
        true, values = pair.truth(columns), found(columns)
        with np.errstate(all="ignore"):
            off = np.abs(values - true) / np.maximum(np.maximum(np.abs(true), np.abs(values)), self.size)
        off = np.where(np.isfinite(true), np.where(np.isfinite(values), off, np.inf), 0.0)
        lost = np.flatnonzero(np.isinf(off))[:: max(1, int(np.isinf(off).sum()) // _FEATURES_CHECKED)]
        order = np.argsort(-np.where(np.isinf(off), 0.0, off), kind="stable")[:_FEATURES_CHECKED]
        checked = np.concatenate([lost[:_FEATURES_CHECKED], order[off[order] > _MIN_FEATURE]])
        deviation = _deviation(self, formula, constants, x[checked], digits, _MIN_VALUE_SHARE, on_domain=True)
        return bool(deviation.largest <= with_digits(digits).mpf(10) ** (-_MAX_DIFFERENT_SHARE * digits))

    def _compare_beyond(
        self,
        formula: PreciseFormula,
        constants: Sequence[Any],
        digits: int,
        inside: Agreement,
        points: int,
        *,
        last: bool,
    ) -> Agreement:
        """Compare on the wider boxes too, once they agree at so many points of the domain."""
        context = with_digits(digits)
        used = points
        for part, decades in enumerate(_DECADES):
            box = self._defined(_POINTS_BEYOND, part=10 + part, decades=decades)
            beyond = _deviation(self, formula, constants, box, digits, _MIN_VALUE_SHARE, on_domain=False)
            used += beyond.points
            if beyond.largest > context.mpf(10) ** (-_MIN_EQUAL_SHARE_WIDE * digits):
                if not last:
                    return Agreement(equal=None)
                is_different = beyond.largest > context.mpf(10) ** (-_MAX_DIFFERENT_SHARE * digits)
                return Agreement(equal=False) if self.pair.is_branchless and is_different else inside
        if used == points:
            return inside
        width = f"{10 ** _DECADES[-1]:.0e}"
        return Agreement(equal=True, by=f"{used} points, {digits} digits, up to {width} times the domain")

    def _points_inside(self) -> NDArray[np.float64]:
        """Return the points of the domain at which formulas are compared."""
        points = _POINTS if self.pair.is_smooth else _POINTS_WITH_BRANCHES
        inner = self._defined(points, part=5)
        if self.pair.domain.names and not self.pair.is_smooth:
            inner = np.concatenate([inner, self.pair.domain.draw_near_zero(points)])
        return np.concatenate([inner, self.holes])

    def _defined(self, n: int, *, part: int, decades: float = 0.0) -> NDArray[np.float64]:
        """Draw up to n points where the truth is finite in float64."""
        domain, truth = self.pair.domain, self.pair.truth
        x = domain.draw(4 * n, part=part, decades=decades)
        good = np.isfinite(np.broadcast_to(truth(domain.columns(x)), len(x)))
        if good.sum() < n and not decades:
            x = np.concatenate([x, domain.draw(60 * n, part=part + 50)])
            good = np.isfinite(np.broadcast_to(truth(domain.columns(x)), len(x)))
        return x[good][:n]


def _deviation(
    check: HighPrecisionCheck,
    formula: PreciseFormula,
    constants: Sequence[Any],
    x: NDArray[np.float64],
    digits: int,
    min_share: float,
    *,
    on_domain: bool,
) -> _Deviation:
    """Compare at points of shape (n, d); values below `min_share` of the truth's size count as that large."""
    context = with_digits(digits)
    min_value = context.mpf(check.size) * context.mpf(min_share)
    points, targets = truth_targets(check.pair, x, digits)
    enough = context.mpf(10) ** (-_MAX_DIFFERENT_SHARE * digits)
    doubted_points = _DOUBTED_POINTS if on_domain else _DOUBTED_POINTS_BEYOND
    largest, used = context.mpf(0), 0
    for point, target in zip(points, targets, strict=True):
        try:
            true = target()
        except (UndefinedError, OutOfReachError):
            continue
        try:
            value = formula(point, constants)
        except OutOfReachError:
            continue
        except UndefinedError:
            if on_domain:
                raise
            continue
        difference = abs(value - true) / max(abs(value), abs(true), min_value)
        is_doubted = difference > enough or used < doubted_points
        if is_doubted and _is_noise(check, formula, constants, point, (value, true), min_value, digits):
            continue
        largest = max(largest, difference)
        used += 1
        if largest > enough:
            break
    return _Deviation(largest=largest, points=used)


def _is_noise(
    check: HighPrecisionCheck,
    formula: PreciseFormula,
    constants: Sequence[Any],
    point: Sequence[Any],
    values: tuple[Any, Any],
    min_value: Any,
    digits: int,
) -> bool:
    """Whether this many digits cannot be trusted at a point.

    At sin(1e100) even the last digit of c* decides; of cosh(1e6)**2 - sinh(1e6)**2 no digit is left.
    """
    truth = check.pair.precise_truth
    context = with_digits(2 * digits)
    error = context.mpf(10) ** (_UNSURE_DIGITS - digits)
    try:
        again = (
            formula(point, shaken(constants, error), error),
            truth(point, shaken(truth.constants(), error), error),
        )
    except (UndefinedError, OutOfReachError):
        return True
    finally:
        with_digits(digits)
    limit = context.mpf(10) ** (-_MAX_DIFFERENT_SHARE * digits)
    return any(abs(a - b) > limit * max(abs(b), min_value) for a, b in zip(again, values, strict=True))
