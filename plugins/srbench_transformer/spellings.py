"""Every function that the symbols of the workshop can write in a few tokens, each in its shortest spelling.

Found by size: a formula of n tokens is an operator before shorter ones, and of those only one spelling of each function
is needed. Where several are as short, the first that is found stands, so that one function is always spelled the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_transformer.baseline_grammar import BINARY, DECIMALS, GRID, LARGEST, UNARY, FunctionTable

__all__ = ["Spellings", "fingerprints"]

Array = NDArray[np.float64]

#: Parts of formulas may be larger than formulas, though not much.
_MAX_PART_SIZE: Final = 1e4
_OPERATORS: Final = (*UNARY, *BINARY)
_LEAF: Final = -1
#: Rounded values are summed with these weights, modulo 2 ** 64.
_WEIGHTS: Final = np.random.default_rng(20).integers(0, 2**64, size=len(GRID), dtype=np.uint64)
#: Values of pairs that are computed at once.
_MAX_VALUES_AT_ONCE: Final = 4_000_000


@dataclass(slots=True, eq=False)
class Spellings:
    """The functions of at most so many tokens.

    Args:
        longest: tokens at most. Each more brings five times as many functions: up to ten tokens there are 0.8 million,
            found in four seconds; up to twelve 19 million, in 80 seconds and 6.4 GB.

    Attributes:
        small: whether a function stays below `LARGEST`, shape (n,); the others are parts of formulas only.
    """

    longest: int
    small: NDArray[np.bool_] = field(init=False)
    _operators: NDArray[np.int8] = field(init=False)
    _args: NDArray[np.int32] = field(init=False)
    _starts: list[int] = field(init=False)
    _known: NDArray[np.uint64] = field(init=False)
    _order: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        self.small = np.array([True])
        self._operators = np.array([_LEAF], np.int8)
        self._args = np.full((1, 2), _LEAF, np.int32)
        self._starts = [0, 0, 1]
        self._known = fingerprints(GRID[None])
        self._order = np.array([0])
        parts = GRID[None]
        for length in range(2, self.longest + 1):
            parts = self._extend(length, parts)

    def __len__(self) -> int:
        return len(self._operators)

    def numbers(self, length: int) -> range:
        """Return the functions whose shortest spelling has so many tokens."""
        return range(self._starts[length], self._starts[length + 1])

    def find(self, values: Array) -> NDArray[np.intp]:
        """Return the numbers of functions by their values, shape (n, 100); -1 for those that need more tokens."""
        wanted = fingerprints(values)
        places = np.minimum(np.searchsorted(self._known, wanted), len(self) - 1)
        return np.where(self._known[places] == wanted, self._order[places], -1)

    def respell(self, functions: FunctionTable) -> FunctionTable:
        """Return the same functions, each in the shortest spelling that is known."""
        numbers = self.find(functions.values).tolist()
        pairs = zip(functions.formulas, numbers, strict=True)
        return replace(functions, formulas=tuple(own if at < 0 else self.formula(at) for own, at in pairs))

    def formula(self, number: int) -> tuple[str, ...]:
        """Return the shortest spelling of a function, prefix order."""
        if self._operators[number] == _LEAF:
            return ("x",)
        name = _OPERATORS[self._operators[number]]
        one, other = self._args[number].tolist()
        return (name, *self.formula(one), *(() if other == _LEAF else self.formula(other)))

    def _extend(self, length: int, parts: Array) -> Array:
        """Add the functions of one token more; take and return the values of the functions that are there."""
        operators, args, hashes, small = [], [], [], []
        for name, one, other in self._pairs(length):
            with np.errstate(all="ignore"):
                values = UNARY[name](parts[one]) if other is None else BINARY[name](parts[one], parts[other])
            size = np.abs(values).max(axis=1)
            fine = np.flatnonzero(size < _MAX_PART_SIZE)  # and so no nan
            hashes.append(fingerprints(values[fine]))
            small.append(size[fine] < LARGEST)
            operators.append(np.full(len(fine), _OPERATORS.index(name), np.int8))
            second = np.full(len(one), _LEAF) if other is None else other
            args.append(np.column_stack((one, second)).astype(np.int32)[fine])
        prints = np.concatenate(hashes)
        first = np.unique(prints, return_index=True)[1]
        places = np.minimum(np.searchsorted(self._known, prints[first]), len(self) - 1)
        new = np.sort(first[self._known[places] != prints[first]])
        self._operators = np.concatenate((self._operators, np.concatenate(operators)[new]))
        self._args = np.concatenate((self._args, np.concatenate(args)[new]))
        self.small = np.concatenate((self.small, np.concatenate(small)[new]))
        known = np.concatenate((self._known[np.argsort(self._order)], prints[new]))
        self._order = np.argsort(known, kind="stable")
        self._known = known[self._order]
        self._starts.append(len(self))
        if length == self.longest:
            return parts
        return np.concatenate((parts, self._values(parts, self.numbers(length))))

    def _pairs(self, length: int) -> Iterator[tuple[str, NDArray[np.intp], NDArray[np.intp] | None]]:
        """Yield operators and their arguments."""
        together = max(1, _MAX_VALUES_AT_ONCE // len(GRID))
        for name in UNARY:
            shorter = np.array(self.numbers(length - 1))
            for start in range(0, len(shorter), together):
                yield name, shorter[start : start + together], None
        for name in BINARY:
            for left in range(1, length - 1):
                ones, others = self.numbers(left), self.numbers(length - 1 - left)
                if name != "-" and len(ones) > 0 and left > length - 1 - left:
                    continue  # the same with its arguments exchanged
                block = max(1, together // max(1, len(others)))
                for start in range(ones.start, ones.stop, block):
                    some = np.arange(start, min(start + block, ones.stop))
                    for second in range(others.start, others.stop, together):
                        rest = np.arange(second, min(second + together, others.stop))
                        yield name, np.repeat(some, len(rest)), np.tile(rest, len(some))

    def _values(self, parts: Array, numbers: range) -> Array:
        result = np.empty((len(numbers), len(GRID)))
        operators = self._operators[numbers.start : numbers.stop]
        args = self._args[numbers.start : numbers.stop]
        for code, name in enumerate(_OPERATORS):
            rows = np.flatnonzero(operators == code)
            one, other = args[rows].T
            result[rows] = UNARY[name](parts[one]) if name in UNARY else BINARY[name](parts[one], parts[other])
        return result


def fingerprints(values: Array) -> NDArray[np.uint64]:
    """Return numbers that are the same where values, shape (n, 100), are the same to seven decimals."""
    whole = np.rint(values * 10.0**DECIMALS).astype(np.int64).view(np.uint64)
    return np.asarray(whole @ _WEIGHTS)
