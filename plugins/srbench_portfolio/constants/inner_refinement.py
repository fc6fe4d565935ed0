"""Inner constants of many candidates at once, refined by variable projection.

Golub & Pereyra (SIAM J. Numer. Anal. 10, 1973) in Kaufman's form (BIT 15, 1975), damped as Marquardt (1963): what is
linear is eliminated in every step. Candidates may hold different functions; all have the same number of them, with as
many constants each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline, count_work, orthonormal_rows
from srbench_portfolio.constants.inner_units import Unit

__all__ = ["Candidates", "Refined", "refined"]

Array = NDArray[np.float64]

#: Step by which a function's slope is taken.
_STEP: Final = 1e-7
_FIRST_DAMPING: Final = 1e-2
_DAMPING_FALL: Final = 0.15
_DAMPING_RISE: Final = 6.0
_MAX_DAMPING: Final = 1e8
_MIN_DIAGONAL: Final = 1e-14
#: After each of these steps only the better half goes on.
_HALVING: Final = (3, 6, 9)
#: What is left of the target, as a share of its sum of squares, at which all is over.
_ENOUGH: Final = 1e-26
#: Nanoseconds, for `count_work`: of a step, of a function in it, of a candidate, and of a value.
_CALL: Final = 150_000.0
_UNIT: Final = 25_000.0
_CANDIDATE: Final = 6_000.0
_VALUE: Final = 25.0


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Functions u(sum of constants times what stands inside), each in front of some columns; B candidates of A of them.

    Attributes:
        units: of each candidate, A functions.
        parts: what stands inside, (B, A, q, n).
        fronts: columns that each function multiplies, (B, A, f, n).
        alone: further columns, without inner constants, (B, e, n).
        theta: the inner constants, (B, A, q).
        logged: whether columns are ln |u|.
    """

    units: list[tuple[Unit, ...]]
    parts: Array
    fronts: Array
    alone: Array
    theta: Array
    logged: bool

    def rows(self, index: NDArray[np.intp], theta: Array) -> Candidates:
        """Return some of the candidates with other constants."""
        units = [self.units[i] for i in index.tolist()]
        return Candidates(units, self.parts[index], self.fronts[index], self.alone[index], theta, self.logged)

    def columns(self, theta: Array) -> tuple[Array, Array]:
        """Return the functions' values and slopes by their arguments, both (B, A, n)."""
        t = np.einsum("baq,baqn->ban", theta, self.parts)
        places: defaultdict[Unit, list[tuple[int, int]]] = defaultdict(list)
        for b, units in enumerate(self.units):
            for a, unit in enumerate(units):
                places[unit].append((b, a))
        values, slopes = np.empty_like(t), np.empty_like(t)
        for unit, where in places.items():
            b, a = np.array(where).T
            at = t[b, a]
            step = _STEP * (1.0 + np.abs(at))
            if self.logged and unit.is_exponential:
                values[b, a], slopes[b, a] = at, 1.0
                continue
            value = unit.values(at)
            slope = (unit.values(at + step) - value) / step
            if self.logged:
                value, slope = np.log(np.abs(value)), slope / value
            values[b, a], slopes[b, a] = value, slope
        count_work(_CALL + _UNIT * len(places) + 2 * _VALUE * t.size)
        return values, slopes


@dataclass(frozen=True, slots=True, eq=False)
class Refined:
    """A candidate after refinement.

    Attributes:
        place: among the candidates.
        theta: inner constants, (A, q).
        left: share of the target's sum of squares that is left.
    """

    place: int
    theta: Array
    left: float


@dataclass(slots=True, eq=False)
class _State:
    left: Array  # (B,)
    normal: Array  # (B, A q, A q)
    pull: Array  # (B, A q)


def refined(
    candidates: Candidates, weights: Array, base: Array, goal: Array, deadline: Deadline, steps: int = 14
) -> list[Refined]:
    """Refine constants from where they stand.

    Args:
        candidates: B of them.
        weights: by which columns are multiplied, (n,).
        base: orthonormal columns (n, p) that are fitted beside them, weights included.
        goal: the target without the base, weights included, (n,).
        deadline: when to stop.
        steps: at most so many.

    Returns:
        What is left of each that was followed to the end, best first.
    """
    unit = float(np.linalg.norm(goal))
    if unit == 0.0 or not candidates.units:
        return []
    goal = goal / unit
    theta = candidates.theta.copy()
    state = _looked(candidates, theta, weights, base, goal)
    places = np.flatnonzero(np.isfinite(state.left))
    if not len(places):
        return []
    best_theta, best_left = theta.copy(), state.left.copy()
    now = candidates.rows(places, theta[places])
    theta, state = theta[places], _State(state.left[places], state.normal[places], state.pull[places])
    damping = np.full(len(places), _FIRST_DAMPING)
    size = theta[0].size
    for step in range(1, steps + 1):
        if deadline.is_over:
            break
        diagonal = np.einsum("bqq->bq", state.normal)
        matrix = state.normal.copy()
        floor = _MIN_DIAGONAL * np.maximum(diagonal.max(axis=1, keepdims=True), 1e-30)
        matrix[:, np.arange(size), np.arange(size)] += damping[:, None] * diagonal + floor
        move = np.linalg.solve(matrix, state.pull[:, :, None])[:, :, 0]
        trial = theta + move.reshape(theta.shape)
        new = _looked(now, trial, weights, base, goal)
        better = new.left < state.left
        theta[better] = trial[better]
        for name in ("left", "normal", "pull"):
            getattr(state, name)[better] = getattr(new, name)[better]
        best_theta[places], best_left[places] = theta, state.left
        damping = np.where(better, damping * _DAMPING_FALL, damping * _DAMPING_RISE)
        going = np.flatnonzero(damping < _MAX_DAMPING)
        if state.left.min() < _ENOUGH:
            break
        if step in _HALVING and len(going) > 4:
            order = np.argsort(state.left[going], kind="stable")
            going = going[np.sort(order[: (len(going) + 1) // 2])]
        if not len(going):
            break
        if len(going) < len(places):
            places, theta, damping = places[going], theta[going], damping[going]
            state = _State(state.left[going], state.normal[going], state.pull[going])
            now = now.rows(going, theta)
    order = np.argsort(best_left, kind="stable")
    return [Refined(int(b), best_theta[b], float(best_left[b])) for b in order if np.isfinite(best_left[b])]


def _looked(candidates: Candidates, theta: Array, weights: Array, base: Array, goal: Array) -> _State:
    """Return what is left at some constants, and the normal equations of a step."""
    B, A, q, n = candidates.parts.shape
    f = candidates.fronts.shape[2]
    values, slopes = candidates.columns(theta)
    fronts = candidates.fronts * weights
    columns = (fronts * values[:, :, None, :]).reshape(B, A * f, n)
    bad = ~(np.abs(columns).max(axis=(1, 2)) < 1e100) | ~(np.abs(slopes).max(axis=(1, 2)) < 1e100)
    if bad.any():
        columns[bad], slopes[bad] = 0.0, 0.0
    columns = np.concatenate([candidates.alone * weights, columns], axis=1)
    e = candidates.alone.shape[1]
    columns = columns - (columns @ base) @ base.T
    Q, R, lengths = orthonormal_rows(columns)
    moments = Q @ goal
    linear = np.linalg.solve(R, moments[:, :, None])[:, :, 0] / lengths
    rest = goal - np.einsum("bc,bcn->bn", moments, Q)
    left = np.einsum("bn,bn->b", rest, rest)
    left[bad] = np.inf
    along = (
        np.einsum("baf,bafn->ban", linear[:, e:].reshape(B, A, f), fronts) * slopes
    )  # by the argument of each function
    J = (along[:, :, None, :] * candidates.parts).reshape(B, A * q, n)
    J = J - (J @ base) @ base.T
    J = J - (J @ Q.transpose(0, 2, 1)) @ Q
    count_work(B * (_CANDIDATE + n * _VALUE * A * (f + q)))
    J[bad] = 0.0
    return _State(left, J @ J.transpose(0, 2, 1), np.einsum("bqn,bn->bq", J, rest))
