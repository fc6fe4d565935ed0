"""`Growth`: a sum of few monomials that grows until it explains a target, out of far more than could be solved for.

The best of the shortest monomials comes next, and after each one every term is exchanged: for another of these, or for
one whose exponents differ in one or two places (exchanges as in splicing, Zhu et al., PNAS 117, 2020, over a
neighbourhood that moves along). What all monomials have in common is shrunk first (a preconditioner as in Jia & Rohe,
Electron. J. Stat. 9, 2015), so that near ones are told apart: on noise-free data only the truth leaves nothing, however
the points are mixed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.fitting import Deadline, count_work
from srbench_portfolio.closed_forms.lattice import Lattice, monomial_values

__all__ = ["EXACT", "Grid", "Growth", "Plan", "point_weights"]

Array = NDArray[np.float64]

#: What an exact sum leaves, as a share of the target.
EXACT: Final = 1e-10
#: The shortest monomials.
_SHORTEST: Final = 1_500
#: Terms at most, with some that the sum turns out not to need.
_TERMS: Final = 14
#: A sum is given up when k terms, from so many on, leave more than the k-th power of what each may leave.
_FIRST_TERMS: Final = 3
#: Rounds of exchanges after each new term.
_ROUNDS: Final = 4
#: An exchange must lower the sum of squares to this share.
_GAIN: Final = 0.97
#: Columns with less than this share of their square outside of the other terms are not told from them.
_MIN_OUTSIDE: Final = 1e-9
#: Directions of the terms' products below this share of the largest are rounding.
_MIN_SINGULAR: Final = 1e-14
#: Points that weigh more weigh no more than so many times the others.
_MOST_WEIGHT: Final = 1e3
#: Nanoseconds, for `count_work`: of an exchange that is looked for; by value of a neighbour and term, and what mixing
#: costs; by short monomial and term; of a view.
_EXCHANGE: Final = 76_000.0
_NEIGHBOUR: Final = 0.95
_MIXED: Final = 7.6
_SHORT: Final = 3.0
_VIEW: Final = 2_800_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The exponents that a search begins with, and the steps to others.

    Attributes:
        exponents: of the shortest monomials, shape (k, d).
        low, high: least and largest exponents, each of shape (d,).
        steps: of one exponent, and of two, each of shape (k, d).
    """

    exponents: Array
    low: Array
    high: Array
    steps: tuple[Array, Array]

    @classmethod
    def of(cls, lattice: Lattice) -> Plan:
        """Return the plan of a lattice."""
        low, high = lattice.bounds()
        return cls(lattice.shortest(_SHORTEST), low, high, (lattice.steps(), lattice.double_steps()))


class Grid:
    """The monomials of a plan at some points.

    Attributes:
        plan: the exponents.
        shortest: values of the shortest monomials, shape (k, m).
        factors: by which the steps multiply, each of shape (k, m).
    """

    def __init__(self, x: Array, plan: Plan) -> None:
        self.plan = plan
        self.shortest = monomial_values(x, plan.exponents)
        self.factors = tuple(monomial_values(x, steps) for steps in plan.steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """A term of a sum.

    Attributes:
        exponents: shape (d,).
        raw: its values at the rows of the search, weighted, shape (m,).
        column: the same in the view, of length 1.
    """

    exponents: Array
    raw: Array
    column: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Neighbours:
    """Terms whose exponents differ from a term's by one step.

    Attributes:
        exponents: shape (k, d).
        places: of the steps, shape (k,).
        columns: in the view, each of length 1, shape (k, m).
    """

    exponents: Array
    places: NDArray[np.intp]
    columns: Array


class Growth:
    """A sum that grows, in one view of the points.

    Args:
        grid: the monomials.
        values: of the target at the rows, shape (m,).
        power: of the target's size by which points weigh less.
        share: of the largest singular value of the monomials above which directions are shrunk to one length.
    """

    def __init__(self, grid: Grid, values: Array, power: float, share: float) -> None:
        self.grid = grid
        weights = point_weights(values, power)
        self.weights = weights / weights.max()
        plain = _of_length_one(grid.shortest * self.weights)
        count_work(_VIEW + (_SHORT + _MIXED) * plain.size)
        squares, directions = np.linalg.eigh(plain.T @ plain)
        lengths = np.sqrt(np.maximum(squares, 0.0) + share**2 * squares[-1])
        self.mixing = (directions / lengths) @ directions.T
        self.shortest = _of_length_one(plain @ self.mixing)
        target = (values * self.weights) @ self.mixing
        self.target = target / np.linalg.norm(target)
        self.of_target = self.shortest @ self.target
        self.products = np.zeros((len(plain), 0))  # of the shortest monomials with the terms, shape (k, terms)
        self.terms: list[_Term] = []
        self.known: dict[tuple[int, int], _Neighbours] = {}  # of terms, by place and level

    @property
    def exponents(self) -> Array:
        """Exponents of the terms, each once, shape (terms, d)."""
        return np.unique([term.exponents for term in self.terms], axis=0)

    def grow(self, most_left: float, budget: Deadline) -> float:
        """Grow until nothing is left, or it is clear that something will be; return what is.

        Args:
            most_left: what each term leaves at most, as a share of what the one before left.
            budget: cuts off.
        """
        left = 1.0
        while len(self.terms) < _TERMS:
            term = self._next()
            self.products = np.column_stack([self.products, self.shortest @ term.column])
            self.terms.append(term)
            self._exchange()
            left = self._left()
            number = len(self.terms)
            if left < EXACT or budget.is_over or (number >= _FIRST_TERMS and left > most_left**number):
                break
        return left

    def _next(self) -> _Term:
        """Return the one of the shortest that helps most."""
        return self._short_term(int(self._gains_of_shortest(_Beside.of(self.terms, self.target)).argmax()))

    def _neighbour(self, place: int, level: int, at: int) -> _Term:
        neighbours = self._neighbours(place, level)
        raw = self.terms[place].raw * self.grid.factors[level][neighbours.places[at]]
        return _Term(neighbours.exponents[at], raw, neighbours.columns[at])

    def _left(self) -> float:
        A = np.array([term.column for term in self.terms]).T
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
            if self._left() < EXACT:
                return

    def _exchanged(self, place: int, level: int) -> bool:
        """Exchange one term for the best that is found; whether that helped.

        Args:
            place: of the term.
            level: 0 for the shortest monomials and steps of one exponent, 1 for steps of two.
        """
        others = [k for k in range(len(self.terms)) if k != place]
        beside = _Beside.of([self.terms[k] for k in others], self.target)
        count_work(_EXCHANGE)
        left = beside.left - float(beside.gains(self.terms[place].column[None], self.target)[0])
        if left < EXACT**2:
            return False
        neighbours = self._neighbours(place, level)
        gain, at, is_short = 0.0, -1, False
        if len(neighbours.columns):
            count_work(neighbours.columns.size * _NEIGHBOUR * (3 + len(others)))
            gains = beside.gains(neighbours.columns, self.target)
            at = int(gains.argmax())
            gain = float(gains[at])
        if level == 0:
            gains = self._gains_of_shortest(beside, others)
            best = int(gains.argmax())
            if gains[best] > gain:
                gain, at, is_short = float(gains[best]), best, True
        if at < 0 or beside.left - gain >= _GAIN * left:
            return False
        term = self._short_term(at) if is_short else self._neighbour(place, level, at)
        self.terms[place] = term
        self.products[:, place] = self.shortest @ term.column
        self.known.pop((place, 0), None)
        self.known.pop((place, 1), None)
        return True

    def _short_term(self, place: int) -> _Term:
        grid = self.grid
        return _Term(grid.plan.exponents[place], grid.shortest[place] * self.weights, self.shortest[place])

    def _gains_of_shortest(self, beside: _Beside, others: list[int] | None = None) -> Array:
        """Return by how much each of the shortest lowers the square of what is left, shape (k,)."""
        products = self.products if others is None else self.products[:, others]
        count_work(_SHORT * len(products) * (1 + products.shape[1]) ** 2)
        return beside.gains_of(products, self.of_target)

    def _neighbours(self, place: int, level: int) -> _Neighbours:
        """Return a term's neighbours."""
        found = self.known.get((place, level))
        if found is None:
            grid, term = self.grid, self.terms[place]
            exponents = term.exponents + grid.plan.steps[level]
            places = np.flatnonzero(((exponents >= grid.plan.low) & (exponents <= grid.plan.high)).all(axis=1))
            columns = (grid.factors[level][places] * term.raw) @ self.mixing
            count_work(_MIXED * columns.size)
            found = self.known[place, level] = _Neighbours(exponents[places], places, _of_length_one(columns))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Beside:
    """What a column brings beside some terms.

    Attributes:
        columns: of the terms, shape (s, m).
        inverse: of their products, shape (s, s).
        coefficients: of the terms, shape (s,).
        left: square of what they leave of the target, whose length is 1.
    """

    columns: Array
    inverse: Array
    coefficients: Array
    left: float

    @classmethod
    def of(cls, terms: list[_Term], target: Array) -> _Beside:
        """Return it for terms beside which there is no other."""
        if not terms:
            return cls(np.zeros((0, len(target))), np.zeros((0, 0)), np.zeros(0), 1.0)
        columns = np.array([term.column for term in terms])
        inverse = np.linalg.pinv(columns @ columns.T, rcond=_MIN_SINGULAR, hermitian=True)
        coefficients = inverse @ (columns @ target)
        rest = target - coefficients @ columns
        return cls(columns, inverse, coefficients, float(rest @ rest))

    def gains(self, columns: Array, target: Array) -> Array:
        """Return by how much each column, a row of length 1, lowers the square of what is left, shape (k,)."""
        products = columns @ np.column_stack([self.columns.T, target])
        return self.gains_of(products[:, :-1], products[:, -1])

    def gains_of(self, products: Array, of_target: Array) -> Array:
        """Return the same from the products of the columns with the terms, (k, s), and with the target, (k,)."""
        outside = 1.0 - np.einsum("ij,ij->i", products @ self.inverse, products)
        along = of_target - products @ self.coefficients
        return np.where(outside > _MIN_OUTSIDE, along**2 / np.maximum(outside, _MIN_OUTSIDE), 0.0)


def point_weights(values: Array, power: float) -> Array:
    """Return by how much points count, shape (n,): less by a power of the size of their target, within bounds."""
    sizes = np.abs(values)
    return np.asarray(np.maximum(sizes, sizes.max() / _MOST_WEIGHT) ** -power)


def _of_length_one(rows: Array) -> Array:
    return np.asarray(rows / np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None])
