"""`Draws`: random choices that are the same on every machine and in every version of Python and NumPy."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

__all__ = ["Draws"]

T = TypeVar("T")


class Draws:
    """Random choices from a seed.

    Everything is made of `random.Random.random`, the one method whose numbers Python promises to keep for a seed; NumPy
    promises that of no method of its Generator.
    """

    def __init__(self, seed: int) -> None:
        self._share = random.Random(seed).random

    def chance(self, share: float) -> bool:
        """Return True with this probability."""
        return self._share() < share

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        return int(self._share() * n)

    def pick(self, items: Sequence[T]) -> T:
        """Return one of the items."""
        return items[self.below(len(items))]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """Return the items in random order."""
        left = list(items)
        return [left.pop(self.below(len(left))) for _ in range(len(left))]

    def decimal(self, low: int, high: int) -> float:
        """Return a number with one digit behind the point, from low/10 to high/10."""
        return (low + self.below(high - low + 1)) / 10
