"""Adam on the squared error, and the state that was best on points held back.

Source: Kingma & Ba, "Adam: A Method for Stochastic Optimization" (ICLR 2015), algorithm 1, arXiv 1412.6980. What
differs: the learning rate may fall to zero along half a cosine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch

from srbench_lite import FitError
from srbench_lite.fitting import Deadline, count_work
from srbench_lstm.model import Model

__all__ = ["Adam", "Points", "Schedule", "train"]

_BETA1: Final = 0.9  # Kingma & Ba, section 2: decay of the mean of the gradient
_BETA2: Final = 0.999  # ... and of the mean of its square
_EPSILON: Final = 1e-8
#: Nanoseconds, for `count_work`: of a step; of a place of the sequences, and of it by point and parameter.
_STEP: Final = 500_000.0
_DIGIT: Final = 170_000.0
_DIGIT_VALUE: Final = 0.08


class Adam:
    """First and second moments of a gradient, and the step that follows from them."""

    def __init__(self, parameters: torch.Tensor) -> None:
        self._parameters = parameters
        self._mean = torch.zeros_like(parameters)
        self._square = torch.zeros_like(parameters)
        self._count = 0

    def step(self, gradient: torch.Tensor, learning_rate: float) -> None:
        """Change the parameters in place."""
        self._count += 1
        self._mean.lerp_(gradient, 1 - _BETA1)
        self._square.mul_(_BETA2).addcmul_(gradient, gradient, value=1 - _BETA2)
        scale = (self._square / (1 - _BETA2**self._count)).sqrt_().add_(_EPSILON)
        self._parameters.addcdiv_(self._mean, scale, value=-learning_rate / (1 - _BETA1**self._count))


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What a network is trained or judged on: sequences (m, n, p) and standardised targets (n,)."""

    sequences: torch.Tensor
    targets: torch.Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How long and how fast.

    Attributes:
        epochs: passes over the points, at most.
        batch: points a step; 0 for all.
        learning_rate: at the start.
        decay: whether it falls to zero along half a cosine.
    """

    epochs: int
    batch: int
    learning_rate: float
    decay: bool

    def size(self, n: int) -> int:
        """Return the points of a step, of n in all."""
        return min(self.batch, n) if self.batch else n

    def within(self, most_steps: int, n: int) -> Schedule:
        """Return the schedule with fewer epochs over n points where its steps would be more than `most_steps`."""
        epochs = max(1, min(self.epochs, most_steps // math.ceil(n / self.size(n))))
        return Schedule(epochs=epochs, batch=self.batch, learning_rate=self.learning_rate, decay=self.decay)


def train(
    model: Model,
    kept: Points,
    held: Points,
    schedule: Schedule,
    *,
    generator: torch.Generator,
    deadline: Deadline,
) -> tuple[Model, list[float], list[float]]:
    """Train a network.

    Args:
        model: where to start.
        kept: what it is trained on.
        held: what it is judged on after each epoch; without any point the last state is returned.
        schedule: the steps.
        generator: draws the order of the points.
        deadline: when it is over, no further epoch is begun.

    Returns:
        The state with the least error on the points held back; mean squared errors, relative to the variance of the
        targets, after each epoch: on the batches as they were met, and on the points held back.

    Raises:
        FitError: the error is no longer a number.
    """
    n = len(kept.targets)
    size = schedule.size(n)
    current = Model(model.sizes, model.parameters.clone().requires_grad_())
    adam = Adam(current.parameters.detach())
    total = schedule.epochs * math.ceil(n / size)
    best, lowest, count = current.parameters.detach().clone(), math.inf, 0
    curve, judged = [], []
    for epoch in range(schedule.epochs):
        if deadline.is_over:
            break
        order = torch.randperm(n, generator=generator)
        summed = 0.0
        for rows in torch.split(order, size):
            count_work(_STEP + len(kept.sequences) * (_DIGIT + _DIGIT_VALUE * len(rows) * current.parameters.numel()))
            errors = current.layers(kept.sequences[:, rows])[2] - kept.targets[rows]
            loss = errors.square().mean()
            (gradient,) = torch.autograd.grad(loss, current.parameters)
            share = 0.5 * (1 + math.cos(math.pi * count / total)) if schedule.decay else 1.0
            adam.step(gradient, share * schedule.learning_rate)
            summed += float(loss.detach()) * len(rows)
            count += 1
        curve.append(summed / n)
        if not math.isfinite(summed):
            raise FitError(
                f"the training error is {summed:g} in epoch {epoch + 1}; try a learning_rate below "
                f"{schedule.learning_rate:g}"
            )
        if len(held.targets):
            with torch.no_grad():
                judged.append(float((current.layers(held.sequences)[2] - held.targets).square().mean()))
            if judged[-1] < lowest:
                lowest = judged[-1]
                best.copy_(current.parameters.detach())
    if not judged:
        best.copy_(current.parameters.detach())
    return Model(model.sizes, best), curve, judged
