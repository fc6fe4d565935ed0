"""Steps along a gradient, and how their length changes.

Sources: Adam, Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), algorithm 1, arXiv 1412.6980;
momentum, Polyak, USSR Comput. Math. 4(5), 1964; weights that decay apart from the gradient and the half cosine,
Loshchilov & Hutter, arXiv 1711.05101 and 1608.03983 (without restarts). What differs: the moments are kept without
their factors (1 - beta), which go into the length of the step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError

__all__ = [
    "SGD",
    "Adam",
    "Constant",
    "ExponentialDecay",
    "HalfCosine",
    "Optimiser",
    "Schedule",
    "StepDecay",
    "Stepper",
]  # fmt: skip

Array = NDArray[Any]


class Stepper(Protocol):
    """An optimiser at work."""

    def step(self, parameters: Array, gradient: Array, rate: float) -> None:
        """Change parameters (m, n_parameters) in place, given their gradient."""

    def keep(self, members: NDArray[np.bool_]) -> None:
        """Forget all networks but these, (m,)."""


class Optimiser(Protocol):
    """What `train` takes: the settings of an optimiser."""

    def start(self, parameters: Array) -> Stepper:
        """Return an optimiser before its first step on parameters (m, n_parameters)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SGD:
    """Gradient descent, with momentum if wanted.

    Attributes:
        momentum: share of the last step that is taken again, in [0, 1).
        weight_decay: each step shrinks the parameters by this times the learning rate.
    """

    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _require("momentum", self.momentum, 0.0 <= self.momentum < 1.0, "in [0, 1)")
        _require("weight_decay", self.weight_decay, 0.0 <= self.weight_decay < math.inf, "0 or positive")

    def start(self, parameters: Array) -> Stepper:
        """Return the descent before its first step."""
        return _Descent(self, np.zeros_like(parameters))


class _Descent:
    def __init__(self, settings: SGD, velocity: Array) -> None:
        self._settings, self._velocity, self._scratch = settings, velocity, np.empty_like(velocity)

    def step(self, parameters: Array, gradient: Array, rate: float) -> None:
        settings, scratch = self._settings, self._scratch
        if settings.weight_decay:
            parameters *= 1.0 - rate * settings.weight_decay
        if settings.momentum:
            self._velocity *= settings.momentum
            self._velocity += gradient
            gradient = self._velocity
        np.multiply(gradient, rate, out=scratch)
        parameters -= scratch

    def keep(self, members: NDArray[np.bool_]) -> None:
        self._velocity = self._velocity[members]
        self._scratch = np.empty_like(self._velocity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adam:
    """Steps scaled by running means of the gradient and of its square.

    Attributes:
        beta1, beta2: decay of the two means (Kingma & Ba, section 2).
        epsilon: added to the root of the mean square.
        weight_decay: each step shrinks the parameters by this times the learning rate.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        _require("beta1", self.beta1, 0.0 <= self.beta1 < 1.0, "in [0, 1)")
        _require("beta2", self.beta2, 0.0 <= self.beta2 < 1.0, "in [0, 1)")
        _require("epsilon", self.epsilon, 0.0 < self.epsilon < math.inf, "positive")
        _require("weight_decay", self.weight_decay, 0.0 <= self.weight_decay < math.inf, "0 or positive")

    def start(self, parameters: Array) -> Stepper:
        """Return Adam before its first step."""
        return _Moments(self, np.zeros_like(parameters), np.zeros_like(parameters))


class _Moments:
    def __init__(self, settings: Adam, mean: Array, square: Array) -> None:
        self._settings, self._mean, self._square = settings, mean, square
        self._scratch = np.empty_like(mean)
        self._count = 0

    def step(self, parameters: Array, gradient: Array, rate: float) -> None:
        settings, mean, square, scratch = self._settings, self._mean, self._square, self._scratch
        self._count += 1
        mean *= settings.beta1
        mean += gradient
        square *= settings.beta2
        np.multiply(gradient, gradient, out=scratch)
        square += scratch
        share1 = (1 - settings.beta1) / (1 - settings.beta1**self._count)
        share2 = math.sqrt((1 - settings.beta2) / (1 - settings.beta2**self._count))
        np.sqrt(square, out=scratch)
        scratch += settings.epsilon / share2
        np.divide(mean, scratch, out=scratch)
        scratch *= rate * share1 / share2
        if settings.weight_decay:
            parameters *= 1.0 - rate * settings.weight_decay
        parameters -= scratch

    def keep(self, members: NDArray[np.bool_]) -> None:
        self._mean, self._square = self._mean[members], self._square[members]
        self._scratch = np.empty_like(self._mean)


#: Learning rate at step `count` of `total`, the first being 0.
Schedule = Callable[[int, int], float]


@dataclass(frozen=True, slots=True)
class Constant:
    """One learning rate throughout."""

    rate: float

    def __post_init__(self) -> None:
        _require_rate(self.rate)

    def __call__(self, count: int, total: int) -> float:
        """Return the learning rate."""
        return self.rate


@dataclass(frozen=True, slots=True)
class StepDecay:
    """A learning rate that is multiplied by `factor` at the end of each of `pieces` equal parts of the training."""

    rate: float
    factor: float = 0.1
    pieces: int = 3

    def __post_init__(self) -> None:
        _require_rate(self.rate)
        _require("factor", self.factor, 0.0 < self.factor <= 1.0, "in (0, 1]")
        _require("pieces", self.pieces, self.pieces >= 1, "at least 1")

    def __call__(self, count: int, total: int) -> float:
        """Return the learning rate at step `count`."""
        return self.rate * float(self.factor ** (self.pieces * count // total))


@dataclass(frozen=True, slots=True)
class ExponentialDecay:
    """A learning rate that falls evenly, by the factor `factor` over the whole training."""

    rate: float
    factor: float = 0.01

    def __post_init__(self) -> None:
        _require_rate(self.rate)
        _require("factor", self.factor, 0.0 < self.factor <= 1.0, "in (0, 1]")

    def __call__(self, count: int, total: int) -> float:
        """Return the learning rate at step `count`."""
        return self.rate * float(self.factor ** (count / total))


@dataclass(frozen=True, slots=True)
class HalfCosine:
    """A learning rate that falls to zero along half a cosine."""

    rate: float

    def __post_init__(self) -> None:
        _require_rate(self.rate)

    def __call__(self, count: int, total: int) -> float:
        """Return the learning rate at step `count`."""
        return 0.5 * self.rate * (1.0 + math.cos(math.pi * count / total))


def _require_rate(rate: float) -> None:
    _require("the learning rate", rate, 0.0 < rate < math.inf, "positive and finite")


def _require(name: str, value: float, holds: bool, wanted: str) -> None:
    if not holds:
        raise UsageError(f"{name} must be {wanted}, got {value!r}")
