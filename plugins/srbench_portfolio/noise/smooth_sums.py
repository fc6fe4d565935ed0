"""Sums of up to three monomials, of a transform of y over a monomial: T(y/m0) = a*m1 + b*m2 + c.

All pairs are compared through their Gram matrix, so tens of thousands of such sums take a tenth of a second. It is for
values without large errors: those of a model, with weights that say how large the errors were of the points that it was
fitted to. What a sum leaves counts on top of these, so that simple sums are not lost behind those that imitate the
model.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, Problem, count_work, finite_formula, power_product, sum_by_sign
from srbench_portfolio.part import Proposal

__all__ = ["TRANSFORMS", "SmoothSums", "SmoothTransform"]

Array = NDArray[np.float64]

#: Exponents in one variable, and in each of more, with what each costs.
_OF_ONE: Final = {
    0.0: 0.0,
    1.0: 1.0,
    -1.0: 1.2,
    2.0: 1.6,
    -2.0: 1.8,
    0.5: 1.8,
    -0.5: 2.0,
    3.0: 2.4,
    -3.0: 2.6,
    1.5: 3.0,
}
_OF_MORE: Final = {0.0: 0.0, 1.0: 1.0, -1.0: 1.2, 2.0: 1.8, 0.5: 2.2, -2.0: 2.4, -0.5: 2.6}
#: Monomials of a sum, in front of it, and sums of every size that are proposed.
_MONOMIALS: Final = 36
_FRONTS: Final = 10
_PROPOSED: Final = 8
#: Pairs of each target that are looked at.
_KEPT: Final = 8
#: What a unit of cost counts in the criterion, and what a term and a transform cost.
_PRICE: Final = 2.0
_TERM: Final = 2.0
#: Digits by which two sums are told apart.
_DIGITS: Final = 6
#: An error that any data have, as a share of their size.
_LEAST_ERROR: Final = 1e-9
#: Columns whose cosine is nearer to 1 than this are one.
_MIN_SINE: Final = 1e-6
#: Nanoseconds, for `count_work`: of a target, and by pair of columns and by that and point.
_TARGET: Final = 1_300_000.0
_PAIR: Final = 60.0
_VALUE: Final = 0.6


@dataclass(frozen=True, slots=True)
class SmoothTransform:
    """T with its inverse: T's values, the slopes of y by them, the inverse, the formula of y, and what it costs."""

    forward: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    back: Callable[[Array], Array]
    write: Callable[[Expression], Expression]
    cost: float


TRANSFORMS: Final = (
    SmoothTransform(lambda v: v, np.ones_like, lambda t: t, lambda e: e, 0.0),
    SmoothTransform(lambda v: 1 / v, lambda v: v**2, lambda t: 1 / t, lambda e: 1.0 / e, 1.0),
    SmoothTransform(np.square, lambda v: 0.5 / v, np.sqrt, lambda e: Expression.call("sqrt", e), 1.0),
    SmoothTransform(np.log, lambda v: v, np.exp, lambda e: Expression.call("exp", e), 1.5),
    SmoothTransform(
        lambda v: v**-2.0, lambda v: 0.5 * v**3, lambda t: t**-0.5, lambda e: 1.0 / Expression.call("sqrt", e), 1.5
    ),
    SmoothTransform(np.sqrt, lambda v: 2 * np.sqrt(v), np.square, lambda e: e**2, 1.5),
    SmoothTransform(np.exp, lambda v: np.exp(-v), np.log, lambda e: Expression.call("log", e), 2.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class _Sum:
    """A sum with its criterion."""

    criterion: float
    left: float
    transform: SmoothTransform
    front: int
    places: tuple[int, ...]
    coefficients: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SmoothSums:
    """The best sums of every size."""

    def propose(self, problem: Problem, budget: Deadline) -> Iterator[Proposal]:
        """Yield them, the sizes in turn."""
        made = _exponents(problem.x)
        exponents = [e for _, e in made]
        with np.errstate(all="ignore"):
            columns = np.stack([np.prod(problem.x ** np.array(e), axis=1) for e in exponents], axis=1)
            found = list(_sums(problem, columns, np.array([cost for cost, _ in made]), budget))
        found.sort(key=lambda s: s.criterion)
        variables = [Expression.variable(name) for name in problem.names]
        formulas = [_formula(e, variables) for e in exponents]
        distinct = {(len(s.places), f"{s.left:.{_DIGITS}e}"): s for s in found[::-1]}
        found = sorted(distinct.values(), key=lambda s: s.criterion)
        by_size = [[s for s in found if len(s.places) == size][:_PROPOSED] for size in (1, 2, 3)]
        for each in itertools.chain.from_iterable(itertools.zip_longest(*by_size)):
            written = None if each is None else finite_formula(_written, each, formulas)
            if written is not None:
                yield Proposal(written, ("smooth sum",))


def _exponents(x: Array) -> list[tuple[float, tuple[float, ...]]]:
    """Return costs and exponents of the monomials that are finite, the constant first, then the simplest."""
    d = x.shape[1]
    choices = _OF_ONE if d == 1 else _OF_MORE
    each = [
        [
            (e, cost) for e, cost in choices.items()
            if (e >= 0 or (x[:, j] != 0).all()) and (e == int(e) or (x[:, j] > 0).all())
        ]
        for j in range(d)
    ]  # fmt: skip
    few = [options if d <= 3 else options[:4] for options in each]
    made = [
        (sum(cost for _, cost in row), tuple(e for e, _ in row))
        for row in itertools.product(*few)
        if sum(e != 0 for e, _ in row) <= 3
    ]
    return sorted(made)[:_MONOMIALS]


def _formula(exponents: tuple[float, ...], variables: list[Expression]) -> Expression | None:
    powers = [(v, e) for v, e in zip(variables, exponents, strict=True) if e]
    return power_product(powers) if powers else None


def _sums(problem: Problem, columns: Array, costs: Array, budget: Deadline) -> Iterator[_Sum]:
    n, m = columns.shape
    scale = np.ones(n) if problem.scale is None else problem.scale
    floor = n * max(problem.noise.least, _LEAST_ERROR * problem.size) ** 2
    for front, transform in itertools.product(range(min(_FRONTS, m)), TRANSFORMS):
        if budget.is_over:
            return
        h = columns[:, front]
        v = problem.y / h
        values, weights = transform.forward(v), np.abs(transform.slope(v) * h) * scale
        count_work(_TARGET + m * m * (_PAIR + _VALUE * n))
        if not (np.isfinite(values).all() and np.isfinite(weights).all()):
            continue
        A, t = columns * weights[:, None], values * weights
        lengths = np.linalg.norm(A, axis=0)
        if not (np.isfinite(lengths).all() and (lengths > 0).all()):
            continue
        for places in _best(A / lengths, t):
            chosen = list(places)
            c = np.linalg.lstsq(A[:, chosen] / lengths[chosen], t, rcond=None)[0] / lengths[chosen]
            rest = scale * (problem.y - h * transform.back(columns[:, chosen] @ c))
            left = float(rest @ rest)
            if not np.isfinite(left):
                continue
            cost = float(costs[chosen].sum() + costs[front]) + transform.cost + _TERM * len(chosen)
            criterion = n * float(np.log1p(left / floor)) + _PRICE * cost
            yield _Sum(criterion, left, transform, front, places, tuple(c.tolist()))


def _best(A: Array, t: Array) -> Iterator[tuple[int, ...]]:
    """Yield places of the best sums of one, two, and, with a constant, three columns of length one."""
    b, G = A.T @ t, A.T @ A
    yield from ((i,) for i in np.argsort(-(b**2))[:2].tolist())
    yield from _pairs(G, b)
    rest = 1.0 - G[0] ** 2  # of each column beside the constant's
    length = np.sqrt(np.where(rest > _MIN_SINE, rest, np.inf))
    beside = (G - np.outer(G[0], G[0])) / np.outer(length, length)
    yield from ((0, *places) for places in _pairs(beside, (b - G[0] * b[0]) / length) if 0 not in places)


def _pairs(G: Array, b: Array) -> Iterator[tuple[int, int]]:
    """Yield the pairs of columns that explain most."""
    sine = 1.0 - G * G
    gain = (b[:, None] ** 2 + b[None, :] ** 2 - 2 * np.outer(b, b) * G) / np.where(sine > _MIN_SINE, sine, np.inf)
    gain[np.tri(len(b), dtype=bool)] = -np.inf
    for place in np.argsort(gain, axis=None)[::-1][:_KEPT].tolist():
        i, j = divmod(place, len(b))
        if np.isfinite(gain[i, j]) and gain[i, j] > 0:
            yield i, j


def _written(one: _Sum, formulas: list[Expression | None]) -> Expression:
    total = sum_by_sign([(c, formulas[place]) for c, place in zip(one.coefficients, one.places, strict=True)])
    inside, front = one.transform.write(total), formulas[one.front]
    return inside if front is None else front * inside
