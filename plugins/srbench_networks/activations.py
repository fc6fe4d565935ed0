"""Activations: what a layer does to its sums, and the chain rule through it.

Arrays are (m networks, n points, width). Every derivative is written in terms of the layer's outputs, so the sums need
not be kept. Initial weights: He, Zhang, Ren & Sun, "Delving Deep into Rectifiers" (ICCV 2015), equation 10, for relu;
Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (AISTATS 2010),
equation 16, for the others.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError

__all__ = ["ACTIVATIONS", "Activation", "activation", "glorot", "he"]

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Activation:
    """One activation.

    Attributes:
        apply: replaces the sums of a layer (m, n, width) by its outputs, in place.
        backward: given the outputs, replaces derivatives by the outputs by derivatives by the sums, in place; the third
            argument is scratch space of the same shape.
        initial: draws weights of shape (m, fan in, fan out).
    """

    apply: Callable[[Array], None]
    backward: Callable[[Array, Array, Array], None]
    initial: Callable[[np.random.Generator, tuple[int, int, int]], Array]


def he(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Draw weights (m, fan in, fan out) from a normal distribution of variance 2 / fan in."""
    return rng.normal(0.0, math.sqrt(2.0 / shape[1]), shape)


def glorot(rng: np.random.Generator, shape: tuple[int, int, int]) -> Array:
    """Draw weights (m, fan in, fan out) uniformly within sqrt(6 / (fan in + fan out))."""
    bound = math.sqrt(6.0 / (shape[1] + shape[2]))
    return rng.uniform(-bound, bound, shape)


def _relu(z: Array) -> None:
    np.maximum(z, 0.0, out=z)


def _relu_backward(a: Array, delta: Array, scratch: Array) -> None:
    np.greater(a, 0.0, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _tanh(z: Array) -> None:
    np.tanh(z, out=z)


def _tanh_backward(a: Array, delta: Array, scratch: Array) -> None:
    np.multiply(a, a, out=scratch)
    np.subtract(1.0, scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _sigmoid(z: Array) -> None:
    np.multiply(z, 0.5, out=z)
    np.tanh(z, out=z)  # 1 / (1 + exp(-z)) would overflow
    np.multiply(z, 0.5, out=z)
    np.add(z, 0.5, out=z)


def _sigmoid_backward(a: Array, delta: Array, scratch: Array) -> None:
    np.subtract(1.0, a, out=scratch)
    np.multiply(a, scratch, out=scratch)
    np.multiply(delta, scratch, out=delta)


def _linear(z: Array) -> None:
    """Leave the sums as they are."""


def _linear_backward(a: Array, delta: Array, scratch: Array) -> None:
    """Leave the derivatives as they are."""


def _softmax(z: Array) -> None:
    np.subtract(z, z.max(axis=2, keepdims=True), out=z)
    np.exp(z, out=z)
    np.divide(z, z.sum(axis=2, keepdims=True), out=z)


def _softmax_backward(a: Array, delta: Array, scratch: Array) -> None:
    np.multiply(a, delta, out=scratch)
    np.subtract(delta, scratch.sum(axis=2, keepdims=True), out=delta)
    np.multiply(a, delta, out=delta)


#: By name.
ACTIVATIONS: Final[Mapping[str, Activation]] = {
    "linear": Activation(_linear, _linear_backward, glorot),
    "relu": Activation(_relu, _relu_backward, he),
    "sigmoid": Activation(_sigmoid, _sigmoid_backward, glorot),
    "softmax": Activation(_softmax, _softmax_backward, glorot),
    "tanh": Activation(_tanh, _tanh_backward, glorot),
}


def activation(name: str) -> Activation:
    """Return the activation called `name`; an unknown one is a `UsageError`."""
    if name not in ACTIVATIONS:
        raise UsageError(f"unknown activation {name!r}; known: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
