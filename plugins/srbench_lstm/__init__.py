"""The method `lstm`: an LSTM reads a point as digits; a sparse sum of analytic terms is distilled from the mapping."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

if TYPE_CHECKING:
    from srbench_lite import Inspection

__all__ = ["Lstm"]


@dataclass(frozen=True, kw_only=True)
class Lstm(Method):
    """An LSTM over the digits of the inputs, distilled on its own outputs by LASSO on a library of analytic terms.

    The published training is `Lstm(epochs=80, learning_rate=1e-3, decay=False, encoding="plain")`.
    """

    name: ClassVar[str] = "lstm"
    summary: ClassVar[str] = "LSTM over the digits of the inputs, distilled by LASSO on analytic terms"
    source: ClassVar[str] = (
        "Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997; Gers, Schmidhuber & Cummins, "
        "Learning to Forget, Neural Computation 12(10), 2000; Kingma & Ba, Adam, ICLR 2015; Friedman, Hastie & "
        "Tibshirani, J. Stat. Softw. 33(1), 2010"
    )
    version: ClassVar[str] = "3"
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ("srbench_lstm.pipeline",)

    encoding: str = "placed"  # digits at their place value with their sign ("placed"), or as they are ("plain")
    digits: int = 8  # steps of the sequence
    hidden: int = 64  # units of the cell
    head: int = 32  # tanh units between the last hidden state and the output
    epochs: int = 1000  # passes over the points that are not held back
    batch: int = 64  # points per step of Adam; 0 for all
    learning_rate: float = 0.01  # of Adam, at the start
    decay: bool = True  # whether it falls to zero along half a cosine
    most_steps: int = 4000  # of Adam; in proportion fewer in less than 60 seconds of budget
    dense: int = 200  # places between the data at which the distillation asks the network
    max_terms: int = 3  # groups of non-linear terms in a formula
    pairs: int = 60  # pairs of groups fitted after looking at all
    swaps: int = 1  # rounds in which each part of the best models is exchanged

    def __post_init__(self) -> None:
        self.require(self.encoding in ("placed", "plain"), "encoding", '"placed" or "plain"')
        self.require(1 <= self.digits <= 15, "digits", "1 to 15 (float64 has no more)")
        for name in ("hidden", "head", "epochs", "most_steps", "dense", "max_terms"):
            self.require(getattr(self, name) >= 1, name, "at least 1")
        for name in ("pairs", "swaps"):
            self.require(getattr(self, name) >= 0, name, "at least 0")
        self.require(self.batch >= 0, "batch", "at least 1, or 0 for all points")
        self.require(0 < self.learning_rate < float("inf"), "learning_rate", "positive")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_lstm.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)

    def inspect(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
        """Do what `fit` does, and return the network too; see `Method.inspect`."""
        from srbench_lstm.pipeline import inspect

        return inspect(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `lstm`."""
    return [Lstm()]
