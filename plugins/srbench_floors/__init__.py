"""The floors of every leaderboard: `mean`, `linear`, `polynomial` and `log-linear`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

__all__ = ["Linear", "LogLinear", "Mean", "Polynomial"]


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


@dataclass(frozen=True, kw_only=True)
class Polynomial(Method):
    """A polynomial in all variables, its degree by cross-validation."""

    name: ClassVar[str] = "polynomial"
    summary: ClassVar[str] = "a floor: a polynomial in all variables, degree by cross-validation"
    source: ClassVar[str] = (
        "Gergonne, The application of the method of least squares to the interpolation of sequences, 1815; Stone, "
        "Cross-Validatory Choice and Assessment of Statistical Predictions, J. R. Stat. Soc. B 36(2), 1974; Schwarz, "
        "Estimating the Dimension of a Model, Ann. Stat. 6(2), 1978"
    )
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_floors.polynomial",)

    max_degree: int = 8  # the highest that is tried
    max_terms: int = 100  # a degree with more terms is not tried; 1 always is
    folds: int = 10  # of the cross-validation
    prune: bool = True  # terms that Schwarz's criterion does not want are left out

    def __post_init__(self) -> None:
        for name, low, high in (("max_degree", 1, 20), ("max_terms", 2, 500), ("folds", 2, 100)):
            self.require(low <= getattr(self, name) <= high, name, f"a whole number from {low} to {high}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_floors.polynomial import fit

        return fit(self, samples, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class LogLinear(Method):
    """A product of powers of the inputs: log|y| is linear in log|x|."""

    name: ClassVar[str] = "log-linear"
    summary: ClassVar[str] = "a floor: a product of powers, least squares of logarithms, exponents snapped"
    source: ClassVar[str] = "Cobb & Douglas, A Theory of Production, Am. Econ. Rev. 18(1), Supplement, 1928"
    capabilities: ClassVar[Capabilities] = Capabilities(weighted=True)
    engine: ClassVar[tuple[str, ...]] = ("srbench_floors.log_linear",)

    snap: bool = True  # exponents to whole numbers and ratios where the points allow it
    max_denominator: int = 3  # of such ratios

    def __post_init__(self) -> None:
        self.require(1 <= self.max_denominator <= 12, "max_denominator", "a whole number from 1 to 12")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_floors.log_linear import fit

        return fit(self, samples, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add the floors."""
    return [Mean(), Linear(), LogLinear(), Polynomial()]
