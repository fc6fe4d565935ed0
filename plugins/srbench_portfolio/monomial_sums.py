"""`MonomialSums`: T(y) as a sum of few monomials of many variables, with negative and half powers.

A dictionary of all such monomials would be far too large. So a sum grows by the best of the shortest monomials, and
after each one every term is exchanged: for another of these, or for one whose exponents differ in one or two places
(exchanges as in splicing, Zhu et al., PNAS 117, 2020, over a neighbourhood that moves along). What all monomials have
in common is shrunk first (a preconditioner as in Jia & Rohe, Electron. J. Stat. 9, 2015), so that near ones are told
apart: on noise-free data only the truth leaves nothing, however the points are mixed. A few such views of the points,
whose wrong answers differ, are tried in turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, monomial, sum_by_sign
from srbench_portfolio.lattice import Lattice, monomial_values
from srbench_portfolio.part import Proposal
from srbench_portfolio.support import exact_support
from srbench_portfolio.transforms import POWERS, UNITS, Transform

__all__ = ["MonomialSums"]

Array = NDArray[np.float64]

#: Points at which sums are compared.
_POINTS: Final = 140
#: The shortest monomials.
_SHORTEST: Final = 1_500
#: Terms at most, with some that the sum turns out not to need.
_TERMS: Final = 14
#: A sum is given up when k terms, from so many on, leave more than the k-th power of this: of y, and of its transforms.
_FIRST_TERMS: Final = 3
_MOST_LEFT: Final = 0.8
_MOST_LEFT_OF_TRANSFORM: Final = 0.65
#: Rounds of exchanges after each new term.
_ROUNDS: Final = 4
#: An exchange must lower the sum of squares to this share.
_GAIN: Final = 0.97
#: Columns with less than this share of their square outside of the other terms are not told from them.
_MIN_OUTSIDE: Final = 1e-12
_MIN_OUTSIDE_OF_SHORTEST: Final = 1e-9
#: What an exact sum leaves, as a share of the target.
_EXACT: Final = 1e-10
#: Power of the target's size by which points weigh less, and share of the largest singular value of the monomials
#: above which directions are shrunk to one length.
_VIEWS: Final = ((0.0, 1e-4), (0.0, 1e-2), (0.5, 1e-3))
_MOST_WEIGHT: Final = 1e3
#: Nanoseconds, for `count_work`: of an exchange that is looked for; by value of a neighbour and term, and what mixing
#: costs; by short monomial and term; of a view.
_EXCHANGE: Final = 90_000.0
_NEIGHBOUR: Final = 1.2
_MIXED: Final = 10.0
_SHORT: Final = 4.0
_VIEW: Final = 3_000_000.0


@dataclass(frozen=True, slots=True)
class MonomialSums:
    """Sums of few monomials.

    Attributes:
        transforms: of the target that are looked at.
    """

    transforms: tuple[Transform, ...] = (*POWERS, *UNITS[:2])

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the formula of every exact sum: those of y, of its transforms, and of y in other views."""
        if problem.is_measured:
            return
        search = _Search(problem, budget)
        first, *others = (transform for transform in self.transforms if transform.suits(problem.y))
        turns = [(transform, _VIEWS[0]) for transform in (first, *others)] + [(first, view) for view in _VIEWS[1:]]
        for transform, (power, share) in turns:
            if budget.is_over:
                return
            formula = search.sum_of(transform, power, share)
            if formula is not None:
                yield Proposal(formula, ("monomials",))


class _Search:
    """One search, for all transforms of the target."""

    def __init__(self, problem: Problem, budget: Deadline) -> None:
        self.problem, self.budget = problem, budget
        n = len(problem.y)
        self.rows = np.sort(np.random.default_rng(0).permutation(n)[:_POINTS])
        sizes = np.median(np.abs(problem.x), axis=0)
        self.units = np.where(sizes > 0, sizes, 1.0)
        self.x = problem.x / self.units
        self.lattice = Lattice.of(self.x)
        self.exponents = self.lattice.shortest(_SHORTEST)
        self.steps = (self.lattice.steps(), self.lattice.double_steps())
        x = self.x[self.rows]
        self.shortest = monomial_values(x, self.exponents)
        self.factors = tuple(monomial_values(x, steps) for steps in self.steps)

    def sum_of(self, transform: Transform, power: float, share: float) -> Expression | None:
        """Return the formula of an exact sum; None where none is found."""
        target = transform.forward(self.problem.y)
        top = float(np.abs(target).max())
        if not (0 < top < np.inf):
            return None
        most_left = _MOST_LEFT if transform.name == "y" else _MOST_LEFT_OF_TRANSFORM
        exponents = _Growth(self, target[self.rows] / top, power, share, most_left).grown()
        if exponents is None:
            return None
        return self._written(transform, target, exponents)

    def _written(self, transform: Transform, target: Array, exponents: Array) -> Expression | None:
        columns = monomial_values(self.x, exponents).T
        found = exact_support(columns, target)
        if found is None:
            return None
        kept, coefficients = found

        def write() -> Expression:
            units = np.prod(self.units ** exponents[kept], axis=1)
            names = self.problem.names
            terms = [
                (float(c), monomial(names, e.tolist()) if e.any() else None)
                for c, e in zip(coefficients / units, exponents[kept], strict=True)
            ]
            return transform.write(sum_by_sign(terms))

        return finite_formula(write)


@dataclass(slots=True, eq=False)
class _Growth:
    """A sum that grows, in one view of the points.

    Attributes:
        search: with the monomials.
        values: of the target at the rows of the search, shape (m,).
        power: of the target's size, by which points weigh less.
        share: of the largest singular value of the monomials above which directions are shrunk to one length.
        most_left: what each term leaves at most, as a share of what the one before left.
        terms: exponents of the terms.
        columns: of the terms in the view, each of length 1.
        products: of the shortest monomials with these, shape (k, terms).
    """

    search: _Search
    values: Array
    power: float
    share: float
    most_left: float
    terms: list[Array] = field(default_factory=list, init=False)
    columns: list[Array] = field(default_factory=list, init=False)
    products: Array = field(init=False)
    weights: Array = field(init=False)
    mixing: Array = field(init=False)
    shortest: Array = field(init=False)
    target: Array = field(init=False)
    of_target: Array = field(init=False)

    def __post_init__(self) -> None:
        sizes = np.abs(self.values)
        weights = np.maximum(sizes, sizes.max() / _MOST_WEIGHT) ** -self.power
        self.weights = weights / weights.max()
        shortest = _of_length_one(self.search.shortest * self.weights)
        target = self.values * self.weights
        count_work(_VIEW + _SHORT * shortest.size)
        count_work(_MIXED * shortest.size)
        squares, directions = np.linalg.eigh(shortest.T @ shortest)
        lengths = np.sqrt(np.maximum(squares, 0.0) + self.share**2 * squares[-1])
        self.mixing = (directions / lengths) @ directions.T
        shortest = _of_length_one(shortest @ self.mixing)
        target = target @ self.mixing
        self.shortest = shortest
        self.target = target / np.linalg.norm(target)
        self.of_target = shortest @ self.target
        self.products = np.zeros((len(shortest), 0))

    def grown(self) -> Array | None:
        """Return the exponents of a sum that leaves nothing, shape (terms, d); None where there is none."""
        while len(self.terms) < _TERMS:
            place = int(self._gains_of_shortest(range(len(self.terms))).argmax())
            self.terms.append(self.search.exponents[place])
            self.columns.append(self.shortest[place])
            self.products = np.column_stack([self.products, self.shortest @ self.shortest[place]])
            self._exchange()
            left = self._left()
            if left < _EXACT:
                return np.array(self.terms)
            number = len(self.terms)
            if self.search.budget.is_over or (number >= _FIRST_TERMS and left > self.most_left**number):
                return None
        return None

    def _left(self) -> float:
        A = np.array(self.columns).T
        Q, _ = np.linalg.qr(A)
        rest = self.target - Q @ (Q.T @ self.target)
        return float(np.linalg.norm(rest - Q @ (Q.T @ rest)))

    def _exchange(self) -> None:
        """Exchange terms while that lowers what is left."""
        for _ in range(_ROUNDS):
            for level in (0, 1):
                moved = [self._exchanged(place, level) for place in range(len(self.terms))]
                if any(moved):
                    break
            else:
                return
            if self._left() < _EXACT:
                return

    def _gains_of_shortest(self, others: range | list[int]) -> Array:
        """Return by how much each of the shortest lowers the sum of squares beside some of the terms, shape (k,)."""
        count_work(_SHORT * len(self.shortest) * (1 + len(others)) ** 2)
        if not len(others):
            return np.asarray(self.of_target**2)
        Q, R = np.linalg.qr(np.array([self.columns[k] for k in others]).T)
        inside = self.products[:, list(others)] @ np.linalg.pinv(R)
        outside = 1.0 - np.einsum("ij,ij->i", inside, inside)
        along = self.of_target - inside @ (Q.T @ self.target)
        return np.where(outside > _MIN_OUTSIDE_OF_SHORTEST, along**2 / np.maximum(outside, _MIN_OUTSIDE_OF_SHORTEST), 0)

    def _exchanged(self, place: int, level: int) -> bool:
        """Exchange one term for the best that is found; whether that helped.

        Args:
            place: of the term.
            level: 0 for the shortest monomials and steps of one exponent, 1 for steps of two.
        """
        search = self.search
        others = [k for k in range(len(self.terms)) if k != place]
        Q = (
            np.linalg.qr(np.array([self.columns[k] for k in others]).T)[0]
            if others
            else np.zeros((len(self.target), 0))
        )
        rest = self.target - Q @ (Q.T @ self.target)
        before = float(rest @ rest) - float(_gains(self.columns[place][None], Q, rest)[0])
        exponents, columns = self._neighbours(place, level)
        count_work(_EXCHANGE + columns.size * (_NEIGHBOUR * (4 + len(others)) + _MIXED))
        gain, best = 0.0, None
        if len(columns):
            gains = _gains(columns, Q, rest)
            at = int(gains.argmax())
            gain, best = float(gains[at]), (exponents[at], columns[at])
        if level == 0:
            gains = self._gains_of_shortest(others)
            at = int(gains.argmax())
            if gains[at] > gain:
                gain, best = float(gains[at]), (search.exponents[at], self.shortest[at])
        if best is None or float(rest @ rest) - gain >= _GAIN * before:
            return False
        self.terms[place], self.columns[place] = best
        self.products[:, place] = self.shortest @ best[1]
        return True

    def _neighbours(self, place: int, level: int) -> tuple[Array, Array]:
        """Return the exponents of a term's neighbours with their columns in the view."""
        search = self.search
        low, high = search.lattice.bounds()
        exponents = self.terms[place] + search.steps[level]
        allowed = ((exponents >= low) & (exponents <= high)).all(axis=1)
        of_term = monomial_values(search.x[search.rows], self.terms[place][None])[0] * self.weights
        columns = (search.factors[level][allowed] * of_term) @ self.mixing
        return exponents[allowed], _of_length_one(columns)


def _of_length_one(rows: Array) -> Array:
    return np.asarray(rows / np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None])


def _gains(columns: Array, Q: Array, rest: Array) -> Array:
    """Return by how much each column, a row of length 1, lowers the square of `rest` outside of the span of Q."""
    products = columns @ np.column_stack([Q, rest])
    outside = 1.0 - np.einsum("ij,ij->i", products[:, :-1], products[:, :-1])
    return np.where(outside > _MIN_OUTSIDE, products[:, -1] ** 2 / np.maximum(outside, _MIN_OUTSIDE), 0.0)
