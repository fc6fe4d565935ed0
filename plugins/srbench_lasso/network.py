"""A tanh multilayer perceptron from the chain rule, trained with Adam.

Sources: backpropagation, Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (Nature
323, 1986); Adam, Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), algorithm 1, arXiv 1412.6980;
initial weights, Glorot & Bengio, "Understanding the difficulty of training deep feedforward neural networks" (AISTATS
2010), equation 16. What differs: the learning rate falls to zero along half a cosine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

__all__ = ["Adam", "Network", "train"]

Array = NDArray[np.float64]

_BETA1: Final = 0.9  # Kingma & Ba, section 2: decay of the mean of the gradient
_BETA2: Final = 0.999  # ... and of the mean of its square
_EPSILON: Final = 1e-8


@dataclass(frozen=True, slots=True)
class Network:
    """A perceptron with tanh layers and one linear output.

    Attributes:
        sizes: widths of the layers, the input first, 1 last.
        parameters: all weights and biases, one after the other, shape (n_parameters,).
    """

    sizes: tuple[int, ...]
    parameters: Array

    @classmethod
    def initial(cls, sizes: Sequence[int], rng: np.random.Generator) -> Network:
        """Draw weights uniformly within sqrt(6 / (fan in + fan out)); biases are zero."""
        parts: list[Array] = []
        for fan_in, fan_out in pairwise(sizes):
            bound = math.sqrt(6.0 / (fan_in + fan_out))
            parts += [rng.uniform(-bound, bound, fan_in * fan_out), np.zeros(fan_out)]
        return cls(tuple(sizes), np.concatenate(parts))

    def layers(self, vector: Array) -> list[tuple[Array, Array]]:
        """Return views of a parameter vector: weights (fan in, fan out) and biases (fan out,) of each layer."""
        result: list[tuple[Array, Array]] = []
        start = 0
        for fan_in, fan_out in pairwise(self.sizes):
            stop = start + fan_in * fan_out
            weights = vector[start:stop].reshape(fan_in, fan_out)
            result.append((weights, vector[stop : stop + fan_out]))
            start = stop + fan_out
        return result

    def __call__(self, x: Array) -> Array:
        """Return the outputs (n,) for inputs (n, d)."""
        hidden = x
        layers = self.layers(self.parameters)
        for weights, biases in layers[:-1]:
            hidden = np.tanh(hidden @ weights + biases)  # (n, width)
        weights, biases = layers[-1]
        return np.asarray((hidden @ weights + biases)[:, 0])

    def gradient(self, x: Array, y: Array) -> tuple[float, Array]:
        """Return half the mean squared error on (n, d) inputs and (n,) targets, and its gradient (n_parameters,)."""
        layers = self.layers(self.parameters)
        result = np.empty_like(self.parameters)
        slopes = self.layers(result)
        activations = [x]
        for weights, biases in layers[:-1]:
            activations.append(np.tanh(activations[-1] @ weights + biases))  # (n, width)
        weights, biases = layers[-1]
        residual = activations[-1] @ weights + biases - y[:, None]  # (n, 1)
        delta = residual / len(y)
        for index in range(len(layers) - 1, -1, -1):
            d_weights, d_biases = slopes[index]
            np.matmul(activations[index].T, delta, out=d_weights)
            np.sum(delta, axis=0, out=d_biases)
            if index:
                delta = (delta @ layers[index][0].T) * (1.0 - activations[index] ** 2)
        return 0.5 * float(np.mean(residual**2)), result


class Adam:
    """First and second moments of a gradient, and the step that follows from them."""

    def __init__(self, n_parameters: int) -> None:
        self._mean = np.zeros(n_parameters)
        self._square = np.zeros(n_parameters)
        self._count = 0

    def step(self, gradient: Array, learning_rate: float) -> Array:
        """Return what to add to the parameters, shape (n_parameters,)."""
        self._count += 1
        self._mean += (1 - _BETA1) * (gradient - self._mean)
        self._square += (1 - _BETA2) * (gradient**2 - self._square)
        rate = learning_rate * math.sqrt(1 - _BETA2**self._count) / (1 - _BETA1**self._count)
        return np.asarray(-rate * self._mean / (np.sqrt(self._square) + _EPSILON))


def train(
    x: Array,
    y: Array,
    *,
    hidden: Sequence[int],
    epochs: int,
    batch: int,
    learning_rate: float,
    rng: np.random.Generator,
    expired: Callable[[], bool] = lambda: False,
) -> Callable[[Array], Array]:
    """Fit a network to standardised data.

    Args:
        x: inputs (n, d).
        y: targets (n,).
        hidden: widths of the hidden layers.
        epochs: passes over the data.
        batch: points per step of Adam; 0 for all.
        learning_rate: at the start; falls to zero along half a cosine.
        rng: initial weights and the order of the points.
        expired: asked once an epoch whether the time is up.

    Returns:
        A function from inputs (m, d) to outputs (m,), in the units of x and y.
    """
    x_mean, x_scale = _standard(x)
    y_mean, y_scale = _standard(y)
    inputs, targets = (x - x_mean) / x_scale, (y - y_mean) / y_scale
    n = len(y)
    size = n if batch <= 0 else min(batch, n)
    network = Network.initial((x.shape[1], *hidden, 1), rng)
    adam = Adam(len(network.parameters))
    total = epochs * math.ceil(n / size)
    count = 0
    for _ in range(epochs):
        if expired():
            break
        order = rng.permutation(n) if size < n else np.arange(n)
        for start in range(0, n, size):
            rows = order[start : start + size]
            _, gradient = network.gradient(inputs[rows], targets[rows])
            rate = 0.5 * learning_rate * (1 + math.cos(math.pi * count / total))
            network.parameters[:] += adam.step(gradient, rate)
            count += 1
    return lambda points: network((points - x_mean) / x_scale) * y_scale + y_mean


def _standard(values: Array) -> tuple[Array, Array]:
    """Return mean and standard deviation along the first axis; a deviation of zero becomes one."""
    mean = values.mean(axis=0)
    scale = values.std(axis=0)
    return np.asarray(mean), np.where(scale > 0, scale, 1.0)
