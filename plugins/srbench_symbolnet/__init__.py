"""The method `symbolnet`: small networks of functions and products that prune themselves by thresholds they learn."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["SymbolNet"]


@dataclass(frozen=True, kw_only=True)
class SymbolNet(Method):
    """Networks whose inputs, weights, functions and products each have a threshold that is learned with them."""

    name: ClassVar[str] = "symbolnet"
    summary: ClassVar[str] = "equation networks that learn what to prune: inputs, weights, functions and products"
    source: ClassVar[str] = (
        "Tsoi, Loncar, Dasu & Harris, SymbolNet, arXiv 2401.09949, Mach. Learn.: Sci. Technol. 6, 2025; Martius & "
        "Lampert, Extrapolation and learning equations, arXiv 1610.02995, 2016"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_symbolnet.pipeline",)

    networks: int = 8  # trained at once
    steps: int = 900  # of Adam in each round
    rounds: int = 0  # from new weights; 0 for as many as the budget allows
    pruning: str = "adaptive"  # "adaptive": thresholds are learned; "one-shot": the smallest go at once
    inputs: float = 0.85  # share of the inputs to prune; three are always kept
    pruned: float = 0.95  # share of the weights and biases to prune; ten are always kept
    functions: float = 0.65  # share of the functions to turn into the identity
    products: float = 0.75  # share of the products to turn into sums

    def __post_init__(self) -> None:
        self.require(1 <= self.networks <= 1_000, "networks", "1 to 1000")
        self.require(self.steps >= 1, "steps", "at least 1")
        self.require(self.rounds >= 0, "rounds", "at least 1, or 0 for no end but that of the budget")
        self.require(self.pruning in ("adaptive", "one-shot"), "pruning", '"adaptive" or "one-shot"')
        for name in ("inputs", "pruned", "functions", "products"):
            self.require(0 <= getattr(self, name) < 1, name, "at least 0 and below 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_symbolnet.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `symbolnet`."""
    return [SymbolNet()]
