"""Exploding and vanishing gradients: found while a network is trained, and named with their layer.

Source of the comparison between layers: Glorot & Bengio, "Understanding the difficulty of training deep feedforward
neural networks" (AISTATS 2010), section 4.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import FitError, UsageError
from srbench_networks.architecture import Architecture

__all__ = ["Diagnosis", "ExplodingGradientError", "Health", "VanishingGradientWarning", "layer_norms"]

Array = NDArray[Any]


class ExplodingGradientError(FitError):
    """The gradients of all networks exploded. The text names the layer and says what to do."""


class VanishingGradientWarning(UserWarning):
    """The gradient of a layer vanished beside that of others. The text names the layer and says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What counts as ill, and how often it is looked for.

    The bounds were chosen on 50 networks of each of 18 shapes (tanh, relu and sigmoid, 1 to 10 hidden layers) that
    learned sin(2 x) by Adam: no norm was above 4; the smallest over the largest norm stayed above 0.08 with tanh and
    relu unless all units of a layer were dead, fell to 1e-5 in networks of 8 sigmoid layers, half of which still
    learned, and to 4e-6 (median) in networks of 10, of which none did.

    Attributes:
        largest: a layer's gradient whose norm is above this, or not finite, has exploded.
        smallest: a layer's gradient whose norm is below this times the largest of all layers has vanished.
        interval: epochs between two looks; the last epoch is always looked at.
        patience: a gradient has vanished if it is too small at so many looks, one after the other.
        vanishing: what happens then; in any case it stands in `Training.vanishing`.
    """

    largest: float = 1e8
    smallest: float = 1e-5
    interval: int = 10
    patience: int = 3
    vanishing: Literal["warn", "record"] = "warn"

    def __post_init__(self) -> None:
        if not (self.largest > 0 and 0 <= self.smallest < 1 and self.interval >= 1 and self.patience >= 1):
            raise UsageError(f"bounds, interval and patience must be positive, smallest below 1, got {self}")
        if self.vanishing not in ("warn", "record"):
            raise UsageError(f"vanishing must be warn or record, got {self.vanishing!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """What is wrong with one network.

    Attributes:
        kind: which illness.
        member: number of the network in its batch, from 0.
        epoch: completed when it was seen.
        layer: number of the layer, from 0.
        layer_name: the same in words.
        norm: Euclidean norm of that layer's gradient.
        beside: the largest norm of all layers.
    """

    kind: Literal["exploding", "vanishing"]
    member: int
    epoch: int
    layer: int
    layer_name: str
    norm: float
    beside: float

    def __str__(self) -> str:
        where = f"of {self.layer_name} of network {self.member}"
        if self.kind == "exploding":
            return (
                f"the gradient {where} exploded: its norm was {self.norm:.3g} after {self.epoch} epochs; lower the "
                "learning rate, scale inputs and targets to variance one, start from He (relu) or Glorot (others) "
                "weights, or make the network less deep"
            )
        return (
            f"the gradient {where} vanished: its norm is {self.norm:.3g} after {self.epoch} epochs, the largest of all "
            f"layers {self.beside:.3g}; use relu (or tanh instead of sigmoid), start from He (relu) or Glorot (others) "
            "weights, scale the inputs to variance one, or make the network less deep"
        )


def layer_norms(architecture: Architecture, gradient: Array) -> Array:
    """Return the Euclidean norms (m, layers) of a gradient (m, n_parameters); infinity where one is not finite."""
    norms = np.empty((len(gradient), len(architecture.activations)))
    with np.errstate(over="ignore", invalid="ignore"):
        for layer, (place, _) in enumerate(architecture.blocks):
            norms[:, layer] = np.linalg.norm(gradient[:, place], axis=1)
    norms[np.isnan(norms)] = np.inf
    return norms


def worst_layer(norms: Array) -> int:
    """Return the layer of the largest norm among (layers,); the last where several are infinite.

    What is not finite comes down from the loss, so the last such layer is the first that was reached.
    """
    return len(norms) - 1 - int(np.argmax(norms[::-1]))
