"""The floors of every leaderboard: `mean`, `linear`, `polynomial` and `log-linear`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Linear", "Mean"]


@dataclass(frozen=True, kw_only=True)
class Mean(Method):
    """The mean of y: what is known without looking at the inputs."""

    name: ClassVar[str] = "mean"
    summary: ClassVar[str] = "a floor: the mean of y"
    source: ClassVar[str] = "Gauss, Theoria motus corporum coelestium, 1809, section 177"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_floors.mean",)

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_floors.mean import fit

        return fit(samples, report=report)


@dataclass(frozen=True, kw_only=True)
class Linear(Method):
    """The straight line of least squares in all variables."""

    name: ClassVar[str] = "linear"
    summary: ClassVar[str] = "a floor: linear least squares in all variables"
    source: ClassVar[str] = "Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_floors.linear",)

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_floors.linear import fit

        return fit(samples, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add the floors."""
    return [Mean(), Linear()]
