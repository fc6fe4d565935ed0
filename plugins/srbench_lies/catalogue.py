"""The catalogue: which terms are tried, in levels from simple to involved.

Level 0 holds powers and single units, level 1 products and quotients of two, level 2 compositions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, permutations, product

import numpy as np
from numpy.typing import NDArray

from srbench_lies.atoms import Powers, Term, Unit
from srbench_lies.grids import grid
from srbench_lite.fitting import Deadline, Monomials

__all__ = ["Entry", "entries", "nuisances", "unit_power"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A term, the grid of its inner constants and its level in the catalogue."""

    term: Term
    grid: Array  # (g, size)
    level: int


def unit_power(d: int, exponents: dict[int, float]) -> Powers:
    """Return exponents of d variables, zero where not given."""
    return tuple(exponents.get(i, 0.0) for i in range(d))


def nuisances(points: Monomials, most: int) -> list[tuple[Powers, ...]]:
    """Return sets of monomials that accompany the terms, small sets first: the constant, and up to degree 1, 2, 3 where
    they have at most `most` members."""
    d = points.x.shape[1]
    sets: list[tuple[Powers, ...]] = []
    for degree in range(4 if d == 1 else 3):
        every = [e for e in product(range(degree + 1), repeat=d) if sum(e) <= degree] if d <= 8 else []
        every.sort(key=lambda e: (sum(e), max(e), tuple(-v for v in e)))
        if 0 < len(every) <= most:
            sets.append(tuple(tuple(map(float, e)) for e in every))
    return sets or [((0.0,) * d,)]


def entries(points: Monomials, level: int, most: int, deadline: Deadline | None = None) -> list[Entry]:
    """Return the terms of one level (0, 1, 2) with their grids, common ones first.

    Args:
        points: n points.
        level: of the terms.
        most: columns of all of them together.
        deadline: when it is over, no further term is looked at: of many constant columns thousands are of no use.
    """
    catalogue: list[Entry] = []
    seen: set[Term] = set()
    total = 0
    source = (_single, _products, _compositions)[level]
    for term, density, rows in source(points.x.shape[1]):
        if term in seen:
            continue
        seen.add(term)
        if total >= most or (deadline is not None and deadline.is_over):
            break
        usable = grid(term, points, density, rows)
        if len(usable):
            total += len(usable) * term.width
            catalogue.append(Entry(term, usable, level))
    return catalogue


_Row = tuple[Term, int, int]  # term, density, most rows


def _single(d: int) -> Iterator[_Row]:
    one = (0.0,) * d
    first = [Term(unit_power(d, {i: 1.0})) for i in range(d)]
    second = [Term(unit_power(d, {i: 2.0})) for i in range(d)]
    for powers in _monomials(d):
        yield Term(powers), 0, 1
    for u in first:
        for kind in ("wave", "exp", "log", "sqrt", "rec", "tanh"):
            yield Term(one, (Unit(kind, (u,)),)), 0, 60
        for kind in ("log", "sqrt"):
            yield Term(one, (Unit(kind, (u,), -1.0),)), 0, 60
        yield Term(one, (Unit("exp", (Term(one, (Unit("ln", (u,)),)),)),)), 0, 60
    for u in second:
        for kind in ("wave", "exp", "rec", "log", "sqrt"):
            yield Term(one, (Unit(kind, (u,)),)), 0, 60
        yield Term(one, (Unit("sqrt", (u,), -1.0),)), 0, 60
    for u, v in zip(first, second, strict=True):
        for kind in ("exp", "wave", "rec", "log", "sqrt"):
            yield Term(one, (Unit(kind, (v, u)),)), 1, 80
    for i, j in combinations(range(d), 2):
        both = Term(unit_power(d, {i: 1.0, j: 1.0}))
        for kind in ("wave", "exp", "rec", "log", "sqrt"):
            yield Term(one, (Unit(kind, (both,)),)), 1, 60
        for kind in ("wave", "rec", "log", "sqrt", "tanh"):
            yield Term(one, (Unit(kind, (first[i], first[j])),)), 0, 120
        for kind in ("exp", "rec", "sqrt", "log", "wave"):
            yield Term(one, (Unit(kind, (second[i], second[j])),)), 1, 80
    for i, j in permutations(range(d), 2):
        ratio = Term(unit_power(d, {i: 1.0, j: -1.0}))
        for kind in ("wave", "exp", "rec", "log"):
            yield Term(one, (Unit(kind, (ratio,)),)), 1, 40
        power = Term(unit_power(d, {j: 1.0}), (Unit("ln", (first[i],)),))
        yield Term(one, (Unit("exp", (power,)),)), 1, 20


def _monomials(d: int) -> Iterator[Powers]:
    """Yield monomials that stand beside units: powers of one variable, products of two, quotients."""
    for i in range(d):
        for e in (1.0, 2.0, 3.0, 4.0, 5.0, -1.0, -2.0, 0.5):
            yield unit_power(d, {i: e})
    for i, j in combinations(range(d), 2):
        for a, b in ((1.0, 1.0), (2.0, 1.0), (1.0, 2.0), (2.0, 2.0), (3.0, 1.0), (1.0, 3.0), (1.0, -1.0), (-1.0, 1.0)):
            yield unit_power(d, {i: a, j: b})
    for i, j, k in combinations(range(d), 3):
        yield unit_power(d, {i: 1.0, j: 1.0, k: 1.0})


def _products(d: int) -> Iterator[_Row]:
    one = (0.0,) * d
    first = [Term(unit_power(d, {i: 1.0})) for i in range(d)]
    second = [Term(unit_power(d, {i: 2.0})) for i in range(d)]
    for u, i in product(first, range(d)):
        for kind in ("wave", "exp", "log", "rec", "sqrt"):
            yield Term(unit_power(d, {i: 1.0}), (Unit(kind, (u,)),)), 0, 50
    for u, e, i in product((*first, *second), (1.0, -1.0, 2.0), range(d)):
        for kind in ("wave", "exp", "rec", "log"):
            yield Term(unit_power(d, {i: e}), (Unit(kind, (u,)),)), 1, 30
    pairs = (
        ("exp", 1, "wave", 1), ("exp", 2, "wave", 1), ("exp", 1, "rec", 2), ("exp", 1, "rec", 1), ("wave", 1, "rec", 2),
        ("wave", 1, "rec", 1), ("wave", 1, "log", 1), ("exp", 1, "log", 1), ("wave", 1, "sqrt", 1),
        ("exp", 1, "sqrt", 1), ("log", 1, "rec", 1), ("wave", 2, "exp", 1), ("wave", 2, "wave", 1),
        ("log", 1, "rec", 2), ("exp", 2, "rec", 2), ("wave", 2, "exp", 2), ("wave", 2, "log", 1),
        ("wave", 2, "sqrt", 1), ("wave", 2, "rec", 1), ("wave", 2, "rec", 2), ("sqrt", 1, "rec", 1),
        ("sqrt", 1, "rec", 2), ("rec", 1, "rec", 2),
    )  # fmt: skip
    for i in range(d):
        base = (first[i], second[i])
        for left, a, right, b in pairs:
            yield Term(one, (Unit(left, (base[a - 1],)), Unit(right, (base[b - 1],)))), 1, 70
        yield Term(one, (Unit("wave", (Term(unit_power(d, {i: 3.0})),)),)), 1, 40
        yield Term(one, (Unit("exp", (Term(unit_power(d, {i: 3.0})),)),)), 1, 40
        yield Term(one, (Unit("wave", (Term(unit_power(d, {i: -1.0})),)),)), 1, 40
        yield Term(one, (Unit("exp", (Term(unit_power(d, {i: -1.0})),)),)), 1, 40
    for i, j in permutations(range(d), 2):
        for left, right in (("exp", "wave"), ("exp", "rec"), ("exp", "log"), ("wave", "rec"), ("wave", "log")):
            yield Term(one, (Unit(left, (first[i],)), Unit(right, (first[j],)))), 1, 70
        for left, right in (("exp", "sqrt"), ("wave", "sqrt"), ("log", "sqrt"), ("log", "rec"), ("sqrt", "rec")):
            yield Term(one, (Unit(left, (first[i],)), Unit(right, (first[j],)))), 2, 40
        for left, right in (("exp", "rec"), ("wave", "rec"), ("wave", "exp"), ("exp", "wave"), ("log", "rec")):
            yield Term(one, (Unit(left, (first[i],)), Unit(right, (second[j],)))), 2, 40
        yield Term(unit_power(d, {i: 1.0}), (Unit("wave", (second[j], first[j])),)), 1, 80
        yield Term(unit_power(d, {i: 1.0}), (Unit("wave", (first[i], first[j])),)), 1, 80
        yield Term(unit_power(d, {i: 1.0}), (Unit("rec", (first[i], first[j])),)), 1, 40
        yield Term(unit_power(d, {i: 1.0, j: 1.0}), (Unit("rec", (first[i], first[j])),)), 1, 40
    for i, j in combinations(range(d), 2):
        for kind in ("wave", "log", "rec", "sqrt"):
            yield Term(one, (Unit(kind, (first[i],)), Unit(kind, (first[j],)))), 1, 80
    for i in range(d):
        yield Term(unit_power(d, {i: 1.0}), (Unit("wave", (second[i], first[i])),)), 1, 80
        for kind in ("wave", "exp"):
            for other in ("wave", "exp"):
                yield Term(unit_power(d, {i: 1.0}), (Unit(kind, (first[i],)), Unit(other, (second[i],)))), 2, 30
        yield Term(unit_power(d, {i: 1.0}), (Unit("exp", (first[i],)), Unit("wave", (first[i],)))), 2, 30
        yield Term(unit_power(d, {i: 1.0}), (Unit("wave", (first[i],)), Unit("rec", (second[i],)))), 2, 30


def _compositions(d: int) -> Iterator[_Row]:
    one = (0.0,) * d
    first = [Term(unit_power(d, {i: 1.0})) for i in range(d)]
    second = [Term(unit_power(d, {i: 2.0})) for i in range(d)]

    def chain(outer: str, inner: str, u: Term, sign: float = 1.0, inner_sign: float = 1.0) -> Term:
        return Term(one, (Unit(outer, (Term(one, (Unit(inner, (u,), inner_sign),)),), sign),))

    for u in first:
        for outer in ("wave", "exp", "log", "rec", "sqrt", "tanh"):
            for inner in ("sin", "exp", "log", "sqrt", "rec", "tanh"):
                if (outer, inner) not in (("log", "exp"), ("exp", "log")) or inner == "exp":
                    yield chain(outer, inner, u), 1 if inner == "sin" else 2, 300
        yield chain("exp", "log", u), 2, 40
    for u in second:
        for outer, inner in product(("wave", "exp", "log", "rec", "sqrt"), ("sin", "exp", "log", "sqrt", "rec")):
            yield chain(outer, inner, u), 2, 80
    for u, v in permutations(first, 2):
        for outer, inner in product(("wave", "exp", "rec", "log", "sqrt"), ("sin", "exp", "log")):
            scaled = Term(u.powers, (Unit(inner, (v,)),))
            yield Term(one, (Unit(outer, (scaled,)),)), 2, 80
            mixed = Term(one, (Unit(inner, (v,)),))
            yield Term(one, (Unit(outer, (u, mixed)),)), 2, 80
    for i, u in enumerate(first):
        for outer, inner in product(("wave", "exp", "rec", "log", "sqrt"), ("sin", "exp", "log")):
            mixed = Term(one, (Unit(inner, (u,)),))
            yield Term(one, (Unit(outer, (u, mixed)),)), 2, 80
            scaled = Term(u.powers, (Unit(inner, (u,)),))
            yield Term(one, (Unit(outer, (scaled,)),)), 2, 80
        for e, outer, inner in product((1.0, 2.0), ("wave", "exp", "log", "rec"), ("sin", "exp", "log")):
            composed = chain(outer, inner, u)
            yield Term(unit_power(d, {i: e}), composed.units), 2, 80
