"""`Classifier`: a softmax network fitted to labelled points, trained on cross-entropy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import DataError, UsageError
from srbench_lite.fitting import Deadline
from srbench_networks.architecture import Architecture
from srbench_networks.optimisers import Adam, HalfCosine
from srbench_networks.perceptron import Perceptron
from srbench_networks.training import train

__all__ = ["Classifier", "fit_classifier"]

Array = NDArray[np.float64]

#: Larger labels are more likely identifiers than classes: every class takes a row of weights and a column of targets.
_MOST_CLASSES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classifier:
    """A trained softmax network.

    Attributes:
        perceptron: one network, on scaled inputs.
        mean: of each input on the training points, (d,).
        scale: one number by which all inputs are divided.
        losses: mean cross-entropy of the steps of each epoch, (epochs,).
        stopped: "budget" when the deadline ended the training.
    """

    perceptron: Perceptron
    mean: Array
    scale: float
    losses: Array
    stopped: Literal["done", "budget"]

    def probabilities(self, x: Array) -> Array:
        """Return the probability (n, classes) of each class for inputs (n, d)."""
        return np.asarray(self.perceptron((np.asarray(x, dtype=np.float64) - self.mean) / self.scale)[0])

    def __call__(self, x: Array) -> NDArray[np.intp]:
        """Return the most probable class (n,) for inputs (n, d)."""
        return np.asarray(self.probabilities(x).argmax(axis=1))

    def accuracy(self, x: Array, labels: NDArray[np.integer]) -> float:
        """Return the share of inputs (n, d) whose class is the label (n,)."""
        return float(np.mean(self(x) == labels))


def fit_classifier(
    x: Array,
    labels: NDArray[np.integer],
    *,
    hidden: Sequence[int],
    activation: str = "relu",
    epochs: int,
    batch: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    rng: np.random.Generator,
    deadline: Deadline | None = None,
) -> Classifier:
    """Fit a softmax network by Adam; the learning rate falls to zero along half a cosine.

    Inputs are centred, and divided by one number, their root mean square: pixels that are nearly always blank stay
    small.

    Args:
        x: inputs (n, d).
        labels: classes (n,), whole numbers from 0.
        hidden: widths of the hidden layers.
        activation: of the hidden layers.
        epochs: passes over the points.
        batch: points of a step; 0 for all.
        learning_rate: at the start.
        weight_decay: each step shrinks the parameters by this times the learning rate.
        rng: initial weights and the order of the points.
        deadline: when it is over, no further epoch is begun.

    Raises:
        ExplodingGradientError: the training diverged.
        DataError: shapes that do not fit together, inputs that are not finite, labels that are no whole numbers from 0
            or stand for too many classes.
        UsageError: fewer than two classes.
    """
    x, labels = np.asarray(x, dtype=np.float64), np.asarray(labels)
    if x.ndim != 2 or labels.shape != (len(x),) or len(x) == 0:
        raise DataError(f"inputs must be (n, d) and labels (n,) with n of at least 1, got {x.shape} and {labels.shape}")
    if not np.isfinite(x).all():
        raise DataError("inputs must be finite")
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise DataError(f"labels must be whole numbers from 0, got {labels.dtype} from {labels.min()}")
    classes = int(labels.max()) + 1
    if classes < 2:
        raise UsageError("all labels are 0: two classes are needed at least")
    if classes > _MOST_CLASSES:
        raise DataError(
            f"the largest label is {classes - 1:,}, which makes {classes:,} classes; at most {_MOST_CLASSES:,} can be "
            "told apart: number the classes from 0 without gaps, as numpy.unique(labels, return_inverse=True) does"
        )
    mean = x.mean(axis=0)
    scale = float(np.sqrt(np.mean((x - mean) ** 2))) or 1.0
    targets = np.asarray(labels[:, None] == np.arange(classes), dtype=np.float64)  # (n, classes)
    training = train(
        Perceptron.initial(Architecture.layered(x.shape[1], tuple(hidden), classes, activation, "softmax"), rng),
        (x - mean) / scale, targets, loss="cross-entropy", optimiser=Adam(weight_decay=weight_decay), epochs=epochs,
        batch=batch, schedule=HalfCosine(learning_rate), rng=rng, deadline=deadline,
    )  # fmt: skip
    return Classifier(
        perceptron=training.perceptron, mean=mean, scale=scale, losses=training.losses[:, 0], stopped=training.stopped
    )
