"""`levenberg_marquardt`: constants moved in float64, within bounds, so that a formula meets given values.

Steps are measured in units of each constant's own size, so of many solutions the one with the smallest relative changes
is found. `minimise_largest_change` goes on from there along the solutions next to it.

Reference: Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters. The thresholds were
chosen on generated pairs of equivalent and altered formulas.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting.damped_least_squares import Decomposition, decompose, decompose_normal_equations
from srbench_lite.judging.fast_constants import FastConstants, scan_fast_constants

if TYPE_CHECKING:
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.judging.high_precision_gradient import FormulaGradient

__all__ = [
    "MIN_INDEPENDENT_SHARE", "LeastSquaresFit", "levenberg_marquardt", "minimise_largest_change", "root_mean_square",
    "scaled_slopes",
]  # fmt: skip

#: Relative changes of all constants that should leave most values near where they were, and the share of a value
#: beyond which they do not.
_SMALL_CHANGE: Final = 0.01
_MAX_SWING: Final = 0.5
#: Steps; a solution that is there is found in about five.
_MAX_STEPS: Final = 40
#: Dampings that are tried before the descent ends.
_MAX_DAMPINGS: Final = 9
#: How often a step is worked out anew because it takes further constants to their bounds.
_MAX_BOUND_ROUNDS: Final = 3
#: Damping at the start, in units of the largest singular value squared, and how it rises and falls.
_FIRST_DAMPING: Final = 1e-9
_MIN_RAISED_DAMPING: Final = 1e-13
_DAMPING_RISE: Final = 30
_DAMPING_FALL: Final = 0.03
#: A step that leaves more than this share of the difference is no progress; after so many of them the descent ends.
_MAX_PROGRESS_SHARE: Final = 0.97
_MAX_STALLED_STEPS: Final = 3
#: A weighted difference below this is zero.
_MAX_ZERO: Final = 1e-15
#: A weighted difference below this is as good as solved.
_MAX_SOLVED: Final = 1e-7
#: With more constants, the normal equations are decomposed instead of the matrix: less exact, faster.
_MAX_CONSTANTS_DIRECT: Final = 40
#: Damping that the normal equations need.
_MIN_NORMAL_DAMPING: Final = 1e-13
#: Singular values up to this share of the largest are left alone.
_MIN_SINGULAR_SHARE: Final = 1e-11
#: Of the squared difference, the share that a step must be able to take away.
_MIN_GAIN: Final = 0.05
#: A constant whose effect is, up to this share, a combination of other constants' effects is dependent on them.
MIN_INDEPENDENT_SHARE: Final = 1e-9
#: A constant without a derivative at more than this share of the points does not move.
_MAX_LOST_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LeastSquaresFit:
    """Constants that bring a formula near given values.

    Attributes:
        constants: moved constants, shape (k,).
        residual: root mean square of the weighted difference that is left.
    """

    constants: NDArray[np.float64]
    residual: float


def levenberg_marquardt(
    gradient: FormulaGradient,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: NDArray[np.float64],
    scales: NDArray[np.float64],
    max_changes: NDArray[np.float64],
    *,
    fast: FastConstants | None = None,
    deadline: CpuDeadline,
) -> LeastSquaresFit:
    """Move constants so that the formula meets `target` in least squares.

    Args:
        gradient: the formula at n points, with k constants.
        target: what to meet, shape (n,).
        weights: of the differences, shape (n,).
        start: constants to start from, shape (k,).
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.
        max_changes: largest change of each constant in units of its scale, shape (k,).
        fast: constants that turn sines around, which may have to be looked for.
        deadline: what this may cost.

    Raises:
        OutOfTimeError: the time is used up.
    """
    bounded = [int(i) for i in np.flatnonzero((scales > 0) & np.isfinite(max_changes))]
    _, slopes = gradient.jacobian(start, bounded)
    swing = _SMALL_CHANGE * np.linalg.norm(scaled_slopes(slopes[:, bounded], scales[bounded], weights), axis=1)
    begin = start
    if np.isfinite(swing).all() and np.max(swing, initial=0.0) > _MAX_SWING:
        # where small changes turn the value around (sin(200*x)), the other points have to lead the way
        calm = weights / np.hypot(1.0, swing)
        begin = _descend(gradient, target, calm, start, start, scales, max_changes, deadline=deadline).constants
    if fast is not None:  # no other valley first
        narrow = fast.bounds(max_changes)
        for place in (begin, None):
            if place is None:
                place = scan_fast_constants(gradient, fast, target, weights, start, scales, deadline=deadline)
            fit = _descend(gradient, target, weights, place, start, scales, narrow, deadline=deadline)
            if fit.residual < _MAX_SOLVED:
                return fit
    return _descend(gradient, target, weights, begin, start, scales, max_changes, deadline=deadline)


def _descend(
    gradient: FormulaGradient,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    begin: NDArray[np.float64],
    start: NDArray[np.float64],
    scales: NDArray[np.float64],
    max_changes: NDArray[np.float64],
    *,
    deadline: CpuDeadline,
) -> LeastSquaresFit:
    """Go downhill from `begin`, within the bounds around `start`."""
    free = [int(i) for i in np.flatnonzero(scales)]
    constants = begin.copy()
    y, slopes = gradient.jacobian(constants, free)
    difference = _weighted(y, target, weights)
    if not np.isfinite(difference).all():
        return LeastSquaresFit(constants=start, residual=math.inf)
    size = root_mean_square(difference)
    if not free:
        return LeastSquaresFit(constants=constants, residual=size)
    scale = scales[free]
    low, high = start[free] - max_changes[free] * scale, start[free] + max_changes[free] * scale
    damping, stalled = _FIRST_DAMPING, 0
    for _ in range(_MAX_STEPS):
        deadline.check()
        matrix = scaled_slopes(slopes[:, free], scale, weights)
        steps = _Steps.of(matrix, difference)
        if steps.are_hopeless:
            break
        improved = False
        for _ in range(_MAX_DAMPINGS):
            moves = steps.step(damping) * scale
            for _ in range(_MAX_BOUND_ROUNDS):  # what has come to its bound stays there, and the others make up for it
                outside = (constants[free] + moves > high) | (constants[free] + moves < low)
                if not outside.any():
                    break
                inner = _Steps.of(np.where(outside, 0.0, matrix), difference)
                moves = np.where(outside, 0.0, inner.step(damping) * scale)
            trial = constants.copy()
            trial[free] = np.clip(trial[free] + moves, low, high)
            new = _weighted(gradient.value(trial), target, weights)
            new_size = root_mean_square(new) if np.isfinite(new).all() and np.isfinite(trial).all() else math.inf
            if new_size < size:
                improved = True
                break
            damping = max(damping, _MIN_RAISED_DAMPING) * _DAMPING_RISE
        if not improved:
            break
        stalled = stalled + 1 if new_size > _MAX_PROGRESS_SHARE * size else 0
        constants, size = trial, new_size
        if size < _MAX_ZERO or stalled >= _MAX_STALLED_STEPS:
            break
        damping *= _DAMPING_FALL
        y, slopes = gradient.jacobian(constants, free)
        difference = _weighted(y, target, weights)
    return LeastSquaresFit(constants=constants, residual=size)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Steps:
    """Damped least-squares steps from one place.

    Attributes:
        decomposition: of the derivatives of n weighted values by k scaled constants; None where there is none.
        largest: the largest singular value; 0 where no step changes anything.
        min_damping: smallest damping, in units of `largest` squared.
        difference: size of the weighted difference.
        k: number of constants.
    """

    decomposition: Decomposition | None
    largest: float
    min_damping: float
    difference: float
    k: int

    @classmethod
    def of(cls, matrix: NDArray[np.float64], difference: NDArray[np.float64]) -> Self:
        """Return the steps for derivatives of shape (n, k) and weighted differences of shape (n,)."""
        k = matrix.shape[1]
        is_direct = k <= _MAX_CONSTANTS_DIRECT
        size = float(np.linalg.norm(difference))
        min_damping = 0.0 if is_direct else _MIN_NORMAL_DAMPING
        try:
            decomposition = (decompose if is_direct else decompose_normal_equations)(matrix, difference)
        except np.linalg.LinAlgError:
            return cls(decomposition=None, largest=0.0, min_damping=min_damping, difference=size, k=k)
        largest = float(decomposition.singular[0])
        return cls(decomposition=decomposition, largest=largest, min_damping=min_damping, difference=size, k=k)

    @property
    def are_hopeless(self) -> bool:
        """Whether no step, however long, changes the difference much, to first order."""
        if self.decomposition is None or not self.largest > 0:
            return True
        strong = self.decomposition.singular / self.largest > _MIN_SINGULAR_SHARE
        gain = float(np.linalg.norm(self.decomposition.projection[strong]))
        return gain**2 < _MIN_GAIN * self.difference**2

    def step(self, damping: float) -> NDArray[np.float64]:
        """Return the step of the smallest size, shape (k,)."""
        if self.decomposition is None or not self.largest > 0:
            return np.zeros(self.k)
        damping = max(damping, self.min_damping)
        return -self.decomposition.step(damping, min_share=_MIN_SINGULAR_SHARE, unit=self.largest)


def minimise_largest_change(
    gradient: FormulaGradient,
    weights: NDArray[np.float64],
    own: NDArray[np.float64],
    solution: NDArray[np.float64],
    scales: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Move along the solutions next to one, to first order, so that the largest relative change becomes smallest.

    Args:
        gradient: the formula, with k constants.
        weights: of the differences, shape (n,).
        own: the formula's own constants, shape (k,).
        solution: constants that make it the truth, shape (k,).
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.

    Returns:
        Constants near a solution, shape (k,); None where there is no other solution nearby.
    """
    from scipy.optimize import linprog  # rarely needed

    free = [int(i) for i in np.flatnonzero(scales)]
    if len(free) < 2:
        return None
    _, slopes = gradient.jacobian(solution, free)
    matrix = scaled_slopes(slopes[:, free], scales[free], weights)
    _, singular, right = np.linalg.svd(matrix)
    rank = int(np.sum(singular > MIN_INDEPENDENT_SHARE * singular[0]))
    null = right[rank:].T  # (free, m)
    if not null.shape[1]:
        return None
    change = (solution[free] - own[free]) / scales[free]
    ones = np.ones((len(free), 1))
    answer = linprog(
        np.append(np.zeros(null.shape[1]), 1.0),
        A_ub=np.block([[null, -ones], [-null, -ones]]),
        b_ub=np.concatenate([-change, change]),
        bounds=(None, None),
    )
    if answer.status != 0:
        return None
    result = solution.copy()
    result[free] += null @ answer.x[:-1] * scales[free]
    return np.asarray(result)


def _weighted(y: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return (y - target) * weights


def scaled_slopes(
    slopes: NDArray[np.float64], scale: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return derivatives of n weighted values by k scaled constants, shape (n, k), all finite."""
    with np.errstate(all="ignore"):
        matrix = slopes * scale * weights[:, None]
    bad = ~np.isfinite(matrix)
    if bad.any():  # constants without a derivative at most points do not move; other points without one do not count
        lost = bad.mean(axis=0) > _MAX_LOST_SHARE
        matrix[:, lost] = 0.0
        matrix[bad[:, ~lost].any(axis=1)] = 0.0
    return np.asarray(matrix)


def root_mean_square(values: NDArray[np.float64]) -> float:
    """Return the root mean square, also where squares overflow or vanish; 0 for no values."""
    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(values), initial=0.0))
        return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if 0 < largest < np.inf else largest
