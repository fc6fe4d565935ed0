"""Variable projection for many starts at once: Levenberg-Marquardt over inner constants, linear ones eliminated.

Golub & Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate"
(SIAM J. Numer. Anal. 10, 1973); of their Jacobian only the part that Kaufman, "A variable projection method for solving
separable nonlinear least squares problems" (BIT 15, 1975) keeps: J = (I - Q Q') (dPhi/dtheta) c. Damping as Marquardt
(1963): multiples of the diagonal of J'J, one factor for each start.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting.orthonormal import orthonormal_rows
from srbench_lite.fitting.work_clock import count_work

__all__ = ["Separable", "Solution", "fit_separable"]

Array = NDArray[np.float64]
#: First damping, and how it changes after a good and a bad step.
_FIRST_DAMPING: Final = 1e-2
_DAMPING_FALL: Final = 0.15
_DAMPING_RISE: Final = 5.0
_MIN_DAMPING: Final = 1e-14
_MAX_DAMPING: Final = 1e12
#: Added to the diagonal so that it can be solved: this share of the largest entry, and something where all are 0.
_MIN_DIAGONAL_SHARE: Final = 1e-12
_MIN_DIAGONAL: Final = 1e-30
#: A step that lowers the sum of squares by less than this share is idle; so many idle steps end a start.
_MIN_GAIN: Final = 1e-3
_MAX_IDLE_STEPS: Final = 5
#: By what share each step must lower a sum of squares that is above the bar.
_MIN_GAIN_ABOVE_BAR: Final = 0.02
#: After each of these steps only the better half of the starts goes on.
_HALVING_STEPS: Final = (4, 8, 14)

#: Nanoseconds, for `count_work`: of a step; of it by constant; by start, constant and point; and by start, pair of
#: constants and point.
_EVALUATION: Final = 150_000.0
_COLUMN: Final = 3_000.0
_VALUE: Final = 22.0
_PAIR: Final = 0.3

P = TypeVar("P", contravariant=True)


class Separable(Protocol[P]):
    """A sum of columns with linear constants; the columns hold inner constants."""

    @property
    def size(self) -> int:
        """Number of inner constants."""

    @property
    def width(self) -> int:
        """Number of linear constants."""

    def columns(self, points: P, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        """Return the columns (B, width, n) at B sets of constants (B, size), and for each group of columns the
        derivatives by its constants, (columns, constants, B, n). Columns before the first group hold none."""


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """Constants of something separable.

    Attributes:
        theta: inner constants, (size,).
        linear: linear constants, (width,).
        rss: sum of squared residuals.
    """

    theta: Array
    linear: Array
    rss: float


@dataclass(frozen=True, slots=True, eq=False)
class _Scaled(Generic[P]):
    """Columns whose values at each point are multiplied by a number, (n,), so that residuals are."""

    inner: Separable[P]
    scale: Array

    @property
    def size(self) -> int:
        return self.inner.size

    @property
    def width(self) -> int:
        return self.inner.width

    def columns(self, points: P, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        values, derivatives = self.inner.columns(points, theta, slopes)
        return values * self.scale, [part * self.scale for part in derivatives]


@dataclass(slots=True, eq=False)
class _State:
    """Everything a step needs at B sets of constants."""

    rss: Array  # (B,)
    linear: Array  # (B, p)
    normal: Array  # (B, q, q), J'J
    pull: Array  # (B, q), J'r

    def rows(self, index: NDArray[np.intp]) -> _State:
        return _State(self.rss[index], self.linear[index], self.normal[index], self.pull[index])

    def replace(self, better: NDArray[np.bool_], other: _State) -> None:
        for name in ("rss", "linear", "normal", "pull"):
            getattr(self, name)[better] = getattr(other, name)[better]


def _evaluate(skeleton: Separable[P], points: P, y: Array, theta: Array) -> _State:
    """Return the state at theta (B, q); the sum of squares is infinite where a column is not finite."""
    values, derivatives = skeleton.columns(points, theta, slopes=True)
    B, q = theta.shape
    p = skeleton.width + q
    count_work(_EVALUATION + p * (_COLUMN + B * len(y) * (_VALUE + _PAIR * p)))
    bad = ~(np.abs(values).max(axis=(1, 2)) < 1e100) | ~np.isfinite(theta).all(axis=1)  # NaN included
    if bad.any():
        values[bad] = 0.0
    Q, R, lengths = orthonormal_rows(values)
    moments = Q @ y  # (B, p)
    linear = np.linalg.solve(R, moments[:, :, None])[:, :, 0] / lengths
    residual = y - np.einsum("bp,bpn->bn", moments, Q)
    residual -= np.einsum("bp,bpn->bn", np.einsum("bpn,bn->bp", Q, residual), Q)
    rss = np.einsum("bn,bn->b", residual, residual)
    J = np.empty((B, q, len(y)))
    row, at = skeleton.width - sum(map(len, derivatives)), 0
    for inner in derivatives:
        k, size = inner.shape[:2]
        for column in range(k):
            part = inner[column].transpose(1, 0, 2) * linear[:, row + column, None, None]
            if column:
                J[:, at : at + size] += part
            else:
                J[:, at : at + size] = part
        row, at = row + k, at + size
    bad |= ~(np.abs(J).max(axis=(1, 2), initial=0.0) < 1e100)
    if bad.any():
        J[bad] = 0.0
        rss[bad] = np.inf
    J -= (J @ Q.transpose(0, 2, 1)) @ Q
    return _State(rss, linear, J @ J.transpose(0, 2, 1), np.einsum("bqn,bn->bq", J, residual))


def fit_separable(
    skeleton: Separable[P],
    points: P,
    y: Array,
    starts: Array,
    steps: int,
    *,
    enough: float = 0.0,
    min_gain: float = 0.0,
    bar: float = math.inf,
    scale: Array | None = None,
) -> Solution | None:
    """Fit all constants of a sum of columns from many starts of the inner ones.

    Args:
        skeleton: the sum.
        points: where its columns are evaluated, n of them.
        y: target, (n,).
        starts: B sets of inner constants, (B, size).
        steps: at most so many steps.
        enough: a sum of squares at which the other starts are given up.
        min_gain: a start ends with a step that lowers its sum of squares by less than this share.
        bar: a start whose sum of squares is above this must gain 0.02 with each step.
        scale: by what residuals are multiplied, (n,); None for 1.

    Returns:
        The best fit, with a linear constant of 0 for a column that depends on others; None where no start is defined on
        all points, or where points do not outnumber constants.
    """
    if skeleton.width + skeleton.size >= len(y):
        return None
    if scale is not None:
        skeleton, y = _Scaled(skeleton, scale), y * scale
    unit = 2.0 ** math.frexp(float(np.abs(y).max()))[1]  # a power of two: dividing by it rounds nothing
    square = unit * unit
    with np.errstate(all="ignore"):
        solution = _descend(
            skeleton,
            points,
            y / unit,
            np.array(starts, dtype=np.float64),
            steps,
            enough / square,
            min_gain,
            bar / square,
        )
    return None if solution is None else Solution(solution.theta, solution.linear * unit, solution.rss * square)


def _descend(
    skeleton: Separable[P],
    points: P,
    y: Array,
    theta: Array,
    steps: int,
    enough: float,
    min_gain: float,
    bar: float,
) -> Solution | None:
    state = _evaluate(skeleton, points, y, theta)
    usable = np.flatnonzero(np.isfinite(state.rss))
    if not len(usable):
        return None
    theta, state = theta[usable], state.rows(usable)
    q = skeleton.size
    damping = np.full(len(theta), _FIRST_DAMPING)
    idle = np.zeros(len(theta), dtype=np.intp)
    best = _best(theta, state, None)
    for step in range(1, steps + 1 if q else 0):
        diagonal = np.einsum("bqq->bq", state.normal)
        matrix = state.normal.copy()
        floor = _MIN_DIAGONAL + _MIN_DIAGONAL_SHARE * diagonal.max(axis=1, keepdims=True)
        matrix[:, np.arange(q), np.arange(q)] += damping[:, None] * diagonal + floor
        move = np.linalg.solve(matrix, state.pull[:, :, None])[:, :, 0]
        trial = theta + move
        new = _evaluate(skeleton, points, y, trial)
        better = new.rss < state.rss
        idle = np.where(better & (new.rss < (1.0 - _MIN_GAIN) * state.rss), 0, idle + 1)
        least = np.where(new.rss > bar, _MIN_GAIN_ABOVE_BAR, min_gain)
        idle[better & (state.rss - new.rss < least * state.rss)] = _MAX_IDLE_STEPS
        theta[better] = trial[better]
        state.replace(better, new)
        damping = np.clip(damping * np.where(better, _DAMPING_FALL, _DAMPING_RISE), _MIN_DAMPING, _MAX_DAMPING)
        best = _best(theta, state, best)
        going = np.flatnonzero(idle < _MAX_IDLE_STEPS)
        if best.rss <= enough:
            going = going[state.rss[going] <= 4.0 * best.rss][:1]
        elif step in _HALVING_STEPS and len(going) > 2:
            order = np.argsort(state.rss[going], kind="stable")
            going = going[np.sort(order[: (len(going) + 1) // 2])]
        if not len(going):
            break
        if len(going) < len(theta):
            theta, state, damping, idle = theta[going], state.rows(going), damping[going], idle[going]
    return best


def _best(theta: Array, state: _State, before: Solution | None) -> Solution:
    at = int(np.argmin(state.rss))
    if before is not None and not state.rss[at] < before.rss:
        return before
    return Solution(theta[at].copy(), state.linear[at].copy(), float(state.rss[at]))
