"""Formulas with one free constant inside a unit: y = c * power law * u(k*m)**p, and T(y) = c0 + c1 * m0 * u(k*m).

The linear constants and the exponents are eliminated, k runs over a grid that is scaled by the data, and the best are
refined in k alone (variable projection, Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973). So constants of nature may
have any size.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, power_product
from srbench_portfolio.inner_units import UNITS, Unit, arguments
from srbench_portfolio.part import Proposal

__all__ = ["InnerConstants"]

Array = NDArray[np.float64]

#: Points at which shapes are compared.
_POINTS: Final = 64
#: Monomials inside a unit, and in front of it in a sum.
_INSIDE: Final = 240
_IN_FRONT: Final = 24
_INSIDE_OF_TERMS: Final = 80
#: Sums of two variables, alone and times a monomial.
_SUMS: Final = 160
_SUMS_OF_TERMS: Final = 40
_BESIDE_SUMS: Final = 8
#: Exponents that variables of a monomial may have, with what each costs.
_EXPONENTS: Final = {1.0: 1.0, -1.0: 1.2, 2.0: 2.2, 0.5: 2.6, -2.0: 2.8, -0.5: 3.2, 3.0: 4.0}
_MOST_VARIABLES: Final = 4
#: Shapes that are refined, and of these written.
_REFINED: Final = 40
_WRITTEN: Final = 8
#: Steps of the refinement of k; each narrows it to 0.62.
_STEPS: Final = 34
_GOLDEN: Final = (5**0.5 - 1) / 2
#: Exponents this near to a multiple of 1/2 or 1/3 are meant as that.
_NEAR: Final = 0.02
#: Nanoseconds, for `count_work`: by shape and point.
_VALUE: Final = 25.0
_CALL: Final = 40_000.0


@dataclass(frozen=True, slots=True, eq=False)
class _Inside:
    """What may stand inside a unit, or in front of one: a monomial, or one of a sum of two variables.

    Attributes:
        formula: of the variables.
        values: at all points, shape (n,).
    """

    formula: Expression
    values: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Target:
    """A transform of y with the columns that are fitted beside the unit's.

    Attributes:
        name: for reports.
        values: at all points, (n,).
        base: columns, (n, p).
        weights: by which a residual is one of y, (n,).
        write: y from the unit's formula; takes the monomial in front, the unit's formula, and the fitted coefficients:
            those of the base, then the unit's.
    """

    name: str
    values: Array
    base: Array
    weights: Array
    write: Callable[[Expression | None, Expression, Array], Expression]


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """A unit of a monomial, times a monomial in front, with its constant."""

    score: float
    unit: Unit
    inside: _Inside
    front: _Inside | None
    k: float


@dataclass(frozen=True, slots=True)
class InnerConstants:
    """Formulas with one free inner constant.

    Attributes:
        seed: chooses the points of the comparison.
    """

    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the best of products, then of sums."""
        search = _Search(problem, budget, self.seed)
        for formula in itertools.chain(search.products(), search.sums()):
            yield Proposal(formula, ("inner constant",))


class _Search:
    """One search."""

    def __init__(self, problem: Problem, deadline: Deadline, seed: int) -> None:
        self.problem, self.deadline = problem, deadline
        n = len(problem.y)
        self.rows = np.sort(np.random.default_rng(seed).permutation(n)[:_POINTS])
        self.variables = [Expression.variable(name) for name in problem.names]
        self.monomials = [
            _Inside(self._monomial(e), _values(problem.x, e)) for e in itertools.islice(_monomials(problem.x), _INSIDE)
        ]
        self.pairs = list(itertools.islice(_sums(problem, self.monomials), _SUMS))

    def products(self) -> Iterator[Expression]:
        """Yield formulas c * power law * u(k*m)**p."""
        problem = self.problem
        y = problem.y
        if (y == 0).any():
            return
        positive = [j for j in range(problem.x.shape[1]) if (problem.x[:, j] != 0).all()]
        base = np.column_stack([np.ones(len(y)), *(np.log(np.abs(problem.x[:, j])) for j in positive)])
        sign = 1.0 if y[0] > 0 else -1.0

        def write(front: Expression | None, unit: Expression, coefficients: Array) -> Expression:
            del front
            powers = [(self.variables[j], _near(c)) for j, c in zip(positive, coefficients[1:-1].tolist(), strict=True)]
            powers = [(v, p) for v, p in powers if p]
            factor = Expression.constant(sign * float(np.exp(coefficients[0])))
            return factor * power_product([*powers, (unit, _near(float(coefficients[-1])))])

        target = _Target("ln y", np.log(np.abs(y)), base, np.abs(y), write)
        shapes = self._screened(
            target, ((u, m, [None]) for u in UNITS if u.as_factor for m in (*self.monomials, *self.pairs)), logged=True
        )
        yield from self._refined_best(target, shapes, logged=True)

    def sums(self) -> Iterator[Expression]:
        """Yield formulas T(y) = c0 + c1 * m0 * u(k*m)."""
        fronts: list[_Inside | None] = [None, *self.monomials[:_IN_FRONT]]
        inside = [*self.monomials[:_INSIDE_OF_TERMS], *self.pairs[:_SUMS_OF_TERMS]]
        for target in self._targets():
            if self.deadline.is_over:
                return
            shapes = self._screened(target, ((u, m, fronts) for u in UNITS if u.as_term for m in inside), logged=False)
            yield from self._refined_best(target, shapes, logged=False)

    def _targets(self) -> Iterator[_Target]:
        y = self.problem.y
        ones = np.ones((len(y), 1))

        def plain(
            inverse: Callable[[Expression], Expression],
        ) -> Callable[[Expression | None, Expression, Array], Expression]:
            def write(front: Expression | None, unit: Expression, coefficients: Array) -> Expression:
                term = float(coefficients[1]) * (unit if front is None else front * unit)
                return inverse(float(coefficients[0]) + term)

            return write

        yield _Target("y", y, ones, np.ones_like(y), plain(lambda e: e))
        if (y != 0).all():
            yield _Target("1/y", 1 / y, ones, y**2, plain(lambda e: 1.0 / e))
        if (y > 0).all():
            yield _Target("y^2", y**2, ones, 1 / y, plain(lambda e: Expression.call("sqrt", e)))

    # --- comparing ----------------------------------------------------------------------------------------------------

    def _screened(
        self, target: _Target, wanted: Iterator[tuple[Unit, _Inside, list[_Inside | None]]], *, logged: bool
    ) -> list[_Shape]:
        """Return the shapes that leave least of the target, each with the best constant of the grid."""
        rows = self.rows
        w = target.weights[rows] / np.linalg.norm(target.weights[rows])
        Q, _ = np.linalg.qr(target.base[rows] * w[:, None])
        t = target.values[rows] * w
        t = t - Q @ (Q.T @ t)
        size = float(t @ t)
        if size == 0.0:
            return []
        best: list[tuple[float, int, _Shape]] = []
        number = itertools.count()
        for unit, inside, fronts in wanted:
            if self.deadline.is_over:
                break
            m = inside.values[rows]
            ks = arguments(unit, m)
            columns = unit.values(ks[:, None] * m[None, :])  # (K, m)
            if logged:
                columns = np.log(np.abs(columns))
            good = np.isfinite(columns).all(axis=1)
            if not good.any():
                continue
            columns, ks = columns[good] * w, ks[good]
            scales = np.stack([np.ones(len(m)) if f is None else f.values[rows] for f in fronts])
            count_work(_CALL + _VALUE * columns.size * (1 + len(fronts)) / 2)
            columns = (scales[:, None, :] * columns[None, :, :]).reshape(-1, len(m))  # (F * K, m)
            before = np.einsum("ij,ij->i", columns, columns)
            columns = columns - (columns @ Q) @ Q.T
            norms = np.einsum("ij,ij->i", columns, columns)
            gains = ((columns @ t) ** 2 / np.where(norms > 1e-18 * before, norms, np.inf)).reshape(len(fronts), -1)
            places = gains.argmax(axis=1)
            for f, place in enumerate(places.tolist()):
                left = max(1.0 - float(gains[f, place]) / size, 0.0)
                entry = (-left, -next(number), _Shape(left, unit, inside, fronts[f], float(ks[place])))
                if len(best) < _REFINED:
                    heapq.heappush(best, entry)
                elif entry > best[0]:
                    heapq.heapreplace(best, entry)
        return [shape for _, _, shape in sorted(best, reverse=True)]

    def _refined_best(self, target: _Target, shapes: list[_Shape], *, logged: bool) -> Iterator[Expression]:
        """Refine the constants at all points and yield the best."""
        refined = [
            each for each in (self._refined(target, shape, logged=logged) for shape in shapes) if each is not None
        ]
        refined.sort(key=lambda each: each[0])
        for _, shape, coefficients in refined[:_WRITTEN]:
            if self.deadline.is_over:
                return
            formula = finite_formula(self._written, target, shape, coefficients)
            if formula is not None:
                yield formula

    def _written(self, target: _Target, shape: _Shape, coefficients: Array) -> Expression:
        unit = shape.unit.write(shape.k * shape.inside.formula)
        front = None if shape.front is None else shape.front.formula
        return target.write(front, unit, coefficients)

    def _monomial(self, exponents: tuple[float, ...]) -> Expression:
        return power_product([(v, e) for v, e in zip(self.variables, exponents, strict=True) if e])

    def _refined(self, target: _Target, shape: _Shape, *, logged: bool) -> tuple[float, _Shape, Array] | None:
        """Return what is left at all points at the best k near the grid's, the shape with it, and coefficients."""
        if self.deadline.is_over:
            return None
        m = shape.inside.values
        front = 1.0 if shape.front is None else shape.front.values
        w = target.weights / np.linalg.norm(target.weights)
        base = target.base * w[:, None]
        goal = target.values * w
        Q, _ = np.linalg.qr(base)
        rest = goal - Q @ (Q.T @ goal)

        def column(k: float) -> Array:
            values = shape.unit.values(k * m)
            return np.asarray((np.log(np.abs(values)) if logged else values * front) * w)

        def left(k: float) -> float:
            count_work(_CALL + 2 * _VALUE * len(m))
            c = column(k)
            if not np.isfinite(c).all():
                return np.inf
            c = c - Q @ (Q.T @ c)
            norm = float(np.linalg.norm(c))
            if norm == 0.0:
                return np.inf
            c = c / norm
            r = rest - c * float(c @ rest)
            return float(r @ r)

        step = 1.4 if not shape.unit.periodic else 1.0 + 0.45 / max(abs(shape.k) * float(np.median(np.abs(m))), 1.3)
        k = _minimised(left, shape.k / step, shape.k * step)
        c = column(k)
        if not np.isfinite(c).all():
            return None
        design = np.column_stack([base, c])
        coefficients, *_ = np.linalg.lstsq(design / (scale := np.linalg.norm(design, axis=0)), goal, rcond=None)
        return left(k), _Shape(shape.score, shape.unit, shape.inside, shape.front, k), coefficients / scale


def _minimised(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function of one bracketed number is least, by golden sections (Kiefer, 1953)."""
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
    return a if at_a <= at_b else b


def _near(value: float) -> float:
    """Return a multiple of 1/2 or 1/3 that is near, else the value."""
    for q in (1, 2, 3):
        if abs(value * q - round(value * q)) < _NEAR:
            return round(value * q) / q
    return value


def _values(x: Array, exponents: tuple[float, ...]) -> Array:
    """Return a monomial's values, shape (n,)."""
    result = np.ones(len(x))
    for j, e in enumerate(exponents):
        if e:
            result = result * x[:, j] ** e
    return result


def _is_positive(column: Array) -> NDArray[np.bool_]:
    return np.asarray(column > 0)


def _is_nonzero(column: Array) -> NDArray[np.bool_]:
    return np.asarray(column != 0)


def _monomials(x: Array) -> Iterator[tuple[float, ...]]:
    """Yield exponents of monomials, cheap ones first, such that every value is finite."""
    d = x.shape[1]
    positive, nonzero = (
        [bool(condition(x[:, j]).all()) for j in range(d)] for condition in (_is_positive, _is_nonzero)
    )
    choices = [
        [(e, c) for e, c in _EXPONENTS.items() if (e > 0 or nonzero[j]) and (e == int(e) or positive[j])]
        for j in range(d)
    ]
    found: list[tuple[float, tuple[float, ...]]] = []
    for size in range(1, min(d, _MOST_VARIABLES) + 1):
        for places in itertools.combinations(range(d), size):
            some = [choices[p] if size < 3 else choices[p][:4] for p in places]
            for each in itertools.product(*some):
                exponents = [0.0] * d
                for p, (e, _) in zip(places, each, strict=True):
                    exponents[p] = e
                found.append((sum(c for _, c in each) + 0.4 * (size - 1), tuple(exponents)))
            if len(found) > 60_000:
                break
    found.sort(key=lambda f: f[0])
    for _, exponents_ in found:
        yield exponents_


def _sums(problem: Problem, monomials: list[_Inside]) -> Iterator[_Inside]:
    """Yield sums and differences of two variables and of their squares, alone and times a monomial of the others."""
    found: list[tuple[int, int, _Inside]] = []
    pairs = list(itertools.combinations(range(len(problem.names)), 2))
    for (i, j), power, sign in itertools.product(pairs, (1, 2), (-1.0, 1.0)):
        one, other = (
            Expression.variable(problem.names[k]) ** power if power > 1 else Expression.variable(problem.names[k])
            for k in (i, j)
        )
        total = one - other if sign < 0 else one + other
        values = problem.x[:, i] ** power + sign * problem.x[:, j] ** power
        found.append((power, len(found), _Inside(total, values)))
        beside = [m for m in monomials if not {problem.names[i], problem.names[j]} & set(m.formula.variables)]
        for rank, m in enumerate(beside[:_BESIDE_SUMS]):
            found.append((power + 1 + rank, len(found), _Inside(total * m.formula, values * m.values)))
    found.sort(key=lambda f: f[:2])
    for _, _, inside in found:
        yield inside
