"""Neural networks in NumPy, from the chain rule, and the method `neuron`: a single linear neuron."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, UsageError, hookimpl

__all__ = ["Neuron"]


@dataclass(frozen=True, kw_only=True)
class Neuron(Method):
    """One linear unit, y = w.x + b, by plain gradient descent on all points."""

    name: ClassVar[str] = "neuron"
    summary: ClassVar[str] = "a single linear neuron, plain gradient descent"
    source: ClassVar[str] = (
        "Widrow & Hoff, Adaptive Switching Circuits, IRE WESCON 1960; LeCun, Bottou, Orr & Müller, Efficient BackProp, "
        "LNCS 1524, 1998, section 4.3 (inputs are scaled and decorrelated)"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ("srbench_networks.neuron",)

    learning_rate: float = 0.05  # of each step, on scaled inputs and targets
    epochs: int = 2000  # steps, each on all points

    def __post_init__(self) -> None:
        if not 0.0 < self.learning_rate < 1.0:
            raise UsageError(
                f"learning_rate must be above 0 and below 1, where it diverges, got {self.learning_rate!r}"
            )
        if self.epochs < 1:
            raise UsageError(f"epochs must be at least 1, got {self.epochs!r}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_networks.neuron import descend

        return descend(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `neuron`."""
    return [Neuron()]
