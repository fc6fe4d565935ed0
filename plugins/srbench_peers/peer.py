"""`Peer`: a method that others wrote, run by their own package in an environment of its own."""

from __future__ import annotations

import time
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from srbench_lite import Budget, Capabilities, Expression, ExpressionError, Fit, FitError, Method, Report, Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Clock", "Found", "Peer", "pareto", "writable"]

#: Seeds that every package takes are below this.
_SEEDS: Final = 2**31


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Found:
    """What a package found.

    Attributes:
        expression: its answer, written exactly.
        predict: the package's own prediction of that answer: inputs of shape (n, d) to values of shape (n,).
        candidates: its Pareto front, the simplest first; may be empty.
        stopped: "budget" where the clock ended the search.
        extras: small JSON-able facts for the record.
    """

    expression: Expression
    predict: Callable[[NDArray[np.float64]], Any]
    candidates: Sequence[Expression] = ()
    stopped: Literal["done", "budget"] = "done"
    extras: Mapping[str, Any] = field(default_factory=dict)


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
    """What the adapters share: a seed that every package takes, no warnings, answers that are formulas.

    A subclass is a frozen dataclass. Its fields are the package's settings, its defaults what the package's authors
    recommend, and `engine` names the modules that it imports from the package.
    """

    capabilities: ClassVar[Capabilities] = Capabilities(deterministic=False)  # a wall clock ends the search

    @abstractmethod
    def search(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Found:
        """Run the package on samples whose y vary.

        Args:
            samples: the training points.
            seed: below 2**31.
            budget: seconds and threads to pass on.
            report: takes the best formula so far.

        Raises:
            FitError: nothing was found.
            ExpressionError: what was found is no formula; `fit` makes a FitError of it.
        """

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`.

        Where all y are the same, that number is the answer and the package is not asked: several fail there.
        """
        import numpy as np

        if (samples.y == samples.y[0]).all():
            return Fit(expression=Expression.constant(float(samples.y[0])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = self.search(samples, seed=seed % _SEEDS, budget=budget, report=report)
            except ExpressionError as error:
                raise FitError(f"what {self.name} found cannot be written as a formula: {error}") from None
            predictions = np.asarray(found.predict(samples.x), dtype=np.float64).reshape(-1)
        if predictions.size == 1:  # of a formula without a variable
            predictions = np.full(len(samples.y), predictions[0])
        return Fit(
            expression=found.expression, candidates=found.candidates, predictions=predictions, stopped=found.stopped,
            extras=found.extras,
        )  # fmt: skip


def writable(build: Callable[..., Expression], *args: Any) -> Expression | None:
    """Return build(*args), None where that is no formula: too large, or with a constant that is no number."""
    try:
        return build(*args)
    except ExpressionError:
        return None


def pareto(found: Iterable[tuple[Expression, float]]) -> tuple[Expression, ...]:
    """Return the formulas than which no other is both as simple and as good, the simplest first.

    Args:
        found: formulas and their errors, smaller is better; those whose error is no number are left out.
    """
    front: list[Expression] = []
    least = float("inf")
    for formula, error in sorted(found, key=lambda pair: (pair[0].complexity, pair[1])):
        if error < least:
            front.append(formula)
            least = error
    return tuple(front)
