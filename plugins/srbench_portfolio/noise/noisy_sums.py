"""`NoisySums`: T(y) as a sum of few terms, each a monomial of many variables, maybe times a function of one of them.

Of some two hundred columns all sums of three are compared, through their Gram matrix, and beside the best ones a fourth
is looked for: smooth columns are so alike that no sum grown term by term leads to the best. Nodes are priced, since
millions of sums fit errors by chance. Points weigh by the slope of y: errors of T(y) count as those of y do.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, monomial, sum_by_sign
from srbench_portfolio.closed_forms.lattice import Lattice, monomial_values
from srbench_portfolio.noise.smooth_sums import TRANSFORMS, SmoothTransform
from srbench_portfolio.part import Proposal

__all__ = ["NoisySums"]

Array = NDArray[np.float64]

#: Transforms that are looked at: y, 1/y, y squared, ln y.
_TRANSFORMS: Final = TRANSFORMS[:4]
#: Monomials, functions of one variable times monomials, and monomials that each is multiplied by at least.
_MONOMIALS: Final = 130
_WITH_FUNCTION: Final = 130
_MULTIPLIED: Final = 4
#: Functions of one variable, and its largest size and least range where they are looked at.
_FUNCTIONS: Final = ("sin", "cos")
_WIDEST: Final = 10.0
_NARROWEST: Final = 0.5
#: Single terms that others are looked for beside, sums of three that a fourth one is, and sums of every size proposed.
_FIRST: Final = 24
_LENGTHENED: Final = 10
_PROPOSED: Final = 4
#: Nodes that a power takes in a term, by size of the exponent, and a function; what a node costs, as for measured data.
_NODES: Final = {1.0: 2.0, 0.5: 3.0}
_NODES_OF_POWER: Final = 4.0
_NODES_OF_FUNCTION: Final = 3.0
_NODE_PRICE: Final = 2 * math.log(8.0)
#: Columns with less of their square outside of a sum are not told from it.
_MIN_OUTSIDE: Final = 1e-4
#: What a sum leaves of the square of the target at least: no more is told apart.
_LEAST_LEFT: Final = 1e-12
#: Nanoseconds, for `count_work`: of a sum that others are looked for beside, by value of a column, and by triple.
_SUM: Final = 60_000.0
_VALUE: Final = 0.5
_TRIPLE: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """Exponents of a monomial, and the function that it is multiplied by, of the variable of that place."""

    exponents: Array
    function: tuple[str, int] | None

    @property
    def nodes(self) -> float:
        """Nodes that it takes, about."""
        taken = sum(_NODES.get(abs(e), _NODES_OF_POWER) for e in self.exponents.tolist() if e)
        return taken + (_NODES_OF_FUNCTION if self.function is not None else 0.0)


@dataclass(frozen=True, slots=True)
class NoisySums:
    """Sums of few terms in the noisy points themselves."""

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield the best sums of every size, those of y first."""
        sizes = np.median(np.abs(problem.x), axis=0)
        units = np.where(sizes > 0, sizes, 1.0)
        columns, values = _columns(problem.x, units)
        scale = np.ones(len(problem.y)) if problem.scale is None else problem.scale
        for transform in _TRANSFORMS:
            if budget.is_over:
                return
            with np.errstate(all="ignore"):
                target = transform.forward(problem.y)
                weights = np.abs(transform.slope(problem.y)) * scale
            if np.isfinite(target).all() and np.isfinite(weights).all() and weights.any():
                yield from _sums(problem, transform, columns, values, target, weights, units)


def _columns(x: Array, units: Array) -> tuple[list[_Column], Array]:
    """Return columns and their values, shape (k, n), with variables in their typical sizes."""
    exponents = Lattice.of(x).shortest(_MONOMIALS)
    with np.errstate(all="ignore"):
        plain = monomial_values(x / units, exponents)
        columns = [_Column(e, None) for e in exponents]
        values = [plain]
        few = max(_WITH_FUNCTION // (len(_FUNCTIONS) * x.shape[1]), _MULTIPLIED)
        for j, function in itertools.product(range(x.shape[1]), _FUNCTIONS):
            if np.abs(x[:, j]).max() > _WIDEST or np.ptp(x[:, j]) < _NARROWEST:
                continue
            others = np.flatnonzero(exponents[:, j] == 0)[:few]
            columns += [_Column(exponents[k], (function, j)) for k in others.tolist()]
            values.append(plain[others] * getattr(np, function)(x[:, j]))
    stacked = np.concatenate(values)
    good = np.flatnonzero(np.isfinite(stacked).all(axis=1) & stacked.any(axis=1))
    return [columns[k] for k in good.tolist()], stacked[good]


def _sums(
    problem: Problem, transform: SmoothTransform, columns: list[_Column], values: Array, target: Array, weights: Array,
    units: Array,
) -> Iterator[Proposal]:  # fmt: skip
    """Yield the best sums that a transform of y may be."""
    A = values * weights
    lengths = np.sqrt(np.einsum("ij,ij->i", A, A))
    A = A / np.where(lengths > 0, lengths, 1.0)[:, None]
    t = target * weights
    prices = np.array([_NODE_PRICE * column.nodes for column in columns])
    for places in _Sums(A, t, prices).best():
        chosen = list(places)
        coefficients = np.linalg.lstsq(A[chosen].T, t, rcond=None)[0] / lengths[chosen]
        written = finite_formula(_written, problem, transform, [columns[k] for k in chosen], coefficients, units)
        if written is not None:
            yield Proposal(written, ("noisy sum",))


@dataclass(slots=True, eq=False)
class _Sums:
    """Sums of columns: their places, and the description length of each, constants aside.

    Attributes:
        A: columns, shape (k, n), of length one.
        t: target, shape (n,).
        prices: of the columns, shape (k,).
    """

    A: Array
    t: Array
    prices: Array

    def best(self) -> list[tuple[int, ...]]:
        """Return the best sums, the smallest ones first: all of up to three terms are compared."""
        triples = self._triples()
        fours: dict[tuple[int, ...], float] = {}
        for places in triples[:_LENGTHENED]:
            self._lengthen(fours, places, _PROPOSED)
        single: dict[tuple[int, ...], float] = {}
        self._lengthen(single, (), _FIRST)
        pairs: dict[tuple[int, ...], float] = {}
        for places in list(single):
            self._lengthen(pairs, places, _PROPOSED)
        found = [sorted(each, key=lambda places: each[places])[:_PROPOSED] for each in (single, pairs)]
        return [*found[0], *found[1], *triples[:_PROPOSED], *sorted(fours, key=lambda k: fours[k])[:_PROPOSED]]

    def _triples(self) -> list[tuple[int, ...]]:
        """Return the best sums of three terms, the best first."""
        A, t, prices = self.A, self.t, self.prices
        k, n = A.shape
        count_work(_TRIPLE * k**3 / 6)
        G, c, total = A @ A.T, A @ t, float(t @ t)
        found: list[tuple[float, tuple[int, ...]]] = []
        for i in range(k - 2):
            later = slice(i + 1, k)
            outside = 1.0 - G[i, later] ** 2
            length = np.sqrt(np.where(outside > _MIN_OUTSIDE, outside, np.inf))
            beside = (G[later, later] - np.outer(G[i, later], G[i, later])) / np.outer(length, length)
            b = (c[later] - G[i, later] * c[i]) / length
            sine = 1.0 - beside * beside
            gain = (b[:, None] ** 2 + b[None, :] ** 2 - 2 * np.outer(b, b) * beside) / np.where(
                sine > _MIN_OUTSIDE, sine, np.inf
            )
            left = np.maximum(total - c[i] ** 2 - gain, _LEAST_LEFT * total)
            lengths = n * np.log(left) + prices[later][:, None] + prices[later][None, :] + prices[i]
            lengths[np.tri(len(b), dtype=bool)] = np.inf
            for place in np.argpartition(lengths, 2, axis=None)[:3].tolist():
                j, m = divmod(place, len(b))
                found.append((float(lengths[j, m]), (i, i + 1 + j, i + 1 + m)))
        return [places for _, places in sorted(found)]

    def _lengthen(self, found: dict[tuple[int, ...], float], places: tuple[int, ...], number: int) -> None:
        """Add the best sums with one term more than that of some places."""
        A, t, chosen = self.A, self.t, list(places)
        count_work(_SUM + _VALUE * A.size * (1 + len(places)))
        Q, _ = np.linalg.qr(A[chosen].T)
        rest = t - Q @ (Q.T @ t)
        inside = A @ np.column_stack([Q, rest])
        outside = 1.0 - np.einsum("ij,ij->i", inside[:, :-1], inside[:, :-1])
        gains = np.where(outside > _MIN_OUTSIDE, inside[:, -1] ** 2 / np.maximum(outside, _MIN_OUTSIDE), 0.0)
        left = np.maximum(float(rest @ rest) - gains, _LEAST_LEFT * float(t @ t))
        lengths = len(t) * np.log(left) + self.prices + float(self.prices[chosen].sum())
        number = min(number, len(gains))
        for k in np.argpartition(lengths, number - 1)[:number].tolist():
            found[tuple(sorted((*places, k)))] = float(lengths[k])


def _written(
    problem: Problem, transform: SmoothTransform, columns: list[_Column], coefficients: Array, units: Array
) -> Expression:
    """Return the formula of y."""
    terms: list[tuple[float, Expression | None]] = []
    for column, coefficient in zip(columns, coefficients.tolist(), strict=True):
        exponents = column.exponents
        term = monomial(problem.names, exponents.tolist()) if exponents.any() else None
        if column.function is not None:
            name, j = column.function
            factor = Expression.call(name, Expression.variable(problem.names[j]))
            term = factor if term is None else term * factor
        terms.append((coefficient / float(np.prod(units**exponents)), term))
    return transform.write(sum_by_sign(terms))
