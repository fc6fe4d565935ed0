"""Neural networks in NumPy, from the chain rule, and the method `neuron`: a single linear neuron."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

if TYPE_CHECKING:
    from srbench_networks.health import ExplodingGradientError as ExplodingGradientError
    from srbench_networks.regression import fit_regressor as fit_regressor

#: What other plugins borrow, and the module where it lives; imported when first used.
_HOMES: Final = {
    "ExplodingGradientError": "health",
    "fit_regressor": "regression",
}

__all__ = ["Neuron", *sorted(_HOMES)]  # pyright: ignore[reportUnsupportedDunderAll]


@dataclass(frozen=True, kw_only=True)
class Neuron(Method):
    """One linear unit, y = w.x + b, by plain gradient descent on all points."""

    name: ClassVar[str] = "neuron"
    summary: ClassVar[str] = "a single linear neuron, plain gradient descent"
    source: ClassVar[str] = (
        "Widrow & Hoff, Adaptive Switching Circuits, IRE WESCON 1960; LeCun, Bottou, Orr & Müller, Efficient BackProp, "
        "LNCS 1524, 1998, section 4.3 (inputs are scaled and decorrelated)"
    )
    version: ClassVar[str] = "2"
    capabilities: ClassVar[Capabilities] = Capabilities()
    engine: ClassVar[tuple[str, ...]] = ("srbench_networks.neuron",)

    learning_rate: float = 0.05  # of each step, on scaled inputs and targets
    epochs: int = 2000  # steps, each on all points

    def __post_init__(self) -> None:
        self.require(0.0 < self.learning_rate < 1.0, "learning_rate", "above 0 and below 1, where it diverges")
        self.require(self.epochs >= 1, "epochs", "at least 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_networks.neuron import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `neuron`."""
    return [Neuron()]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_networks.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_networks' has no attribute {name!r}")
