"""The method `weight-decoder`, which reads a formula out of a network's weights, and the baselines beside it.

Also what a package that trains and ships weights can use: checkpoints, files of tensors, worker processes, and the end
of a command line. These names are imported when first used, so importing the package is free.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from srbench_lite import Budget, Capabilities, Fit, Method, Report, Samples, hookimpl

if TYPE_CHECKING:
    from srbench_lite import Inspection
    from srbench_weight_decoder.checkpoints import Checkpoint as Checkpoint
    from srbench_weight_decoder.checkpoints import read_checkpoint as read_checkpoint
    from srbench_weight_decoder.checkpoints import write_checkpoint as write_checkpoint
    from srbench_weight_decoder.checks import check_numbers as check_numbers
    from srbench_weight_decoder.command_line import run_command_line as run_command_line
    from srbench_weight_decoder.gradient_steps import take_step as take_step
    from srbench_weight_decoder.tensor_files import read_tensors as read_tensors
    from srbench_weight_decoder.tensor_files import write_tensors as write_tensors
    from srbench_weight_decoder.workers import worker_pool as worker_pool

_HOMES: Final = {
    "Checkpoint": "checkpoints",
    "check_numbers": "checks",
    "read_checkpoint": "checkpoints",
    "read_tensors": "tensor_files",
    "run_command_line": "command_line",
    "take_step": "gradient_steps",
    "worker_pool": "workers",
    "write_checkpoint": "checkpoints",
    "write_tensors": "tensor_files",
}

__all__ = [  # pyright: ignore[reportUnsupportedDunderAll]
    "NetworkPolyfit", "WeightDecoder", "WeightMean", "WeightRegressor", *sorted(_HOMES),
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"srbench_weight_decoder.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'srbench_weight_decoder' has no attribute {name!r}")


_READINGS: Final = ("weights", "probe", "refine")
_ARCHITECTURES: Final = ("sigmoid-128", "tanh-152")
_FAMILIES: Final = ("poly2", "poly4")
#: Of `network-polyfit`.
_MAX_DEGREE: Final = 10
_ENGINE: Final = ("srbench_weight_decoder.pipeline",)
_SOURCE: Final = (
    "Marton, Lüdtke & Bartelt, Explanations for Neural Networks by Neural Networks, Applied Sciences 12(3):980, 2022; "
    "Vaswani et al., Attention Is All You Need, NeurIPS 2017; Chizat, Oyallon & Bach, On Lazy Training in "
    "Differentiable Programming, NeurIPS 2019; Marquardt, J. SIAM 11(2), 1963"
)


@dataclass(frozen=True, kw_only=True)
class WeightDecoder(Method):
    """A network 1-8-7-8-1 learns the points; a transformer decoder reads its weights and writes a polynomial."""

    name: ClassVar[str] = "weight-decoder"
    summary: ClassVar[str] = (
        "a transformer reads the weights of a small network and writes the polynomial it has learned"
    )
    source: ClassVar[str] = _SOURCE
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    # What the decoder reads: "weights" (nothing else) or "probe" (values at learned inputs too). With "refine" it gives
    # the terms only, and least squares on the network's outputs gives the coefficients.
    reading: str = "refine"
    architecture: str = "tanh-152"  # of the network; or "sigmoid-128"
    family: str = "poly2"  # what it writes: degree 2, two decimals; or "poly4" (tanh-152 only): degree 4, one decimal
    polish_steps: int = 40  # Levenberg-Marquardt steps of the training

    def __post_init__(self) -> None:
        self.require(self.reading in _READINGS, "reading", f"one of {', '.join(_READINGS)}")
        self.require(self.architecture in _ARCHITECTURES, "architecture", f"one of {', '.join(_ARCHITECTURES)}")
        families = _FAMILIES if self.architecture == "tanh-152" else _FAMILIES[:1]
        self.require(self.family in families, "family", f"one of {', '.join(families)}")
        self.require(self.polish_steps >= 1, "polish_steps", "at least 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import fit

        return fit(self, samples, seed=seed, budget=budget, report=report)

    def inspect(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Inspection:
        """Do what `fit` does, and return the network too; see `Method.inspect`."""
        from srbench_weight_decoder.pipeline import inspect

        return inspect(self, samples, seed=seed, budget=budget, report=report)


@dataclass(frozen=True, kw_only=True)
class NetworkPolyfit(Method):
    """The same network, and least squares on its outputs: what a decoder has to be measured against."""

    name: ClassVar[str] = "network-polyfit"
    summary: ClassVar[str] = "baseline: least squares of degree 2 on the outputs of the network of weight-decoder"
    source: ClassVar[str] = "Legendre, 1805; Marquardt, J. SIAM 11(2), 1963"
    version: ClassVar[str] = "1"
    capabilities: ClassVar[Capabilities] = Capabilities(max_variables=1)
    engine: ClassVar[tuple[str, ...]] = _ENGINE

    architecture: str = "tanh-152"  # of the network; or "sigmoid-128"
    degree: int = 2  # of the polynomial
    polish_steps: int = 40  # Levenberg-Marquardt steps of the training

    def __post_init__(self) -> None:
        self.require(self.architecture in _ARCHITECTURES, "architecture", f"one of {', '.join(_ARCHITECTURES)}")
        self.require(0 <= self.degree <= _MAX_DEGREE, "degree", f"0 to {_MAX_DEGREE}")
        self.require(self.polish_steps >= 1, "polish_steps", "at least 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import fit_network_polyfit

        return fit_network_polyfit(self, samples, seed=seed, budget=budget, report=report)


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

    architecture: str = "tanh-152"  # of the network; or "sigmoid-128"
    polish_steps: int = 40  # Levenberg-Marquardt steps of the training

    def __post_init__(self) -> None:
        self.require(self.architecture in _ARCHITECTURES, "architecture", f"one of {', '.join(_ARCHITECTURES)}")
        self.require(self.polish_steps >= 1, "polish_steps", "at least 1")

    def fit(self, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
        """Find a formula for `samples`; see `Method.fit`."""
        from srbench_weight_decoder.pipeline import fit_weight_regressor

        return fit_weight_regressor(self, samples, seed=seed, budget=budget, report=report)


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
        from srbench_weight_decoder.pipeline import fit_weight_mean

        return fit_weight_mean(samples, report=report)


@hookimpl
def srbench_methods() -> Iterable[Method]:
    """Add `weight-decoder` and its baselines."""
    return [WeightDecoder(), NetworkPolyfit(), WeightRegressor(), WeightMean()]
