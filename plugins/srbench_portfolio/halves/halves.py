"""`Halves`: formulas of two halves that meet in the middle, each out of a table of tens of thousands.

If T(y) * f = a * g + b.m + e * T(y), with monomials m of degree at most two, then what T(y) * f and g have outside the
span of m and T(y) is parallel. So each g is stored by its direction, and each T(y) * f is looked up: N directions and N
look-ups compare N * N formulas, with the constants a, b and e free. The same holds for G(y / f) and G(y - f) with a
function G that has an inverse, and, in logarithms, for y = power law * f**k * g**p, with the power law and p free.
Horowitz & Sahni (J. ACM 21, 1974) have the idea for sums of subsets.

Only noise-free data have such coincidences, and they have no others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, finite_formula, tidy
from srbench_portfolio.halves.coefficients import explained
from srbench_portfolio.halves.directions import Directions
from srbench_portfolio.halves.joins import Join, Terms, inverses, most_columns, powers, quotients, values_of
from srbench_portfolio.halves.tables import Table
from srbench_portfolio.part import Proposal

__all__ = ["Halves"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]

#: Points at which halves are compared, beyond the columns of a base.
_FREE: Final = 8
#: Coincidences that are looked at on all points, of one look-up.
_CHECKED: Final = 24
#: The place of the first half that is 1.
_ONE: Final = -1
#: Largest residual of the formula, as a share of the size of the target.
_MAX_MISFIT: Final = 1e-5


@dataclass(frozen=True, slots=True)
class Halves:
    """Formulas of two halves.

    Attributes:
        name: for reports.
        size: expressions of the table.
        wide: whether functions of variables may stand beside them.
        seed: chooses the points at which halves are compared.
    """

    name: str
    size: int
    wide: bool
    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the coincidences that hold on all points, of cheap halves first."""
        if problem.is_measured or problem.noise.is_given or not problem.names:
            return
        points = most_columns(problem, wide=self.wide) + _FREE
        rows = np.sort(np.random.default_rng(self.seed).permutation(len(problem.y))[:points])
        table = Table.grown(problem.names, problem.x[rows], self.size, budget)
        for formula in _Meeting(problem, rows, table, self.wide, budget).formulas():
            yield Proposal(formula, (self.name,))


@dataclass(frozen=True, slots=True, eq=False)
class _Meeting:
    """One table, looked up in every way.

    Attributes:
        problem: the n points.
        rows: places of the m that halves are compared at.
        table: of N halves.
        wide: whether functions of variables may stand beside them.
        budget: ends the look-ups.
    """

    problem: Problem
    rows: Places
    table: Table
    wide: bool
    budget: Deadline

    def formulas(self) -> Iterator[Expression]:
        """Yield formulas of all joins."""
        directions: Directions | None = None
        base: Array | None = None
        for joins in (quotients, powers, inverses):
            for join in joins(self.problem, wide=self.wide):
                if self.budget.is_over:
                    return
                if join.base.shape[1] + _FREE > len(self.rows):
                    continue
                if directions is None or join.base is not base:
                    directions, base = self._directions(join), join.base
                yield from self._met(join, directions)

    def _directions(self, join: Join) -> Directions:
        values = self.table.values
        if join.logged:
            values = np.concatenate([np.log(np.abs(values)), values])
        return Directions.of(values, join.base[self.rows])

    def _met(self, join: Join, directions: Directions) -> Iterator[Expression]:
        """Yield the formulas of coincidences that hold on all points, cheap ones first."""
        size = len(self.table)
        asked = np.arange(size)
        if join.modulo:
            asked = directions.distinct(size)
        asked = np.append(asked, _ONE)
        values = np.vstack([self.table.values, np.ones(len(self.rows))])
        found, places = directions.matches(join.goal(self.problem.y[self.rows], values[asked]))
        found = asked[found]
        costs = np.append(self.table.costs, 0)
        costs = costs[found] + np.where(places < 0, 0, costs[places % size])
        for k in np.argsort(costs, kind="stable")[:_CHECKED].tolist():
            formula = self._written(join, int(found[k]), int(places[k]))
            if formula is not None:
                yield formula

    def _written(self, join: Join, first: int, second: int) -> Expression | None:
        """Return the formula of two halves; None where it does not hold on all points."""
        problem, size = self.problem, len(self.table)
        f = Expression.constant(1.0) if first == _ONE else self.table.write(first)
        g = None if second < 0 else self.table.write(second % size)
        if g is not None and join.logged and second < size:
            g = Expression.call("log", g)
        values = f(problem.columns) * np.ones(len(problem.y))
        columns, formulas = join.base, list(join.formulas)
        if g is not None:
            columns, formulas = np.column_stack([values_of(g, problem.columns), columns]), [g, *formulas]
        coefficients = explained(join.goal(problem.y, values), columns)
        if coefficients is None:
            return None
        others = [(c, e) for c, e in zip(coefficients.tolist(), formulas, strict=False) if c]
        terms = Terms(others, float(coefficients[-1]) if len(coefficients) > len(formulas) else 0.0)
        for negative in (False, True):
            formula = finite_formula(join.write, f, negative, terms)
            if formula is not None and self._holds(formula):
                return tidy(formula)
        return None

    def _holds(self, formula: Expression) -> bool:
        y = self.problem.y
        return bool(np.linalg.norm(formula(self.problem.columns) - y) < _MAX_MISFIT * np.linalg.norm(y))
