"""`Shape`: functions with inner constants beside the base of a view; refined together and written as formulas."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem
from srbench_portfolio.constants.inner_refinement import Candidates, Refined, refined
from srbench_portfolio.constants.inner_units import Unit
from srbench_portfolio.constants.inner_views import View
from srbench_portfolio.constants.insides import Inside

__all__ = ["Inner", "Shape", "Sight", "formulas_of"]

Array = NDArray[np.float64]

#: Columns of which less than this share is left beside the others are left out.
_LEAST: Final = 1e-9
#: By what share of its size, and of one, a constant is moved.
_MOVE: Final = 1e-6
#: Shapes of each kind that are written.
_WRITTEN: Final = 3
#: A shape that leaves no more than this share of the sum of squares is right.
_RIGHT: Final = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """A function u(k * inside + s) in front of which stand some columns.

    Attributes:
        unit: u.
        inside: what is inside.
        theta: k, and s where there is one.
        fronts: none in products.
    """

    unit: Unit
    inside: Inside
    theta: tuple[float, ...]
    fronts: tuple[Inside, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What stands beside the base of a view.

    Attributes:
        left: share of the target's sum of squares that it leaves, nearly.
        inners: the functions.
    """

    left: float
    inners: tuple[Inner, ...]

    @property
    def kind(self) -> tuple[tuple[int, int], ...]:
        """Numbers of columns and constants: shapes of one kind can be refined together."""
        return tuple((len(inner.fronts), len(inner.theta)) for inner in self.inners)


class Sight:
    """A view at some of the points.

    Attributes:
        rows: places of the points.
        weights: of the points, (m,).
        base: orthonormal columns of the base, weights included, (m, p).
        goal: the target without the base, weights included, (m,).
    """

    def __init__(self, view: View, rows: NDArray[np.intp], beside: tuple[Inside, ...] = ()) -> None:
        self.view, self.rows = view, rows
        self.weights = view.weights[rows]
        design = np.column_stack([c.values[rows] * self.weights for c in (*view.base, *beside)])
        lengths = np.linalg.norm(design, axis=0)
        Q, R = np.linalg.qr(design / np.where(lengths > 0, lengths, 1.0))
        self.base = Q[:, np.abs(np.diag(R)) > _LEAST]
        goal = view.values[rows] * self.weights
        goal = goal - self.base @ (self.base.T @ goal)
        self.goal = goal - self.base @ (self.base.T @ goal)
        self.size = float(self.goal @ self.goal)


def formulas_of(
    problem: Problem, view: View, rows: NDArray[np.intp], shapes: Iterable[Shape], deadline: Deadline
) -> list[Expression]:
    """Refine shapes at some points, and return the best formulas; where some are right, only these.

    Args:
        problem: the points.
        view: the transform of the target.
        rows: places of the points at which shapes are refined.
        shapes: the likeliest first.
        deadline: when it is over, shapes are written as far as they are refined, and no other kinds are.
    """
    groups: defaultdict[tuple[tuple[int, int], ...], list[Shape]] = defaultdict(list)
    for shape in shapes:
        groups[shape.kind].append(shape)
    sight = Sight(view, rows)
    found: list[tuple[float, Expression]] = []
    for group in groups.values():
        if deadline.is_over:
            break
        for each in _refined(sight, group, deadline)[:_WRITTEN]:
            written = _written(problem, view, group[each.place], each.theta)
            if written is not None:
                found.append(written)
    right = [formula for left, formula in found if left < _RIGHT]
    if right:
        return sorted(right, key=lambda formula: formula.complexity)
    return [formula for _, formula in sorted(found, key=lambda f: f[0])[:_WRITTEN]]


def _refined(sight: Sight, shapes: list[Shape], deadline: Deadline) -> list[Refined]:
    rows = sight.rows
    ones = np.ones(len(rows))
    parts, fronts, alone = [], [], []
    for shape in shapes:
        most = max(len(inner.theta) for inner in shape.inners)
        parts.append([[inner.inside.values[rows], ones * (len(inner.theta) > 1)][:most] for inner in shape.inners])
        fronts.append([[f.values[rows] for f in inner.fronts] or [ones] for inner in shape.inners])
        alone.append([f.values[rows] for inner in shape.inners for f in inner.fronts])
    theta = [[[*inner.theta, 0.0][: len(parts[0][0])] for inner in shape.inners] for shape in shapes]
    candidates = Candidates(
        [tuple(inner.unit for inner in shape.inners) for shape in shapes],
        np.array(parts), np.array(fronts), np.array(alone).reshape(len(shapes), -1, len(rows)), np.array(theta),
        sight.view.is_product,
    )  # fmt: skip
    return refined(candidates, sight.weights, sight.base, sight.goal, deadline)


def _written(problem: Problem, view: View, shape: Shape, theta: Array) -> tuple[float, Expression] | None:
    """Return what a refined shape leaves at all points, and its formula."""

    def moved() -> list[list[Inside]]:
        moves = []
        for place in np.ndindex(theta.shape):
            other = theta.copy()
            other[place] += _MOVE * (1.0 + abs(other[place]))
            moves.append(_columns(view, shape, other))
        return moves

    return view.formula(problem, _columns(view, shape, theta), moved)


def _columns(view: View, shape: Shape, constants: Array) -> list[Inside]:
    """Return the columns of a shape, at all points."""
    columns: dict[Expression, Inside] = {}
    known = {c.formula for c in view.base}
    for inner, theta in zip(shape.inners, constants.tolist(), strict=True):
        inside, unit = inner.inside, inner.unit
        if view.is_product and unit.is_exponential:
            columns[inside.formula] = inside
            continue
        argument, t = theta[0] * inside.formula, theta[0] * inside.values
        if len(inner.theta) > 1:
            argument, t = argument + theta[1], t + theta[1]
        values, written = unit.values(t), unit.write(argument)
        if view.is_product:
            factor = Expression.call("log", -written if (values < 0).all() else written)
            columns[factor] = Inside(factor, np.log(np.abs(values)))
            continue
        for front in inner.fronts:
            if front.formula not in known:
                columns[front.formula] = front
            term = written if front.formula.is_constant else front.formula * written
            columns[term] = Inside(term, front.values * values)
    return list(columns.values())
