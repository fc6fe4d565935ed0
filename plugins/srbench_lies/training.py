"""Gradient training of many networks at once: fit freely, then make sparse.

Sources: the losses and the order of the stages, arXiv 2506.08267; RMSprop, Tieleman & Hinton, "Lecture 6.5" (Neural
Networks for Machine Learning, 2012); Adam, Kingma & Ba (2015), arXiv 1412.6980, algorithm 1. What differs from the
published training: many networks in one tensor, a bound on each network's gradient, a network that diverges starts
anew from its own random numbers, and only the best go on after the first stage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch

from srbench_lies.network import Architecture, Parameters, Passes, parts
from srbench_lies.oversampling import emphasis
from srbench_lies.schedule import Schedule, Stage
from srbench_lies.sparsity import Admm, l05_slope
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Points", "Trained", "Trainer", "train"]

#: Steps between two looks at the losses, for networks that have diverged.
_STEPS_BETWEEN_LOOKS: Final = 20
#: A loss, relative to that of a constant, beyond which a network has diverged: its members are bounded by clamps.
_MAX_RELATIVE_LOSS: Final = 1e6
#: Nanoseconds, for `count_work`: of a step; of a value of a network's units, forwards and back, and by weight of the
#: unit; of a parameter.
_STEP: Final = 350_000.0
_UNIT_VALUE: Final = 14.0
_WEIGHT_VALUE: Final = 0.5
_PARAMETER: Final = 5.0
#: Errors beyond it count as this large in exp(|error|): e^30 is far beyond what any start gives.
_MAX_ERROR_IN_EXPONENT: Final = 30.0


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """What a network is trained on.

    Attributes:
        inputs: constant and inputs, shape (d + 1, n).
        target: shape (n,).
        cell: number of the region that each point lies in, shape (n,).
    """

    inputs: torch.Tensor
    target: torch.Tensor
    cell: torch.Tensor

    @property
    def variance(self) -> float:
        """Of the target; 1 where it is constant."""
        variance = float(self.target.var(correction=0))
        return variance if variance > 1e-24 * float(self.target.square().mean()) else 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """Networks after the last stage.

    Attributes:
        parameters: the survivors.
        losses: mean squared error of each, relative to the variance of the target, shape (survivors,).
        free: the least such error after the first stage.
        reseeded: how often a network started anew.
        steps: gradient steps of a network that went all the way.
        cut: whether time ran out.
    """

    parameters: Parameters
    losses: torch.Tensor
    free: float
    reseeded: int
    steps: int
    cut: bool


class _Moments:
    """State of the optimiser: running means of gradients and of their squares."""

    def __init__(self, kind: Literal["rmsprop", "adam"], like: torch.Tensor) -> None:
        self._adam = kind == "adam"
        self.mean = torch.zeros_like(like)
        self.square = torch.zeros_like(like)
        self._work = torch.empty_like(like)
        self._count = 0

    def step(self, flat: torch.Tensor, gradient: torch.Tensor, rate: float) -> None:
        """Move the parameters `flat`, in place."""
        self._count += 1
        decay = 0.999 if self._adam else 0.99
        self.square.mul_(decay).addcmul_(gradient, gradient, value=1.0 - decay)
        torch.sqrt(self.square, out=self._work)
        if not self._adam:
            flat.addcdiv_(gradient, self._work.add_(1e-8), value=-rate)
            return
        self.mean.lerp_(gradient, 0.1)
        shrink = math.sqrt(1.0 - decay**self._count)
        flat.addcdiv_(self.mean, self._work.add_(1e-8 * shrink), value=-rate * shrink / (1.0 - 0.9**self._count))

    def restart(self, which: torch.Tensor) -> None:
        """Forget the networks `which`."""
        self.mean[which] = 0.0
        self.square[which] = 0.0


class Trainer:
    """Networks in training, under one schedule.

    Args:
        architecture: of the networks.
        points: data.
        schedule: switches.
        rngs: random numbers of each network.
        seed: of the batches.
    """

    def __init__(
        self,
        architecture: Architecture,
        points: Points,
        schedule: Schedule,
        rngs: Sequence[np.random.Generator],
        seed: int,
    ) -> None:
        self.points = points
        self.schedule = schedule
        self.reseeded = 0
        self._rngs = list(rngs)
        self._order = np.random.default_rng([seed, len(self._rngs)])
        self._offset = float(points.target.mean())
        self._variance = points.variance
        self._structure = architecture.structure().to(torch.float64)
        self._adopt(Parameters.initial(architecture, self._rngs, self._offset))

    def _adopt(self, parameters: Parameters) -> None:
        """Train these networks from now on."""
        n = self.points.inputs.shape[1]
        size = n if self.schedule.batch <= 0 else min(self.schedule.batch, n)
        self.parameters = parameters
        self.gradient = torch.zeros_like(parameters.flat)
        self._slope = Parameters(parameters.architecture, self.gradient)
        self._weighting: torch.Tensor | None = None
        # the buffers of a batch; of all points they are made where they are needed
        self._passes = Passes(parameters.architecture, self.points.inputs[:, :size].clone(), len(parameters.flat))
        self._domain = torch.tensor(self.schedule.domain / size, dtype=torch.float64)

    def predict(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Return predictions at all points, shape (B, n), and the domain penalty, shape (B,)."""
        a, inputs, weights = self.parameters.architecture, self.points.inputs, self.parameters.folded()
        outputs, penalties = [], []
        for part in parts(len(weights), Passes.floats(a, inputs.shape[1])):
            passes = Passes(a, inputs, len(weights[part]))
            outputs.append(passes.forward(weights[part]).clone())
            penalties.append(passes.outside())
        return torch.cat(outputs), torch.cat(penalties)

    def losses(self) -> torch.Tensor:
        """Return mean squared errors relative to the variance of the target, shape (B,)."""
        prediction, _ = self.predict()
        return (prediction - self.points.target).square().mean(dim=1) / self._variance

    def keep(self, which: torch.Tensor) -> None:
        """Go on with the networks `which` (k,) only."""
        self._rngs = [self._rngs[i] for i in which.tolist()]
        self._adopt(Parameters(self.parameters.architecture, self.parameters.flat[which].clone()))

    def compute_gradient(self, rows: torch.Tensor | None = None) -> torch.Tensor:
        """Write the gradient of error and domain penalty into `gradient`.

        Args:
            rows: the points of this batch; all by default.

        Returns:
            The error of each network that the schedule's loss names, shape (B,).
        """
        folded = self.parameters.folded()
        target, weighting = self.points.target, self._weighting
        if rows is not None:
            torch.index_select(self.points.inputs, 1, rows, out=self._passes.inputs)
            target = target[rows]
            weighting = None if weighting is None else weighting[:, rows]
        residual = self._passes.forward(folded) - target  # (B, batch)
        size = residual.shape[1]
        if self.schedule.loss == "exp":
            grown = residual.abs().clamp_max_(_MAX_ERROR_IN_EXPONENT).exp_()
            error = grown.mean(dim=1)
            slope = residual.sign_().mul_(grown).mul_(1.0 / size)
        else:
            error = residual.square().mean(dim=1).mul_(1.0 / self._variance)
            slope = residual.mul_(2.0 / (size * self._variance))
        self._passes.backward(folded, slope if weighting is None else slope.mul_(weighting), self._domain)
        weights, gates = self._slope.weights, self._slope.gates
        self._passes.gradient(weights)
        weights.mul_(self._structure)
        first = self.parameters.architecture.first
        units = weights[:, :, first:]
        torch.sum(units * self.parameters.weights[:, :, first:], dim=1, out=gates)
        units.mul_(self.parameters.gates[:, None, :])
        return error

    def _penalise(self, stage: Stage, admm: Admm | None) -> None:
        """Add the gradient of the penalties of a stage."""
        if self.schedule.penalty == "none":
            return
        flat = self.parameters.flat
        if stage.weight > 0.0:
            slope = l05_slope(flat) if self.schedule.penalty == "l05" else flat.sign()
            self.gradient.add_(slope, alpha=stage.weight)
        if admm is not None:
            self._slope.weights.add_(admm.slope(self.parameters.weights, stage.rho))

    def step(self, moments: _Moments, stage: Stage, rate: float, admm: Admm | None) -> torch.Tensor:
        """Make one step of the optimiser; return the errors before it, shape (B,)."""
        n, size = self.points.inputs.shape[1], self._passes.inputs.shape[1]
        a = self.parameters.architecture
        unit_values = len(self.parameters.flat) * a.rows * size
        count_work(_STEP + unit_values * (_UNIT_VALUE + _WEIGHT_VALUE * a.columns))
        count_work(_PARAMETER * self.parameters.flat.numel())
        rows = torch.from_numpy(self._order.choice(n, size, replace=False)) if size < n else None
        error = self.compute_gradient(rows)
        self._penalise(stage, admm)
        norms = torch.linalg.vector_norm(self.gradient, dim=1, keepdim=True)
        self.gradient.mul_((self.schedule.clip / norms).clamp_max_(1.0))
        moments.step(self.parameters.flat, self.gradient, rate)
        return error

    def reseed(self, errors: torch.Tensor) -> torch.Tensor:
        """Start networks anew whose error or parameters are not finite, or whose error is absurd.

        Args:
            errors: of each network, shape (B,).

        Returns:
            Numbers of those networks, shape (k,).
        """
        bound = _MAX_RELATIVE_LOSS if self.schedule.loss == "mse" else math.exp(_MAX_ERROR_IN_EXPONENT) / 2.0
        healthy = (errors < bound) & self.parameters.flat.isfinite().all(dim=1)  # NaN is not less than anything
        which = (~healthy).nonzero()[:, 0]
        if len(which):
            fresh = Parameters.initial(
                self.parameters.architecture, [self._rngs[i] for i in which.tolist()], self._offset
            )
            self.parameters.flat[which] = fresh.flat
            self.reseeded += len(which)
        return which

    def run(self, stage: Stage, deadline: Deadline) -> int:
        """Make the steps of a stage; return how many there was time for."""
        if self.schedule.penalty == "admm":
            stage = stage.for_admm()
        before = None
        if stage.oversample and self.schedule.oversample:
            prediction, _ = self.predict()
            before = (self.parameters.flat.clone(), self.losses())
            self._weighting = emphasis(prediction - self.points.target, self.points.target, self.points.cell)
        moments = _Moments(self.schedule.optimiser, self.parameters.flat)
        admm = Admm(self.parameters.weights) if self.schedule.penalty == "admm" and stage.rho > 0.0 else None
        every = max(stage.steps // max(stage.epochs, 1), 1)
        done = 0
        while done < stage.steps and not deadline.is_over:
            rate = self.schedule.learning_rate * stage.decay ** (done / stage.steps)
            errors = self.step(moments, stage, rate, admm)
            done += 1
            if done % _STEPS_BETWEEN_LOOKS == 0 or done == stage.steps:
                which = self.reseed(errors)
                if len(which):
                    moments.restart(which)
                    if admm is not None:
                        admm.restart(which, self.parameters.weights[which])
            if admm is not None and done % every == 0:
                admm.update(self.parameters.weights, stage.rho, stage.alpha)
        if before is not None:
            self._weighting = None
            self._revert(*before, penalised=self.schedule.penalty != "none" and stage.weight > 0.0)
        return done

    def _revert(self, flat: torch.Tensor, losses: torch.Tensor, *, penalised: bool) -> None:
        """Undo a stage of oversampling for networks that it did not help; what a penalty costs is its own matter."""
        if not penalised:
            worse = ~(self.losses() <= losses)
            self.parameters.flat[worse] = flat[worse]


def train(architecture: Architecture, points: Points, schedule: Schedule, *, seed: int, deadline: Deadline) -> Trained:
    """Train `schedule.restarts` networks; return the survivors, the best first.

    Args:
        architecture: of the networks.
        points: data, in the networks' space.
        schedule: switches.
        seed: of all random numbers; network i has its own stream.
        deadline: cuts off.
    """
    rngs = [np.random.default_rng([seed, i]) for i in range(schedule.restarts)]
    trainer = Trainer(architecture, points, schedule, rngs, seed)
    steps, free, cut = 0, math.inf, False
    for number, stage in enumerate(schedule.stages):
        done = trainer.run(stage, deadline)
        steps += done
        cut = done < stage.steps
        losses = trainer.losses().nan_to_num(nan=math.inf)
        if number == 0:
            free = float(losses.min())
            trainer.keep(losses.argsort(stable=True)[: max(schedule.survivors, 1)])
        if cut:
            break
    losses = trainer.losses().nan_to_num(nan=math.inf)
    order = losses.argsort(stable=True)
    return Trained(
        parameters=Parameters(architecture, trainer.parameters.flat[order]),
        losses=losses[order],
        free=free,
        reseeded=trainer.reseeded,
        steps=steps,
        cut=cut,
    )
