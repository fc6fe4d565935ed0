"""A free constant outside: y = c + power law * exp(..), y = A * tanh(..), A * sin(..), A * cos(..).

With the constant known, a transform of y is linear in simple columns. So the constant runs over a grid scaled by
the range of y, what is left beside the columns is a function of it alone, and its least values are narrowed by golden
sections (Kiefer, Proc. Am. Math. Soc. 4, 1953).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem, count_work
from srbench_portfolio.constants.inner_views import View
from srbench_portfolio.constants.insides import Inside

__all__ = ["outer_formulas"]

Array = NDArray[np.float64]

#: Distances from the range of y, as shares of it, that are tried.
_DISTANCES: Final = (1e-3, 4e-3, 0.012, 0.03, 0.07, 0.14, 0.25, 0.4, 0.65, 1.0, 1.6, 2.6, 4.5, 8.0)
#: Least values on the grid that are narrowed, and steps; each narrows to 0.62.
_NARROWED: Final = 2
_STEPS: Final = 36
_GOLDEN: Final = (5**0.5 - 1) / 2
#: A formula is worth a fit if it leaves no more than this share of the sum of squares.
_MAX_LEFT: Final = 1e-3
#: Nanoseconds, for `count_work`: of a comparison, and by point and pair of columns.
_CALL: Final = 60_000.0
_PAIR: Final = 1.0


@dataclass(frozen=True, slots=True)
class _Outer:
    """A transform of y with a constant.

    Attributes:
        forward: T(y, a); NaN where it is undefined.
        slope: its derivative by y.
        write: y from a formula of T and the constant.
        is_offset: whether the constant is taken from y, and T is the logarithm; else y is divided by it.
    """

    forward: Callable[[Array, float], Array]
    slope: Callable[[Array, float], Array]
    write: Callable[[Expression, float], Expression]
    is_offset: bool = False


def _named(op: str) -> Callable[[Expression, float], Expression]:
    return lambda e, a: a * Expression.call(op, e)


def _root(t: Array, a: float) -> Array:
    return np.sqrt(a * a - t * t)


_OUTERS: Final = (
    _Outer(lambda y, a: np.log(np.abs(y - a)), lambda y, a: 1 / (y - a), lambda e, _: e, is_offset=True),
    _Outer(lambda y, a: np.arctanh(y / a), lambda y, a: a / (a * a - y * y), _named("tanh")),
    _Outer(lambda y, a: np.arcsin(y / a), lambda y, a: 1 / _root(y, a), _named("sin")),
    _Outer(lambda y, a: np.arccos(y / a), lambda y, a: 1 / _root(y, a), _named("cos")),
    _Outer(lambda y, a: np.tan(y / a), lambda y, a: 1 / np.cos(y / a) ** 2 / a, _named("atan")),
)  # fmt: skip


def outer_formulas(
    problem: Problem, rows: NDArray[np.intp], products: list[tuple[Inside, ...]], sums: list[tuple[Inside, ...]],
    deadline: Deadline,
) -> Iterator[Expression]:  # fmt: skip
    """Yield the best formula of each transform, if it leaves little.

    Args:
        problem: the points.
        rows: places of those at which constants are compared.
        products: sets of columns that a logarithm may be a sum of.
        sums: the same for other transforms.
        deadline: when to stop.
    """
    for outer in _OUTERS:
        for base in products if outer.is_offset else sums:
            if deadline.is_over:
                return
            for a in _narrowed(problem.y[rows], outer, np.column_stack([c.values[rows] for c in base])):
                formula = _written(problem, outer, base, a)
                if formula is not None:
                    yield formula


def _grid(y: Array, outer: _Outer) -> Array:
    """Return the constants that are tried, in order."""
    distances = np.array(_DISTANCES)
    low, high = float(y.min()), float(y.max())
    if not outer.is_offset:
        top = max(abs(low), abs(high))
        return np.asarray(top * (1.0 + distances))
    return np.concatenate([(low - (high - low) * distances)[::-1], high + (high - low) * distances])


def _narrowed(y: Array, outer: _Outer, columns: Array) -> Iterator[float]:
    """Yield the constants with which least is left beside the columns, if that is little."""
    if not np.isfinite(columns).all():
        return
    size = float(np.sum((y - y.mean()) ** 2))

    def left(a: float) -> float:
        count_work(_CALL + _PAIR * columns.size * columns.shape[1])
        goal, weights = outer.forward(y, a), 1.0 / np.abs(outer.slope(y, a))
        if not (np.isfinite(goal).all() and np.isfinite(weights).all()):
            return math.inf
        goal = goal * weights
        Q, _ = np.linalg.qr(columns * weights[:, None])
        rest = goal - Q @ (Q.T @ goal)
        return float(rest @ rest) / size

    grid = _grid(y, outer)
    lefts = np.array([left(a) for a in grid.tolist()])
    found: list[tuple[float, float]] = []
    for place in np.argsort(lefts, kind="stable").tolist():
        beside = lefts[max(place - 1, 0) : place + 2]
        if len(found) == _NARROWED or lefts[place] > 100 * _MAX_LEFT:
            break
        if lefts[place] <= beside.min():
            low, high = grid[max(place - 1, 0)], grid[min(place + 1, len(grid) - 1)]
            if (y > low).any() and (y < high).any() and outer.is_offset:  # not across the range of y
                low, high = (low, float(y.min())) if place < len(grid) // 2 else (float(y.max()), high)
            elif place == 0:
                low = float(np.abs(y).max())
            found.append(_minimised(left, float(low), float(high)))
    for least, a in sorted(found):
        if least < _MAX_LEFT:
            yield a


def _minimised(function: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Return the least value of a function of one bracketed number and where it is, by golden sections."""
    a, b = low + (1 - _GOLDEN) * (high - low), low + _GOLDEN * (high - low)
    at_a, at_b = function(a), function(b)
    for _ in range(_STEPS):
        if at_a <= at_b:
            high, b, at_b = b, a, at_a
            a = low + (1 - _GOLDEN) * (high - low)
            at_a = function(a)
        else:
            low, a, at_a = a, b, at_b
            b = low + _GOLDEN * (high - low)
            at_b = function(b)
    return (at_a, a) if at_a <= at_b else (at_b, b)


def _written(problem: Problem, outer: _Outer, base: tuple[Inside, ...], a: float) -> Expression | None:
    y = problem.y
    goal, weights = outer.forward(y, a), 1.0 / np.abs(outer.slope(y, a))
    view = View(goal, weights, base, outer.is_offset, lambda e: outer.write(e, a))
    left = Samples(variables=problem.names, x=problem.x, y=y - a)  # whose sign the formula has, if it is a product
    written = view.formula(Problem.of(left) if outer.is_offset else problem, [], list)
    if written is None:
        return None
    return written[1] + a if outer.is_offset else written[1]
