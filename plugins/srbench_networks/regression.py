"""`Regressor`: a network fitted to points, in their own units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import DataError
from srbench_lite.fitting import Deadline
from srbench_networks.architecture import Architecture
from srbench_networks.health import Diagnosis, Health
from srbench_networks.optimisers import Adam, HalfCosine
from srbench_networks.perceptron import Perceptron
from srbench_networks.scaling import Scaling
from srbench_networks.training import Training, train

__all__ = ["Regressor", "fit_regressor"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regressor:
    """A trained network with the scaling of its inputs and outputs undone.

    Attributes:
        perceptron: one network, on scaled inputs.
        inputs, target: the scalings.
        losses: mean squared error after each epoch in units of the target's variance on the training points: under
            "training" the mean over the steps of the epoch, under "held back" (where points are) after it; (epochs,).
        vanishing: whether its gradients vanished, and where; empty or one diagnosis.
        stopped: "budget" when the deadline ended the training.
    """

    perceptron: Perceptron
    inputs: Scaling
    target: Scaling
    losses: Mapping[str, Array]
    vanishing: tuple[Diagnosis, ...]
    stopped: Literal["done", "budget"]

    def __call__(self, x: Array) -> Array:
        """Return values (n,) for inputs (n, d)."""
        return self.target.undo(self.perceptron(self.inputs.apply(_rows(x)))[0, :, 0])

    def hidden(self, x: Array) -> dict[str, Array]:
        """Return the activations (n, width) of each hidden layer, under "hidden 1", "hidden 2" and so on."""
        layers = self.perceptron.layers(self.inputs.apply(_rows(x)))[:-1]
        return {f"hidden {number}": layer[0] for number, layer in enumerate(layers, start=1)}


def fit_regressor(
    x: Array,
    y: Array,
    *,
    hidden: Sequence[int],
    activation: str = "tanh",
    epochs: int,
    batch: int,
    learning_rate: float,
    rng: np.random.Generator,
    deadline: Deadline | None = None,
    held_back: tuple[Array, Array] | None = None,
) -> Regressor:
    """Fit a network with one linear output to points by Adam; the learning rate falls to zero along half a cosine.

    Args:
        x: inputs (n, d).
        y: targets (n,).
        hidden: widths of the hidden layers; none for a linear model.
        activation: of the hidden layers.
        epochs: passes over the points.
        batch: points of a step; 0 for all.
        learning_rate: at the start.
        rng: initial weights and the order of the points.
        deadline: when it is over, no further epoch is begun.
        held_back: further inputs and targets on which the error is only watched.

    Raises:
        ExplodingGradientError: the training diverged.
        DataError: shapes that do not fit together, or values that are not finite.
    """
    x, y = _points(x, y)
    inputs, target = Scaling.of(x), Scaling.of(y)
    architecture = Architecture.layered(x.shape[1], tuple(hidden), 1, activation, "linear")
    watched = None
    if held_back is not None:
        more_x, more_y = _points(*held_back)
        watched = inputs.apply(more_x), target.apply(more_y)
    training = train(
        Perceptron.initial(architecture, rng), inputs.apply(x), target.apply(y), loss="mse", optimiser=Adam(),
        epochs=epochs, batch=batch, schedule=HalfCosine(learning_rate), rng=rng, deadline=deadline, held_back=watched,
        health=Health(vanishing="record"),
    )  # fmt: skip
    return Regressor(
        perceptron=training.perceptron, inputs=inputs, target=target, losses=_losses(training),
        vanishing=training.vanishing, stopped=training.stopped,
    )  # fmt: skip


def _losses(training: Training) -> dict[str, Array]:
    losses = {"training": training.losses[:, 0]}
    if training.held_back is not None:
        losses["held back"] = training.held_back[:, 0]
    return losses


def _rows(x: Array) -> Array:
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 2:
        raise DataError(f"inputs must be (n, d), got {x.shape}; use x[:, None] for one variable")
    return x


def _points(x: Array, y: Array) -> tuple[Array, Array]:
    x, y = _rows(x), np.asarray(y, dtype=np.float64)
    if y.shape != (len(x),) or len(x) == 0:
        raise DataError(f"targets must be (n,) for inputs (n, d) with n of at least 1, got {y.shape} for {x.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise DataError("inputs and targets must be finite")
    return x, y
