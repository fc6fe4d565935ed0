"""Where y changes its sign says where a factor is zero: functions whose zeros are there.

Sorted by a monomial, the signs of y are few long runs if the sign depends on that monomial alone. Between two runs lies
a zero of a factor, known to the distance of two points, and with it one constant of the factor.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Problem, count_work
from srbench_portfolio.constants.inner_shapes import Inner
from srbench_portfolio.constants.inner_units import UNITS
from srbench_portfolio.constants.insides import Inside

__all__ = ["crossings"]

Array = NDArray[np.float64]

#: Changes of sign at most, as a share of the points and in all.
_MAX_SHARE: Final = 0.12
_MOST_ZEROS: Final = 14
#: Points that have the rarer sign at least, as a share.
_MIN_SHARE: Final = 0.02
#: Monomials that are used: those with the fewest changes.
_MOST: Final = 8
#: Typical sizes of k*(m - zero) that are tried.
_SIZES: Final = (0.1, 0.3, 0.6, 1.0, 1.5, 2.2, 3.2)
#: Nanoseconds, for `count_work`: of a monomial, by point, and by point and set of signs.
_POINT: Final = 60.0
_SIGN: Final = 2.0


def crossings(problem: Problem, inside: list[Inside]) -> list[Inner]:
    """Return functions, with constants, that change their sign where y does; none where y keeps its sign."""
    y = problem.y
    if (y > 0).all() or (y < 0).all() or (y == 0).any():
        return []
    n = len(y)
    signed = [problem.x[:, j] for j in range(problem.x.shape[1]) if (problem.x[:, j] < 0).any()]
    products = [np.prod(some, axis=0) for k in range(3) for some in itertools.combinations(signed, k)]
    signs = np.sign([y * product for product in products])
    rarer = np.minimum((signs > 0).sum(axis=1), (signs < 0).sum(axis=1))
    signs = signs[rarer >= _MIN_SHARE * n]
    rising = [(rank, each) for rank, each in enumerate(inside) if each.exponents[0] > 0]
    count_work((_POINT + _SIGN * len(signs)) * n * len(rising))
    found: list[tuple[int, int, Inside, Array]] = []
    for rank, each in rising:
        order = np.argsort(each.values, kind="stable")
        m = each.values[order]
        changed = np.diff(signs[:, order], axis=1) != 0
        counts = changed.sum(axis=1)
        for k in np.flatnonzero((counts > 0) & (counts <= min(_MOST_ZEROS, _MAX_SHARE * n))).tolist():
            changes = np.flatnonzero(changed[k])
            found.append((int(counts[k]), rank, each, (m[changes] + m[changes + 1]) / 2))
    found.sort(key=lambda f: f[:2])
    return list(itertools.chain.from_iterable(_with_zeros(each, zeros) for _, _, each, zeros in found[:_MOST]))


def _with_zeros(inside: Inside, zeros: Array) -> Iterator[Inner]:
    """Yield functions of m that are zero there, and nowhere else among the points."""
    units = {unit.name: unit for unit in UNITS}
    if len(zeros) > 1:
        k = math.pi * (len(zeros) - 1) / float(zeros[-1] - zeros[0])
        phase = math.pi / 2 - k * float(np.mean(zeros - np.arange(len(zeros)) * math.pi / k))
        yield Inner(units["cos"], inside, (k, math.remainder(phase, 2 * math.pi)))
        return
    zero = float(zeros[0])
    if zero == 0.0:
        return
    for unit, root in (("log", 1.0), ("1 + t", -1.0), ("sin", math.pi), ("cos", math.pi / 2), ("cos", 3 * math.pi / 2)):
        if (root / zero > 0 or unit == "1 + t") and units[unit].suits(inside.exponents):
            yield Inner(units[unit], inside, (root / zero,))
    size = float(np.median(np.abs(inside.values - zero)))
    for k in _SIZES:
        k = k / size
        yield Inner(units["cos"], inside, (k, math.remainder(math.pi / 2 - k * zero, 2 * math.pi)))
        yield Inner(units["tanh"], inside, (k, -k * zero))
        for sign in (-1.0, 1.0):
            yield Inner(units["exp - 1"], inside, (sign * k, -sign * k * zero))
        if units["log"].suits(inside.exponents):
            yield Inner(units["log"], inside, (k, 1.0 - k * zero))
