"""The method `weight-decoder`, which reads a formula out of a network's weights, and the baselines beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

if TYPE_CHECKING:
    from srbench_lite import Inspection

__all__ = ["NetworkPolyfit", "WeightDecoder", "WeightMean", "WeightRegressor"]

_READINGS: Final = ("weights", "probe", "refine")
_ARCHITECTURES: Final = ("sigmoid-128", "tanh-152")
_FAMILIES: Final = ("poly2", "poly4")
_ENGINE: Final = ("srbench_weight_decoder.pipeline",)
_SOURCE: Final = (
    "Marton, Lüdtke & Bartelt, Explanations for Neural Networks by Neural Networks, Applied Sciences 12(3):980, 2022; "
    "Vaswani et al., Attention Is All You Need, NeurIPS 2017; Chizat, Oyallon & Bach, On Lazy Training in "
    "Differentiable Programming, NeurIPS 2019; Marquardt, J. SIAM 11(2), 1963"
)


def _check(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")


@dataclass(frozen=True, kw_only=True)
class WeightDecoder(Method):
    """Trains a network 1-8-7-8-1 on the points; a transformer decoder reads its weights and writes a polynomial."""

    name: ClassVar[str] = "weight-decoder"
    summary: ClassVar[str] = (
        "a transformer reads the weights of a small network and writes the polynomial it has learned"
    )
    source: ClassVar[str] = _SOURCE
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    # "weights" (nothing else), "probe" (values at learned inputs too), or "refine" (terms from the decoder,
    # coefficients from least squares on the network's outputs)
    reading: str = "refine"
    architecture: str = "tanh-152"  # of the network: or "sigmoid-128"
    family: str = "poly2"  # what the decoder writes: degree 2, two decimals; or "poly4" (tanh-152): 4, one decimal
    polish_steps: int = 40  # of Levenberg-Marquardt

    def __post_init__(self) -> None:
        _check("reading", self.reading, _READINGS)
        _check("architecture", self.architecture, _ARCHITECTURES)
        _check("family", self.family, _FAMILIES if self.architecture == "tanh-152" else _FAMILIES[:1])
        if self.polish_steps < 1:
            raise ValueError(f"polish_steps must be at least 1, got {self.polish_steps}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import decode

        return decode(self, samples, seed=seed, budget=budget, report=report).fit

    def inspect(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
        """Do what `fit` does, and return the network too; see `Method.inspect`."""
        from srbench_weight_decoder.pipeline import decode

        return decode(self, samples, seed=seed, budget=budget, report=report).inspection()


@dataclass(frozen=True, kw_only=True)
class NetworkPolyfit(Method):
    """The same network, and least squares on its outputs: what a decoder has to be measured against."""

    name: ClassVar[str] = "network-polyfit"
    summary: ClassVar[str] = "baseline: least squares of degree 2 on the outputs of the network of weight-decoder"
    source: ClassVar[str] = "Legendre, 1805; Marquardt, J. SIAM 11(2), 1963"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    architecture: str = "tanh-152"  # of the network: or "sigmoid-128"
    degree: int = 2  # of the polynomial
    polish_steps: int = 40  # of Levenberg-Marquardt

    def __post_init__(self) -> None:
        _check("architecture", self.architecture, _ARCHITECTURES)
        if not 0 <= self.degree <= 10:
            raise ValueError(f"degree must be 0 to 10, got {self.degree}")
        if self.polish_steps < 1:
            raise ValueError(f"polish_steps must be at least 1, got {self.polish_steps}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import polyfit

        return polyfit(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class WeightRegressor(Method):
    """The same network, and a perceptron that regresses coefficients from its weights."""

    name: ClassVar[str] = "weight-regressor"
    summary: ClassVar[str] = "baseline: a perceptron regresses coefficients from the weights of a small network"
    source: ClassVar[str] = (
        "Marton, Lüdtke & Bartelt, Explanations for Neural Networks by Neural Networks, Applied Sciences 12(3):980, "
        "2022"
    )
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    architecture: str = "tanh-152"  # of the network: or "sigmoid-128"
    polish_steps: int = 40  # of Levenberg-Marquardt

    def __post_init__(self) -> None:
        _check("architecture", self.architecture, _ARCHITECTURES)
        if self.polish_steps < 1:
            raise ValueError(f"polish_steps must be at least 1, got {self.polish_steps}")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import regress

        return regress(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class WeightMean(Method):
    """The mean polynomial of the corpus, whatever the points are: the floor for everything that reads weights."""

    name: ClassVar[str] = "weight-mean"
    summary: ClassVar[str] = "baseline: the mean polynomial of the corpus, whatever the points are"
    source: ClassVar[str] = "folklore"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Return the same formula for all `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import mean

        return mean(samples, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `weight-decoder` and its baselines."""
    return [WeightDecoder(), NetworkPolyfit(), WeightRegressor(), WeightMean()]
