"""Training by mini-batches: all networks of a batch at once, watched for exploding and vanishing gradients."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from srbench_lite import UsageError
from srbench_lite.fitting import Deadline, count_work
from srbench_networks.health import (
    Diagnosis,
    ExplodingGradientError,
    Health,
    VanishingGradientWarning,
    layer_norms,
    worst_layer,
)
from srbench_networks.losses import loss_named
from srbench_networks.optimisers import Optimiser, Schedule
from srbench_networks.perceptron import Backpropagation, Perceptron

__all__ = ["Training", "train"]

Array = NDArray[Any]

#: Nanoseconds, for `count_work`: of a step; of the value of a unit at a point; of a parameter, and of it by point.
_STEP: Final = 30_000.0
_UNIT_VALUE: Final = 6.0
_PARAMETER: Final = 5.0
_PARAMETER_POINT: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Training:
    """What came of a training.

    Attributes:
        perceptron: the m trained networks; one that exploded is as it was when last seen well.
        losses: mean loss of the steps of each epoch, (epochs done, m); NaN from the epoch in which a network was
            given up.
        held_back: loss on the points held back after each epoch, (epochs done, m); None where there are none.
        stopped: "budget" when the deadline ended it.
        exploded: the networks that were given up.
        vanishing: the networks that had a vanishing gradient, each once.
    """

    perceptron: Perceptron
    losses: Array
    held_back: Array | None
    stopped: Literal["done", "budget"]
    exploded: tuple[Diagnosis, ...]
    vanishing: tuple[Diagnosis, ...]


def train(
    perceptron: Perceptron,
    x: Array,
    y: Array,
    *,
    loss: str,
    optimiser: Optimiser,
    epochs: int,
    batch: int,
    schedule: Schedule,
    rng: np.random.Generator,
    deadline: Deadline | None = None,
    held_back: tuple[Array, Array] | None = None,
    health: Health | None = None,
) -> Training:
    """Train m networks of one shape on the same points, or each on its own.

    In every step all networks see the same rows. A network whose gradient explodes is put back to where it was last
    seen well and takes no further part; the others go on as if it had never been there.

    Args:
        perceptron: where to start; not changed.
        x: inputs (n, d), or (m, n, d) where every network has its own.
        y: targets (n, k) or (m, n, k); (n,) where there is one output.
        loss: a name from `LOSSES`.
        optimiser: its settings.
        epochs: passes over the points.
        batch: points of a step; 0 for all.
        schedule: learning rate of each step.
        rng: the order of the points.
        deadline: when it is over, no further epoch is begun.
        held_back: further inputs and targets on which the loss is taken after each epoch.
        health: what counts as ill; None for the defaults.

    Raises:
        ExplodingGradientError: the gradients of all networks exploded.
        DataError: arrays of the wrong shape.
        UsageError: an unknown loss, or a negative number of epochs or points.
    """
    if epochs < 0 or batch < 0:
        raise UsageError(f"epochs and batch must be 0 or more, got {epochs} and {batch}")
    loss_named(loss, perceptron.architecture.activations[-1])
    run = _Run(perceptron, x, y, loss, optimiser, batch, health or Health(), held_back)
    total = epochs * math.ceil(run.points / run.batch)
    stopped: Literal["done", "budget"] = "done"
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # shows as an exploding gradient
        for epoch in range(1, epochs + 1):
            if deadline is not None and deadline.is_over:
                stopped = "budget"
                break
            run.epoch(schedule, total, rng)
            if epoch % run.health.interval == 0 or epoch == epochs:
                run.examine(epoch)
        if stopped == "budget" and len(run.losses) % run.health.interval:
            run.examine(len(run.losses))
    return run.result(stopped)


class _Run:
    """A training that is under way. Members are numbered as in the batch that was given."""

    def __init__(
        self,
        perceptron: Perceptron,
        x: Array,
        y: Array,
        loss: str,
        optimiser: Optimiser,
        batch: int,
        health: Health,
        held_back: tuple[Array, Array] | None,
    ) -> None:
        self.health = health
        self._architecture, self._loss = perceptron.architecture, loss
        self._inputs = perceptron.inputs(x)
        self.points = self._inputs.shape[1]
        self._targets = perceptron.targets(y, self.points)
        self.batch = self.points if batch == 0 else min(batch, self.points)
        self._held_back: tuple[Array, Array] | None = None
        if held_back is not None:
            inputs = perceptron.inputs(held_back[0])
            self._held_back = inputs, perceptron.targets(held_back[1], inputs.shape[1])
        self._well = perceptron.parameters.copy()  # of all members, when last seen well
        self._parameters = perceptron.parameters.copy()  # of those in training
        self._members = np.arange(len(perceptron))
        self._stepper = optimiser.start(self._parameters)
        self._steps = 0
        self._work: dict[int, Backpropagation] = {}
        self._last = self._workspace(self.batch)
        self.losses: list[Array] = []
        self._held_back_losses: list[Array] = []
        self._small = np.zeros(len(perceptron), dtype=np.int64)  # looks in a row with a small gradient
        self._exploded: list[Diagnosis] = []
        self._vanishing: list[Diagnosis] = []

    def epoch(self, schedule: Schedule, total: int, rng: np.random.Generator) -> None:
        """Go once over all points, in random order."""
        inputs, targets = self._inputs, self._targets
        if self.batch < self.points:
            order = rng.permutation(self.points)
            inputs, targets = inputs[:, order], targets[:, order]
        summed = np.zeros(len(self._members))
        for start in range(0, self.points, self.batch):
            stop = min(start + self.batch, self.points)
            count_work(_STEP + self._units * (stop - start) * _UNIT_VALUE)
            count_work(self._parameters.size * (_PARAMETER + _PARAMETER_POINT * (stop - start)))
            self._last = work = self._workspace(stop - start)
            losses = work.losses_and_gradient(
                self._parameters, inputs[:, start:stop], targets[:, start:stop], self._loss
            )
            summed += losses * (stop - start)
            self._stepper.step(self._parameters, work.gradient, schedule(self._steps, total))
            self._steps += 1
        self.losses.append(self._of_all(summed / self.points))
        if self._held_back is not None:
            held_inputs, held_targets = self._held_back
            work = self._workspace(held_inputs.shape[1])
            losses = work.losses(self._parameters, held_inputs, held_targets, self._loss)
            self._held_back_losses.append(self._of_all(losses))

    @property
    def _units(self) -> int:
        """Number of units of all networks in training."""
        return len(self._members) * sum(self._architecture.sizes[1:])

    def examine(self, epoch: int) -> None:
        """Look at the gradients of the last step; give up networks that exploded, note gradients that vanished.

        Raises:
            ExplodingGradientError: no network is left.
        """
        norms = layer_norms(self._architecture, self._last.gradient)
        ill = (norms.max(axis=1) > self.health.largest) | ~np.isfinite(self._parameters).all(axis=1)
        if ill.any():
            self._give_up(ill, norms, epoch)
            norms = norms[~ill]
        self._well[self._members] = self._parameters
        beside = norms.max(axis=1)
        small = (norms.min(axis=1) < self.health.smallest * beside) & (beside > 0)
        self._small = np.where(small, self._small + 1, 0)
        for row in np.flatnonzero(self._small == self.health.patience).tolist():
            layer = int(np.argmin(norms[row]))
            self._note(self._diagnosis("vanishing", row, epoch, layer, float(norms[row, layer]), float(beside[row])))

    def result(self, stopped: Literal["done", "budget"]) -> Training:
        """Return what came of it."""
        m = len(self._well)
        return Training(
            perceptron=Perceptron(self._architecture, self._well),
            losses=np.array(self.losses).reshape(-1, m),
            held_back=None if self._held_back is None else np.array(self._held_back_losses).reshape(-1, m),
            stopped=stopped,
            exploded=tuple(self._exploded),
            vanishing=tuple(self._vanishing),
        )

    def _give_up(self, ill: NDArray[np.bool_], norms: Array, epoch: int) -> None:
        for row in np.flatnonzero(ill).tolist():
            layer = worst_layer(norms[row])
            norm = float(norms[row, layer])
            self._exploded.append(self._diagnosis("exploding", row, epoch, layer, norm, norm))
        if ill.all():
            others = "" if len(ill) == 1 else f" (so did those of the other {len(self._well) - 1} networks)"
            raise ExplodingGradientError(f"{self._exploded[-1]}{others}")
        keep = ~ill
        if len(self._inputs) > 1:
            self._inputs = self._inputs[keep]
        if len(self._targets) > 1:
            self._targets = self._targets[keep]
        if self._held_back is not None:
            inputs, targets = self._held_back
            self._held_back = (
                inputs[keep] if len(inputs) > 1 else inputs,
                targets[keep] if len(targets) > 1 else targets,
            )
        self._members, self._parameters = self._members[keep], self._parameters[keep]
        self._small = self._small[keep]
        self._stepper.keep(keep)
        self._work.clear()

    def _note(self, diagnosis: Diagnosis) -> None:
        if self.health.vanishing == "warn" and not self._vanishing:
            warnings.warn(str(diagnosis), VanishingGradientWarning, stacklevel=4)
        self._vanishing.append(diagnosis)

    def _diagnosis(
        self, kind: Literal["exploding", "vanishing"], row: int, epoch: int, layer: int, norm: float, beside: float
    ) -> Diagnosis:
        name = self._architecture.name(layer)
        return Diagnosis(
            kind=kind, member=int(self._members[row]), epoch=epoch, layer=layer, layer_name=name, norm=norm,
            beside=beside,
        )  # fmt: skip

    def _workspace(self, points: int) -> Backpropagation:
        if points not in self._work:
            self._work[points] = Backpropagation(Perceptron(self._architecture, self._parameters), points)
        return self._work[points]

    def _of_all(self, losses: Array) -> Array:
        """Return values of the networks in training (<= m,) as values of all (m,), NaN for the others."""
        result = np.full(len(self._well), np.nan)
        result[self._members] = losses
        return result
