"""`gauss_newton_refine`: the Gauss-Newton method with all of its linear algebra in many digits.

Where a formula's value is a small difference (exp(1e-11*x) - 1), its derivatives by two constants may differ by less
than float64 can tell. For those cases this does slowly what `srbench_lite.judging.newton.newton_refine` does quickly.

Reference: Golub & Van Loan, Matrix Computations, section 5.4 (orthogonalisation with column pivoting).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.judging.high_precision import PreciseFormula, with_digits

if TYPE_CHECKING:
    from srbench_lite.judging.cpu_deadline import CpuDeadline

__all__ = ["MAX_FREE_CONSTANTS", "gauss_newton_refine"]

#: Formulas with more free constants are not polished in this way.
MAX_FREE_CONSTANTS: Final = 12
_MAX_STEPS: Final = 25
#: Shares of all digits: the relative step of differences, columns that count as dependent, agreement that is the end,
#: and agreement that is enough where rounding allows no more.
_DIFFERENCE_STEP: Final = 0.5
_MIN_INDEPENDENT: Final = 0.3
_MIN_DONE: Final = 0.85
_MIN_ENOUGH: Final = 0.7
#: Steps without progress after which it is given up.
_MAX_IDLE_STEPS: Final = 4


def gauss_newton_refine(
    formula: PreciseFormula,
    points: Sequence[Sequence[Any]],
    targets: Sequence[Callable[[], Any]],
    start: Sequence[Any],
    scales: NDArray[np.float64],
    *,
    digits: int,
    deadline: CpuDeadline,
) -> list[Any] | None:
    """Solve for the constants to `digits` digits, from close by.

    Args:
        formula: the formula.
        points: n points.
        targets: n functions without arguments that compute the values to meet.
        start: k constants to start from, as mpmath numbers.
        scales: size of a step in each constant, shape (k,); 0 for constants that must stay.
        digits: working precision.
        deadline: what this may cost.

    Returns:
        The k constants, or None where the method does not settle.

    Raises:
        OutOfTimeError: the time is used up.
        UndefinedError, OutOfReachError: a value could not be computed.
    """
    context = with_digits(digits)
    free = [int(i) for i in np.flatnonzero(scales)]
    if not free:
        return list(start)
    count = min(len(points), 2 * len(free) + 2)
    here = list(points[:count])
    values = [target() for target in targets[:count]]
    weights = [1 / abs(value) if value else context.mpf(1) for value in values]
    units = [context.mpf(float(scales[i])) for i in free]
    shift = context.mpf(10) ** int(-_DIFFERENCE_STEP * digits)
    constants = list(start)
    best: Any = None
    idle = 0
    for _ in range(_MAX_STEPS):
        deadline.check()
        base = [formula(point, constants) for point in here]
        off = [(b - v) * w for b, v, w in zip(base, values, weights, strict=True)]
        size = max(abs(o) for o in off)
        if size < context.mpf(10) ** int(-_MIN_DONE * digits):
            return constants
        if best is None or size < best / 2:
            best, idle = size, 0
        else:
            idle += 1
            if idle >= _MAX_IDLE_STEPS:
                break
        columns = []
        for index, unit in zip(free, units, strict=True):
            moved = [*constants[:index], constants[index] + unit * shift, *constants[index + 1 :]]
            values_moved = [formula(point, moved) for point in here]
            columns.append([(m - b) / shift * w for m, b, w in zip(values_moved, base, weights, strict=True)])
        for index, unit, step in zip(free, units, _least_squares(columns, off, digits), strict=True):
            constants[index] = constants[index] - step * unit
    return constants if size < context.mpf(10) ** int(-_MIN_ENOUGH * digits) else None


def _least_squares(columns: list[list[Any]], right: list[Any], digits: int) -> list[Any]:
    """Solve in least squares by Gram-Schmidt with pivoting; unknowns of dependent columns are 0."""
    context = with_digits(digits)
    limit = context.mpf(10) ** int(-2 * _MIN_INDEPENDENT * digits)

    def dot(one: list[Any], two: list[Any]) -> Any:
        return context.fdot(one, two)

    rest = [list(column) for column in columns]
    sizes = [dot(column, column) for column in columns]
    order: list[int] = []
    basis: list[list[Any]] = []
    upper: list[list[Any]] = []  # for each chosen column, its parts along the basis
    parts: list[list[Any]] = [[] for _ in columns]
    while len(order) < min(len(columns), len(right)):
        left = [
            dot(rest[i], rest[i]) / sizes[i] if i not in order and sizes[i] else context.mpf(0)
            for i in range(len(columns))
        ]
        pick = max(range(len(columns)), key=lambda i: left[i])
        if left[pick] <= limit:
            break
        norm = context.sqrt(dot(rest[pick], rest[pick]))
        direction = [value / norm for value in rest[pick]]
        upper.append([*parts[pick], norm])
        order.append(pick)
        basis.append(direction)
        for i in range(len(columns)):
            if i not in order:
                along = dot(rest[i], direction)
                parts[i].append(along)
                rest[i] = [value - along * d for value, d in zip(rest[i], direction, strict=True)]
    pulls = [dot(direction, right) for direction in basis]
    answer = [context.mpf(0)] * len(columns)
    for place in range(len(order) - 1, -1, -1):
        known = sum((upper[other][place] * answer[order[other]] for other in range(place + 1, len(order))), 0)
        answer[order[place]] = (pulls[place] - known) / upper[place][place]
    return answer
