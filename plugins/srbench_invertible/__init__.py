"""The method `invertible`: formulas that can be solved for a variable, with the inverse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Invertible"]


@dataclass(frozen=True, kw_only=True)
class Invertible(Method):
    """Chains of invertible maps of one variable, and affine coupling blocks of several, each with its inverse."""

    name: ClassVar[str] = "invertible"
    summary: ClassVar[str] = "affine coupling blocks and chains of invertible maps; answers with the symbolic inverse"
    source: ClassVar[str] = (
        "Tohme, Khojasteh, Sadr, Meyer & Youcef-Toumi, ISR: Invertible Symbolic Regression, arXiv 2405.06848, 2024; "
        "Dinh, Sohl-Dickstein & Bengio, Density estimation using Real NVP, ICLR 2017"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_invertible.pipeline",)

    pairs: int = 60  # pairs of maps of one variable whose constants are fitted

    def __post_init__(self) -> None:
        self.require(self.pairs >= 0, "pairs", "at least 0")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_invertible.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `invertible`."""
    return [Invertible()]
