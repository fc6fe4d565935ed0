"""The formulas of a workshop: + - *, abs, sin, tan, exp and x, no constants, on one grid.

Source: Moseley, "Symbolic regression with deep neural networks" (workshop, 2025): one to four binary and one to three
unary operators, 100 even points on [-1, 1], values below 10. What differs: the split. Most of a random split's test
functions stand in its training set in another spelling; here a hash of the values decides, so that no function stands
in both. Recovery is of the function: the same values to seven decimals.
"""

from __future__ import annotations

import hashlib
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression

__all__ = [
    "BINARY", "DECIMALS", "GRID", "LARGEST", "UNARY", "FunctionTable", "draw_formulas", "draw_table", "evaluate",
    "expression_of", "fingerprint", "same_values", "split_of",
]  # fmt: skip

Array = NDArray[np.float64]

GRID: Final[Array] = np.linspace(-1.0, 1.0, 100)
BINARY: Final = {"+": np.add, "-": np.subtract, "*": np.multiply}
UNARY: Final[dict[str, Any]] = {"abs": np.abs, "sin": np.sin, "tan": np.tan, "exp": np.exp}
_BINARY_NAMES: Final = tuple(BINARY)
_UNARY_NAMES: Final = tuple(UNARY)
#: Values are smaller.
LARGEST: Final = 10.0
DECIMALS: Final = 7
#: Formulas that the workshop draws; functions that are rarer are learned from, and not tested on.
_WORKSHOP_DRAWS: Final = 100_000
_SPLITS: Final = ("test", "validation", *("training",) * 8)

Tree = tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class FunctionTable:
    """Functions, each once.

    Attributes:
        formulas: the shortest spelling of each that was drawn, prefix order.
        values: on the grid, shape (n, 100).
        splits: of each function, shape (n,).
        first: number of the draw that brought it first, shape (n,).
    """

    formulas: tuple[tuple[str, ...], ...]
    values: Array
    splits: NDArray[np.str_]
    first: NDArray[np.int_]

    def rows(self, split: str, *, common: bool = False) -> NDArray[np.intp]:
        """Return the places of the functions of a split; of those, if asked, that a set of the workshop's size has."""
        return np.flatnonzero((self.splits == split) & ((self.first < _WORKSHOP_DRAWS) | (not common)))


def draw_table(draws: int, seed: int) -> FunctionTable:
    """Draw formulas and keep the shortest of each function.

    Args:
        draws: formulas that are drawn.
        seed: draws them.
    """
    by_values: dict[bytes, tuple[tuple[str, ...], Array, int]] = {}
    seen: set[tuple[str, ...]] = set()
    for number, tokens in enumerate(itertools.islice(draw_formulas(random.Random(seed)), draws)):
        if tokens in seen:
            continue
        seen.add(tokens)
        values = evaluate(tokens)
        if values is None:
            continue
        key = fingerprint(values)
        before = by_values.get(key)
        if before is None or (len(tokens), tokens) < (len(before[0]), before[0]):
            by_values[key] = tokens, values, before[2] if before else number
    keys = sorted(by_values)
    splits = [split_of(by_values[key][1]) for key in keys]
    return FunctionTable(
        tuple(by_values[key][0] for key in keys), np.stack([by_values[key][1] for key in keys]),
        np.array(splits, dtype=np.str_), np.array([by_values[key][2] for key in keys]),
    )  # fmt: skip


def draw_formulas(rng: random.Random) -> Iterator[tuple[str, ...]]:
    """Yield formulas without end: a random binary tree, unary operators about random operators of it."""
    while True:
        tree = _binary(rng.randrange(1, 5), rng)
        for _ in range(rng.randrange(1, 4)):
            tree = _wrapped(tree, rng.randrange(_operators(tree)), rng.choice(_UNARY_NAMES))
        yield _tokens(tree)


def evaluate(tokens: tuple[str, ...]) -> Array | None:
    """Return the values of a formula on the grid; None where they are too large or undefined."""
    stack: list[Array] = []
    with np.errstate(all="ignore"):
        for token in reversed(tokens):
            if token == "x":
                stack.append(GRID)
            elif token in UNARY:
                stack.append(UNARY[token](stack.pop()))
            else:
                stack.append(BINARY[token](stack.pop(), stack.pop()))
        (values,) = stack
        return values if bool(np.abs(values).max() < LARGEST) else None


def expression_of(text: tuple[str, ...], x: Expression) -> Expression:
    """Return a formula in prefix order as an expression."""
    stack: list[Expression] = []
    for token in reversed(text):
        if token == "x":
            stack.append(x)
        elif token in ("+", "-", "*"):
            one, other = stack.pop(), stack.pop()
            stack.append(one + other if token == "+" else one - other if token == "-" else one * other)
        else:
            stack.append(Expression.call(token, stack.pop()))
    (formula,) = stack
    return formula


def same_values(one: Array, other: Array) -> bool:
    """Return whether two functions have the same values."""
    return bool(np.abs(one - other).max() < 10.0**-DECIMALS)


def fingerprint(values: Array) -> bytes:
    """Return what a function with these values is known by."""
    return (np.round(values, DECIMALS) + 0.0).tobytes()


def split_of(values: Array) -> str:
    """Return the split of a function with these values: training, validation or test."""
    return _SPLITS[hashlib.sha256(fingerprint(values)).digest()[0] % len(_SPLITS)]


def _binary(operators: int, rng: random.Random) -> Tree:
    if operators == 0:
        return ("x",)
    left = rng.randrange(operators)
    name = rng.choice(_BINARY_NAMES)
    return (name, _binary(left, rng), _binary(operators - 1 - left, rng))


def _operators(tree: Tree) -> int:
    return int(tree[0] != "x") + sum(_operators(arg) for arg in tree[1:])


def _wrapped(tree: Tree, place: int, name: str) -> Tree:
    """Put a unary operator about the operator with this number, in prefix order."""
    if place == 0:
        return (name, tree)
    place -= 1
    args = list(tree[1:])
    for number, arg in enumerate(args):
        inside = _operators(arg)
        if place < inside:
            args[number] = _wrapped(arg, place, name)
            break
        place -= inside
    return (tree[0], *args)


def _tokens(tree: Tree) -> tuple[str, ...]:
    return (tree[0], *(token for arg in tree[1:] for token in _tokens(arg)))
