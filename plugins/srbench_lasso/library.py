"""The library: which shapes are tried, and the grid of inner constants each starts from.

Grids follow from the data alone: rates are multiples of the inverse half-range of an argument, shifts are fractions of
its range away from the edge of the domain.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.terms import MONIC, POWER, Exponents, Factor, Shape
from srbench_lite.fitting import Deadline, Monomials

__all__ = ["Group", "groups", "nuisance", "power_law", "powers"]

Array = NDArray[np.float64]

#: Angular frequencies times the half-range of the argument: one step apart, a sine still correlates by 0.96 with its
#: neighbour half a step away.
_FREQUENCIES: Final = (0.5, 1.0, 1.5, *np.arange(2.0, 41.0).tolist())
_FEW_FREQUENCIES: Final = (0.7, *np.arange(1.5, 16.0, 1.5).tolist())
#: Rates of growth times the half-range of the argument.
_RATES: Final = (0.3, 0.8, 1.6, 3.0, 6.0)
_FEW_RATES: Final = (0.5, 1.5, 4.0)
#: Distances to the edge of the domain as fractions of the range of the argument.
_SHIFTS: Final = (0.02, 0.1, 0.3, 1.0, 3.0)
_FEW_SHIFTS: Final = (0.1, 0.6)
#: Exponents of a power law must lie this close to multiples of one half.
_MAX_OFF_HALVES: Final = 0.1
_POWERS: Final = (-1.5, -0.5, 0.33, 0.7, 1.5, 2.5)


@dataclass(frozen=True, slots=True)
class Group:
    """Columns that enter together: shapes that share their inner constants (a sine and its cosine), and the grid."""

    shapes: tuple[Shape, ...]
    grid: Array  # (g, q), q inner constants

    @property
    def size(self) -> int:
        """Number of grid points times number of columns."""
        return len(self.grid) * len(self.shapes)


def powers(points: Monomials, degree: int, most: int) -> list[Shape]:
    """Return monomials: total degree up to `degree`, then inverses, quotients and square roots where defined.

    At most `most` of them, low degrees first.
    """
    d = points.x.shape[1]
    early: list[Exponents] = []
    for total in range(1, degree + 1):
        for choice in combinations_with_replacement(range(d), total):
            early.append(tuple(float(choice.count(i)) for i in range(d)))
            if len(early) >= 2 * most:
                break
    late: list[Exponents] = []
    for i in range(d):
        late += [_unit(d, {i: e}) for e in (-1.0, -2.0, 0.5)]
        late += [_unit(d, {i: 1.0, j: e}) for j in range(d) if j != i for e in (-1.0, 0.5)]
        late += [_unit(d, {i: 2.0, j: -1.0}) for j in range(d) if j != i]
        late += [_unit(d, {i: 1.0, j: -2.0}) for j in range(d) if j != i]
    for i, j in combinations(range(d), 2):
        late += [_unit(d, {i: 1.0, j: 1.0, k: -1.0}) for k in range(d) if k not in (i, j)]
    early = early[: max(most - len(late), most // 2)] + late
    return [Shape(e) for e in early[:most] if _usable(points(e))]


def power_law(points: Monomials, y: Array) -> list[Shape]:
    """Return the product of powers that log|y| over the logarithms of the variables suggests, or nothing.

    Only where all variables are above zero and y has one sign; exponents are multiples of one half.
    """
    x = points.x
    if (x <= 0).any() or not ((y > 0).all() or (y < 0).all()) or len(y) < 2 * x.shape[1] + 2:
        return []
    columns = np.column_stack([np.ones(len(y)), np.log(x)])  # (n, 1 + d)
    slopes = np.linalg.lstsq(columns, np.log(np.abs(y)), rcond=None)[0][1:]
    exponents = np.round(2 * slopes) / 2
    if not exponents.any() or np.max(np.abs(slopes - exponents)) > _MAX_OFF_HALVES:
        return []
    shape = Shape(tuple((exponents + 0.0).tolist()))
    return [shape] if _usable(points(shape.powers)) else []


def nuisance(points: Monomials, degree: int) -> list[list[Shape]]:
    """Return sets of powers that accompany the search for factors, small ones first; the constant is in none."""
    d = points.x.shape[1]
    degrees = (3, degree) if d == 1 else (2, 4) if d == 2 else (1, 2) if d <= 4 else (1,)
    sets: list[list[Shape]] = []
    for top in degrees:
        exponents = [
            tuple(float(choice.count(i)) for i in range(d))
            for total in range(1, min(top, degree) + 1)
            for choice in combinations_with_replacement(range(d), total)
        ]
        shapes = [Shape(e) for e in exponents if _usable(points(e))]
        if 0 < len(shapes) <= len(points) // 4 and (not sets or len(shapes) > len(sets[-1])):
            sets.append(shapes)
    return sets


def groups(points: Monomials, most: int, deadline: Deadline | None = None) -> list[Group]:
    """Return the groups of non-linear terms, common ones first, up to `most` columns in all."""
    chosen: list[Group] = []
    total = 0
    seen: set[tuple[Shape, ...]] = set()
    for group in _candidates(points):
        if group.shapes in seen:
            continue
        if deadline is not None and deadline.is_over:
            break
        seen.add(group.shapes)
        valid = np.ones(len(group.grid), dtype=bool)
        for shape in group.shapes:
            with np.errstate(all="ignore"):
                values, _ = shape.value(points, list(group.grid.T))
            values = np.broadcast_to(values, (len(points), len(group.grid)))
            valid &= np.isfinite(values).all(axis=0) & (np.abs(values).max(axis=0) < 1e100)
            valid &= np.ptp(values, axis=0) > 1e-9 * np.abs(values).max(axis=0)
        group = Group(group.shapes, group.grid[valid])
        if not group.size:
            continue
        total += group.size
        if total > most:
            break
        chosen.append(group)
    return chosen


def _candidates(points: Monomials) -> Iterator[Group]:
    d = points.x.shape[1]
    one = (0.0,) * d
    single = [_unit(d, {i: 1.0}) for i in range(d)]
    square = [_unit(d, {i: 2.0}) for i in range(d)]
    for u in single:
        for kind in ("sin", "exp", "log", "log-", "sqrt", "sqrt-", "rec", "tanh", POWER):
            yield from _group(points, one, [(kind, (u,))])
    for u in square:
        for kind in ("sin", "exp", "rec", "log", "sqrt", "sqrt-"):
            yield from _group(points, one, [(kind, (u,))])
    for i, j in combinations(range(d), 2):
        both = _unit(d, {i: 1.0, j: 1.0})
        for kind in ("sin", "exp"):
            yield from _group(points, one, [(kind, (both,))])
    for u in single:
        for kind in ("sin", "exp", "log", "rec", "sqrt", "log-", "sqrt-"):
            for m in single:
                yield from _group(points, m, [(kind, (u,))])
    for u in single + square:
        for kind in ("sin", "exp", "rec"):
            for m in [_unit(d, {i: e}) for i in range(d) for e in (-1.0, 1.0, 2.0, 0.5)]:
                yield from _group(points, m, [(kind, (u,))])
    for i in range(d):
        u, u2, u3 = single[i], square[i], _unit(d, {i: 3.0})
        yield from _group(points, one, [("exp", (u,)), ("sin", (u,))])
        yield from _group(points, one, [("exp", (u2,)), ("sin", (u,))])
        yield from _group(points, one, [("exp", (u,)), ("rec", (u2,))])
        yield from _group(points, one, [("exp", (u,)), ("rec", (u,))])
        yield from _group(points, one, [("sin", (u,)), ("rec", (u2,))])
        yield from _group(points, one, [("sin", (u,)), ("rec", (u,))])
        yield from _group(points, one, [("exp", (u2, u))])
        yield from _group(points, one, [("sin", (u2, u))])
        yield from _group(points, one, [("sin", (u3,))])
        yield from _group(points, one, [("exp", (u3,))])
        yield from _group(points, one, [("sin", (_unit(d, {i: -1.0}),))])
        yield from _group(points, one, [("exp", (_unit(d, {i: -1.0}),))])
        yield from _group(points, one, [("rec", (u2, u))])
        for other in ("log", "log-", "sqrt", "sqrt-"):
            yield from _group(points, one, [("sin", (u,)), (other, (u,))])
            yield from _group(points, one, [("exp", (u,)), (other, (u,))])
        yield from _group(points, one, [("log", (u,)), ("rec", (u,))])
        yield from _group(points, one, [("sin", (u2,)), ("exp", (u,))])
    for i, j in combinations(range(d), 2):
        u, v = single[i], single[j]
        ratio, back = _unit(d, {i: 1.0, j: -1.0}), _unit(d, {i: -1.0, j: 1.0})
        kinds = ("sin", "exp", "log", "sqrt", "rec")
        for a, b in product(kinds, kinds):
            yield from _group(points, one, [(a, (u,)), (b, (v,))])
        yield from _group(points, one, [("sin", (u, v))])
        for kind in ("rec", "sqrt", "log"):
            yield from _group(points, one, [(kind, (u, v))])
            yield from _group(points, one, [(kind, (square[i], square[j]))])
            yield from _group(points, one, [(kind, (_unit(d, {i: 1.0, j: 1.0}),))])
        yield from _group(points, one, [("exp", (square[i], square[j]))])
        for argument in (ratio, back):
            for kind in ("sin", "exp"):
                yield from _group(points, one, [(kind, (argument,))])
        for m, w in ((u, v), (v, u)):
            yield from _group(points, m, [("rec", (m, w))])
            yield from _group(points, m, [("exp", (w,)), ("rec", (w,))])
            yield from _group(points, m, [("exp", (m,)), ("sin", (w,))])


def _group(points: Monomials, multiplier: Exponents, parts: list[tuple[str, tuple[Exponents, ...]]]) -> Iterator[Group]:
    """Yield one group, or nothing where the multiplier or an argument is not defined on the data."""
    if any(multiplier) and not _usable(points(multiplier)):
        return
    if any(not _usable(points(u)) for _, arguments in parts for u in arguments):
        return
    if parts[0][0] == POWER and points(parts[0][1][0]).min() <= 0:
        return
    few = sum(len(arguments) for _, arguments in parts) > 1
    axes = [axis for kind, arguments in parts for axis in _axes(points, kind, arguments, few)]
    if any(len(axis) == 0 for axis in axes):
        return
    grid = np.array(list(product(*axes)))  # (g, q)
    choices = [("sin0", "cos0") if kind == "sin" else (kind,) for kind, _ in parts]
    shapes = tuple(
        Shape(multiplier, tuple(Factor(kind, arguments) for kind, (_, arguments) in zip(kinds, parts, strict=True)))
        for kinds in product(*choices)
    )
    yield Group(shapes, grid)


def _axes(points: Monomials, kind: str, arguments: tuple[Exponents, ...], few: bool) -> list[list[float]]:
    """Return the starting values of each inner constant of one factor."""
    if kind == POWER:
        return [list(_POWERS)]
    ranges = [(float(points(u).min()), float(points(u).max())) for u in arguments]
    halves = [max(0.5 * (high - low), 1e-300) for low, high in ranges]
    if kind in MONIC:
        low, high = ranges[0]
        shifts = _FEW_SHIFTS if few else _SHIFTS
        reach = high - low
        if kind.endswith("-"):
            values = [high + s * reach for s in shifts]
        else:
            values = [-low + s * reach for s in shifts]
            if low > 0:
                values.append(0.0)
            if kind == "rec":
                values += [-high - s * reach for s in shifts]
        others = [[s * halves[0] / half for s in (-1.0, -0.3, 0.3, 1.0)] for half in halves[1:]]
        if others:  # the shift keeps the whole argument above zero
            values = [value + halves[0] * 2 for value in values] + values
        return [*others, values]
    if kind in ("sin", "sin0", "cos0"):
        first = [w / halves[0] for w in (_FEW_FREQUENCIES if few else _FREQUENCIES)]
        return [first] + [[s * w / half for w in _FEW_FREQUENCIES[:6] for s in (-1, 1)] for half in halves[1:]]
    if kind == "tanh":
        middle = 0.5 * (ranges[0][0] + ranges[0][1])
        return [[r / halves[0] for r in _FEW_RATES], [-r * middle / halves[0] for r in (-1.0, 0.0, 1.0)]]
    return [[s * r / half for r in (_FEW_RATES if few else _RATES) for s in (-1.0, 1.0)] for half in halves]


def _unit(d: int, exponents: dict[int, float]) -> Exponents:
    return tuple(exponents.get(i, 0.0) for i in range(d))


def _usable(column: Array) -> bool:
    """Whether a column is finite and neither vanishes nor is constant."""
    if not np.isfinite(column).all():
        return False
    top = float(np.abs(column).max())
    return 1e-200 < top < 1e200 and float(np.ptp(column)) > 1e-9 * top
