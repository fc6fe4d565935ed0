"""Losses, and their derivatives by the sums of the last layer.

Arrays are (m networks, n points, k outputs). The derivative of the cross-entropy by the sums of a softmax or sigmoid
layer is (output - target) / n; see Bishop, "Pattern Recognition and Machine Learning" (2006), section 5.2. Taking it
whole spares the division by outputs that are nearly zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError
from srbench_networks.activations import activation

__all__ = ["LOSSES", "Loss", "loss_named"]

Array = NDArray[Any]

#: Outputs below this, a normal number in float32 too, count as this when their logarithm is taken; the derivative does
#: not need it. So do those whose sums are so far below zero (in float64 about 37 for sigmoid, in float32 17) that the
#: output is rounded to zero, and as far above it where sigmoid's 1 - output is: their loss is too large, its derivative
#: right.
_TINY: Final = 1e-37


@dataclass(frozen=True, slots=True)
class Loss:
    """One loss.

    Attributes:
        value: losses (m,) from outputs (m, n, k), targets (1 or m, n, k) and the activation of the last layer; the
            fourth argument is scratch space like the outputs.
        backward: from the same, writes derivatives by the sums of the last layer into the fifth argument.
        activations: of the last layer that it can be used with; empty for any.
    """

    value: Callable[[Array, Array, str, Array], Array]
    backward: Callable[[Array, Array, str, Array, Array], None]
    activations: tuple[str, ...] = ()


def _squared_error(outputs: Array, targets: Array, last: str, scratch: Array) -> Array:
    np.subtract(outputs, targets, out=scratch)
    flat = scratch.reshape(len(scratch), -1)
    return np.asarray(np.einsum("ij,ij->i", flat, flat) / flat.shape[1])


def _squared_error_backward(outputs: Array, targets: Array, last: str, scratch: Array, delta: Array) -> None:
    np.subtract(outputs, targets, out=delta)
    np.multiply(delta, 2.0 / (delta.shape[1] * delta.shape[2]), out=delta)
    activation(last).backward(outputs, delta, scratch)


def _cross_entropy(outputs: Array, targets: Array, last: str, scratch: Array) -> Array:
    np.maximum(outputs, _TINY, out=scratch)
    np.log(scratch, out=scratch)
    np.multiply(targets, scratch, out=scratch)
    total = scratch.sum(axis=(1, 2))
    if last == "sigmoid":
        np.subtract(1.0, outputs, out=scratch)
        np.maximum(scratch, _TINY, out=scratch)
        np.log(scratch, out=scratch)
        np.multiply(1.0 - targets, scratch, out=scratch)
        total += scratch.sum(axis=(1, 2))
    return np.asarray(-total / outputs.shape[1])


def _cross_entropy_backward(outputs: Array, targets: Array, last: str, scratch: Array, delta: Array) -> None:
    if last == "softmax":  # targets that do not sum to one are allowed: the general form
        np.multiply(outputs, targets.sum(axis=2, keepdims=True), out=delta)
        np.subtract(delta, targets, out=delta)
    else:
        np.subtract(outputs, targets, out=delta)
    np.divide(delta, delta.shape[1], out=delta)


#: By name. "mse": mean over points and outputs of the squared error. "cross-entropy": mean over points of the sum over
#: outputs of -target log(output), with sigmoid outputs also -(1 - target) log(1 - output).
LOSSES: Final[Mapping[str, Loss]] = {
    "cross-entropy": Loss(_cross_entropy, _cross_entropy_backward, ("sigmoid", "softmax")),
    "mse": Loss(_squared_error, _squared_error_backward),
}


def loss_named(name: str, last: str) -> Loss:
    """Return the loss called `name`, for a network whose last activation is `last`.

    Raises:
        UsageError: it is unknown, or makes no sense after that activation.
    """
    if name not in LOSSES:
        raise UsageError(f"unknown loss {name!r}; known: {', '.join(LOSSES)}")
    loss = LOSSES[name]
    if loss.activations and last not in loss.activations:
        raise UsageError(
            f"{name} needs outputs between 0 and 1: end the network with {' or '.join(loss.activations)}, not {last}, "
            "or use the loss mse"
        )
    return loss
