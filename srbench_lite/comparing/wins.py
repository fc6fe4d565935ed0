"""`Duel`: two methods on the same formulas: how often each is ahead, and whether chance alone does that.

Ranks over suites say who is better on average; duels say how often, each formula counting the same. The test is
Wilcoxon's with exact chances (`srbench_lite.comparing.statistics`), adjusted for all pairs by Holm's procedure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite.comparing.statistics import DIFFERENCE_DECIMALS, Interval, holm, signed_rank

__all__ = ["Duel", "duels"]

_ALPHA: Final = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """One method against another.

    Attributes:
        method, other: their names.
        wins, losses, ties: numbers of formulas on which the method is better, worse, or neither.
        difference: of the means over all suites, positive where the method is better.
        interval: of the difference; those of all pairs hold at once in 95 of 100 cases.
        p_value: two-sided, adjusted for all pairs.
    """

    method: str
    other: str
    wins: int
    losses: int
    ties: int
    difference: float
    interval: Interval
    p_value: float

    @property
    def winner(self) -> str | None:
        """The method that wins more than chance does at 5 %; None where that cannot be said."""
        if self.p_value > _ALPHA or self.wins == self.losses:
            return None
        return self.method if self.wins > self.losses else self.other

    @property
    def reversed(self) -> Duel:
        """The same seen from the other method."""
        return replace(
            self, method=self.other, other=self.method, wins=self.losses, losses=self.wins, difference=-self.difference,
            interval=Interval(-self.interval.high, -self.interval.low),
        )  # fmt: skip


def duels(
    methods: tuple[str, ...], formulas: NDArray[np.float64], differences: NDArray[np.float64],
    half_width: NDArray[np.float64], *, most: float,
) -> tuple[tuple[Duel | None, ...], ...]:  # fmt: skip
    """Return every method against every other, None against itself.

    Args:
        methods: their names.
        formulas: means over the tasks of each formula, more is better, shape (methods, formulas).
        differences, half_width: of the means over all suites, and of their intervals, shape (methods, methods).
        most: the largest difference that two means can have; intervals end there.
    """
    pairs = list(combinations(range(len(methods)), 2))
    gaps = [np.round(formulas[a] - formulas[b], DIFFERENCE_DECIMALS) for a, b in pairs]
    p_values = holm([signed_rank(gap) for gap in gaps])
    table: list[list[Duel | None]] = [[None] * len(methods) for _ in methods]
    for (a, b), gap, p_value in zip(pairs, gaps, p_values, strict=True):
        difference, half = float(differences[a, b]), float(half_width[a, b])
        wins, losses = int((gap > 0).sum()), int((gap < 0).sum())
        interval = Interval(max(-most, difference - half), min(most, difference + half))
        duel = Duel(
            method=methods[a], other=methods[b], wins=wins, losses=losses, ties=len(gap) - wins - losses,
            difference=difference, interval=interval, p_value=p_value,
        )  # fmt: skip
        table[a][b], table[b][a] = duel, duel.reversed
    return tuple(map(tuple, table))
