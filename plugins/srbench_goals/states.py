"""What the policy sees of a machine: values on its stack, its goal and its inputs, at some points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_goals.environment import DEEPEST, TOKENS, StackMachines

__all__ = ["FACTS", "FEATURES", "SEEN", "States"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]

#: Values on top of the stack that are seen.
SEEN: Final = 3
#: Numbers of each point, and numbers of a state beside them.
FEATURES: Final = 2 * (1 + SEEN + 2 + 6)
FACTS: Final = (DEEPEST + 1) + (len(TOKENS) + 1) + 3
_LENGTH_SCALE: Final = 25.0
_FUNCTIONS_SCALE: Final = 5.0
#: Below this a divisor is moved away from zero.
_SMALLEST: Final = 1e-9
#: Features are cut off here.
_LARGEST: Final = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """States of machines, each with a goal.

    Attributes:
        stack: the uppermost values, shape (states, SEEN, n).
        goal: shape (states, n).
        x: inputs, shape (states, n, 2); zeros where there is no second.
        facts: depth and last token, each one of many; tokens and functions so far; whether there is a second input:
            shape (states, FACTS).
    """

    stack: Array
    goal: Array
    x: Array
    facts: Array

    @classmethod
    def of(cls, machines: StackMachines, goal: Array, last: Integers, rows: Integers | None = None) -> Self:
        """Return the states of machines.

        Args:
            machines: with their points.
            goal: shape (machines, n), or (n,) where all have the same.
            last: codes of the tokens that were written last, -1 at the beginning, shape (machines,).
            rows: of which machines; None for all.
        """
        every = np.arange(len(last)) if rows is None else rows
        count, n, variables = len(every), machines.x.shape[1], machines.x.shape[2]
        inputs = np.zeros((count, n, 2))
        inputs[:, :, :variables] = machines.x[every] if len(machines.x) > 1 else machines.x
        facts = np.zeros((count, FACTS))
        facts[np.arange(count), machines.depth[every]] = 1.0
        facts[np.arange(count), DEEPEST + 2 + last[every]] = 1.0
        facts[:, -3] = machines.length / _LENGTH_SCALE
        facts[:, -2] = machines.functions[every] / _FUNCTIONS_SCALE
        facts[:, -1] = variables - 1
        goals = np.broadcast_to(goal, (len(last), n))[every]
        return cls(stack=machines.uppermost(SEEN)[every], goal=goals, x=inputs, facts=facts)

    def towards(self, goal: Array) -> Self:
        """Return the same states with other goals, shape (states, n)."""
        return replace(self, goal=goal)

    def rows(self, rows: Integers) -> Self:
        """Return some of the states."""
        return replace(self, stack=self.stack[rows], goal=self.goal[rows], x=self.x[rows], facts=self.facts[rows])

    def at_points(self, points: Integers) -> Self:
        """Return the same states at some of their points."""
        return replace(
            self, stack=self.stack[:, :, points], goal=self.goal[:, points], x=self.x[:, points], facts=self.facts
        )

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """Return all states of some, in their order."""
        return cls(
            stack=np.concatenate([part.stack for part in parts]), goal=np.concatenate([part.goal for part in parts]),
            x=np.concatenate([part.x for part in parts]), facts=np.concatenate([part.facts for part in parts]),
        )  # fmt: skip

    def tensors(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the features of the points, shape (states, n, FEATURES), and the facts, shape (states, FACTS).

        Beside goal, stack and inputs stand the values that would lead from the top to the goal by one operation: each
        as its logarithm with its sign, and squeezed between -1 and 1.
        """
        goal, top, second = self.goal, self.stack[:, 0], self.stack[:, 1]
        with np.errstate(all="ignore"):
            missing = [
                goal - top, goal - second, goal - top - second, goal / _away(top), goal / _away(second),
                goal / _away(top * second),
            ]  # fmt: skip
            columns = [goal, *(self.stack[:, k] for k in range(SEEN)), self.x[:, :, 0], self.x[:, :, 1], *missing]
            plain = np.stack(columns, axis=2)
            size = np.abs(plain)
            both = np.concatenate([np.sign(plain) * np.log1p(size), plain / (1.0 + size)], axis=2)
        points = np.clip(np.nan_to_num(both, nan=0.0), -_LARGEST, _LARGEST)
        return torch.from_numpy(points.astype(np.float32)), torch.from_numpy(self.facts.astype(np.float32))


def _away(values: Array) -> Array:
    return np.where(np.abs(values) < _SMALLEST, _SMALLEST, values)
