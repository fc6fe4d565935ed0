"""Formulas with free constants inside a function: y = c * power law * u(k*m + s)**p, and T(y) = P + Q * u(k*m).

The linear constants and the exponents are eliminated, k runs over a grid that is scaled by the data, and the best are
refined (variable projection, Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973). So constants of nature may have any size.
All functions of one kind are compared in a few products of matrices: sums of squares of columns are linear in the
products of what stands in front.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work
from srbench_portfolio.constants.crossings import crossings
from srbench_portfolio.constants.inner_pairs import OneOfTwo, pairs, rise_between
from srbench_portfolio.constants.inner_shapes import Inner, Shape, Sight, formulas_of
from srbench_portfolio.constants.inner_units import UNITS, Unit, arguments, few_arguments
from srbench_portfolio.constants.inner_views import View, logarithms, product_view, sum_views
from srbench_portfolio.constants.insides import Inside, constant, monomials, sums_of_two
from srbench_portfolio.constants.outer_constants import outer_formulas
from srbench_portfolio.part import Proposal

__all__ = ["InnerConstants"]

Array = NDArray[np.float64]

#: A function, all that may be inside, the shift, and the grid of the constant.
_Wanted = tuple[Unit, list[Inside], float, Callable[[Unit, Array], Array]]

#: Points at which shapes are compared.
_POINTS: Final = 64
#: Monomials inside a unit, of them with a shift, and in a sum; sums of two.
_INSIDE: Final = 240
_INSIDE_SHIFTED: Final = 60
_INSIDE_OF_TERMS: Final = 80
_SUMS: Final = 160
_SUMS_OF_TERMS: Final = 40
#: Monomials in front of a unit in a sum; variables that are in front all at once at most.
_IN_FRONT: Final = 16
_MOST_TOGETHER: Final = 4
_MOST_SQUARED: Final = 3
#: The same in longer sums: inside, of them sums, in front, and without a function.
_INSIDE_OF_RICH: Final = 32
_SUMS_OF_RICH: Final = 6
_RICH_FRONTS: Final = 40
#: What an exponent costs in front of a function.
_COST_IN_FRONT: Final = {1.0: 1.0, 2.0: 2.05, -1.0: 1.7, -2.0: 2.9}
_RICH_BASE: Final = 24
#: In front of a function in the sum that is a transform of y.
_IN_FRONT_OF_OTHERS: Final = 12
#: Monomials in an exponent.
_IN_EXPONENTS: Final = 9
#: Monomials and sums inside pairs of units, and columns in all.
_INSIDE_OF_PAIRS: Final = 60
_SUMS_OF_PAIRS: Final = 12
_COLUMNS: Final = 5_000
#: Pairs that are refined: of one variable more look alike.
_KEPT: Final = (800, 400)
#: Shapes of a view that are refined.
_REFINED: Final = 240
#: Shapes with many columns in front that are refined.
_OF_TOGETHER: Final = 40
#: Shapes that differ only in the shift that are refined.
_ALIKE: Final = 2
#: Shapes of one unit and front that are kept.
_OF_EACH: Final = 16
#: To what share of the least value on the grid a parabola through it may fall.
_MOST_FALL: Final = 0.02
#: Added to the diagonal, as a share of the columns' sums of squares.
_RIDGE: Final = 1e-11
#: Of the square of the size of two columns, what their determinant must be at least.
_LEAST_OF_TWO: Final = 1e-12
#: Nanoseconds, for `count_work`: of a block of shapes, of a value, and of a product in a comparison.
_CALL: Final = 100_000.0
_VALUE: Final = 14.0
_PRODUCT: Final = 0.12
_ENTRY: Final = 4.0


@dataclass(frozen=True, slots=True)
class InnerConstants:
    """Formulas with free inner constants.

    Attributes:
        seed: chooses the points of the comparison.
    """

    seed: int

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the best of products, then of sums."""
        search = _Search(problem, budget, self.seed)
        for formula in search.formulas():
            yield Proposal(formula, ("inner constant",))


class _Search:
    """One search."""

    def __init__(self, problem: Problem, deadline: Deadline, seed: int) -> None:
        self.problem, self.deadline = problem, deadline
        n = len(problem.y)
        self.rows = np.sort(np.random.default_rng(seed).permutation(n)[:_POINTS])
        self.one = constant(problem)
        self.monomials = monomials(problem, _INSIDE)
        self.simple = [m for m in self.monomials if m.exponents == (-1.0,) or max(m.exponents) > 0.0]
        self.simple.sort(key=lambda m: len({abs(e) for e in m.exponents}))  # powers of products and quotients first
        self.sums = sums_of_two(problem, self.monomials, _SUMS)
        self.crossings = crossings(problem, self.monomials)
        variables = [Expression.variable(name) for name in problem.names]
        self.variables = tuple(Inside(v, problem.x[:, j]) for j, v in enumerate(variables))

    def formulas(self) -> Iterator[Expression]:
        """Yield the best of every view, the likeliest view first."""
        problem = self.problem
        small = (self.one, *self.variables)
        plain, *others = sum_views(problem, small)
        product = product_view(problem)
        if product:
            crossing = [Shape(1.0, (inner,)) for inner in self.crossings]
            yield from self._written(product, crossing)
            yield from self._best(product, self._factors(), [()])
        rich_base = tuple(self._rich_base())
        quadratic = (self.one, *self._in_exponents())
        products = [logarithms(problem), (*logarithms(problem), *quadratic[1:])]
        yield from outer_formulas(problem, self.rows, products, [small, quadratic, rich_base], self.deadline)
        yield from self._best(plain, self._terms(), self._fronts())
        if product:
            yield from self._pairs(product, self._pairs_of_factors())
        rich, *_ = sum_views(problem, rich_base)
        yield from self._best(rich, self._few_terms(), self._rich_fronts())
        if product:
            yield from self._best(product_view(problem, tuple(self._in_exponents())) or product, self._factors(), [()])
            yield from self._best(product, self._shifted_factors(), [()])
        yield from self._pairs(plain, self._pairs_of_terms())
        for view in others:
            yield from self._best(view, self._few_terms(), self._fronts()[:_IN_FRONT_OF_OTHERS])

    def _factors(self) -> Iterator[_Wanted]:
        inside = [*self.monomials, *self.sums]
        return ((unit, _suited(unit, inside), 0.0, arguments) for unit in UNITS if unit.as_factor)

    def _shifted_factors(self) -> Iterator[_Wanted]:
        inside = self.monomials[:_INSIDE_SHIFTED]
        return ((unit, inside, shift, few_arguments) for unit in UNITS if unit.as_factor for shift in unit.shifts)

    def _terms(self) -> Iterator[_Wanted]:
        inside = [*self.monomials[:_INSIDE_OF_TERMS], *self.sums[:_SUMS_OF_TERMS]]
        return ((unit, inside, 0.0, few_arguments) for unit in UNITS if unit.as_term)

    def _fronts(self) -> list[tuple[Inside, ...]]:
        fronts: list[tuple[Inside, ...]] = [(m,) for m in (self.one, *self.monomials[:_IN_FRONT])]
        if len(self.variables) <= _MOST_TOGETHER:
            fronts.insert(1, (self.one, *self.variables))
        return fronts

    def _few_terms(self) -> Iterator[_Wanted]:
        inside = [*self.simple[:_INSIDE_OF_RICH], *self.sums[:_SUMS_OF_RICH]]
        return ((unit, inside, 0.0, few_arguments) for unit in UNITS if unit.as_term)

    def _rich_fronts(self) -> list[tuple[Inside, ...]]:
        """Return monomials with whole exponents, products first."""
        whole = [m for m in self.monomials if all(e in _COST_IN_FRONT for e in m.exponents)]
        whole.sort(key=lambda m: sum(_COST_IN_FRONT[e] for e in m.exponents))
        fronts: list[tuple[Inside, ...]] = [(m,) for m in (self.one, *whole[:_RICH_FRONTS])]
        if len(self.variables) <= 2 * _MOST_TOGETHER:
            fronts.insert(0, (self.one, *self.variables))
        if len(self.variables) <= _MOST_SQUARED:
            fronts.insert(0, (self.one, *self._in_exponents()))
        return fronts

    def _rich_base(self) -> list[Inside]:
        """Return what may stand beside a function and its front in a longer sum."""
        simple = [
            m
            for m in self.monomials
            if m.exponents in ((1.0,), (2.0,), (1.0, 1.0), (-1.0,), (0.5,), (1.0, -1.0), (-1.0, 1.0), (3.0,))
        ]
        return [self.one, *simple[:_RICH_BASE]]

    def _pairs_of_terms(self) -> Iterator[OneOfTwo]:
        inside = [*self.simple[:_INSIDE_OF_RICH], *self.sums[:_SUMS_OF_PAIRS]]
        for size in range(1, len(inside)):  # the simplest of both first
            for i in range(size + 1):
                j = size - i
                if i < len(self.variables) + 1 and j < len(inside):
                    front = (self.one, *self.variables)[i]
                    yield from (OneOfTwo(unit, inside[j], front) for unit in UNITS if unit.as_one_of_two)

    def _in_exponents(self) -> list[Inside]:
        """Return what may stand beside a function, in the exponent of an exponential."""
        return [m for m in self.monomials if all(e in (1.0, 2.0) for e in m.exponents) and sum(m.exponents) <= 2.0][
            :_IN_EXPONENTS
        ]

    def _pairs_of_factors(self) -> Iterator[OneOfTwo]:
        for inner in self.crossings:
            k, given = inner.theta[0], sum(inner.theta[1:])
            yield OneOfTwo(inner.unit, inner.inside, shift=given, k=k)
        for unit in UNITS:
            if unit.is_exponential:
                yield from (OneOfTwo(unit, inside) for inside in self.monomials)
        for rank, inside in enumerate([*self.simple[:_INSIDE_OF_PAIRS], *self.sums[:_SUMS_OF_PAIRS]]):
            for unit in UNITS:
                if inside.exponents == (-1.0,) and not unit.of_inverses:
                    continue
                if unit.as_factor and not unit.is_exponential and unit.suits(inside.exponents):
                    yield OneOfTwo(unit, inside)
                    if unit.periodic and rank < len(self.variables):
                        for shift in unit.shifts[1::2]:
                            yield OneOfTwo(unit, inside, shift=shift)

    def _pairs(self, view: View, wanted: Iterator[OneOfTwo]) -> Iterator[Expression]:
        if self.deadline.is_over:
            return
        shapes = pairs(Sight(view, self.rows), wanted, _COLUMNS, _KEPT[len(self.variables) > 1], self.deadline)
        yield from self._written(view, shapes)

    def _best(self, view: View, wanted: Iterable[_Wanted], fronts: list[tuple[Inside, ...]]) -> Iterator[Expression]:
        """Compare, refine and write."""
        if self.deadline.is_over:
            return
        of_front: Counter[tuple[Inside, ...]] = Counter()
        alike: Counter[tuple[Unit, Inside, tuple[Inside, ...]]] = Counter()
        shapes = []
        most = max(_REFINED // len(fronts), _OF_EACH)
        for shape in sorted(self._compared(view, wanted, fronts), key=lambda shape: shape.left):
            (inner,) = shape.inners
            alike[inner.unit, inner.inside, inner.fronts] += 1
            if alike[inner.unit, inner.inside, inner.fronts] > _ALIKE:
                continue
            of_front[inner.fronts] += 1
            if of_front[inner.fronts] <= (most if len(inner.fronts) <= 1 else _OF_TOGETHER):
                shapes.append(shape)
        yield from self._written(view, shapes)

    def _written(self, view: View, shapes: list[Shape]) -> Iterator[Expression]:
        for formula in formulas_of(self.problem, view, self.rows, shapes, self.deadline):
            if self.deadline.is_over:
                return
            yield formula

    # --- comparing ----------------------------------------------------------------------------------------------------

    def _compared(self, view: View, wanted: Iterable[_Wanted], fronts: list[tuple[Inside, ...]]) -> list[Shape]:
        """Return the best constant of the grid for each unit and what is inside, with the best of the fronts."""
        rows = self.rows
        against = [_Against(view, rows, front) for front in fronts]
        size = against[0].left
        if not size > 0:
            return []
        found: list[Shape] = []
        for unit, inside, shift, grid in wanted:
            if self.deadline.is_over:
                break
            m = np.array([each.values[rows] for each in inside])
            if unit.is_exponential and view.is_product:
                ks, columns = np.ones((len(m), 1)), m.copy()
            else:
                ks = grid(unit, m)
                columns = unit.values(ks[:, :, None] * m[:, None, :] + shift).reshape(-1, len(rows))
                if view.is_product:
                    columns = np.log(np.abs(columns))
            count_work(_CALL + _VALUE * columns.size)
            bad = ~(np.abs(columns).max(axis=1) < 1e30)
            columns[bad] = 0.0
            squares = columns * columns
            turned = np.sin(ks[:, :, None] * m[:, None, :]).reshape(columns.shape) if unit.has_phase else None
            for front, each in zip(fronts, against, strict=True):
                phases = np.full(ks.shape, shift)
                if turned is None or view.is_product or len(front) > 1:
                    lefts = each.lefts(columns, squares)
                else:
                    lefts, phases = each.turned_lefts(columns, turned)
                lefts[bad] = np.inf
                lefts, phases = lefts.reshape(ks.shape), phases.reshape(ks.shape)
                least, k = _between(lefts, ks)
                phase = phases[np.arange(len(m)), lefts.argmin(axis=1)]
                for i in np.argsort(least, kind="stable")[:_OF_EACH].tolist():
                    left = float(least[i]) / size
                    if left < 1.0:
                        theta = (float(k[i]), *([float(phase[i])] if phase[i] else []))
                        found.append(Shape(left, (Inner(unit, inside[i], theta, front),)))
        return found


def _suited(unit: Unit, inside: list[Inside]) -> list[Inside]:
    return [each for each in inside if unit.suits(each.exponents)]


class _Against:
    """The target without the base and without the fronts themselves, against which columns are compared.

    Attributes:
        left: what is left of the target, a sum of squares.
    """

    def __init__(self, view: View, rows: NDArray[np.intp], front: tuple[Inside, ...]) -> None:
        sight = Sight(view, rows, front)
        self.left, rest, Q, w = sight.size, sight.goal, sight.base, sight.weights
        F = np.array([f.values[rows] * w for f in front]) if front else w[None, :]
        self.f, self.p = len(F), Q.shape[1]
        self.on_target = (F * rest).T  # (n, f)
        self.on_base = (F[:, None, :] * Q.T[None, :, :]).reshape(-1, len(rows)).T  # (n, f p)
        i, j = np.triu_indices(self.f)
        self.i, self.j = i, j
        self.on_self = (F[i] * F[j]).T

    def lefts(self, columns: Array, squares: Array) -> Array:
        """Return what is left of the target beside each column times all fronts, shape (D,)."""
        D, n = columns.shape
        f, p = self.f, self.p
        count_work(D * (n * _PRODUCT * (f + f * p + len(self.i)) + _ENTRY * (f * p * f + 8)))
        moments = columns @ self.on_target  # (D, f)
        shadows = (columns @ self.on_base).reshape(D, f, p)
        upper = squares @ self.on_self
        if f == 1:
            before = upper[:, 0]
            norms = before - np.einsum("dp,dp->d", shadows[:, 0], shadows[:, 0])
            gain = moments[:, 0] ** 2 / np.where(norms > 1e-10 * before, norms, np.inf)
            return np.maximum(self.left - gain, 0.0)
        gram = np.empty((D, f, f))
        gram[:, self.i, self.j] = upper
        gram[:, self.j, self.i] = upper
        before = np.einsum("dff->df", gram).max(axis=1)
        gram -= shadows @ shadows.transpose(0, 2, 1)
        gram[:, np.arange(f), np.arange(f)] += (_RIDGE * before + 1e-300)[:, None]
        solved = np.linalg.solve(gram, moments[:, :, None])[:, :, 0]
        return np.asarray(np.maximum(self.left - np.einsum("df,df->d", solved, moments), 0.0))

    def turned_lefts(self, cosines: Array, sines: Array) -> tuple[Array, Array]:
        """Return what is left beside a cosine with any phase, times the front, and the phase, both (D,)."""
        D, n = cosines.shape
        count_work(D * (n * _PRODUCT * (2 * self.p + 5) + _ENTRY * (2 * self.p + 30)))
        a, b = (cosines @ self.on_target)[:, 0], (sines @ self.on_target)[:, 0]
        C, S = cosines @ self.on_base, sines @ self.on_base
        cc = (cosines * cosines @ self.on_self)[:, 0] - np.einsum("dp,dp->d", C, C)
        ss = (sines * sines @ self.on_self)[:, 0] - np.einsum("dp,dp->d", S, S)
        cs = (cosines * sines @ self.on_self)[:, 0] - np.einsum("dp,dp->d", C, S)
        determinant = cc * ss - cs * cs
        useful = determinant > _LEAST_OF_TWO * np.square(self.on_self.sum())
        determinant = np.where(useful, determinant, np.inf)
        of_cosine, of_sine = (a * ss - b * cs) / determinant, (b * cc - a * cs) / determinant
        return np.maximum(self.left - a * of_cosine - b * of_sine, 0.0), np.arctan2(-of_sine, of_cosine)


def _between(lefts: Array, ks: Array) -> tuple[Array, Array]:
    """Return the least value of each row and where it is, both (M,), by a parabola through it and its neighbours.

    Args:
        lefts: values, (M, K); infinite where they are not defined.
        ks: where, (M, K); neighbours in a row are neighbours on the grid where they have one sign.
    """
    row = np.arange(len(lefts))
    at = lefts.argmin(axis=1)
    below, above = np.maximum(at - 1, 0), np.minimum(at + 1, lefts.shape[1] - 1)
    least, k = lefts[row, at], ks[row, at]
    fall, by = rise_between(-least, -lefts[row, below], -lefts[row, above], k, ks[row, below], ks[row, above])
    return np.maximum(least - fall, _MOST_FALL * least), k * by
