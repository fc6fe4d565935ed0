"""`formula_classes`: which truths are one formula, whatever their variables are called and however it is written.

The suites of the field share formulas: Nguyen-2 is Koza-1 and Neat-1. Two formulas are one where an order of the
variables exists in which both have the same values: float64 at points in every order of their coordinates proposes the
order, 50 digits settle it. Numbers belong to a formula: 2*x is not 3*x. A number that is pi or e to eight digits is
pi or e.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS
from srbench_lite.judging.high_precision import OutOfReachError, PreciseFormula, UndefinedError, exactly, with_digits

__all__ = ["formula_classes"]

_MAX_NODES: Final = 1000
#: Of more variables only the order in which they appear is tried: 8! orders are too many.
_MAX_ORDERED: Final = 7
#: Intervals from which the coordinates of a point are drawn: where roots, logarithms and arc functions are defined.
_BOXES: Final = ((0.2, 0.9), (0.2, 0.9), (1.1, 4.0), (1.1, 4.0), (-2.0, 2.0), (50.0, 200.0), (50.0, 200.0))
#: Values in float64 that differ by less, as a share, may be equal.
_MAX_FLOAT_GAP: Final = 1e-7
_DIGITS: Final = 50
#: Values of so many digits that differ by less, as a share, are equal.
_MAX_PRECISE_GAP: Final = 1e-25
#: At so many points they are compared, and at so many both must have a value.
_MAX_POINTS: Final = 8
_MIN_POINTS: Final = 2
#: A number that is as near to pi or e, as a share of it, stands for it.
_MAX_NAMED_GAP: Final = 1e-8
#: Tables of several noise levels ask for the same truths, again and again.
_MAX_CACHED: Final = 8


def formula_classes(truths: Iterable[str]) -> dict[str, str]:
    """Return for each text of a formula the one that stands for all that are the same formula: the first of them.

    A text that is no formula stands for itself, and so does one of more than a thousand nodes.
    """
    return dict(_classes(tuple(dict.fromkeys(truths))))


@lru_cache(maxsize=_MAX_CACHED)
def _classes(texts: tuple[str, ...]) -> dict[str, str]:
    """Return `formula_classes` of different texts."""
    result: dict[str, str] = {}
    by_text: dict[str, str] = {}
    found: dict[int, _Known] = {}
    for text in texts:
        formula = _Formula.of(text)
        if formula is None:
            result[text] = text
            continue
        plain = str(formula.expression)
        if plain not in by_text:
            known = found.setdefault(len(formula.names), _Known())
            same = next((other for other in known.like(formula) if _is_same(formula, other)), None)
            if same is None:
                known.add(formula)
            by_text[plain] = text if same is None else same.text
        result[text] = by_text[plain]
    return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Formula:
    """A formula with its values.

    Attributes:
        text: what it was read from.
        expression: it, the variables named by the order in which they appear.
        names: these names.
        values: at each point with its coordinates in each order, shape (points, orders); NaN where there is none.
        signature: numbers that no order of the variables changes.
    """

    text: str
    expression: Expression
    names: tuple[str, ...]
    values: NDArray[np.float64]
    signature: NDArray[np.float64]

    @classmethod
    def of(cls, text: str) -> _Formula | None:
        try:
            written = Expression.parse(text)
        except ExpressionError:
            return None
        if written.complexity > _MAX_NODES:
            return None
        expression, count = _renamed(written)
        points = _points(count)
        names = tuple(f"x{place}" for place in range(count))
        columns = {name: points[:, :, place].ravel() for place, name in enumerate(names)}
        values = np.broadcast_to(expression(columns), points.shape[0] * points.shape[1]).reshape(points.shape[:2])
        defined = np.isfinite(values)
        size = np.where(defined, np.abs(values), 0.0)
        with np.errstate(over="ignore"):
            signature = np.concatenate([size.max(axis=1), size.sum(axis=1), defined.sum(axis=1)])
        return cls(
            text=text, expression=expression, names=names, values=np.where(defined, values, np.nan), signature=signature
        )


def _renamed(expression: Expression) -> tuple[Expression, int]:
    """Return a formula with its variables named by the order in which they appear, and how many there are.

    Numbers that have the digits of pi or e are these.
    """
    names: dict[str, Expression] = {}

    def leaf(node: Expression) -> Expression:
        if node.name is not None:
            return names.setdefault(node.name, Expression.variable(f"x{len(names)}"))
        for name, (value, _) in NAMED_CONSTANTS.items():
            if node.value is not None and math.isclose(node.value, value, rel_tol=_MAX_NAMED_GAP):
                return Expression.named(name)
        return node

    return expression.fold(leaf, lambda node, args: Expression(node.op, args=args)), len(names)


@cache
def _orders(count: int) -> NDArray[np.intp]:
    """Return the orders of so many variables that are tried, shape (orders, count); the first is the plain one."""
    every = [*permutations(range(count))] if count <= _MAX_ORDERED else [tuple(range(count))]
    return np.array(every, dtype=np.intp).reshape(len(every), count)


@cache
def _points(count: int) -> NDArray[np.float64]:
    """Return points of so many coordinates, each in every order: shape (points, orders, count)."""
    rng = np.random.default_rng(7)
    low, high = np.array(_BOXES).T[:, :, None]
    base: NDArray[np.float64] = low + (high - low) * rng.random((len(_BOXES), count))
    return base[:, _orders(count)]


class _Known:
    """Formulas by the first number of their signatures, which is not negative."""

    def __init__(self) -> None:
        self._sizes: list[float] = []
        self._formulas: list[_Formula] = []

    def add(self, formula: _Formula) -> None:
        size = float(formula.signature[0])
        place = bisect_right(self._sizes, size)
        self._sizes.insert(place, size)
        self._formulas.insert(place, formula)

    def like(self, formula: _Formula) -> Iterator[_Formula]:
        """Yield the formulas whose values are the same in some order, as far as float64 tells."""
        size = float(formula.signature[0])
        start = bisect_left(self._sizes, size * (1 - 2 * _MAX_FLOAT_GAP))
        for other in self._formulas[start : bisect_right(self._sizes, size * (1 + 2 * _MAX_FLOAT_GAP))]:
            if _are_near(other.signature, formula.signature).all():
                yield other


def _are_near(values: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where values are equal as far as float64 tells: as `numpy.isclose` does, in a tenth of its time."""
    with np.errstate(invalid="ignore", over="ignore"):
        gap = np.abs(values - wanted)
        return np.asarray((gap <= _MAX_FLOAT_GAP * np.abs(wanted)) & np.isfinite(wanted) | (values == wanted))


def _is_same(formula: _Formula, other: _Formula) -> bool:
    """Whether an order of the variables exists in which both formulas have the same values."""
    orders = _orders(len(formula.names))
    first = int(np.isfinite(formula.values).sum(axis=0).argmax())  # the order with the most values
    wanted = formula.values[:, [first]]
    near = (_are_near(other.values, wanted) | (np.isnan(other.values) & np.isnan(wanted))).all(axis=0)
    place = np.argsort(orders[first])
    return any(_agree(formula, other, place[orders[int(second)]]) for second in np.flatnonzero(near))


def _agree(formula: _Formula, other: _Formula, order: NDArray[np.intp]) -> bool:
    """Whether formula(x) is other(x in another order) to many digits, at some points where it has a value."""
    with_digits(_DIGITS)
    one, two = (PreciseFormula(each.expression, each.names) for each in (formula, other))
    points = np.concatenate([*_points(len(formula.names))])
    known = np.flatnonzero(np.isfinite(formula.values).ravel())
    chosen = known[np.linspace(0, len(known) - 1, min(_MAX_POINTS, len(known))).astype(int)]
    compared = 0
    for point in points[chosen if len(chosen) else slice(_MAX_POINTS)]:
        a, b = _value(one, point), _value(two, point[order])
        if (a is None) != (b is None):
            return False
        if a is not None:
            compared += 1
            if abs(a - b) > _MAX_PRECISE_GAP * max(abs(a), abs(b)):
                return False
    return compared >= _MIN_POINTS


def _value(formula: PreciseFormula, point: NDArray[np.float64]) -> Any:
    """Return the value at a point as an mpmath number, or None where there is none."""
    try:
        return formula(exactly(point), formula.constants())
    except (UndefinedError, OutOfReachError):
        return None
