"""`UnitSums`: T(y) as a sum of few monomials, some of them times one function of a monomial or of a sum of two.

That is A(x) + B(x)*u(m) with sums of monomials A and B; for a sine its cosine is there too, so that any phase is. Which
u(m) it may be is seen without A and B: beside many of the shortest monomials, u(m) alone and times each variable leaves
least of the target. With the best few the sums are grown (`growth.py`). Likewise for u(m) times a power of a sum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, monomial, product_of, sum_by_sign
from srbench_portfolio.closed_forms.growth import EXACT, Grid, Growth, Plan, point_weights
from srbench_portfolio.closed_forms.lattice import Lattice, looked_at, monomial_values
from srbench_portfolio.closed_forms.support import exact_support
from srbench_portfolio.closed_forms.transforms import POWERS, UNITS, Transform
from srbench_portfolio.part import Proposal

__all__ = ["UnitSums"]

Array = NDArray[np.float64]

#: Share of the points that the monomials beside a unit may be at most, and how many these are for each variable.
_BESIDE: Final = 0.4
_BESIDE_BY_VARIABLE: Final = 8
#: Monomials inside a unit for each variable, beside sums of two variables.
_INSIDE: Final = 12
#: Units that are tried, and what they may leave at most of what the monomials leave.
_TRIED: Final = 6
_MOST_LEFT_BESIDE: Final = 0.7
#: Units that are tried as factors, and what the monomials may leave of a power of the target over one.
_FACTORS_TRIED: Final = 3
_MOST_LEFT_OF_PRODUCT: Final = 0.03
#: What each term leaves at most, as a share of what the one before left.
_MOST_LEFT: Final = 0.75
#: Share of the largest singular value above which directions of the monomials are shrunk to one length.
_SHARE: Final = 1e-3
#: Largest argument of an exponential.
_MOST_INSIDE: Final = 30.0
#: A target spans decades where its largest tenth is beyond so many times its smallest.
_WIDE_SPAN: Final = 30.0
#: Units that are compared at once, and what is added to the squares of their columns, of length 1 before projection.
_CHUNK: Final = 64
_RIDGE: Final = 1e-10
#: Share of the points that columns leave free at least, for what they leave of a target by chance.
_LEAST_FREE: Final = 0.1
#: Nanoseconds, for `count_work`: of a unit that is compared, and by value of it and column.
_COMPARED: Final = 26_000.0
_PAIR: Final = 0.51


def _power(target: Array) -> float:
    """Return the power of a target's size by which points weigh less: 1 where it spans decades, so that all count."""
    small, large = np.quantile(np.abs(target), (0.1, 0.9))
    return 1.0 if large > _WIDE_SPAN * small else 0.0


def _always(m: Array) -> bool:
    return True


def _positive(m: Array) -> bool:
    return bool((m > 0).all())


def _moderate(m: Array) -> bool:
    return bool(np.abs(m).max() < _MOST_INSIDE)


#: Functions with where they are defined; each is one unit.
_FUNCTIONS: Final[tuple[tuple[tuple[str, ...], Callable[[Array], bool]], ...]] = (
    (("sin", "cos"), _always),
    (("exp",), _moderate),
    (("log",), _positive),
    (("sqrt",), _positive),
    (("tanh",), _always),
    (("atan",), _always),
)
_SUITS: Final = dict(_FUNCTIONS)
#: Functions that all variables may have at once, where there are no more variables than this.
_JOINT: Final = (("log",), ("sin", "cos"), ("exp",))
_MOST_JOINT: Final = 6
#: Powers of the target over a unit.
_POWERS: Final = tuple(transform for transform in POWERS if transform.name != "y")
#: Transforms of the target.
_TRANSFORMS: Final = (*POWERS, *UNITS)


@dataclass(frozen=True, slots=True, eq=False)
class _Unit:
    """Functions of one argument.

    Attributes:
        formulas: one, or the sine and the cosine.
        values: of them, shape (number, n).
    """

    formulas: tuple[Expression, ...]
    values: Array


@dataclass(frozen=True, slots=True)
class UnitSums:
    """Sums of monomials with one unit."""

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the formula of every exact sum."""
        if problem.is_measured:
            return
        search = _Search(problem, budget)
        for formula in itertools.chain(search.sums(), search.products()):
            yield Proposal(formula, ("monomials and a unit",))


class _Search:
    """One search, for all transforms of the target."""

    def __init__(self, problem: Problem, budget: Deadline) -> None:
        self.problem, self.budget = problem, budget
        self.rows, self.sizes = looked_at(problem)
        self.x = problem.x / self.sizes
        self.lattice = Lattice.of(self.x)
        number = min(int(_BESIDE * len(self.rows)), _BESIDE_BY_VARIABLE * self.x.shape[1])
        columns = monomial_values(self.x[self.rows], self.lattice.shortest(number)).T
        self.beside = columns / np.linalg.norm(columns, axis=0)
        self.Q, _ = np.linalg.qr(self.beside)
        self.units = list(self._units())
        self.plans: dict[int, Plan] = {}

    def _plan(self, number: int) -> Plan:
        """Return the monomials with so many units."""
        if number not in self.plans:
            self.plans[number] = Plan.of(self.lattice.with_linear(number))
        return self.plans[number]

    def _units(self) -> Iterator[_Unit]:
        problem = self.problem
        for inside in self._arguments():
            values = inside(problem.columns)
            for names, suits in _FUNCTIONS:
                is_trivial = inside.is_variable or inside.op in ("mul", "div", "pow")
                if not np.isfinite(values).all() or not suits(values) or (names == ("sqrt",) and is_trivial):
                    continue
                formulas = tuple(Expression.call(name, inside) for name in names)
                columns = np.array([formula(problem.columns) for formula in formulas])
                if np.isfinite(columns).all() and np.ptp(columns, axis=1).min() > 0:
                    yield _Unit(formulas, columns)
        yield from self._joint_units()

    def _joint_units(self) -> Iterator[_Unit]:
        """Yield functions of every variable that they suit, together: each may stand beside or times the others."""
        problem = self.problem
        if len(problem.names) > _MOST_JOINT:
            return
        for names in _JOINT:
            insides = [Expression.variable(variable) for variable in problem.names]
            if names == ("log",):  # of a square where a variable takes both signs
                insides = [e if (problem.columns[str(e)] > 0).all() else e**2 for e in insides]
            insides = [e for e in insides if _SUITS[names](e(problem.columns))]
            formulas = [Expression.call(name, e) for e in insides for name in names]
            if len(formulas) > len(names):
                yield _Unit(tuple(formulas), np.array([formula(problem.columns) for formula in formulas]))

    def _arguments(self) -> Iterator[Expression]:
        """Yield monomials, then sums and differences of two variables, of one and 1, and of their squares."""
        problem, names = self.problem, self.problem.names
        for exponents in Lattice.of(problem.x).shortest(_INSIDE * len(names) + 1)[1:]:
            yield monomial(names, exponents.tolist())
        variables = [Expression.variable(name) for name in names]
        for power in (1, 2):
            raised = [variable if power == 1 else variable**power for variable in variables]
            for one, other in itertools.combinations(raised, 2):
                yield one + other
                yield one - other
            for one in raised:
                yield 1.0 + one
                yield 1.0 - one

    def sums(self) -> Iterator[Expression]:
        """Yield exact sums of transforms of the target, with the likeliest units."""
        ranked: list[tuple[float, int, int]] = []
        for number, transform in enumerate(_TRANSFORMS):
            if transform.suits(self.problem.y):
                target = transform.forward(self.problem.y)[self.rows]
                target = target / np.linalg.norm(target)
                ranked += ((round(left, 4), number, place) for place, left in self._left_beside(target))
        different = {(left, number): place for left, number, place in sorted(ranked, reverse=True)}
        for (left, number), place in sorted(different.items())[:_TRIED]:
            if self.budget.is_over or left > _MOST_LEFT_BESIDE:
                return
            unit = self.units[place]
            points = np.column_stack([self.x, unit.values.T])
            grid = Grid(points[self.rows], self._plan(len(unit.formulas)))
            formula = self._grown(grid, points, unit.formulas, _TRANSFORMS[number], self.problem.y)
            if formula is not None:
                yield formula

    def products(self) -> Iterator[Expression]:
        """Yield exact products of a unit and a power of a sum of monomials.

        Which unit it is shows in any power of what it leaves of the target; which power it is does not.
        """
        ranked: list[tuple[float, int, int]] = []
        for place, unit in enumerate(self.units):
            for which, values in enumerate(unit.values):
                if self.budget.is_over:
                    return
                least = min((self._left(target) for _, target in self._powers(values)), default=1.0)
                ranked.append((round(least, 12), place, which))
        grid = None
        for left, place, which in sorted(ranked)[:_FACTORS_TRIED]:
            if left > _MOST_LEFT_OF_PRODUCT:
                return
            grid = grid or Grid(self.x[self.rows], Plan.of(self.lattice))
            unit = self.units[place]
            for transform, _ in self._powers(unit.values[which]):
                if self.budget.is_over:
                    return
                formula = self._grown(grid, self.x, (), transform, self.problem.y / unit.values[which])
                if formula is not None:
                    yield unit.formulas[which] * formula

    def _powers(self, values: Array) -> Iterator[tuple[Transform, Array]]:
        """Yield the powers of the target over some values that have an inverse."""
        quotient = self.problem.y / values
        count_work(_COMPARED * len(_POWERS))
        if np.isfinite(quotient).all():
            for transform in _POWERS:
                if transform.suits(quotient):
                    yield transform, transform.forward(quotient)

    def _left(self, target: Array) -> float:
        """Return what the monomials leave of a target, as a share of it."""
        some = target[self.rows]
        return float(np.linalg.norm(some - self.Q @ (self.Q.T @ some)) / np.linalg.norm(some))

    def _left_beside(self, target: Array) -> Iterator[tuple[int, float]]:
        """Yield places of units with what each, alone and times each variable, leaves of what the monomials leave."""
        weights = point_weights(target, _power(target))
        multiples = np.column_stack([np.ones(len(self.rows)), self.x[self.rows]]).T * weights  # (1 + d, m)
        Q, _ = np.linalg.qr(self.beside * weights[:, None])
        rest = target * weights
        rest = rest - Q @ (Q.T @ rest)
        rest = rest / (np.linalg.norm(rest) or 1.0)
        for number in sorted({len(unit.formulas) for unit in self.units}):
            places = [place for place, unit in enumerate(self.units) if len(unit.formulas) == number]
            for start in range(0, len(places), _CHUNK):
                if self.budget.is_over:
                    return
                chunk = places[start : start + _CHUNK]
                values = np.array([self.units[place].values[:, self.rows] for place in chunk])
                columns = (values[:, :, None, :] * multiples).reshape(len(chunk), -1, len(rest))
                count_work(_COMPARED * len(chunk) + _PAIR * columns.size * (columns.shape[1] + Q.shape[1]))
                columns = columns / np.linalg.norm(columns, axis=2, keepdims=True)
                columns = columns - (columns @ Q) @ Q.T
                products = columns @ columns.transpose(0, 2, 1) + _RIDGE * np.eye(columns.shape[1])
                side = columns @ rest
                gains = np.einsum("ij,ij->i", side, np.linalg.solve(products, side[:, :, None])[:, :, 0])
                by_chance = max(1.0 - columns.shape[1] / (len(rest) - Q.shape[1]), _LEAST_FREE)
                yield from zip(chunk, np.sqrt(np.maximum(1.0 - gains, 0.0) / by_chance).tolist(), strict=True)

    def _grown(
        self, grid: Grid, points: Array, units: tuple[Expression, ...], transform: Transform, y: Array
    ) -> Expression | None:
        """Return the formula of y as the inverse of an exact sum of monomials of the points; None where none is found.

        Args:
            grid: the monomials.
            points: the variables and the units, shape (n, d + number of units).
            units: their formulas.
            transform: T.
            y: shape (n,).
        """
        target = transform.forward(y)
        top = float(np.abs(target).max())
        if not 0 < top < np.inf:
            return None
        target = target / top
        growth = Growth(grid, target[self.rows], _power(target), _SHARE)
        if growth.grow(_MOST_LEFT, self.budget) >= EXACT:
            return None
        exponents = growth.exponents
        found = exact_support(monomial_values(points, exponents).T, target)
        if found is None:
            return None
        kept, coefficients = found
        d, names = len(self.problem.names), self.problem.names

        def write() -> Expression:
            sizes = np.prod(self.sizes ** exponents[kept, :d], axis=1)
            terms: list[tuple[float, Expression | None]] = []
            for c, e in zip(top * coefficients / sizes, exponents[kept], strict=True):
                factors = [monomial(names, e[:d].tolist())] if e[:d].any() else []
                factors += [formula for formula, there in zip(units, e[d:], strict=True) if there]
                terms.append((float(c), product_of(factors) if factors else None))
            return transform.write(sum_by_sign(terms))

        return finite_formula(write)
