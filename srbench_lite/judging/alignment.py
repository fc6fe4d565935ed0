"""Constants c* near a formula's own constants c that make it another function, if there are any.

Two stages. `nearby` moves the constants in float64 (Levenberg-Marquardt, steps measured in units of each constant's
own size, so of many solutions the one with the smallest relative changes is found). `polish` takes that to any number
of digits: Newton's method on as many points as there are independent constants, residuals in high precision,
derivatives in float64; constants that the others can stand in for are left where they are.

References: Marquardt (1963), An Algorithm for Least-Squares Estimation of Nonlinear Parameters; Golub & Van Loan,
Matrix Computations, section 5.4 (pivoted orthogonalisation, used to pick independent constants and points). The
thresholds below were chosen on generated pairs of equivalent and altered formulas.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.judging.high_precision import OutOfTimeError, PreciseFormula, precise, with_digits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.gradient import Gradient
    from srbench_lite.judging.high_precision_gradient import PreciseGradient

__all__ = ["REACH", "Alignment", "closest", "independent", "nearby", "polish", "root_mean_square", "snap"]

#: A constant is never moved by more than this share of itself in stage one: farther away is another formula.
REACH: Final = 0.3
#: Relative changes of all constants that should leave most values near where they were.
_SWING: Final = 0.01
#: Steps of stage one; a solution that is there is found in about five.
_STEPS: Final = 40
#: Steps of different size that are tried before stage one gives up.
_TRIES: Final = 9
#: With more constants, the normal equations are decomposed instead of the matrix: less exact, faster.
_MANY: Final = 40
#: Singular values below this share of the largest are left alone in stage one.
_RANK: Final = 1e-11
#: Of the squared difference, the share that a step must be able to take away.
_GAIN: Final = 0.05
#: A constant whose effect is, up to this share, a combination of other constants' effects does not move in stage two.
_DEPENDENT: Final = 1e-9
#: Newton steps of stage two: each adds about ten digits once near.
_NEWTON_STEPS: Final = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Alignment:
    """What stage one found.

    Attributes:
        constants: moved constants, shape (k,).
        residual: root mean square of the weighted difference that is left.
    """

    constants: NDArray[np.float64]
    residual: float


def nearby(
    gradient: Gradient | PreciseGradient,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    start: NDArray[np.float64],
    scales: NDArray[np.float64],
    reach: NDArray[np.float64],
    *,
    deadline: float,
) -> Alignment:
    """Move constants so that the formula meets `target` in least squares.

    Args:
        gradient: the formula at n points, with k constants.
        target: what to meet, shape (n,).
        weights: of the differences, shape (n,).
        start: constants to start from, shape (k,).
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.
        reach: largest change of each constant in units of its scale, shape (k,).
        deadline: moment on the clock `time.perf_counter` to give up at.

    Raises:
        OutOfTimeError: the deadline has passed.
    """
    import numpy as np

    bound = [int(i) for i in np.flatnonzero((scales > 0) & np.isfinite(reach))]
    _, slopes = gradient.jacobian(start, bound)
    swing = _SWING * np.linalg.norm(_scaled(slopes[:, bound], scales[bound], weights), axis=1)
    begin = start
    if np.isfinite(swing).all() and np.max(swing, initial=0.0) > 0.5:
        # where small changes turn the value around (sin(200*x)), the other points have to lead the way
        calm = weights / np.hypot(1.0, swing)
        begin = _descend(gradient, target, calm, start, start, scales, reach, deadline=deadline).constants
    return _descend(gradient, target, weights, begin, start, scales, reach, deadline=deadline)


def _descend(
    gradient: Gradient | PreciseGradient,
    target: NDArray[np.float64],
    weights: NDArray[np.float64],
    begin: NDArray[np.float64],
    start: NDArray[np.float64],
    scales: NDArray[np.float64],
    reach: NDArray[np.float64],
    *,
    deadline: float,
) -> Alignment:
    """Go downhill from `begin`, within reach of `start`."""
    import numpy as np

    free = [int(i) for i in np.flatnonzero(scales)]
    constants = begin.copy()
    y, slopes = gradient.jacobian(constants, free)
    difference = _weighted(y, target, weights)
    if not np.isfinite(difference).all():
        return Alignment(constants=start, residual=math.inf)
    size = root_mean_square(difference)
    if not free:
        return Alignment(constants=constants, residual=size)
    scale = scales[free]
    low, high = start[free] - reach[free] * scale, start[free] + reach[free] * scale
    damping, stalled = 1e-9, 0
    for _ in range(_STEPS):
        if time.perf_counter() > deadline:
            raise OutOfTimeError
        matrix = _scaled(slopes[:, free], scale, weights)
        steps = _Steps(matrix, difference)
        if steps.hopeless:
            break
        improved = False
        for _ in range(_TRIES):
            moves = steps.step(damping) * scale
            for _ in range(3):  # what has come to its bound stays there, and the others make up for it
                outside = (constants[free] + moves > high) | (constants[free] + moves < low)
                if not outside.any():
                    break
                inner = np.where(outside, 0.0, matrix)
                moves = np.where(outside, 0.0, _Steps(inner, difference).step(damping) * scale)
            trial = constants.copy()
            trial[free] = np.clip(trial[free] + moves, low, high)
            new = _weighted(gradient.value(trial), target, weights)
            new_size = root_mean_square(new) if np.isfinite(new).all() and np.isfinite(trial).all() else math.inf
            if new_size < size:
                improved = True
                break
            damping = max(damping, 1e-13) * 30
        if not improved:
            break
        stalled = stalled + 1 if new_size > 0.97 * size else 0
        constants, size = trial, new_size
        if size < 1e-15 or stalled >= 3:
            break
        damping *= 0.03
        y, slopes = gradient.jacobian(constants, free)
        difference = _weighted(y, target, weights)
    return Alignment(constants=constants, residual=size)


class _Steps:
    """Damped least-squares steps from one place: the matrix is decomposed once for all dampings.

    Args:
        matrix: derivatives of n weighted values by k scaled constants, shape (n, k).
        difference: of the weighted values, shape (n,).
    """

    def __init__(self, matrix: NDArray[np.float64], difference: NDArray[np.float64]) -> None:
        import numpy as np

        self._least = 0.0  # damping that the normal equations need
        try:
            if matrix.shape[1] > _MANY:
                square, right = np.linalg.eigh(matrix.T @ matrix)
                singular = np.sqrt(np.maximum(square[::-1], 0.0))
                self._right = right.T[::-1]
                self._pull = self._right @ (matrix.T @ difference) / np.where(singular > 0, singular, 1.0)
                self._least = 1e-13
            else:
                left, singular, self._right = np.linalg.svd(matrix, full_matrices=False)
                self._pull = left.T @ difference
        except np.linalg.LinAlgError:
            singular = np.zeros(0)
        self._largest = float(singular[0]) if len(singular) else 0.0
        self._share = singular / self._largest if self._largest > 0 else singular
        self._k = matrix.shape[1]
        self._whole = float(np.linalg.norm(difference))

    @property
    def hopeless(self) -> bool:
        """Whether no step, however long, changes the difference much, to first order."""
        import numpy as np

        if not self._largest > 0:
            return True
        gain = float(np.linalg.norm(self._pull[self._share > _RANK]))
        return gain**2 < _GAIN * self._whole**2

    def step(self, damping: float) -> NDArray[np.float64]:
        """Return the step of the smallest size, shape (k,)."""
        import numpy as np

        if not self._largest > 0:
            return np.zeros(self._k)
        share = self._share
        filtered = np.where(share > _RANK, share / (share**2 + max(damping, self._least)), 0.0)
        return np.asarray(-(self._right.T @ (filtered * self._pull)) / self._largest)


def polish(
    formula: PreciseFormula,
    gradient: Gradient | PreciseGradient,
    points: Sequence[Sequence[Any]],
    targets: Sequence[Any],
    weights: NDArray[np.float64],
    start: Sequence[Any],
    scales: NDArray[np.float64],
    *,
    digits: int,
    deadline: float,
) -> list[Any] | None:
    """Solve for the constants to `digits` digits, from close by.

    Args:
        formula: the formula in high precision.
        gradient: the same formula in float64, at the same n points.
        points: n points.
        targets: n values to meet, each a function without arguments that computes it.
        weights: of the differences, shape (n,).
        start: constants to start from, k mpmath numbers.
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.
        digits: working precision.
        deadline: moment on the clock `time.perf_counter` to give up at.

    Returns:
        The k constants, or None where Newton's method does not settle.

    Raises:
        OutOfTimeError: the deadline has passed.
        UndefinedError, OutOfReachError: a value could not be computed.
    """
    import numpy as np

    context = with_digits(digits)
    constants = list(start)
    free = [int(i) for i in np.flatnonzero(scales)]
    _, slopes = gradient.jacobian([float(c) for c in constants], free)
    matrix = _scaled(slopes[:, free], scales[free], weights)
    columns = independent(matrix)
    if not columns:
        return constants
    rows = independent((matrix[:, columns] / np.linalg.norm(matrix[:, columns], axis=0)).T)
    if len(rows) < len(columns):
        columns = columns[: len(rows)]
    shares = _shared(matrix, columns)
    values = [targets[r]() for r in rows]
    here = [points[r] for r in rows]
    weight = weights[rows]
    best, waiting, refresh = None, 0, False
    solve = _solver(matrix[rows] @ shares)
    if solve is None:
        return None
    for _ in range(_NEWTON_STEPS):
        if time.perf_counter() > deadline:
            raise OutOfTimeError
        if refresh:
            _, slopes = gradient.jacobian([float(c) for c in constants], free)
            solve = _solver(_scaled(slopes[:, free], scales[free], weights)[rows] @ shares) or solve
        differences = [formula(point, constants) - value for point, value in zip(here, values, strict=True)]
        largest = max((abs(d) for d in differences), default=context.mpf(0))
        if not largest:
            return constants
        step = solve(np.array([float(d / largest) for d in differences]) * weight)
        relative = float(largest) * float(np.max(np.abs(step))) if largest > 1e-280 else 0.0
        if not np.isfinite(step).all() or relative > 2.0:
            return None
        for index, change, unit in zip(free, shares @ step, scales[free], strict=True):
            constants[index] = constants[index] - largest * context.mpf(float(change)) * context.mpf(float(unit))
        exponent = context.mag(largest) + math.log2(float(np.max(np.abs(step))) + 1e-300)
        if exponent < -(digits - 6) * math.log2(10):
            return constants
        if best is None or exponent < best - 1:
            best, waiting = exponent, 0
        else:
            waiting += 1
            if waiting >= 4:
                return constants if exponent < -0.75 * digits * math.log2(10) else None
        refresh = relative > 1e-9
    return None


def closest(
    gradient: Gradient | PreciseGradient,
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
    import numpy as np
    from scipy.optimize import linprog

    free = [int(i) for i in np.flatnonzero(scales)]
    if len(free) < 2:
        return None
    _, slopes = gradient.jacobian(solution, free)
    matrix = _scaled(slopes[:, free], scales[free], weights)
    _, singular, right = np.linalg.svd(matrix)
    rank = int(np.sum(singular > _DEPENDENT * singular[0]))
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


def snap(value: Any, scale: float, digits: int) -> Any:
    """Return 0 or the nearest short decimal where `value`, a number of about the size `scale`, is nearly that."""
    context = with_digits(digits)
    tolerance = context.mpf(10) ** (-digits // 2)
    if abs(value) <= tolerance * context.mpf(scale or 1.0):
        return context.mpf(0)
    decimal = precise(float(value))
    return decimal if abs(value - decimal) <= tolerance * abs(value) else value


def independent(matrix: NDArray[np.float64]) -> list[int]:
    """Return places of independent columns, the largest first (pivoted Gram-Schmidt, orthogonalised twice).

    Args:
        matrix: shape (n, k).
    """
    import numpy as np

    norms = np.linalg.norm(matrix, axis=0)
    rest = matrix / np.where(norms > 0, norms, 1.0)
    chosen: list[int] = []
    basis = np.zeros((matrix.shape[0], 0))
    for _ in range(min(matrix.shape)):
        left = np.linalg.norm(rest, axis=0)
        usable = (left > _DEPENDENT) & (norms > 0)
        usable[chosen] = False
        if not usable.any():
            break
        pick = int(np.argmax(np.where(usable, left * norms, -1.0)))
        direction = rest[:, pick] / left[pick]
        direction = direction - basis @ (basis.T @ direction)
        direction = direction / np.linalg.norm(direction)
        basis = np.column_stack([basis, direction])
        rest = rest - np.outer(direction, direction @ rest)
        rest = rest - np.outer(direction, direction @ rest)
        chosen.append(pick)
    return chosen


def _shared(matrix: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
    """Return how a step in each chosen column is shared with columns that do the same, shape (k, chosen).

    Constants in equal places, as in (x + 1.1)*(x + 1.1), must move together: one alone is right to first order only.
    """
    import numpy as np

    norms = np.linalg.norm(matrix, axis=0)
    unit = matrix / np.where(norms > 0, norms, 1.0)
    result = np.zeros((matrix.shape[1], len(columns)))
    for place, column in enumerate(columns):
        along = unit.T @ unit[:, column]
        alike = (np.abs(along) > 1 - _DEPENDENT) & (norms > 0.1 * norms[column])
        alike[[c for c in columns if c != column]] = False
        result[alike, place] = (np.sign(along) * norms * norms[column])[alike] / np.sum(norms[alike] ** 2)
    return result


def _solver(square: NDArray[np.float64]) -> Any:
    """Return a function that solves the square system, its columns scaled; None where it is singular."""
    import numpy as np

    norms = np.linalg.norm(square, axis=0)
    if not (np.isfinite(square).all() and (norms > 0).all()):
        return None
    try:
        inverse = np.linalg.inv(square / norms)
    except np.linalg.LinAlgError:
        return None
    return lambda right: (inverse @ right) / norms


def _weighted(y: NDArray[np.float64], target: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    import numpy as np

    with np.errstate(all="ignore"):
        return (y - target) * weights


def _scaled(
    slopes: NDArray[np.float64], scale: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    import numpy as np

    with np.errstate(all="ignore"):
        matrix = slopes * scale * weights[:, None]
    bad = ~np.isfinite(matrix)
    if bad.any():  # constants without a derivative at most points do not move; other points without one do not count
        lost = bad.mean(axis=0) > 0.5
        matrix[:, lost] = 0.0
        matrix[bad[:, ~lost].any(axis=1)] = 0.0
    return np.asarray(matrix)


def root_mean_square(values: NDArray[np.float64]) -> float:
    """Return the root mean square, also where squares overflow or vanish; 0 for no values."""
    import numpy as np

    with np.errstate(all="ignore"):
        largest = float(np.max(np.abs(values), initial=0.0))
        return largest * float(np.sqrt(np.mean((values / largest) ** 2))) if 0 < largest < np.inf else largest
