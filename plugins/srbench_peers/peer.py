"""`Peer`: a method that others wrote, run by their own package in an environment of its own."""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from collections.abc import Sequence
from typing import ClassVar, Final

from srbench_lite import Budget, Capabilities, Expression, ExpressionError, Fit, FitError, Method, Report, Samples

__all__ = ["Clock", "Peer", "distinct", "scaled"]

#: Seeds that every package takes are below this.
_SEEDS: Final = 2**31


class Clock:
    """The wall clock of one fit.

    Attributes:
        seconds: how much of the budget the search may use.
    """

    def __init__(self, budget: Budget, *, share: float) -> None:
        """Start the clock; `share` is the part of the budget's seconds that the search may use."""
        self.seconds = share * budget.seconds
        self._start = time.perf_counter()

    @property
    def left(self) -> float:
        """Seconds until the end, below 0 after it."""
        return self._start + self.seconds - time.perf_counter()


class Peer(Method):
    """What the adapters share: a seed that every package takes, silence, and answers that are formulas.

    A subclass is a frozen dataclass. Its fields are the package's settings, its defaults what the package's authors
    recommend, and `engine` names what is imported from the package.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False)  # a wall clock ends the search

    @abstractmethod
    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Run the package on samples whose y vary; `seed` is below 2**31. Otherwise as `Method.fit`."""

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`.

        Where all y are the same, that number is the answer and the package is not asked: several fail there.
        """
        if (samples.y == samples.y[0]).all():
            return Fit(expression=Expression.constant(float(samples.y[0])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return self.search(samples, seed=seed % _SEEDS, budget=budget, report=report)
            except ExpressionError as error:
                raise FitError(f"what {self.name} found cannot be written as a formula: {error}") from None


def scaled(formula: Expression, scale: float, offset: float) -> Expression:
    """Return scale*formula + offset, in this order of operations; a scale of 1 and an offset of 0 are left out."""
    product = formula if scale == 1.0 else formula * scale
    return product if offset == 0.0 else product + offset


def distinct(formulas: Sequence[Expression]) -> tuple[Expression, ...]:
    """Return formulas without repeats, the simplest first: candidates of a `Fit`."""
    return tuple(sorted(dict.fromkeys(formulas), key=lambda formula: formula.complexity))
