"""Random functions: trees drawn uniformly by shape, constants, points; what is undefined, huge or flat is refused.

Source of the sampler: Lample & Charton, "Deep Learning for Symbolic Mathematics" (ICLR 2020), appendix C: unary-binary
trees with a given number of internal nodes are drawn uniformly. Sums of powers are mixed in, which such trees with few
nodes hardly ever are.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_transformer.algebra import Sum, UnsuitableError, apply, constant, power, variable
from srbench_transformer.tokens import LONGEST, skeleton_of

__all__ = ["DrawnFunction", "Generator", "Tree", "fingerprint", "split_of", "values"]

Array = NDArray[np.float64]

#: A tree: ("x", number), ("c", value), or an operator and its arguments; powers are ("pow", tree, exponent).
Tree = tuple[Any, ...]

_BINARY: Final = {"add": 4.0, "sub": 2.0, "mul": 4.0, "div": 2.0}
_UNARY: Final = {
    "pow2": 3.0, "pow3": 1.5, "pow4": 0.5, "pow5": 0.3, "sqrt": 1.2, "sin": 2.0, "cos": 2.0, "exp": 1.8, "log": 1.2,
    "tanh": 0.6, "abs": 0.4,
}  # fmt: skip
_NUMPY: Final[dict[str, Callable[..., Any]]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "sqrt": np.sqrt, "sin": np.sin,
    "cos": np.cos, "exp": np.exp, "log": np.log, "tanh": np.tanh, "abs": np.abs,
}  # fmt: skip
_MAX_NODES: Final = 8
_SHARE_OF_CONSTANTS: Final = 0.3
_SHARE_OF_POLYNOMIALS: Final = 0.12
#: Largest value of y, and largest distance of a y from the mean in standard deviations.
_MAX_SIZE: Final = 1e6
_MAX_DEVIATIONS: Final = 12.0
#: Spread of y, relative to its size, below which a function is called flat.
_MIN_SPREAD_SHARE: Final = 1e-3
_MAX_TERMS: Final = 7
_MAX_TRIES: Final = 3
#: Shares of skeletons of 0, 1, ... tokens that are kept, where they are thinned.
_SHARES_KEPT: Final = (0.0, 0.1, 0.25, 0.4, 0.6)
#: Places at which functions are compared.
_PLACES: Final = np.random.default_rng(20).uniform(0.1, 2.0, (24, 2))
_SPLITS: Final = ("held-out", "validation", *("training",) * 18)


@dataclass(frozen=True, slots=True, eq=False)
class DrawnFunction:
    """A function that was drawn, at points.

    Attributes:
        tree: as it was drawn, with constants.
        skeleton: its tokens.
        domain: interval of each variable.
        x: shape (n, variables).
        y: shape (n,).
    """

    tree: Tree
    skeleton: tuple[str, ...]
    domain: tuple[tuple[float, float], ...]
    x: Array
    y: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Draws functions.

    Attributes:
        variables: 1 or 2.
        points: at which each is evaluated.
        refused: skeletons that are never drawn: those of benchmarks.
        split: "training", "validation" or "held-out", by a hash of the skeleton; None for all.
        thinned: whether only some of the shortest are kept: a third of all draws are straight lines and their like.
        whole: whether every function depends on all variables.
    """

    variables: int = 1
    points: int = 64
    refused: frozenset[tuple[str, ...]] = frozenset()
    split: str | None = "training"
    thinned: bool = True
    whole: bool = False

    def draw(self, rng: np.random.Generator) -> Iterator[DrawnFunction | None]:
        """Yield one function after another, None for each draw that was refused."""
        while True:
            yield self._one(rng)

    def accepted(self, rng: np.random.Generator) -> Iterator[DrawnFunction]:
        """Yield functions without end."""
        return (drawn for drawn in self.draw(rng) if drawn is not None)

    def _one(self, rng: np.random.Generator) -> DrawnFunction | None:
        drawn = self._function(rng)
        if drawn is None:
            return None
        tree, skeleton = drawn
        for attempt in range(_MAX_TRIES):
            domain = self._domain(rng, positive=attempt > 0)
            x = self._inputs(domain, rng)
            with np.errstate(all="ignore"):
                y = np.broadcast_to(values(tree, x), (self.points,))
                if _is_usable(y):
                    return DrawnFunction(tree, skeleton, domain, x, y)
        return None

    def skeleton(self, rng: np.random.Generator) -> tuple[str, ...] | None:
        """Draw a skeleton, whatever its values; None where it was refused."""
        drawn = self._function(rng)
        return None if drawn is None else drawn[1]

    def _function(self, rng: np.random.Generator) -> tuple[Tree, tuple[str, ...]] | None:
        try:
            tree = self.tree(rng)
            formula = _sum(tree)
        except (UnsuitableError, OverflowError, ZeroDivisionError, RecursionError):
            return None
        skeleton = skeleton_of(formula)
        if not skeleton or len(skeleton) > LONGEST or len(formula.terms) > _MAX_TERMS or skeleton in self.refused:
            return None
        if self.split is not None and split_of(skeleton) != self.split:
            return None
        if self.thinned and len(skeleton) < len(_SHARES_KEPT) and rng.random() > _SHARES_KEPT[len(skeleton)]:
            return None
        if self.whole and not {f"x{k + 1}" for k in range(self.variables)} <= set(skeleton):
            return None
        return tree, skeleton

    def tree(self, rng: np.random.Generator) -> Tree:
        """Draw a tree, with constants."""
        if rng.random() < _SHARE_OF_POLYNOMIALS:
            return self._polynomial(rng)
        nodes = int(rng.integers(1, _MAX_NODES + 1))
        return self._filled(_shape(nodes, rng), rng)

    def _filled(self, shape: Iterator[int], rng: np.random.Generator) -> Tree:
        arity = next(shape)
        if arity == 0:
            if rng.random() < _SHARE_OF_CONSTANTS:
                return ("c", _number(rng))
            return ("x", int(rng.integers(self.variables)))
        if arity == 1:
            name = _chosen(_UNARY, rng)
            inner = self._filled(shape, rng)
            return ("pow", inner, int(name[3])) if name.startswith("pow") else (name, inner)
        name = _chosen(_BINARY, rng)
        left = self._filled(shape, rng)
        return (name, left, self._filled(shape, rng))

    def _polynomial(self, rng: np.random.Generator) -> Tree:
        """Draw a sum of powers, or in two variables of products of powers."""
        top = 6 if self.variables == 1 else 4
        count = int(rng.integers(2, 7))
        tree: Tree | None = None
        for _ in range(count):
            factors: list[Tree] = []
            left = int(rng.integers(1, top + 1))
            for number in rng.permutation(self.variables).tolist():
                exponent = left if self.variables == 1 else int(rng.integers(0, left + 1))
                left -= exponent
                if exponent:
                    x: Tree = ("x", number)
                    factors.append(x if exponent == 1 else ("pow", x, exponent))
            if not factors:
                continue
            term = factors[0] if len(factors) == 1 else ("mul", *factors)
            if rng.random() < 0.5:
                term = ("mul", ("c", _number(rng)), term)
            tree = term if tree is None else ("add", tree, term)
        if tree is None:
            raise UnsuitableError
        return tree

    def _domain(self, rng: np.random.Generator, *, positive: bool) -> tuple[tuple[float, float], ...]:
        """Draw an interval for each variable: about zero, from zero, or anywhere."""
        intervals = []
        for _ in range(self.variables):
            size = math.exp(rng.uniform(math.log(0.5), math.log(10.0)))
            kind = rng.random()
            low, high = (0.0, size) if positive or kind < 0.35 else (-size, size)
            if not positive and kind >= 0.8:
                one, other = sorted(rng.uniform(-size, size, 2).tolist())
                if other - one >= 0.2 * size:
                    low, high = one, other
            intervals.append((low, high))
        return tuple(intervals)

    def _inputs(self, domain: tuple[tuple[float, float], ...], rng: np.random.Generator) -> Array:
        """Draw points: at random, or in one variable now and then even ones, without zero where that is an end."""
        if self.variables == 1 and rng.random() < 0.3:
            low, high = domain[0]
            return np.linspace(low, high, self.points + (low == 0))[-self.points :, None]
        return np.stack([rng.uniform(low, high, self.points) for low, high in domain], axis=1)


def values(tree: Tree, x: Array) -> Any:
    """Evaluate a tree at points, shape (n, variables): shape (n,), or a number."""
    name = tree[0]
    if name == "x":
        return x[:, tree[1]]
    if name == "c":
        return tree[1]
    if name == "pow":
        return values(tree[1], x) ** tree[2]
    return _NUMPY[name](*(values(arg, x) for arg in tree[1:]))


def fingerprint(tree: Tree) -> str | None:
    """Return what tells a function from others: its values at fixed places; None where it is undefined there."""
    with np.errstate(all="ignore"):
        y = np.broadcast_to(values(tree, _PLACES), (len(_PLACES),))
        if not np.isfinite(y).all():
            return None
        return ",".join(f"{v + 0.0:.7e}" for v in y)


def split_of(skeleton: tuple[str, ...]) -> str:
    """Return the split of a skeleton, by a hash; of three tokens or fewer it is training.

    There are only some dozens of those, and every longer one has some of them for parts.
    """
    if len(skeleton) <= 3:
        return "training"
    digest = hashlib.sha256(" ".join(skeleton).encode()).digest()
    return _SPLITS[int.from_bytes(digest[:4], "big") % len(_SPLITS)]


def _sum(tree: Tree) -> Sum:
    """Return the sum that a tree is."""
    name = tree[0]
    if name == "x":
        return variable(tree[1])
    if name == "c":
        return constant(tree[1])
    if name == "pow":
        return power(_sum(tree[1]), tree[2])
    return apply(name, *(_sum(arg) for arg in tree[1:]))


def _is_usable(y: Array) -> bool:
    top = float(np.abs(y).max())
    if not top < _MAX_SIZE:
        return False
    centred = y - y.mean()
    spread = math.sqrt(float(centred @ centred) / len(y))
    return spread > _MIN_SPREAD_SHARE * top and float(np.abs(centred).max()) < _MAX_DEVIATIONS * spread


def _number(rng: np.random.Generator) -> float:
    """Draw a constant: a small whole number or any number, either sign, larger ones less often."""
    kind = rng.random()
    if kind < 0.4:
        size = float(rng.integers(1, 6))
    elif kind < 0.9:
        size = float(rng.uniform(0.1, 5.0))
    else:
        size = math.exp(rng.uniform(math.log(0.05), math.log(20.0)))
    return -size if rng.random() < 0.25 else size


def _chosen(weights: dict[str, float], rng: np.random.Generator) -> str:
    names, edges = _edges(tuple(weights.items()))
    return names[int(np.searchsorted(edges, rng.random() * edges[-1]))]


@cache
def _edges(weights: tuple[tuple[str, float], ...]) -> tuple[tuple[str, ...], Array]:
    return tuple(name for name, _ in weights), np.cumsum([weight for _, weight in weights])


@cache
def _count(empty: int, nodes: int) -> int:
    """Return the number of ways to place `nodes` internal nodes below `empty` open places.

    Source: Lample & Charton 2020, appendix C.2, the recursion for D(e, n) with one kind of each operator.
    """
    if empty == 0:
        return 0 if nodes else 1
    if nodes == 0:
        return 1
    return _count(empty - 1, nodes) + _count(empty, nodes - 1) + _count(empty + 1, nodes - 1)


def _shape(nodes: int, rng: np.random.Generator) -> Iterator[int]:
    """Yield the arities of a tree's nodes in prefix order, each tree of that many internal nodes alike."""
    empty = 1
    while empty:
        at = rng.random() * _count(empty, nodes)
        if nodes == 0 or at < _count(empty - 1, nodes):
            empty -= 1
            yield 0
        elif at < _count(empty - 1, nodes) + _count(empty, nodes - 1):
            nodes -= 1
            yield 1
        else:
            nodes -= 1
            empty += 1
            yield 2
