"""Formulas with free constants inside a function: y = c * power law * u(k*m + s)**p, and T(y) = P + Q * u(k*m).

The linear constants and the exponents are eliminated, k runs over a grid that is scaled by the data, and the best are
refined (variable projection, Golub & Pereyra, SIAM J. Numer. Anal. 10, 1973). So constants of nature may have any size.
All functions of one kind are compared in a few products of matrices: sums of squares of columns are linear in the
products of what stands in front.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work
from srbench_portfolio.inner_refinement import Candidates, Refined, refined
from srbench_portfolio.inner_units import UNITS, Unit, arguments
from srbench_portfolio.inner_views import View, product_view, sum_views
from srbench_portfolio.insides import Inside, constant, monomials, sums_of_two
from srbench_portfolio.part import Proposal

__all__ = ["InnerConstants"]

Array = NDArray[np.float64]

#: Points at which shapes are compared.
_POINTS: Final = 64
#: Monomials inside a unit, of them with a shift, and in a sum; sums of two.
_INSIDE: Final = 240
_INSIDE_SHIFTED: Final = 60
_INSIDE_OF_TERMS: Final = 80
_SUMS: Final = 160
_SUMS_OF_TERMS: Final = 40
#: Monomials in front of a unit in a sum; variables that are in front all at once at most.
_IN_FRONT: Final = 24
_MOST_TOGETHER: Final = 4
#: Shapes of a view that are refined, and of each kind of these written.
_REFINED: Final = 120
_WRITTEN: Final = 3
#: Shapes of one unit and front that are kept.
_OF_EACH: Final = 12
#: To what share of the least value on the grid a parabola through it may fall.
_MOST_FALL: Final = 0.02
#: A shape that leaves no more than this share of the sum of squares is right.
_RIGHT: Final = 1e-16
#: Added to the diagonal, as a share of the columns' sums of squares.
_RIDGE: Final = 1e-11
#: Nanoseconds, for `count_work`: of a block of shapes, of a value, and of a product in a comparison.
_CALL: Final = 100_000.0
_VALUE: Final = 14.0
_PRODUCT: Final = 0.12
_ENTRY: Final = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class _Shape:
    """A unit of what is inside, times columns in front, with its constants."""

    left: float
    unit: Unit
    inside: Inside
    fronts: tuple[Inside, ...]
    theta: tuple[float, ...]


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
        self.pairs = sums_of_two(problem, self.monomials, _SUMS)
        variables = [Expression.variable(name) for name in problem.names]
        self.variables = tuple(Inside(v, problem.x[:, j]) for j, v in enumerate(variables))

    def formulas(self) -> Iterator[Expression]:
        """Yield the best of every view, the likeliest view first."""
        inside = [*self.monomials, *self.pairs]
        if view := product_view(self.problem):
            yield from self._best(view, ((u, inside, 0.0) for u in UNITS if u.as_factor), [()])
            shifted = ((u, inside[:_INSIDE_SHIFTED], s) for u in UNITS if u.as_factor for s in u.shifts)
            yield from self._best(view, shifted, [()])
        fronts: list[tuple[Inside, ...]] = [(m,) for m in (self.one, *self.monomials[:_IN_FRONT])]
        if len(self.variables) <= _MOST_TOGETHER:
            fronts.insert(1, (self.one, *self.variables))
        inside = [*self.monomials[:_INSIDE_OF_TERMS], *self.pairs[:_SUMS_OF_TERMS]]
        for view in sum_views(self.problem, (self.one, *self.variables)):
            yield from self._best(view, ((u, inside, 0.0) for u in UNITS if u.as_term), fronts)

    def _best(
        self, view: View, wanted: Iterable[tuple[Unit, list[Inside], float]], fronts: list[tuple[Inside, ...]]
    ) -> Iterator[Expression]:
        """Compare, refine and write."""
        if self.deadline.is_over:
            return
        of_front: Counter[tuple[Inside, ...]] = Counter()
        groups: defaultdict[tuple[int, int], list[_Shape]] = defaultdict(list)
        most = max(_REFINED // len(fronts), _OF_EACH)
        for shape in sorted(self._compared(view, wanted, fronts), key=lambda shape: shape.left):
            of_front[shape.fronts] += 1
            if of_front[shape.fronts] <= most:
                groups[len(shape.fronts), len(shape.theta)].append(shape)
        found: list[tuple[float, Expression]] = []
        for group in groups.values():
            for each in self._refined(view, group)[:_WRITTEN]:
                written = view.formula(self.problem, _columns(view, group[each.place], each))
                if written is not None:
                    found.append(written)
        found.sort(key=lambda f: f[0])
        for left, formula in found[:_WRITTEN]:
            if self.deadline.is_over:
                return
            yield formula
            if left < _RIGHT:
                return

    # --- comparing ----------------------------------------------------------------------------------------------------

    def _compared(
        self, view: View, wanted: Iterable[tuple[Unit, list[Inside], float]], fronts: list[tuple[Inside, ...]]
    ) -> list[_Shape]:
        """Return the best constant of the grid for each unit and what is inside, with the best of the fronts."""
        rows = self.rows
        w = view.weights[rows]
        against = [_Against(view, front, rows, w) for front in fronts]
        size = against[0].left
        if not size > 0:
            return []
        found: list[_Shape] = []
        for unit, inside, shift in wanted:
            if self.deadline.is_over:
                break
            m = np.array([each.values[rows] for each in inside])
            if unit.is_exponential and view.is_product:
                ks, columns = np.ones((len(m), 1)), m.copy()
            else:
                ks = arguments(unit, m)
                columns = unit.values(ks[:, :, None] * m[:, None, :] + shift).reshape(-1, len(rows))
                if view.is_product:
                    columns = np.log(np.abs(columns))
            count_work(_CALL + _VALUE * columns.size)
            bad = ~(np.abs(columns).max(axis=1) < 1e30)
            columns[bad] = 0.0
            squares = columns * columns
            for front, each in zip(fronts, against, strict=True):
                lefts = each.lefts(columns, squares)
                lefts[bad] = np.inf
                lefts = lefts.reshape(ks.shape)
                least, k = _between(lefts, ks)
                for i in np.argsort(least, kind="stable")[:_OF_EACH].tolist():
                    left = float(least[i]) / size
                    if left < 1.0:
                        theta = (float(k[i]), *([shift] if shift else []))
                        found.append(_Shape(left, unit, inside[i], front, theta))
        return found

    def _refined(self, view: View, shapes: list[_Shape]) -> list[Refined]:
        """Refine shapes that have as many fronts and constants; best first."""
        rows = self.rows
        w = view.weights[rows]
        ones = np.ones(len(rows))
        parts = np.array([[[s.inside.values[rows], ones][: len(s.theta)]] for s in shapes])
        fronts = np.array([[[f.values[rows] for f in s.fronts] or [ones]] for s in shapes])
        alone = fronts[:, 0] if shapes[0].fronts else fronts[:, 0, :0]
        theta = np.array([[s.theta] for s in shapes])
        candidates = Candidates([(s.unit,) for s in shapes], parts, fronts, alone, theta, view.is_product)
        Q, goal = _projected(view, rows, w, ())
        return refined(candidates, w, Q, goal)


class _Against:
    """The target without the base and without the fronts themselves, against which columns are compared.

    Attributes:
        left: what is left of the target, a sum of squares.
    """

    def __init__(self, view: View, front: tuple[Inside, ...], rows: NDArray[np.intp], w: Array) -> None:
        Q, rest = _projected(view, rows, w, front)
        self.left = float(rest @ rest)
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


def _between(lefts: Array, ks: Array) -> tuple[Array, Array]:
    """Return the least value of each row and where it is, both (M,), by a parabola through it and its neighbours.

    Args:
        lefts: values, (M, K); infinite where they are not defined.
        ks: where, (M, K); neighbours in a row are neighbours on the grid where they have one sign.
    """
    row = np.arange(len(lefts))
    at = lefts.argmin(axis=1)
    least, k = lefts[row, at], ks[row, at]
    below, above = np.maximum(at - 1, 0), np.minimum(at + 1, lefts.shape[1] - 1)
    f, h = lefts[row, below], lefts[row, above]
    a, b = ks[row, below], ks[row, above]
    inside = (a * b > 0) & (a * k > 0) & ((k - a) * (b - k) > 0) & np.isfinite(f) & np.isfinite(h)
    s, t = np.log(np.where(inside, a / k, 0.5)), np.log(np.where(inside, b / k, 2.0))
    # least + p x + q x**2 = f at s, h at t
    f, h = np.where(inside, f - least, 1.0), np.where(inside, h - least, 1.0)
    q = (f / s - h / t) / (s - t)
    p = f / s - q * s
    inside &= q > 0
    x = np.where(inside, -p / np.where(inside, 2 * q, 1.0), 0.0)
    fall = np.where(inside, p * p / np.where(inside, 4 * q, 1.0), 0.0)
    return np.maximum(least - fall, _MOST_FALL * least), k * np.exp(x)


def _projected(view: View, rows: NDArray[np.intp], w: Array, front: tuple[Inside, ...]) -> tuple[Array, Array]:
    """Return orthonormal columns of the base and the fronts, (n, p), and the target without them, (n,)."""
    design = np.column_stack([c.values[rows] * w for c in (*view.base, *front)])
    lengths = np.linalg.norm(design, axis=0)
    Q, R = np.linalg.qr(design / np.where(lengths > 0, lengths, 1.0))
    Q = Q[:, np.abs(np.diag(R)) > 1e-9]
    goal = view.values[rows] * w
    goal = goal - Q @ (Q.T @ goal)
    return Q, goal - Q @ (Q.T @ goal)


def _columns(view: View, shape: _Shape, found: Refined) -> list[Inside]:
    """Return the columns of a refined shape, at all points."""
    theta = found.theta[0]
    argument = float(theta[0]) * shape.inside.formula
    t = float(theta[0]) * shape.inside.values
    if len(theta) > 1:
        argument, t = argument + float(theta[1]), t + float(theta[1])
    if view.is_product and shape.unit.is_exponential:
        return [Inside(shape.inside.formula, shape.inside.values)]
    values, unit = shape.unit.values(t), shape.unit.write(argument)
    if view.is_product:
        return [Inside(Expression.call("log", -unit if (values < 0).all() else unit), np.log(np.abs(values)))]
    known = {c.formula for c in view.base}
    alone = [f for f in shape.fronts if f.formula not in known]
    return [
        *alone,
        *(Inside(unit if f.formula.is_constant else f.formula * unit, f.values * values) for f in shape.fronts),
    ]
