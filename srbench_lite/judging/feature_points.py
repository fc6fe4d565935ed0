"""`feature_points`: points of the domain where a formula may do something that random points miss.

A Gaussian bump a thousandth of the domain wide, a sign that flips twice, a root of what is negative in one small place:
few random points see it, and more of them would hardly help. But the formula itself says where it is: where an argument
of `sign` or `abs` is zero, where `min` or `max` changes sides, where the argument of a root or a logarithm changes its
sign, where a denominator vanishes, and around the places where what stands inside of a steep function is zero or
smallest. Those places are looked for along lines through the domain, and points are put around each, from far to near.

What can be seen in 80 digits from any point (a pole, a rational function) needs no such points when two formulas are
compared; it does when the largest effect of a term is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, array_function

if TYPE_CHECKING:
    from srbench_lite.judging.cpu_deadline import CpuDeadline
    from srbench_lite.judging.sampled_domain import SampledDomain

__all__ = ["feature_points"]

#: A function of one variable.
Values = Callable[[NDArray[np.float64]], NDArray[np.float64]]

#: Operators with a kink or a step where their first argument is zero, and where it is a whole number; those without a
#: value where it is negative, and where its size is above one, or below.
_KINKED: Final = frozenset(("abs", "sign", "ifelse"))
_STEPPED: Final = frozenset(("floor", "ceil"))
_ONE_SIDED: Final = frozenset(("sqrt", "log"))
_WITHIN_ONE: Final = frozenset(("asin", "acos", "atanh", "acosh"))
#: Operators that may hide what they are applied to: values far below the last digit.
_STEEP: Final = frozenset(("exp", "tanh", "sinh", "cosh", "erf", "gamma"))
#: Arguments of steep functions up to this size leave more than 80 digits' share of themselves everywhere.
_MIN_STEEP: Final = 100.0
#: At most so many parts of a formula are looked into, and so many places of each are looked at along a line.
_MAX_PARTS: Final = 16
_MAX_PLACES: Final = 12
#: Points where the size of arguments is measured.
_SIZE_POINTS: Final = 64
#: Points of a line on which changes of sign and smallest values are looked for, and lines along each variable.
_GRID: Final = 129
_LINES: Final = 6
#: A smallest value is of interest where a parabola through its neighbours comes down to this share of the usual size.
_MAX_DIP: Final = 0.05
#: The same for the end of a line.
_MAX_END: Final = 1e-3
#: Steps of false position, and of the search for a smallest value.
_ROOT_STEPS: Final = 40
_DIP_STEPS: Final = 30
#: What is above zero is at least this.
_SMALLEST: Final = 1e-300
#: A root is known to this share of the width of the grid.
_ROOT_ERROR: Final = 1e-9
_GOLDEN: Final = 0.381966011250105
#: Distances of points from a place, as shares of the domain's width: neighbours differ by a factor of four.
_DISTANCES: Final = 4.0 ** -np.arange(1.5, 14.0)
#: How often the places of several parts are looked for one after the other, each within the one before.
_PASSES: Final = 2
_PART: Final = 71  # of the random points


def feature_points(
    formula: Expression, domain: SampledDomain, deadline: CpuDeadline, *, poles: bool = False
) -> NDArray[np.float64]:
    """Return points of the domain around the formula's features, shape (m, d); m is often zero.

    Args:
        formula: the formula.
        domain: where its variables come from.
        deadline: what this may cost.
        poles: whether places where a denominator vanishes count.
    """
    none = np.zeros((0, len(domain.names)))
    if not domain.names or not any(_may_count(node, poles=poles) for node in formula.postorder()):
        return none
    start = domain.draw(_SIZE_POINTS, part=_PART)
    with np.errstate(all="ignore"):
        parts = list(dict.fromkeys(_parts(formula, domain.columns(start), poles=poles)))[:_MAX_PARTS]
        parts = [part for part in parts if _may_vanish(part, domain)]
        found = [points for part in parts for points in _along_lines(part, domain, start, deadline)]
        if len(domain.names) > 1 and len(parts) > 1:
            found += _nested(parts, domain, start, deadline)
    return np.concatenate(found) if found else none


def _may_count(node: Expression, *, poles: bool) -> bool:
    """Whether an operator may make a feature at all."""
    if node.op == "pow":
        exponent = node.args[1].value
        return exponent is None or exponent <= 0 or exponent != int(exponent) or exponent > _MIN_STEEP
    named = node.op in _KINKED | _STEPPED | _ONE_SIDED | _WITHIN_ONE | _STEEP
    return named or node.op in ("min", "max") or (poles and node.op == "div")


def _parts(formula: Expression, columns: dict[str, NDArray[np.float64]], *, poles: bool) -> Iterator[Expression]:
    """Yield the parts whose zeros and smallest values are of interest."""
    stack: list[NDArray[np.float64]] = []
    for node in formula.postorder():
        if not node.args:
            if node.name is not None:
                stack.append(columns[node.name])
            else:
                number = node.value if node.value is not None else NAMED_CONSTANTS[node.op][0]
                stack.append(np.asarray(number, dtype=np.float64))
            continue
        values = stack[-len(node.args) :]
        del stack[-len(node.args) :]
        stack.append(array_function(node.op)(*values))
        if node.variables and _may_count(node, poles=poles):
            yield from _parts_of(node, values)


def _parts_of(node: Expression, values: list[NDArray[np.float64]]) -> Iterator[Expression]:
    argument = node.args[0]
    if node.op in _KINKED or node.op in _ONE_SIDED:
        yield argument
        yield from _sums(argument)
    elif node.op in _STEPPED:
        yield Expression.call("sin", Expression.call("mul", math.pi, argument))  # zero at whole numbers
        yield from _sums(argument)
    elif node.op in ("min", "max"):
        yield Expression.call("sub", *node.args)
        yield from _sums(node)
    elif node.op in _WITHIN_ONE:
        yield Expression.call("sub", argument, 1.0)
        yield Expression.call("add", argument, 1.0)
        yield from _sums(argument)
    elif node.op == "div":
        yield node.args[1]
        yield from _sums(node.args[1])
    elif node.op == "pow":
        exponent = node.args[1].value
        size = np.abs(values[1] * np.log(np.abs(values[0])))
        is_steep = bool(np.max(size, initial=0.0, where=np.isfinite(size)) > _MIN_STEEP)
        if exponent is None or exponent <= 0 or exponent != int(exponent) or is_steep:
            yield argument
            yield from _sums(argument)
        if exponent is None and is_steep:
            yield from _sums(node.args[1])
    elif not np.max(np.abs(values[0]), initial=0.0) <= _MIN_STEEP:
        yield argument
        yield from _sums(argument)


def _sums(formula: Expression) -> Iterator[Expression]:
    """Yield the sums and differences in a formula that hold a variable."""
    yield from (node for node in formula.postorder() if node.op in ("add", "sub") and node.variables)


def _may_vanish(part: Expression, domain: SampledDomain) -> bool:
    """Whether a part may be zero inside the domain, as far as bounds of its operators tell."""
    ends = dict(zip(domain.names, domain.ends, strict=True))

    def leaf(node: Expression) -> tuple[float, float]:
        if node.name is not None:
            return ends[node.name]
        number = node.value if node.value is not None else NAMED_CONSTANTS[node.op][0]
        return number, number

    low, high = part.fold(leaf, _bounds)
    return low <= 0 <= high


def _bounds(node: Expression, args: list[tuple[float, float]]) -> tuple[float, float]:
    """Return bounds of a part from those of its arguments, all numbers where none are known."""
    (a, b), (c, d) = args[0], args[-1]
    bounds = (-math.inf, math.inf)
    if node.op == "add":
        bounds = (a + c, b + d)
    elif node.op == "sub":
        bounds = (a - d, b - c)
    elif node.op == "neg":
        bounds = (-b, -a)
    elif node.op == "mul" or (node.op == "div" and (c > 0 or d < 0)):
        ends = (c, d) if node.op == "mul" else (1 / d, 1 / c)
        corners = [x * y for x in (a, b) for y in ends]
        bounds = (min(corners), max(corners))
    elif node.op == "exp" or (node.op in ("sqrt", "abs", "pow") and a > 0):
        bounds = (_SMALLEST, math.inf)
    return bounds if not any(math.isnan(bound) for bound in bounds) else (-math.inf, math.inf)


# --- places on lines ------------------------------------------------------------------------------------------------


def _along_lines(
    part: Expression, domain: SampledDomain, start: NDArray[np.float64], deadline: CpuDeadline
) -> Iterator[NDArray[np.float64]]:
    """Yield points around the part's places, on lines along each of its variables."""
    names = set(part.variables)
    for axis in (i for i, name in enumerate(domain.names) if name in names):
        deadline.check()
        rows = np.arange(_LINES if len(domain.names) > 1 else 1) + axis * _LINES
        bases = start[rows % len(start)]
        yield _around(*_places(part, domain, bases, axis), domain, axis)


def _nested(
    parts: list[Expression], domain: SampledDomain, start: NDArray[np.float64], deadline: CpuDeadline
) -> Iterator[NDArray[np.float64]]:
    """Yield points around places where several parts vanish together, one variable for each part."""
    for number in range(_PASSES):
        base = start[-1 - number].copy()
        pinned: list[int] = []
        for part in parts[:: 1 if number % 2 == 0 else -1]:
            deadline.check()
            names = set(part.variables)
            free = [i for i, name in enumerate(domain.names) if name in names and i not in pinned]
            for axis in free[:: 1 if number % 2 == 0 else -1]:
                places, bases = _places(part, domain, base[None, :], axis)
                if len(places):
                    if pinned:
                        yield _around(places, bases, domain, axis)
                    low, high = domain.ends[axis]
                    place, step = float(places[len(places) // 2]), _DISTANCES[-1] * (high - low)
                    base[axis] = place + step if place + step <= high else place - step
                    pinned.append(axis)
                    break


def _places(
    part: Expression, domain: SampledDomain, bases: NDArray[np.float64], axis: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return where, on lines along one variable, a part is zero or comes near zero.

    Args:
        part: the part.
        domain: where the variables come from.
        bases: one point of each line, shape (l, d).
        axis: the coordinate that the lines run along.

    Returns:
        That coordinate of the places, shape (m,), and a point of the line of each, shape (m, d).
    """

    def values(x: NDArray[np.float64], lines: NDArray[np.intp]) -> NDArray[np.float64]:
        points = bases[lines]
        points[:, axis] = x
        return part(domain.columns(points))

    path = domain.samplings[axis].path(_GRID)
    n = len(path)
    grid, lines = np.tile(path, len(bases)), np.repeat(np.arange(len(bases)), n)
    y = values(grid, lines)
    size = np.abs(y)
    within = np.arange(len(grid)) % n  # no step from the end of one line to the next
    crossing = _some(np.flatnonzero((y[:-1] * np.sign(y[1:]) < 0) & (within[1:] > 0)))
    middle, left, right = size[1:-1], size[:-2], size[2:]
    low = np.flatnonzero((middle <= left) & (middle <= right) & (y[:-2] * np.sign(y[2:]) > 0) & (within[2:] > 1))
    curve = (left + right - 2 * middle)[low]
    dip = middle[low] - (right - left)[low] ** 2 / np.where(curve > 0, 8 * curve, np.inf)
    finite = size[np.isfinite(size)]
    usual = float(np.median(finite)) if len(finite) else 0.0
    low = _some(low[dip <= _MAX_DIP * usual])
    is_end = (within == 0) | (within == n - 1)
    exact = np.flatnonzero((y == 0) | (is_end & (size <= _MAX_END * usual)))[:_MAX_PLACES]
    places, which = [grid[exact]], [lines[exact]]
    if len(crossing):
        here = lines[crossing]
        places.append(
            _roots(lambda x: values(x, here), grid[crossing], grid[crossing + 1], y[crossing], y[crossing + 1])
        )
        which.append(here)
    if len(low):
        there = lines[low]
        places.append(_dips(lambda x: values(x, there), grid[low], grid[low + 2]))
        which.append(there)
    return np.concatenate(places), bases[np.concatenate(which)]


def _some(places: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return some of many places, spread evenly."""
    if len(places) <= _MAX_PLACES:
        return places
    return places[np.linspace(0, len(places) - 1, _MAX_PLACES).astype(np.intp)]


def _roots(
    values: Values, low: NDArray[np.float64], high: NDArray[np.float64], at_low: NDArray[np.float64],
    at_high: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Return zeros between places with values of opposite signs (false position, Illinois' rule), shape (m,)."""
    low, high, at_low, at_high = low.copy(), high.copy(), at_low.copy(), at_high.copy()
    width = np.abs(high - low)
    middle, side = low, np.zeros(len(low))
    for _ in range(_ROOT_STEPS):
        before = middle
        middle = np.where(at_high != at_low, high - at_high * (high - low) / (at_high - at_low), (low + high) / 2)
        middle = np.where((middle >= low) & (middle <= high), middle, (low + high) / 2)
        y = values(middle)
        if np.all((np.abs(middle - before) <= _ROOT_ERROR * width) | (y == 0)):
            break
        is_low = y * np.sign(at_low) > 0
        at_high = np.where(is_low & (side == 1), at_high / 2, at_high)
        at_low = np.where(~is_low & (side == -1), at_low / 2, at_low)
        side = np.where(is_low, 1, -1)
        low, at_low = np.where(is_low, middle, low), np.where(is_low, y, at_low)
        high, at_high = np.where(is_low, high, middle), np.where(is_low, at_high, y)
    return middle


def _dips(values: Values, low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the size of the values is smallest between two places (golden section), shape (m,)."""
    one, two = low + _GOLDEN * (high - low), high - _GOLDEN * (high - low)
    at_one, at_two = np.abs(values(one)), np.abs(values(two))
    for _ in range(_DIP_STEPS):
        is_left = at_one <= at_two
        low, high = np.where(is_left, low, one), np.where(is_left, two, high)
        fresh = np.where(is_left, low + _GOLDEN * (high - low), high - _GOLDEN * (high - low))
        y = np.abs(values(fresh))
        one, two, at_one, at_two = (
            np.where(is_left, fresh, two), np.where(is_left, one, fresh),
            np.where(is_left, y, at_two), np.where(is_left, at_one, y),
        )  # fmt: skip
    return (low + high) / 2


def _around(
    places: NDArray[np.float64], bases: NDArray[np.float64], domain: SampledDomain, axis: int
) -> NDArray[np.float64]:
    """Return points on both sides of places on lines along one variable, shape (m, d), those inside the domain."""
    low, high = domain.ends[axis]
    is_log = domain.samplings[axis].sampling == "log"
    width = np.abs(places) if is_log else np.full(len(places), high - low)
    x = places[:, None] + width[:, None] * np.concatenate([-_DISTANCES, _DISTANCES])
    points = np.repeat(bases, x.shape[1], axis=0)
    points[:, axis] = x.ravel()
    return points[(points[:, axis] >= low) & (points[:, axis] <= high)]
