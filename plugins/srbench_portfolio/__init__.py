"""The method `portfolio`: many parts that propose formulas, one front that fits and chooses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Portfolio"]


@dataclass(frozen=True, kw_only=True)
class Portfolio(Method):
    """Halves that meet in the middle, closed forms, inner constants, division, and the searches of `lies`."""

    name: ClassVar[str] = "portfolio"
    summary: ClassVar[str] = "halves that meet in the middle, closed forms, division into parts, the searches of lies"
    source: ClassVar[str] = "Udrescu & Tegmark, AI Feynman, Science Advances 6, 2020 (symmetries and separability)"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_portfolio.pipeline", "srbench_lies.pipeline")

    seconds: float = 0.0  # of counted work for a fit, if that is less than a third of the budget; 0: that third
    halves: bool = True  # two halves out of tables that meet in the middle
    monomials: bool = True  # sums of few monomials
    rational: bool = True  # rational relations in closed form
    reductions: bool = True  # symmetries and variables without effect
    noisy: bool = True  # symmetries that noisy points show
    inner: bool = True  # terms with a free constant inside
    separations: bool = True  # sums and products of parts in other variables

    def __post_init__(self) -> None:
        self.require(self.seconds >= 0, "seconds", "0 or a positive number")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_portfolio.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `portfolio`."""
    return [Portfolio()]
