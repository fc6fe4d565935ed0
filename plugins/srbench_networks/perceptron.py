"""`Perceptron`: many networks of one shape, their values, and their gradients by the chain rule.

Source: Rumelhart, Hinton & Williams, "Learning representations by back-propagating errors" (Nature 323, 1986).

Inside, the activations of a layer are (m networks, n points, width + 1): a column of ones at the end makes the biases
one more row of the weights, so that a layer is one stacked product forward and two backward. All other work runs over
whole arrays, that column included, because many short runs would take longer; what comes out there is not used.
`Backpropagation` keeps the arrays between steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import DataError, UsageError
from srbench_networks.activations import activation
from srbench_networks.architecture import Architecture
from srbench_networks.losses import loss_named

__all__ = ["Backpropagation", "Perceptron"]

Array = NDArray[Any]

#: BLAS multiplies by the transpose of a matrix of fewer numbers so slowly that a transposed copy pays.
_SMALL: Final = 2048


@dataclass(frozen=True, slots=True, eq=False)
class Perceptron:
    """m networks of one shape.

    Attributes:
        architecture: the shape.
        parameters: of all networks, (m, n_parameters), in the order that `Architecture` states; float64, or float32,
            in which everything is then computed.

    Raises:
        DataError: the parameters have another shape.
    """

    architecture: Architecture
    parameters: Array

    def __post_init__(self) -> None:
        parameters = np.asarray(self.parameters)
        if parameters.dtype not in (np.float64, np.float32):
            parameters = parameters.astype(np.float64)
        object.__setattr__(self, "parameters", parameters)
        expected = self.architecture.n_parameters
        if self.parameters.ndim != 2 or self.parameters.shape[1] != expected or not len(self.parameters):
            raise DataError(
                f"a network of sizes {self.architecture.sizes} needs parameters of shape (m, {expected}) with m of at "
                f"least 1, got {self.parameters.shape}"
            )

    @classmethod
    def initial(
        cls,
        architecture: Architecture,
        rng: np.random.Generator,
        count: int = 1,
        shared: bool = False,
        dtype: type[np.float64] | type[np.float32] = np.float64,
    ) -> Perceptron:
        """Draw initial weights, by He for relu layers and by Glorot for the others; biases are zero.

        Args:
            architecture: the shape.
            rng: of the weights.
            count: the number of networks.
            shared: whether all networks start from the same weights.
            dtype: of the parameters.
        """
        if count < 1:
            raise UsageError(f"count must be at least 1 network, got {count}")
        parameters = np.zeros((1 if shared else count, architecture.n_parameters), dtype)
        network = cls(architecture, parameters)
        for name, weights in zip(architecture.activations, network.weights, strict=True):
            weights[:] = activation(name).initial(rng, (weights.shape[0], weights.shape[1], weights.shape[2]))
        return cls(architecture, np.repeat(parameters, count, axis=0)) if shared else network

    @property
    def weights(self) -> list[Array]:
        """Views of the weights of each layer, (m, fan in, fan out)."""
        return [
            block[:, :fan_in]
            for block, fan_in in zip(_blocks(self.architecture, self.parameters), self.architecture.sizes, strict=False)
        ]

    @property
    def biases(self) -> list[Array]:
        """Views of the biases of each layer, (m, fan out); (m, 0) where there are none."""
        return [
            block[:, -1] if self.architecture.biases else block[:, 0, :0]
            for block in _blocks(self.architecture, self.parameters)
        ]

    def __len__(self) -> int:
        return len(self.parameters)

    def __getitem__(self, members: int | slice | NDArray[np.intp]) -> Perceptron:
        """Return some of the networks, as a copy."""
        return Perceptron(self.architecture, np.atleast_2d(self.parameters[members]).copy())

    def __call__(self, x: Array) -> Array:
        """Return outputs (m, n, k) for inputs (n, d), the same for all networks, or (m, n, d)."""
        return self.layers(x)[-1]

    def layers(self, x: Array) -> list[Array]:
        """Return the activations (m, n, width) of every layer, the outputs last, for inputs (n, d) or (m, n, d)."""
        inputs = self.inputs(x)
        work = Backpropagation(self, inputs.shape[1])
        return [np.ascontiguousarray(a) for a in work.forward(self.parameters, inputs)]

    def gradient(self, x: Array, y: Array, loss: str) -> tuple[Array, Array]:
        """Return losses (m,) and their gradients (m, n_parameters).

        Args:
            x: inputs (n, d), the same for all networks, or (m, n, d).
            y: targets (n, k) or (m, n, k); (n,) where there is one output.
            loss: a name from `LOSSES`.
        """
        inputs = self.inputs(x)
        work = Backpropagation(self, inputs.shape[1])
        losses = work.losses_and_gradient(self.parameters, inputs, self.targets(y, inputs.shape[1]), loss)
        return losses, work.gradient

    def inputs(self, x: Array) -> Array:
        """Return inputs (n, d) or (m, n, d) as (1 or m, n, d + 1) with ones at the end; (..., d) without biases."""
        d, m = self.architecture.sizes[0], len(self)
        x = np.asarray(x, dtype=self.parameters.dtype)
        if x.ndim not in (2, 3) or x.shape[-1] != d or (x.ndim == 3 and len(x) != m):
            raise DataError(f"inputs must be (n, {d}) or ({m}, n, {d}), got {x.shape}")
        stack = x if x.ndim == 3 else x[None]
        result = np.ones((*stack.shape[:2], d + self.architecture.biases), x.dtype)
        result[:, :, :d] = stack
        return result

    def targets(self, y: Array, points: int) -> Array:
        """Return targets (n,), (n, k) or (m, n, k) for n points as (1 or m, n, k)."""
        k, m = self.architecture.sizes[-1], len(self)
        y = np.asarray(y, dtype=self.parameters.dtype)
        if points == 0:
            raise DataError("there must be at least one point to take a loss on")
        shape = (*y.shape, 1) if y.ndim == 1 and k == 1 else y.shape
        if shape not in ((points, k), (m, points, k)):
            raise DataError(f"targets must be ({points}, {k}) or ({m}, {points}, {k}), got {y.shape}")
        return y.reshape(-1, points, k)


class Backpropagation:
    """Work space for the networks of a perceptron and n points; nothing is allocated from step to step.

    Attributes:
        gradient: of the last call of `losses_and_gradient`, (m, n_parameters); overwritten by the next one.
    """

    def __init__(self, perceptron: Perceptron, points: int) -> None:
        self._architecture = architecture = perceptron.architecture
        self._activations = [activation(name) for name in architecture.activations]
        dtype, m, last = perceptron.parameters.dtype, len(perceptron), len(architecture.activations) - 1
        widths = architecture.sizes[1:]
        padded = [width + (architecture.biases and layer < last) for layer, width in enumerate(widths)]
        self._filled = [np.ones((m, points, width), dtype) for width in padded]
        self._outputs: list[Array] = [a[:, :, :width] for a, width in zip(self._filled, widths, strict=True)]
        self._filled_deltas = [np.empty_like(a) for a in self._filled]
        self._deltas: list[Array] = [a[:, :, :width] for a, width in zip(self._filled_deltas, widths, strict=True)]
        self._scratch = [np.empty_like(a) for a in self._filled]
        self.gradient: Array = np.empty((m, architecture.n_parameters), dtype)
        self._slopes = _blocks(architecture, self.gradient)

    def forward(self, parameters: Array, inputs: Array) -> list[Array]:
        """Return the activations (m, n, width) of every layer for inputs as `Perceptron.inputs` makes them."""
        below = inputs
        for layer, block in enumerate(_blocks(self._architecture, parameters)):
            np.matmul(below, block, out=self._outputs[layer])
            below = self._filled[layer]
            self._activations[layer].apply(below)
            if below.shape[2] > block.shape[2]:
                below[:, :, -1] = 1.0
        return self._outputs

    def losses(self, parameters: Array, inputs: Array, targets: Array, loss: str) -> Array:
        """Return losses (m,)."""
        last = self._architecture.activations[-1]
        outputs = self.forward(parameters, inputs)[-1]
        return loss_named(loss, last).value(outputs, targets, last, self._scratch[-1])

    def losses_and_gradient(self, parameters: Array, inputs: Array, targets: Array, loss: str) -> Array:
        """Return losses (m,) and write `gradient`."""
        last = self._architecture.activations[-1]
        chosen = loss_named(loss, last)
        outputs = self.forward(parameters, inputs)[-1]
        losses = chosen.value(outputs, targets, last, self._scratch[-1])
        chosen.backward(outputs, targets, last, self._scratch[-1], self._deltas[-1])
        blocks = _blocks(self._architecture, parameters)
        for layer in range(len(blocks) - 1, -1, -1):
            below = self._filled[layer - 1] if layer else inputs
            np.matmul(np.swapaxes(below, 1, 2), self._deltas[layer], out=self._slopes[layer])
            if layer:
                slopes = self._filled_deltas[layer - 1]
                _times_transposed(self._deltas[layer], blocks[layer], out=slopes)
                self._activations[layer - 1].backward(below, slopes, self._scratch[layer - 1])
        return losses


def _times_transposed(delta: Array, block: Array, out: Array) -> None:
    """Write delta (m, n, fan out) times the transposed weights (m, fan in, fan out) into `out` (m, n, fan in)."""
    transposed = np.swapaxes(block, 1, 2)
    if block.shape[2] == 1:
        np.multiply(delta, transposed, out=out)
    elif block.shape[1] * block.shape[2] <= _SMALL:
        np.matmul(delta, np.ascontiguousarray(transposed), out=out)
    else:
        np.matmul(delta, transposed, out=out)


def _blocks(architecture: Architecture, vectors: Array) -> list[Array]:
    """Return views of parameters or gradients (m, n_parameters): (m, fan in and bias, fan out) for each layer."""
    return [vectors[:, place].reshape(len(vectors), *shape) for place, shape in architecture.blocks]
