"""`Table`: many small expressions without free constants, with their values at a few points, cheapest first.

Expressions are grown from the variables by functions of one argument and by sums, differences, products and quotients
of two, in the order of their cost; of those with the same values up to sign only the cheapest is kept. Each is stored
as an operation and the places of its arguments, so a table of 100,000 takes as many rows of a few numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Table"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]

#: Values outside of this range, relative to none, say nothing in float64 beside others.
_LARGEST: Final = 1e9
#: A spread below this share of the size is a constant.
_MIN_SPREAD_SHARE: Final = 1e-6
#: Binary digits by which values are told apart.
_DIGITS: Final = 36
#: Nanoseconds, for `count_work`: of a block of rows that is made, by row and by value.
_BLOCK: Final = 100_000.0
_ROW: Final = 200.0
_VALUE: Final = 11.0
#: Rows of two arguments that are made at once, about.
_MOST_AT_ONCE: Final = 20_000

_VARIABLE: Final = -1
_ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = range(100, 104)
_PLUS_COST: Final = 2
_TIMES_COST: Final = 1
_VARIABLE_COST: Final = 2
#: What a transcendental function costs more of an argument that has one.
_NESTED_COST: Final = 3
#: Costs without a new row after which there are none.
_MOST_COSTS_APART: Final = 12


@dataclass(frozen=True, slots=True)
class _Unary:
    """A function of one argument.

    Attributes:
        cost: of it.
        values: elementwise.
        write: the expression.
        positive: whether it is of the size of its argument, which may not change sign.
        transcendental: whether it is rarely nested in others.
    """

    cost: int
    values: Callable[[Array], Array]
    write: Callable[[Expression], Expression]
    positive: bool = False
    transcendental: bool = False


def _call(op: str) -> Callable[[Expression], Expression]:
    return lambda e: Expression.call(op, e)


def _one_over(e: Expression) -> Expression:
    return 1.0 / e


_UNARY: Final = (
    _Unary(2, np.square, lambda e: e**2),
    _Unary(2, np.sqrt, _call("sqrt"), positive=True),
    _Unary(2, np.exp, _call("exp"), transcendental=True),
    _Unary(2, lambda v: np.exp(-v), lambda e: Expression.call("exp", -e), transcendental=True),
    _Unary(2, np.log, _call("log"), positive=True, transcendental=True),
    _Unary(2, np.sin, _call("sin"), transcendental=True),
    _Unary(2, np.cos, _call("cos"), transcendental=True),
    _Unary(2, np.reciprocal, _one_over),
    _Unary(2, lambda v: 1.0 + v, lambda e: 1.0 + e),
    _Unary(2, lambda v: 1.0 - v, lambda e: 1.0 - e),
    _Unary(3, np.tanh, _call("tanh"), transcendental=True),
    _Unary(3, lambda v: v**3, lambda e: e**3),
    _Unary(3, lambda v: 2.0 * v, lambda e: 2.0 * e),
    _Unary(4, np.arctan, _call("atan"), transcendental=True),
    _Unary(4, np.arcsin, _call("asin"), transcendental=True),
    _Unary(4, np.sinh, _call("sinh"), transcendental=True),
)

_TRANSCENDENTAL: Final = [number for number, unary in enumerate(_UNARY) if unary.transcendental]


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """N expressions of d variables at m points.

    Attributes:
        names: of the variables.
        values: shape (N, m).
        operations: shape (N,).
        arguments: places of what each is made of, shape (N, 2).
        costs: shape (N,), rising.
    """

    names: tuple[str, ...]
    values: Array
    operations: Places
    arguments: Places
    costs: Places

    def __len__(self) -> int:
        return len(self.costs)

    def write(self, place: int) -> Expression:
        """Return an expression."""
        op, (i, j) = int(self.operations[place]), self.arguments[place].tolist()
        if op == _VARIABLE:
            return Expression.variable(self.names[i])
        one = self.write(i)
        if op < len(_UNARY):
            unary = _UNARY[op]
            return unary.write(-one if unary.positive and self.values[i, 0] < 0 else one)
        other = self.write(j)
        if op == _ADD:
            return one + other
        if op == _SUBTRACT:
            return one - other
        return one * other if op == _MULTIPLY else one / other

    @classmethod
    def grown(cls, names: tuple[str, ...], x: Array, most: int, budget: Deadline) -> Table:
        """Return the cheapest expressions of the variables.

        Args:
            names: of the d variables.
            x: their values, shape (m, d).
            most: expressions at most.
            budget: when it is over, there are no more.
        """
        d = len(names)
        places = np.column_stack([np.arange(d), np.zeros(d, dtype=np.int64)])
        grower = _Grower(len(x), most)
        grower.add(x.T.copy(), np.full(d, _VARIABLE), places, _VARIABLE_COST)
        cost = _VARIABLE_COST
        while cost <= max(grower.by_cost, default=-_MOST_COSTS_APART) + _MOST_COSTS_APART:
            cost += 1
            for values, operations, arguments in grower.made(cost):
                if len(grower) >= most or budget.is_over:
                    return cls(names, *grower.rows())
                grower.add(values, operations, arguments, cost)
        return cls(names, *grower.rows())


class _Grower:
    """Rows that were kept so far, by cost.

    Args:
        m: numbers of a row.
        most: rows at most.
    """

    def __init__(self, m: int, most: int) -> None:
        self.most = most
        self.by_cost: dict[int, tuple[int, int]] = {}
        self.known: set[int] = set()
        self.count = 0
        self.values = np.empty((most, m))
        self.operations = np.empty(most, dtype=np.int64)
        self.arguments = np.empty((most, 2), dtype=np.int64)
        self.costs = np.empty(most, dtype=np.int64)
        self.nested = np.zeros(most, dtype=bool)  # whether a row has a transcendental function
        self.direction = np.random.default_rng(0).normal(size=m)

    def __len__(self) -> int:
        return self.count

    def add(self, values: Array, operations: Places, arguments: Places, cost: int) -> None:
        """Keep the rows that are finite, vary, and are not known."""
        count_work(_BLOCK + _ROW * len(values) + _VALUE * values.size)
        low, high = values.min(axis=1), values.max(axis=1)
        with np.errstate(all="ignore"):
            size = np.maximum(np.abs(low), np.abs(high))
            good = (size < _LARGEST) & (size > 1 / _LARGEST) & (high - low > _MIN_SPREAD_SHARE * size)
        kept = np.flatnonzero(good)
        if not len(kept):
            return
        mantissa, exponent = np.frexp(np.abs(values[kept] @ self.direction))
        codes = (np.round(mantissa * 2.0**_DIGITS).astype(np.int64) << 12) + exponent
        _, first = np.unique(codes, return_index=True)
        first.sort()
        fresh = [k for k, code in zip(first.tolist(), codes[first].tolist(), strict=True) if code not in self.known]
        fresh = fresh[: self.most - self.count]
        if not fresh:
            return
        self.known.update(codes[fresh].tolist())
        rows = kept[fresh]
        start, _ = self.by_cost.get(cost, (self.count, 0))
        new = slice(self.count, self.count + len(rows))
        self.nested[new] = self._nested(operations[rows], arguments[rows])
        self.values[new], self.costs[new] = values[rows], cost
        self.operations[new], self.arguments[new] = operations[rows], arguments[rows]
        self.count = new.stop
        self.by_cost[cost] = (start, self.count)

    def _nested(self, operations: Places, arguments: Places) -> NDArray[np.bool_]:
        inside = self.nested[arguments[:, 0]] | ((operations >= _ADD) & self.nested[arguments[:, 1]])
        return np.asarray(inside | np.isin(operations, _TRANSCENDENTAL))

    def made(self, cost: int) -> Iterator[tuple[Array, Places, Places]]:
        """Yield all rows of one cost, made of those that are kept."""
        for number, unary in enumerate(_UNARY):
            places = np.arange(*self.by_cost.get(cost - unary.cost, (0, 0)))
            if unary.transcendental:
                deep = np.arange(*self.by_cost.get(cost - unary.cost - _NESTED_COST, (0, 0)))
                places = np.concatenate([places[~self.nested[places]], deep[self.nested[deep]]])
            if len(places):
                yield self._unary(number, unary, places)
        for operation in (_MULTIPLY, _DIVIDE, _ADD, _SUBTRACT):
            rest = cost - (_PLUS_COST if operation in (_ADD, _SUBTRACT) else _TIMES_COST)
            for one in sorted(self.by_cost):
                other = rest - one
                if other not in self.by_cost or (operation != _DIVIDE and other < one):
                    continue
                start, end = self.by_cost[one]
                rows = max(_MOST_AT_ONCE // (self.by_cost[other][1] - self.by_cost[other][0]), 1)
                for low in range(start, end, rows):
                    yield self._binary(operation, (low, min(low + rows, end)), self.by_cost[other], one == other)

    def _unary(self, number: int, unary: _Unary, places: Places) -> tuple[Array, Places, Places]:
        values = self.values[places]
        if unary.positive:
            one_sign = (values > 0).all(axis=1) | (values < 0).all(axis=1)
            values, places = np.abs(values[one_sign]), places[one_sign]
        arguments = np.column_stack([places, np.zeros_like(places)])
        return unary.values(values), np.full(len(places), number), arguments

    def _binary(
        self, operation: int, one: tuple[int, int], other: tuple[int, int], alike: bool
    ) -> tuple[Array, Places, Places]:
        i, j = (a.ravel() for a in np.meshgrid(np.arange(*one), np.arange(*other), indexing="ij"))
        if alike and operation != _DIVIDE:  # of the same rows in both orders
            ordered = i < j
            i, j = i[ordered], j[ordered]
        a, b = self.values[i], self.values[j]
        values = (
            a + b
            if operation == _ADD
            else a - b
            if operation == _SUBTRACT
            else a * b
            if operation == _MULTIPLY
            else a / b
        )
        return values, np.full(len(i), operation), np.column_stack([i, j])

    def rows(self) -> tuple[Array, Places, Places, Places]:
        """Return values, operations, arguments and costs of all rows."""
        kept = slice(self.count)
        return self.values[kept], self.operations[kept], self.arguments[kept], self.costs[kept]
