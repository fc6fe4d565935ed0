"""Weights that a trained network does not need: dropped by gradient, then one after the other with a refit each.

Sources: the score |w * dy/dw|, arXiv 2506.08267 (there with one threshold for each matrix); backward elimination, e.g.
Guyon & Elisseeff, "An Introduction to Variable and Feature Selection" (JMLR 3, 2003), section 4.2; when to stop,
Schwarz, "Estimating the Dimension of a Model" (Annals of Statistics 6, 1978). What differs: the mean of the absolute
score, in which signs do not cancel; a share of the output as threshold, whatever the scale of a weight; and units that
have become constant move into the constants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lies.network import BOTTOM, TOP, UNITS, Architecture, Passes
from srbench_lies.second_order import refit_networks
from srbench_lies.training import Points
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Level", "by_gradient", "eliminate", "levels", "scores", "strongest", "without_idle_units"]

Array = NDArray[np.float64]

#: Mean squared errors below it, relative to the variance of the target, are not told apart.
_MIN_MSE_SHARE: Final = 1e-22
#: Iterations of the refit of a trial: enough to tell whether a weight is needed.
_TRIAL_STEPS: Final = 10
#: Weights that are tried one by one in each round, those of least score.
_WEIGHTS_TRIED_SINGLY: Final = 4
#: One weight in so many is tried together first, those of least score.
_JOINT_TRIAL_DIVISOR: Final = 6
#: A network that explains less than this part of the variance is not reduced any further.
_MIN_EXPLAINED_SHARE: Final = 0.5
#: Nanoseconds of looking at a level, for `count_work`.
_LEVEL: Final = 100_000.0
#: Criterion per point that may be lost: misfits as much worse as this are still on the way to smaller networks.
_MAX_CRITERION_LOSS_PER_POINT: Final = 14.0


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """One network on the way from many weights to few.

    Attributes:
        weights: with the gates folded in, shape (rows, columns).
        active: number of weights that are not zero.
        loss: mean squared error relative to the variance of the target.
    """

    weights: torch.Tensor
    active: int
    loss: float

    def criterion(self, n: int) -> float:
        """Return Schwarz's criterion for n points."""
        return n * math.log(max(self.loss, _MIN_MSE_SHARE)) + math.log(n) * self.active


def scores(architecture: Architecture, weights: torch.Tensor, points: Points) -> torch.Tensor:
    """Return the mean over the points of |w * dy/dw| for each weight, shape (B, rows, columns)."""
    passes = Passes(architecture, points.inputs, len(weights))
    passes.forward(weights)
    slope = torch.ones_like(passes.arguments[:, -1])
    passes.backward(weights, slope, slope.new_zeros(()))
    passes.slopes.abs_()
    passes.hidden.abs_()
    magnitudes = Passes(architecture, points.inputs.abs(), len(weights))
    magnitudes.hidden.copy_(passes.hidden)
    magnitudes.slopes.copy_(passes.slopes)
    result = torch.empty_like(weights)
    magnitudes.gradient(result)
    return (result.mul_(weights.abs()) / points.inputs.shape[1]).nan_to_num_(nan=0.0, posinf=1e300)


def without_idle_units(architecture: Architecture, weights: torch.Tensor) -> torch.Tensor:
    """Return the weights (rows, columns) of the same function without units that are constant or not used."""
    w = weights.numpy().copy()
    first = architecture.first
    for unit in range(architecture.units):
        if not w[unit, 1:].any():
            w[:, 0] += w[:, first + unit] * _constant(UNITS[unit % len(UNITS)], float(w[unit, 0]))
            w[:, first + unit] = 0.0
    for unit in range(architecture.units - 1, -1, -1):
        if not w[:, first + unit].any():
            w[unit] = 0.0
    return torch.from_numpy(w)


def _constant(kind: str, argument: float) -> float:
    """Return the output of a unit."""
    if kind == "E":
        return math.exp(min(argument, TOP))
    if kind == "L":
        return math.log(max(argument, BOTTOM))
    return math.sin(argument) if kind == "S" else argument


def by_gradient(architecture: Architecture, weights: torch.Tensor, points: Points, share: float) -> torch.Tensor:
    """Drop the weights that make less than a share of the output.

    Args:
        architecture: of the networks.
        weights: with the gates folded in, shape (B, rows, columns).
        points: data.
        share: of the standard deviation of the target.

    Returns:
        Weights of the same shape, without units that are idle.
    """
    least = share * math.sqrt(points.variance)
    kept = torch.where(scores(architecture, weights, points) > least, weights, 0.0)
    return torch.stack([without_idle_units(architecture, w) for w in kept])


def strongest(architecture: Architecture, weights: torch.Tensor, points: Points, most: int) -> torch.Tensor:
    """Keep the `most` weights of each network that contribute most; networks that have no more stay as they are.

    Args:
        architecture: of the networks.
        weights: with the gates folded in, shape (B, rows, columns).
        points: data.
        most: number of weights.

    Returns:
        Weights of the same shape.
    """
    large = (weights != 0.0).sum(dim=(1, 2)) > most
    if not bool(large.any()):
        return weights
    kept = weights.clone()
    for k, score in zip(large.nonzero()[:, 0].tolist(), scores(architecture, weights[large], points), strict=True):
        order = score.flatten().argsort(descending=True, stable=True)
        without = weights[k].flatten().clone()
        without[order[most:]] = 0.0
        kept[k] = without_idle_units(architecture, without.view_as(weights[k]))
    return kept


def eliminate(
    architecture: Architecture,
    weights: torch.Tensor,
    points: Points,
    kind: Literal["lm", "lbfgs", "none"],
    deadline: Deadline,
) -> tuple[list[list[Level]], bool]:
    """Drop the weights of each network one after the other, the least needed first, and fit the others again.

    A sixth of the weights is tried at once; if the criterion does not fall, single ones; if no single one can go for
    nothing, the one that costs least goes. It ends with a network that explains little.

    Args:
        architecture: of the networks.
        weights: with the gates folded in, shape (B, rows, columns).
        points: data.
        kind: of the refits.
        deadline: cuts off.

    Returns:
        For each network the levels on its way, the largest first, and whether time ran out.
    """
    n = points.inputs.shape[1]
    start = refit_networks(kind, architecture, weights, points, steps=_TRIAL_STEPS, deadline=deadline)
    paths = [[_level(architecture, w, loss)] for w, loss in zip(start.weights, start.losses.tolist(), strict=True)]
    least = [path[0].criterion(n) for path in paths]
    open_ = [k for k, path in enumerate(paths) if path[0].loss < _MIN_EXPLAINED_SHARE and path[0].active > 1]
    while open_ and not deadline.is_over:
        current = torch.stack([paths[k][-1].weights for k in open_])
        trials = torch.cat(
            [_without(w, s) for w, s in zip(current, scores(architecture, current, points), strict=True)]
        )
        tried = refit_networks(kind, architecture, trials, points, steps=_TRIAL_STEPS, deadline=deadline)
        still: list[int] = []
        for place, k in enumerate(open_):
            mine = slice(place * (1 + _WEIGHTS_TRIED_SINGLY), (place + 1) * (1 + _WEIGHTS_TRIED_SINGLY))
            own_levels = [
                _level(architecture, w, loss)
                for w, loss in zip(tried.weights[mine], tried.losses[mine].tolist(), strict=True)
            ]
            chunk, singles = own_levels[0], own_levels[1:]
            here = paths[k][-1].criterion(n)
            best = chunk if chunk.criterion(n) <= here else min(singles, key=lambda level: level.criterion(n))
            if best.active >= paths[k][-1].active or not best.loss < _MIN_EXPLAINED_SHARE:
                continue
            paths[k].append(best)
            least[k] = min(least[k], best.criterion(n))
            if best.active > 1 and best.criterion(n) <= least[k] + _MAX_CRITERION_LOSS_PER_POINT * n:
                still.append(k)
        open_ = still
    return paths, bool(open_) or start.cut


def _level(architecture: Architecture, weights: torch.Tensor, loss: float) -> Level:
    count_work(_LEVEL)
    connected = without_idle_units(architecture, weights)
    return Level(connected, int((connected != 0.0).sum()), loss)


def _without(weights: torch.Tensor, score: torch.Tensor) -> torch.Tensor:
    """Return the weights (rows, columns) without a part of them, and without single ones, shape (1 + singles, ...)."""
    active = weights.flatten().nonzero()[:, 0]
    order = active[score.flatten()[active].argsort(stable=True)]
    result = weights.flatten().repeat(1 + _WEIGHTS_TRIED_SINGLY, 1)
    result[0, order[: max(len(order) // _JOINT_TRIAL_DIVISOR, 1)]] = 0.0
    for k in range(_WEIGHTS_TRIED_SINGLY):
        result[1 + k, order[min(k, len(order) - 1)]] = 0.0
    return result.view(-1, *weights.shape)


def levels(path: list[Level], n: int, count: int) -> list[Level]:
    """Return the level of least criterion, and smaller ones behind which the error rises most.

    Args:
        path: of one network, the largest level first.
        n: number of points.
        count: most levels to return.
    """
    best = min(range(len(path)), key=lambda k: path[k].criterion(n))
    rises = {
        k: math.log(max(path[k + 1].loss, _MIN_MSE_SHARE) / max(path[k].loss, _MIN_MSE_SHARE))
        for k in range(best + 1, len(path) - 1)
    }
    further = sorted(rises, key=lambda k: -rises[k])[: count - 1]
    return [path[best], *(path[k] for k in sorted(further))]
