"""Formulas in postfix, written token by token by many machines at once: every beginning of a formula has values.

A machine has a stack of values at its points. A variable or a one is pushed, a function changes the top, an operation
joins the two on top. Source: Sun et al., EGRL-SR (arXiv 2601.14693, 2026).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["ARITY", "DEEPEST", "TOKENS", "UNARY", "StackMachines", "formula_on_top"]

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]

TOKENS: Final = ("x1", "x2", "1", "+", "-", "*", "/", "sin", "cos", "exp", "log")
#: Arguments of each token.
ARITY: Final = (0, 0, 0, 2, 2, 2, 2, 1, 1, 1, 1)
#: Codes of functions of one argument.
UNARY: Final = tuple(code for code, arity in enumerate(ARITY) if arity == 1)
#: Values that a stack holds at most.
DEEPEST: Final = 5
#: Functions within functions, at most.
_MOST_NESTED: Final = 2
#: A value beyond this ends the formula.
_LARGEST: Final = 1e8

_ONE: Final = TOKENS.index("1")
_TRIGONOMETRIC: Final = tuple(TOKENS.index(name) for name in ("sin", "cos"))
_LEAVES: Final = tuple(code for code, arity in enumerate(ARITY) if arity == 0)
_BINARY: Final = tuple(code for code, arity in enumerate(ARITY) if arity == 2)


class StackMachines:
    """Machines that write formulas in postfix, a token each at a time.

    Args:
        x: their points, shape (machines, n, variables), or (1, n, variables) where all have the same.
        count: number of machines.
        longest: tokens of a formula, at most; or those of each machine, shape (machines,).

    Attributes:
        values: of the stacks, shape (machines, DEEPEST, n); only the lowest `depth` of each count.
        depth: how many values are on each stack, shape (machines,).
        length: tokens written so far.
        functions: how many of them are functions, shape (machines,).
        is_alive: whether all values so far are finite and of usual size, shape (machines,).
    """

    def __init__(self, x: Array, count: int, longest: Integers | int) -> None:
        self.x, self.longest = x, longest
        self.values = np.zeros((count, DEEPEST, x.shape[1]))
        self.depth = np.zeros(count, dtype=np.int64)
        self.length = 0
        self.functions = np.zeros(count, dtype=np.int64)
        self.is_alive = np.ones(count, dtype=np.bool_)
        self._nested = np.zeros((count, DEEPEST), dtype=np.int64)  # functions within functions, by value
        self._has_sine = np.zeros((count, DEEPEST), dtype=np.bool_)
        self._is_constant = np.zeros((count, DEEPEST), dtype=np.bool_)
        self._machines = np.arange(count)

    @property
    def top(self) -> Array:
        """Values on top of the stacks, shape (machines, n); anything where a stack is empty."""
        return self.values[self._machines, np.maximum(self.depth - 1, 0)]

    def uppermost(self, count: int) -> Array:
        """Return so many values from the top down, zeros where there are fewer: shape (machines, count, n)."""
        places = self.depth[:, None] - 1 - np.arange(count)
        taken = self.values[self._machines[:, None], np.maximum(places, 0)]
        return np.where((places >= 0)[..., None], taken, 0.0)

    def allowed(self, most_functions: Integers | int = DEEPEST * _MOST_NESTED) -> Bools:
        """Return which tokens may follow, so that the formula can still end in time: shape (machines, tokens).

        No function is taken of a constant, no sine within a sine, and no function within more than one other.
        """
        left = self.longest - self.length - 1  # tokens after this one
        may = np.zeros((len(self.depth), len(TOKENS)), dtype=np.bool_)
        may[:, _LEAVES] = ((self.depth < DEEPEST) & (self.depth <= left))[:, None]
        may[:, 1] &= self.x.shape[2] > 1
        may[:, _BINARY] = (self.depth >= 2)[:, None]
        top = np.maximum(self.depth - 1, 0)
        is_function = (self.depth >= 1) & (self.depth - 1 <= left) & (self.functions < most_functions)
        is_function &= ~self._is_constant[self._machines, top] & (self._nested[self._machines, top] < _MOST_NESTED)
        may[:, UNARY] = is_function[:, None]
        may[:, _TRIGONOMETRIC] &= ~self._has_sine[self._machines, top][:, None]
        return may

    def write(self, tokens: Integers) -> None:
        """Write an allowed token on each machine that is alive, shape (machines,)."""
        with np.errstate(all="ignore"):
            for code in np.unique(tokens[self.is_alive]):
                self._write(int(code), self._machines[self.is_alive & (tokens == code)])
        self.length += 1
        top = self.top
        self.is_alive &= (np.abs(top) < _LARGEST).all(axis=1)  # false for what is not a number

    def _write(self, code: int, machines: Integers) -> None:
        arity = ARITY[code]
        place = self.depth[machines] - arity
        lower, upper = (machines, place), (machines, place + 1)
        nested: Integers | int = 0
        has_sine: Bools | bool = False
        is_constant: Bools | bool = code == _ONE
        if arity == 0:
            new = np.ones(self.x.shape[1]) if code == _ONE else self._points(machines)[:, :, code]
        elif arity == 1:
            new = _FUNCTIONS[TOKENS[code]](self.values[lower])
            nested = self._nested[lower] + 1
            has_sine = self._has_sine[lower] | (code in _TRIGONOMETRIC)
            self.functions[machines] += 1
        else:
            new = _OPERATIONS[TOKENS[code]](self.values[lower], self.values[upper])
            nested = np.maximum(self._nested[lower], self._nested[upper])
            has_sine = self._has_sine[lower] | self._has_sine[upper]
            is_constant = self._is_constant[lower] & self._is_constant[upper]
        self.values[lower] = new
        self._nested[lower] = nested
        self._has_sine[lower] = has_sine
        self._is_constant[lower] = is_constant
        self.depth[machines] = place + 1

    def _points(self, machines: Integers) -> Array:
        return self.x[machines] if len(self.x) > 1 else np.broadcast_to(self.x, (len(machines), *self.x.shape[1:]))


_FUNCTIONS: Final = {"sin": np.sin, "cos": np.cos, "exp": np.exp, "log": np.log}
_OPERATIONS: Final = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}


def formula_on_top(tokens: Sequence[int], names: Sequence[str]) -> str:
    """Return as text the formula whose value is on top of the stack after these tokens.

    Args:
        tokens: codes in postfix, of which every beginning is one of a formula.
        names: of the variables.
    """
    stack: list[str] = []
    for code in tokens:
        if ARITY[code] == 0:
            stack.append(names[code] if code < _ONE else "1")
        elif ARITY[code] == 1:
            stack.append(f"{TOKENS[code]}({stack.pop()})")
        else:
            right = stack.pop()
            stack.append(f"({stack.pop()} {TOKENS[code]} {right})")
    return stack[-1]
