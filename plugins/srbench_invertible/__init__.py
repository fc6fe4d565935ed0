"""The method `invertible`: chains of maps that can be undone, and couplings that are affine in one variable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Invertible"]


@dataclass(frozen=True, kw_only=True)
class Invertible(Method):
    """Formulas that can be solved for one of their variables; the answer says how, in `Fit.extras`."""

    name: ClassVar[str] = "invertible"
    summary: ClassVar[str] = "chains of invertible maps and affine couplings; the answer comes with its inverse"
    source: ClassVar[str] = (
        "Tohme, Khojasteh, Sadr, Meyer & Youcef-Toumi, ISR, arXiv 2405.06848, 2024; Dinh, Sohl-Dickstein & Bengio, "
        "Density estimation using Real NVP, ICLR 2017"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_invertible.pipeline",)

    pairs: int = 200  # pairs of maps whose constants are fitted, where all depends on one variable

    def __post_init__(self) -> None:
        self.require(1 <= self.pairs <= 1_000, "pairs", "1 to 1000")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_invertible.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `invertible`."""
    return [Invertible()]
