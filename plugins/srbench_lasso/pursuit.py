"""Matching pursuit over the library, each step refitting all inner constants.

Source: orthogonal matching pursuit, Pati, Rezaiifar & Krishnaprasad (Asilomar 1993). What differs: a beam instead of
one path, all pairs of the common terms are looked at, after each step the inner constants of all terms are fitted
together (`srbench_lasso.model`), and in the end each part of the best models is exchanged for the group that fits best
beside the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lasso.library import Group
from srbench_lasso.model import Data, Design, Model, extend, refine, sparsify, without
from srbench_lasso.pairs import best_pairs
from srbench_lasso.terms import Shape
from srbench_lite.fitting import Deadline, Monomials, count_work, gains_of_columns, orthonormal_columns

__all__ = ["Effort", "Pool", "pursue"]

Array = NDArray[np.float64]

#: A fit whose misfit is above the best criterion by more than this is given up unless it falls quickly.
_MAX_ABOVE_BEST: Final = 100.0
#: Before a fit, this many times as many starting points as are wanted take a few steps.
_STARTS_A_FIT: Final = 5
_FIRST_STEPS: Final = 4
#: Residuals of neighbours that correlate by more than this are no noise: the search goes on.
_MIN_CORRELATION: Final = 0.4
#: Models with more powers than this (the constant is one) are not extended: they imitate what is missing.
_MAX_POWERS: Final = 4
#: Models whose parts are exchanged, in each round.
_MAX_SWAPPED: Final = 4
#: Nanoseconds, for `count_work`: of a grid point of the library, and of it by point of the data.
_ENTRY: Final = 20_000.0
_VALUE: Final = 20.0


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried: all counted, nothing timed."""

    beam: int  # models kept after each step
    branch: int  # groups tried for each of them
    pairs: int  # pairs of groups tried after looking at all
    pair_entries: int  # grid points among which all pairs are looked at
    steps: int  # of Levenberg and Marquardt, per fit
    depth: int  # groups in one model
    swaps: int  # rounds in which each part of the best models is exchanged for another group


@dataclass(frozen=True, slots=True)
class Entry:
    """One grid point of one group."""

    group: Group
    theta: Array  # (q,)


class Pool:
    """All grid points of all groups as columns of unit length, arranged for scoring them at once."""

    def __init__(self, entries: Sequence[Entry], points: Monomials) -> None:
        self.entries = entries
        n = len(points)
        self._blocks: list[tuple[Array, Array]] = []  # columns (k, m, n) of groups with k columns, entry numbers (m,)
        by_width: dict[int, list[int]] = {}
        count_work(len(entries) * (_ENTRY + _VALUE * n))
        for number, entry in enumerate(entries):
            by_width.setdefault(len(entry.group.shapes), []).append(number)
        for width, numbers in sorted(by_width.items()):
            columns = np.empty((width, len(numbers), n))
            with np.errstate(all="ignore"):
                for place, number in enumerate(numbers):
                    entry = entries[number]
                    for k, shape in enumerate(entry.group.shapes):
                        value, _ = shape.value(points, list(entry.theta))
                        columns[k, place] = value[:, 0]
            columns /= np.maximum(np.sqrt(np.einsum("kmn,kmn->km", columns, columns)), 1e-300)[:, :, None]
            self._blocks.append((columns, np.array(numbers)))

    @property
    def groups(self) -> list[Group]:
        """The groups, in the order of their entries."""
        return list({id(entry.group): entry.group for entry in self.entries}.values())

    def gains(self, Q: Array, residual: Array) -> Array:
        """Return by how much each entry would lower the sum of squares, shape (entries,).

        Args:
            Q: orthonormal columns of the present model, (n, p).
            residual: of the present model, (n,).
        """
        result = np.zeros(len(self.entries))
        for columns, numbers in self._blocks:
            result[numbers] = gains_of_columns(columns, Q, residual)
        return result


def entries(groups: Iterable[Group]) -> list[Entry]:
    """Return all grid points of all groups."""
    return [Entry(group, theta) for group in groups for theta in group.grid]


def orthonormal(design: Design, theta: Array, points: Monomials, y: Array) -> tuple[Array, Array]:
    """Return an orthonormal basis of the model's columns (n, p) and the residual of y (n,)."""
    Q = orthonormal_columns(design.columns_at(points, theta))
    residual = y - Q @ (Q.T @ y)
    return Q, residual


def best_of_each(gains: Array, pool: Pool) -> list[tuple[float, Entry]]:
    """Return the best grid point of each group, best group first."""
    best: dict[int, tuple[float, int]] = {}
    for number, (gain, entry) in enumerate(zip(gains.tolist(), pool.entries, strict=True)):
        key = id(entry.group)
        if key not in best or gain > best[key][0]:
            best[key] = (gain, number)
    ranked = sorted(best.values(), key=lambda pair: (-pair[0], pair[1]))
    return [(gain, pool.entries[number]) for gain, number in ranked]


def pursue(
    data: Data,
    screen: tuple[Monomials, Array],
    pool: Pool,
    nuisance: Sequence[Sequence[Shape]],
    starts: Sequence[Model],
    effort: Effort,
    *,
    stop: Callable[[Sequence[Model]], bool],
    deadline: Deadline,
) -> list[Model]:
    """Search for models.

    Args:
        data: what models are fitted to.
        screen: points and target (m,) on which the next term is chosen.
        pool: the library on the points of `screen`.
        nuisance: sets of powers, one of which may accompany the terms.
        starts: models found otherwise, extended too.
        effort: how much is tried.
        stop: asked after each step with the models so far, best first.
        deadline: asked before each fit.

    Returns:
        Models, best first.
    """
    points, target = screen
    constant = Shape((0.0,) * data.points.x.shape[1])
    empty = Design((constant,), ((),), 0)
    bases = [empty, *(extend(empty, shapes, 0) for shapes in nuisance)]
    models_by_shapes: dict[tuple[Shape, ...], Model] = {}

    lowest = min((m.criterion for m in starts), default=np.inf)

    def keep(design: Design, theta: Array) -> None:
        nonlocal lowest
        if deadline.is_over and models_by_shapes:
            return
        bar = lowest + _MAX_ABOVE_BEST
        model = refine(design, theta, data, effort.steps, bar=bar)
        if model is None:
            return
        model = sparsify(model, data, effort.steps, bar=bar) if model.design.size or len(design.shapes) > 1 else model
        if not model.is_sound(data):
            return
        key = model.design.shapes
        lowest = min(lowest, model.criterion)
        if key not in models_by_shapes or model.criterion < models_by_shapes[key].criterion:
            models_by_shapes[key] = model

    def ranked() -> list[Model]:
        return sorted(models_by_shapes.values(), key=lambda m: (m.criterion, sum(s.size for s in m.design.shapes)))

    def keep_best(starting_points: Sequence[tuple[Design, Array]], most: int) -> None:
        """Take a few steps from every starting point, and all steps from the best of them."""
        short = [refine(design, theta, data, _FIRST_STEPS) for design, theta in starting_points if not deadline.is_over]
        usable = sorted((m for m in short if m is not None), key=lambda m: m.criterion)
        for model in usable[:most]:
            keep(model.design, model.theta)

    def keep_extended(base: Design, theta: Array) -> None:
        """Add the groups that lower the sum of squares most, one at a time."""
        Q, residual = orthonormal(base, theta, points, target)
        begin: list[tuple[Design, Array]] = []
        for _, entry in best_of_each(pool.gains(Q, residual), pool)[: _STARTS_A_FIT * effort.branch]:
            design = extend(base, entry.group.shapes, len(entry.theta))
            begin.append((design, np.concatenate([theta, entry.theta])))
        keep_best(begin, effort.branch)

    for model in starts:
        models_by_shapes[model.design.shapes] = model
    nothing = np.zeros(0)
    for base in bases:
        keep(base, nothing)
        Q, residual = orthonormal(base, nothing, points, target)
        for _, entry in best_of_each(pool.gains(Q, residual), pool):
            keep(extend(base, entry.group.shapes, len(entry.theta)), entry.theta)
    if stop(ranked()):
        return ranked()
    paired = _first(pool.groups, effort.pair_entries)
    for base in bases:
        Q, residual = orthonormal(base, nothing, points, target)
        begin: list[tuple[Design, Array]] = []
        for a, theta_a, b, theta_b in best_pairs(paired, points, Q, residual, _STARTS_A_FIT * effort.pairs):
            design = extend(base, paired[a].shapes, len(theta_a))
            begin.append((extend(design, paired[b].shapes, len(theta_b)), np.concatenate([theta_a, theta_b])))
        keep_best(begin, effort.pairs)
        if stop(ranked()):
            return ranked()
    tried: set[tuple[Shape, ...]] = set()
    swapped: set[tuple[Shape, ...]] = set()
    before = ranked()[0].criterion
    for _ in range(effort.depth - 1):
        fresh = [m for m in ranked() if m.design.shapes not in tried and _n_powers(m) <= _MAX_POWERS][: effort.beam]
        for model in fresh:
            tried.add(model.design.shapes)
            keep_extended(model.design, model.theta)
        models = ranked()
        if stop(models):
            return models
        if models[0].criterion >= before and models[0].smoothness(data) < _MIN_CORRELATION:
            break
        before = models[0].criterion
    for _ in range(effort.swaps):
        for model in [m for m in ranked() if m.design.shapes not in swapped][:_MAX_SWAPPED]:
            swapped.add(model.design.shapes)
            for design, theta in _reduced(model):
                keep_extended(design, theta)
            if stop(ranked()):
                return ranked()
    return ranked()


def _reduced(model: Model) -> list[tuple[Design, Array]]:
    """Return what is left of a model without one of its groups of terms, and without all of its powers."""
    design = model.design
    groups = sorted({places for places in design.index if places})
    sets = [[j for j, places in enumerate(design.index) if places == group] for group in groups]
    powers = [j for j, shape in enumerate(design.shapes) if not shape.factors and not shape.is_constant]
    reduced_models: list[tuple[Design, Array]] = []
    for columns in [powers, *sets] if powers else sets:
        reduced, theta = design, model.theta
        for column in sorted(columns, reverse=True):
            reduced, theta = without(reduced, theta, column)
        if reduced.shapes:
            reduced_models.append((reduced, theta))
    return reduced_models


def _first(library: Sequence[Group], most: int) -> list[Group]:
    """Return groups of at most two columns, from the front, with at most that many grid points in all."""
    first: list[Group] = []
    for group in library:
        if len(group.shapes) <= 2:
            most -= len(group.grid)
            if most < 0:
                break
            first.append(group)
    return first


def _n_powers(model: Model) -> int:
    return sum(not shape.factors for shape in model.design.shapes)
