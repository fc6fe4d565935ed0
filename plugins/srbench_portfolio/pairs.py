"""`Pairs`: T(y) * h = a * f + b * g + c.m for all pairs of f and g out of a table, with a, b and c free.

Outside the span of the monomials m, the target is looked for in the plane of f and g: with unit vectors, the square of
what the plane leaves follows from three scalar products, so that one matrix product compares all pairs. In logarithms
the same finds y = power law * f**p * g**q, or with exp(a * f) in place of a power.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, sum_by_sign
from srbench_portfolio.coefficients import explained
from srbench_portfolio.joins import logarithms_of, monomials_of, most_columns, power_law, values_of
from srbench_portfolio.part import Proposal
from srbench_portfolio.tables import Table
from srbench_portfolio.target_functions import OF_SUM, Function

__all__ = ["Pairs"]

Array = NDArray[np.float64]
Singles = NDArray[np.float32]
Places = NDArray[np.int64]
Parts = list[tuple[float, Expression | None]]

#: Points beyond the columns of the base at which pairs are compared.
_FREE: Final = 11
#: What a pair may leave of the target, as a share of its square: single precision shows no less.
_MAX_LEFT: Final = 4e-6
#: Two terms whose planes are this thin are one; as 1 - cos^2.
_THIN: Final = 1e-3
#: What is left of a term outside the base, as a share of its size.
_LEAST_SHARE: Final = 1e-4
#: Pairs that are looked at on all points, of one target.
_CHECKED: Final = 30
#: First and second terms that are compared in one block.
_BLOCK: Final = (128, 1024)
#: Terms and second terms beside a factor h, and how many of these.
_BESIDE: Final = (200, 2_500)
_FACTORS: Final = 80
#: Nanoseconds, for `count_work`: by pair, and of a target.
_PAIR: Final = 3.5
_TARGET: Final = 400_000.0


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sums and products of two.

    Attributes:
        name: for reports.
        first, second: how many of the table are f, and g.
        wide: whether functions of variables may stand beside them.
        seed: chooses the points at which they are compared.
    """

    name: str
    first: int
    second: int
    wide: bool
    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the pairs that hold on all points, of cheap terms first."""
        if problem.is_measured or problem.noise.is_given or not problem.names:
            return
        rows = np.random.default_rng(self.seed).permutation(len(problem.y))
        rows = np.sort(rows[: most_columns(problem, wide=self.wide) + _FREE])
        table = Table.grown(problem.names, problem.x[rows], self.second)
        for formula in _Comparison(problem, rows, table, self.first, self.wide, budget).formulas():
            yield Proposal(formula, (self.name,))


@dataclass(frozen=True, slots=True, eq=False)
class _Space:
    """Where pairs are compared.

    Attributes:
        base: columns that may stand beside them, shape (n, k), with their formulas, None for 1.
        units: directions of terms outside the base, shape (N, m), and their places.
        outside: projects the m points.
        write: the term at a place.
    """

    base: Array
    formulas: list[Expression | None]
    units: Singles
    places: Places
    outside: Array
    write: Callable[[int], Expression]


@dataclass(frozen=True, slots=True, eq=False)
class _Comparison:
    """All pairs of one table, for every target."""

    problem: Problem
    rows: Places
    table: Table
    first: int
    wide: bool
    budget: Deadline

    def formulas(self) -> Iterator[Expression]:
        """Yield sums of two, sums over a factor, products of two."""
        problem, table = self.problem, self.table
        y = problem.y
        plain = self._space(*monomials_of(problem, wide=self.wide), table.values, table.write)
        targets = [(function, function.values(y)) for function in OF_SUM]
        if plain is not None:
            for function, t in targets:
                yield from self._found(plain, t, self.first, len(table), _sum_of(function, None))
        logs = np.concatenate([np.log(np.abs(table.values)), table.values])
        logged = self._space(*logarithms_of(problem, wide=self.wide), logs, self._logarithm)
        if logged is not None:
            yield from self._found(logged, np.log(np.abs(y)), self.first, len(logs), power_law)
        if plain is not None:
            for place in range(min(_FACTORS, len(table))):
                h = table.write(place)
                for function, t in targets:
                    goal = t * h(problem.columns)
                    yield from self._found(plain, goal, *_BESIDE, _sum_of(function, h))

    def _logarithm(self, place: int) -> Expression:
        size = len(self.table)
        return self.table.write(place - size) if place >= size else Expression.call("log", self.table.write(place))

    def _space(
        self, base: Array, formulas: list[Expression | None], values: Array, write: Callable[[int], Expression]
    ) -> _Space | None:
        if base.shape[1] + _FREE > len(self.rows):
            return None
        some = base[self.rows]
        Q, _ = np.linalg.qr(some / np.linalg.norm(some, axis=0))
        outside = np.eye(len(some)) - Q @ Q.T
        units, places = _unit_rows(values, outside)
        return _Space(base, formulas, units, places, outside, write)

    def _found(
        self, space: _Space, goal: Array, first: int, second: int, write: Callable[[Parts, bool], Expression]
    ) -> Iterator[Expression]:
        """Yield the formulas of pairs that hold on all points."""
        if self.budget.is_over:
            return
        target, seen = _unit_rows(goal[self.rows][None, :], space.outside)
        found: list[tuple[int, ...]] = [()]  # the base alone
        if len(seen):
            found = list(self._near(space.units, target[0], first, second)[:_CHECKED])
        for pair in found:
            terms = [space.write(int(space.places[k])) for k in pair]
            columns = np.column_stack([*(values_of(term, self.problem.columns) for term in terms), space.base])
            coefficients = explained(goal, columns)
            if coefficients is None:
                continue
            parts = [(c, e) for c, e in zip(coefficients.tolist(), [*terms, *space.formulas], strict=True) if c]
            for negative in (False, True):
                formula = finite_formula(write, parts, negative)
                if formula is not None:
                    yield formula

    def _near(self, units: Singles, target: Singles, first: int, second: int) -> list[tuple[int, int]]:
        """Return the pairs that leave next to nothing of the target, of rows that come early first."""
        units = units[:second]
        along = units @ target  # (N,)
        found: list[tuple[int, int]] = []
        first = min(first, len(units))
        count_work(_TARGET)
        for start in range(0, first, _BLOCK[0]):
            if self.budget.is_over:
                break
            f = units[start : min(start + _BLOCK[0], first)]
            for other in range(start, len(units), _BLOCK[1]):
                g = units[other : other + _BLOCK[1]]
                count_work(_PAIR * len(f) * len(g))
                cosine = f @ g.T
                of_f, of_g = along[start : start + len(f), None], along[None, other : other + len(g)]
                rest = of_g - of_f * cosine
                sine = 1 - cosine * cosine
                good = (1 - of_f * of_f - _MAX_LEFT) * sine < rest * rest
                good &= sine > _THIN
                if good.any():
                    found += [(start + i, other + j) for i, j in np.argwhere(good).tolist() if start + i < other + j]
        return sorted(found, key=sum)


def _sum_of(function: Function, factor: Expression | None) -> Callable[[Parts, bool], Expression]:
    def write(parts: Parts, negative: bool) -> Expression:
        total = sum_by_sign(parts)
        return function.invert(total if factor is None else total / factor, negative)

    return write


def _unit_rows(values: Array, outside: Array) -> tuple[Singles, Places]:
    """Return the directions of rows outside a base, in single precision, with the rows' places."""
    rows = values @ outside
    norms, sizes = np.linalg.norm(rows, axis=1), np.linalg.norm(values, axis=1)
    places = np.flatnonzero(norms > _LEAST_SHARE * sizes)
    return (rows[places] / norms[places, None]).astype(np.float32), places
