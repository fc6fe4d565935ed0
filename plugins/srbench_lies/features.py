"""Families of small formulas without free constants, evaluated all at once: what a skeleton search looks through.

A `Block` is a family with its values at the screening points. Blocks are made from blocks: monomials (a LIES unit E
over units L), units of them, sums, products, powers. Nothing is kept that is undefined, constant or beyond float32.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression
from srbench_lite.fitting import count_work, monomial, multiple, power_product, sum_in_order

__all__ = [
    "FUNCTIONS",
    "Block",
    "exponent_sets",
    "monomials",
    "one_plus",
    "powers",
    "products",
    "sums",
    "units",
]

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Values beyond this cannot be matched in float32; formulas of use have none.
_MAX_FEATURE_SIZE: Final = 1e12
#: A feature whose spread is below this fraction of its size is a constant in float32, in which features are matched.
_MIN_SPREAD_SHARE: Final = 1e-7
#: Nanoseconds, for `count_work`: of a block, and of a value of it; of a choice of exponents.
_BLOCK: Final = 100_000.0
_VALUE: Final = 8.0
_EXPONENTS: Final = 3_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A family of N formulas.

    Attributes:
        values: at the m screening points, shape (N, m).
        nodes: of each formula's tree, shape (N,).
        write: returns the formula with a number.
    """

    values: Array
    nodes: NDArray[np.int64]
    write: Callable[[int], Expression]

    def __len__(self) -> int:
        return len(self.nodes)

    def take(self, places: Indices) -> Block:
        """Return the block of the formulas at `places`, in that order."""
        write, chosen = self.write, np.asarray(places)
        return Block(self.values[chosen], self.nodes[chosen], lambda i: write(int(chosen[i])))

    def first(self, count: int) -> Block:
        """Return the `count` formulas with the fewest nodes, in that order."""
        return self.take(np.argsort(self.nodes, kind="stable")[:count])

    def in_order(self) -> Block:
        """Return all formulas, those with few nodes first."""
        return self.first(len(self))


def _usable(values: Array) -> NDArray[np.bool_]:
    """Whether each row is finite, of moderate size, and no constant; shape (N,)."""
    with np.errstate(all="ignore"):
        top = np.abs(values).max(axis=1, initial=0.0)  # NaN stays NaN
        spread = values.max(axis=1) - values.min(axis=1)
        return np.asarray(
            np.isfinite(top)
            & (top < _MAX_FEATURE_SIZE)
            & (spread > _MIN_SPREAD_SHARE * top)
            & (top > 1.0 / _MAX_FEATURE_SIZE)
        )


def _block(values: Array, nodes: NDArray[np.int64], write: Callable[[int], Expression]) -> Block:
    count_work(_BLOCK + _VALUE * values.size)
    block = Block(values, nodes, write)
    good = _usable(values)
    return block if good.all() else block.take(np.flatnonzero(good))


def join(blocks: Sequence[Block]) -> Block:
    """Return one block with the formulas of all; `blocks` has at least one."""
    blocks = [b for b in blocks if len(b)] or list(blocks[:1])
    if len(blocks) == 1:
        return blocks[0]
    ends = np.cumsum([len(b) for b in blocks])

    def write(i: int) -> Expression:
        k = int(np.searchsorted(ends, i, side="right"))
        return blocks[k].write(i - (int(ends[k - 1]) if k else 0))

    return Block(np.concatenate([b.values for b in blocks]), np.concatenate([b.nodes for b in blocks]), write)


# --- monomials --------------------------------------------------------------------------------------------------------


def exponent_sets(signs: Sequence[str], most: int, choices: Sequence[float], *, spread: int) -> Array:
    """Return exponents of monomials, simplest first.

    Args:
        signs: for each of d variables "positive", "nonzero" or "zero" (changes sign or touches zero).
        most: how many at most.
        choices: exponents that may occur, such as 1, -1, 2.
        spread: number of variables in one monomial at most.

    Returns:
        Shape (N, d), in the order of `_cost`, without the constant.
    """
    d = len(signs)
    allowed = [[e for e in choices if e == int(e) or s == "positive"] for s in signs]
    by_size: list[tuple[float, tuple[float, ...]]] = []
    cheapest = min(_cost(e) for e in choices)
    limit = 1.0
    while len(by_size) < most and limit <= 14.0:
        by_size = []
        for k in range(1, min(spread, d) + 1):
            if k * cheapest + 0.3 * (k - 1) > limit:
                break
            for places in itertools.combinations(range(d), k):
                for es, cost in _within(tuple(tuple(allowed[p]) for p in places), limit - 0.3 * (k - 1)):
                    exponents = [0.0] * d
                    for p, e in zip(places, es, strict=True):
                        exponents[p] = e
                    by_size.append((cost + 0.3 * (k - 1), tuple(exponents)))
            if len(by_size) > 4 * most:
                break
        count_work(_EXPONENTS * len(by_size))
        limit += 1.0
    by_size.sort(key=lambda item: item[0])
    return np.array([e for _, e in by_size[:most]], dtype=np.float64).reshape(-1, d)


def _cost(e: float) -> float:
    if e != int(e):
        return 3.0 + 0.5 * (abs(e) > 1) + 0.1 * (e < 0)
    return abs(e) + 0.3 * (abs(e) > 2) + 0.1 * (e < 0)


def _within(choices: tuple[tuple[float, ...], ...], limit: float) -> Iterator[tuple[tuple[float, ...], float]]:
    """Yield choices of one exponent each with their cost, where it is at most `limit`."""
    if not choices:
        yield (), 0.0
        return
    for e in choices[0]:
        cost = _cost(e)
        if cost <= limit + 1e-9:  # costs are sums of tenths, which round
            for rest, other in _within(choices[1:], limit - cost):
                yield (e, *rest), cost + other


def monomials(x: Array, names: Sequence[str], exponents: Array) -> Block:
    """Return products of powers of the variables.

    Args:
        x: screening points, shape (m, d).
        names: of the d variables.
        exponents: shape (N, d); whole numbers where a variable is not positive.
    """
    with np.errstate(all="ignore"):
        logs = np.log(np.abs(x))  # (m, d)
        values = np.exp(exponents @ np.where(np.isfinite(logs), logs, -1e5).T)  # (N, m)
        values[(exponents < 0).astype(np.float64) @ (x == 0).T > 0] = np.nan  # also 0/0
        odd = np.where(np.abs(exponents) % 2 == 1, 1.0, 0.0)  # (N, d)
        values = values * np.where((odd @ (x < 0).T.astype(np.float64)) % 2 == 1, -1.0, 1.0)
    used = exponents != 0
    roots = np.abs(exponents) == 0.5
    nodes = used.sum(axis=1) * 2 - 1 + np.where((np.abs(exponents) != 1) & used, 2, 0).sum(axis=1) - roots.sum(axis=1)
    nodes = nodes + 2 * (~(exponents > 0).any(axis=1))
    return _block(values, nodes.astype(np.int64), lambda i: monomial(names, exponents[i].tolist()))


# --- units ------------------------------------------------------------------------------------------------------------


#: The functions of one argument that are looked at, and how they are computed.
FUNCTIONS: Final[dict[str, Callable[[Array], Array]]] = {
    "sin": np.sin,
    "cos": np.cos,
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sinh": np.sinh,
    "cosh": np.cosh,
}


def units(inner: Block, name: str, coefficients: Sequence[float] = (1.0,)) -> Block:
    """Return unit(coefficient * f) for every f of `inner`: all with the first coefficient, then the second, ..."""
    function, n = FUNCTIONS[name], len(inner)
    with np.errstate(all="ignore"):
        values = np.concatenate([function(c * inner.values) for c in coefficients])
    nodes = np.concatenate([inner.nodes + 1 + (0 if c == 1.0 else 1 if c == -1.0 else 2) for c in coefficients])

    def write(i: int) -> Expression:
        return Expression.call(name, multiple(coefficients[i // n], inner.write(i % n)))

    return _block(values, nodes, write)


# --- sums, products, powers -------------------------------------------------------------------------------------------


def one_plus(inner: Block, coefficients: Sequence[float]) -> Block:
    """Return 1 + coefficient * f for every f and coefficient."""
    n = len(inner)
    values = np.concatenate([1.0 + c * inner.values for c in coefficients])
    nodes = np.concatenate([inner.nodes + (2 if abs(c) == 1.0 else 4) for c in coefficients])

    def write(i: int) -> Expression:
        return sum_in_order([(1.0, Expression.constant(1.0)), (coefficients[i // n], inner.write(i % n))])

    return _block(values, nodes, write)


def sums(left: Block, right: Block, sign: float, pairs: tuple[Indices, Indices]) -> Block:
    """Return left[i] + sign * right[j] for the given pairs; sign is 1 or -1."""
    i, j = pairs

    def write(k: int) -> Expression:
        return sum_in_order([(1.0, left.write(int(i[k]))), (sign, right.write(int(j[k])))])

    return _block(left.values[i] + sign * right.values[j], left.nodes[i] + right.nodes[j] + 1, write)


def products(left: Block, right: Block, pairs: tuple[Indices, Indices], power: float = 1.0) -> Block:
    """Return left[i] * right[j] ** power for the given pairs."""
    i, j = pairs
    with np.errstate(all="ignore"):
        values = left.values[i] * (right.values[j] if power == 1.0 else right.values[j] ** power)

    def write(k: int) -> Expression:
        return power_product([(left.write(int(i[k])), 1.0), (right.write(int(j[k])), power)])

    extra = 1 if power in (1.0, -1.0) else 2 if abs(power) == 0.5 else 3
    return _block(values, left.nodes[i] + right.nodes[j] + extra, write)


def powers(inner: Block, exponent: float) -> Block:
    """Return f ** exponent for every f."""
    with np.errstate(all="ignore"):
        values = inner.values**exponent
    write = inner.write
    extra = 1 if exponent == 0.5 else 2 if exponent == -1.0 else 3 if exponent == -0.5 else 2
    return _block(values, inner.nodes + extra, lambda i: power_product([(write(i), exponent)]))


def all_pairs(left: int, right: int, most: int) -> tuple[Indices, Indices]:
    """Return at most `most` pairs (i, j), i < left, j < right, those of low i and j first."""
    if left * right > most:  # a hyperbola: what is simple goes with much, what is not with little
        edge = float(most)
        while True:
            counts = np.minimum(right, np.maximum(1, (edge / (1.0 + np.arange(left))).astype(np.int64)))
            if counts.sum() <= 1.05 * most or edge < 2:
                break
            edge *= 0.9
        i = np.repeat(np.arange(left), counts)
        j = np.concatenate([np.arange(c) for c in counts])
        return i[:most], j[:most]
    i, j = np.divmod(np.arange(left * right), max(right, 1))
    return i, j


def unordered(count: int, most: int) -> tuple[Indices, Indices]:
    """Return at most `most` pairs (i, j) with i < j < count, those of low numbers first."""
    i, j = all_pairs(count, count, 2 * most)
    keep = i < j
    return i[keep][:most], j[keep][:most]
