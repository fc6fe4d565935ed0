"""`newton_refine`: constants c* to any number of digits, from close by.

Newton's method on as many points as there are independent constants, residuals in high precision, derivatives in
float64; constants that the others can stand in for are left where they are.

Reference: Golub & Van Loan, Matrix Computations, section 5.4 (pivoted orthogonalisation, used to pick independent
constants and points).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.high_precision import PreciseFormula, precise, with_digits
from srbench_lite.judging.least_squares import MIN_INDEPENDENT_SHARE, scaled_slopes

if TYPE_CHECKING:
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.judging.high_precision_gradient import FormulaGradient

__all__ = ["independent_columns", "newton_refine", "round_to_decimal"]

#: Steps: each adds about ten digits once near.
_MAX_STEPS: Final = 90
#: A relative step beyond this leads away.
_MAX_RELATIVE_STEP: Final = 2.0
#: The derivatives are computed anew after a relative step beyond this.
_MAX_STALE_STEP: Final = 1e-9
#: A difference below this is too small for float64.
_MIN_FLOAT: Final = 1e-280
#: The last digits that need not be right at the end.
_SPARE_DIGITS: Final = 6
#: Steps without progress after which it ends, and the share of all digits that is enough then.
_MAX_IDLE_STEPS: Final = 4
_MIN_DIGITS_SHARE: Final = 0.75
#: Constants whose effects are alike but for size share a step, unless one's effect is below this share of the other's.
_MIN_SHARED_EFFECT: Final = 0.1


def newton_refine(
    formula: PreciseFormula,
    gradient: FormulaGradient,
    points: Sequence[Sequence[Any]],
    targets: Sequence[Callable[[], Any]],
    weights: NDArray[np.float64],
    start: Sequence[Any],
    scales: NDArray[np.float64],
    *,
    digits: int,
    deadline: CpuDeadline,
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
        deadline: what this may cost.

    Returns:
        The k constants, or None where Newton's method does not settle.

    Raises:
        OutOfTimeError: the time is used up.
        UndefinedError, OutOfReachError: a value could not be computed.
    """
    context = with_digits(digits)
    constants = list(start)
    free = [int(i) for i in np.flatnonzero(scales)]
    _, slopes = gradient.jacobian([float(c) for c in constants], free)
    matrix = scaled_slopes(slopes[:, free], scales[free], weights)
    columns = independent_columns(matrix)
    if not columns:
        return constants
    rows = independent_columns((matrix[:, columns] / np.linalg.norm(matrix[:, columns], axis=0)).T)
    if len(rows) < len(columns):
        columns = columns[: len(rows)]
    shares = _shared_steps(matrix, columns)
    values = [targets[r]() for r in rows]
    chosen_points = [points[r] for r in rows]
    chosen_weights = weights[rows]
    best, idle, refresh = None, 0, False
    solve = _solver(matrix[rows] @ shares)
    if solve is None:
        return None
    for _ in range(_MAX_STEPS):
        deadline.check()
        if refresh:
            _, slopes = gradient.jacobian([float(c) for c in constants], free)
            solve = _solver(scaled_slopes(slopes[:, free], scales[free], weights)[rows] @ shares) or solve
        differences = [formula(point, constants) - value for point, value in zip(chosen_points, values, strict=True)]
        largest = max((abs(d) for d in differences), default=context.mpf(0))
        if not largest:
            return constants
        step = solve(np.array([float(d / largest) for d in differences]) * chosen_weights)
        relative = float(largest) * float(np.max(np.abs(step))) if largest > _MIN_FLOAT else 0.0
        if not np.isfinite(step).all() or relative > _MAX_RELATIVE_STEP:
            return None
        for index, change, unit in zip(free, shares @ step, scales[free], strict=True):
            constants[index] = constants[index] - largest * context.mpf(float(change)) * context.mpf(float(unit))
        exponent = context.mag(largest) + math.log2(float(np.max(np.abs(step))) + 1e-300)
        if exponent < -(digits - _SPARE_DIGITS) * math.log2(10):
            return constants
        if best is None or exponent < best - 1:
            best, idle = exponent, 0
        else:
            idle += 1
            if idle >= _MAX_IDLE_STEPS:
                return constants if exponent < -_MIN_DIGITS_SHARE * digits * math.log2(10) else None
        refresh = relative > _MAX_STALE_STEP
    return None


def round_to_decimal(value: Any, scale: float, digits: int) -> Any:
    """Return 0 or the nearest short decimal where `value`, a number of about the size `scale`, is nearly that."""
    context = with_digits(digits)
    tolerance = context.mpf(10) ** (-digits // 2)
    if abs(value) <= tolerance * context.mpf(scale or 1.0):
        return context.mpf(0)
    decimal = precise(float(value))
    return decimal if abs(value - decimal) <= tolerance * abs(value) else value


def independent_columns(matrix: NDArray[np.float64]) -> list[int]:
    """Return places of independent columns, the largest first (pivoted Gram-Schmidt, orthogonalised twice).

    Args:
        matrix: shape (n, k).
    """
    norms = np.linalg.norm(matrix, axis=0)
    rest = matrix / np.where(norms > 0, norms, 1.0)
    chosen: list[int] = []
    basis = np.zeros((matrix.shape[0], 0))
    for _ in range(min(matrix.shape)):
        left = np.linalg.norm(rest, axis=0)
        usable = (left > MIN_INDEPENDENT_SHARE) & (norms > 0)
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


def _shared_steps(matrix: NDArray[np.float64], columns: Sequence[int]) -> NDArray[np.float64]:
    """Return how a step in each chosen column is shared with columns that do the same, shape (k, chosen).

    Constants in equal places, as in (x + 1.1)*(x + 1.1), must move together: one alone is right to first order only.
    """
    norms = np.linalg.norm(matrix, axis=0)
    unit = matrix / np.where(norms > 0, norms, 1.0)
    result = np.zeros((matrix.shape[1], len(columns)))
    for place, column in enumerate(columns):
        along = unit.T @ unit[:, column]
        alike = (np.abs(along) > 1 - MIN_INDEPENDENT_SHARE) & (norms > _MIN_SHARED_EFFECT * norms[column])
        alike[[c for c in columns if c != column]] = False
        result[alike, place] = (np.sign(along) * norms * norms[column])[alike] / np.sum(norms[alike] ** 2)
    return result


def _solver(square: NDArray[np.float64]) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
    """Return a function that solves the square system, its columns scaled; None where it is singular."""
    norms = np.linalg.norm(square, axis=0)
    if not (np.isfinite(square).all() and (norms > 0).all()):
        return None
    try:
        inverse = np.linalg.inv(square / norms)
    except np.linalg.LinAlgError:
        return None
    return lambda right: np.asarray((inverse @ right) / norms)
