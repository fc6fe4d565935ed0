"""Second-order refits of many networks at once, without penalty: Levenberg-Marquardt and limited-memory BFGS.

Sources: Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters" (J. SIAM 11, 1963), with his
scaling by the lengths of the Jacobian's columns; Nocedal & Wright, "Numerical Optimization" (2006), algorithm 7.4 (the
two loops) with the backtracking of algorithm 3.1. Here each network has its own damping, step and end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import torch

from srbench_lies.network import Architecture, Passes, parts, used_units
from srbench_lies.training import Points
from srbench_lite.fitting import Deadline, count_work

__all__ = ["Refit", "refit_networks"]

#: Below it, relative to the variance of the target, a mean squared error is rounding.
_MIN_MSE_SHARE: Final = 1e-28
#: Damping at the start, relative to the squared lengths of the columns.
_FIRST_DAMPING: Final = 1e-3
#: Damping beyond which no step will help.
_MAX_DAMPING: Final = 1e10
#: Damping is never less: keeps products of nearly dependent columns invertible.
_MIN_DAMPING: Final = 1e-13
#: Relative gain below which a step counts as none.
_MIN_GAIN: Final = 1e-7
#: Steps without gain after which a network is finished.
_MAX_IDLE_STEPS: Final = 4
#: Pairs of steps and changes of the gradient that BFGS remembers.
_MAX_PAIRS: Final = 12
#: Halvings of a step of BFGS before it is given up.
_MAX_HALVINGS: Final = 25
#: Nanoseconds, for `count_work`: of a step; of a value of a network's units, forwards and back; of a value of a
#: Jacobian, and of it by weight; of an entry of a system, by weight.
_STEP: Final = 500_000.0
_UNIT_VALUE: Final = 15.0
_JACOBIAN_VALUE: Final = 5.0
_SYSTEM_VALUE: Final = 0.1
_SOLVED_VALUE: Final = 0.3
#: Square matrices that a step of Levenberg and Marquardt holds for each network.
_MATRICES_PER_NETWORK: Final = 5


@dataclass(frozen=True, slots=True, eq=False)
class Refit:
    """Networks after a refit.

    Attributes:
        weights: shape (B, rows, columns).
        losses: mean squared errors relative to the variance of the target, shape (B,).
        cut: whether time ran out.
    """

    weights: torch.Tensor
    losses: torch.Tensor
    cut: bool


class _Costs:
    """Costs of B networks as functions of their K free weights."""

    def __init__(self, architecture: Architecture, weights: torch.Tensor, points: Points) -> None:
        self.weights = weights.clone()
        self.passes = Passes(architecture, points.inputs, len(weights))
        self.used = used_units(architecture, weights)
        self.target = points.target
        self.variance = points.variance
        free = (weights != 0.0).flatten(1)
        counts = free.sum(dim=1)
        K = _free(weights)
        self.valid = torch.arange(K)[None, :] < counts[:, None]  # (B, K)
        # the places of the free weights, then of others, which are not valid
        self.places = free.to(torch.int8).argsort(dim=1, descending=True, stable=True)[:, :K]

    def count_step(self) -> None:
        """Count the work of one step of all networks."""
        (B, K), (rows, n) = self.places.shape, self.passes.arguments.shape[1:]
        system = K * (n * (_JACOBIAN_VALUE + _SYSTEM_VALUE * K) + _SOLVED_VALUE * K * K)
        count_work(_STEP + B * (rows * n * _UNIT_VALUE + system))

    def moved(self, step: torch.Tensor) -> torch.Tensor:
        """Return the weights after a step (B, K)."""
        return self.weights.flatten(1).scatter_add(1, self.places, step).view_as(self.weights)

    def residuals(self, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return residuals (B, n), relative mean squared errors (B,) and these with the penalty (B,)."""
        residuals = self.passes.forward(weights) - self.target
        losses = residuals.square().mean(dim=1) / self.variance
        return residuals, losses, losses + self.passes.outside(self.used)

    def jacobian(self) -> torch.Tensor:
        """Return derivatives of the outputs by the free weights, shape (B, K, n), at the last residuals."""
        slope = torch.ones_like(self.passes.arguments[:, -1])
        self.passes.backward(self.weights, slope, slope.new_zeros(()))
        return self.passes.jacobian(self.places).mul_(self.valid[:, :, None])


def refit_networks(
    kind: Literal["lm", "lbfgs", "none"],
    architecture: Architecture,
    weights: torch.Tensor,
    points: Points,
    *,
    steps: int,
    deadline: Deadline,
) -> Refit:
    """Fit the weights that are not zero; those that are stay so.

    Networks that do not fit into memory together are fitted one part after the other.

    Args:
        kind: method; "none" only computes the losses.
        architecture: of the networks.
        weights: with the gates folded in, shape (B, rows, columns).
        points: data.
        steps: most iterations.
        deadline: cuts off.
    """

    def fitted(part: slice) -> Refit:
        networks = _Costs(architecture, weights[part], points)
        cut = False
        if kind == "lm":
            cut = _marquardt(networks, steps, deadline)
        elif kind == "lbfgs":
            cut = _bfgs(networks, steps, deadline)
        _, losses, _ = networks.residuals(networks.weights)
        return Refit(networks.weights, losses.nan_to_num(nan=torch.inf), cut)

    floats = _floats(architecture, points.inputs.shape[1], _free(weights))
    done = [fitted(part) for part in parts(len(weights), floats)]
    if len(done) == 1:
        return done[0]
    return Refit(
        torch.cat([result.weights for result in done]),
        torch.cat([result.losses for result in done]),
        any(result.cut for result in done),
    )


def _free(weights: torch.Tensor) -> int:
    """Return the number K of free weights: the most that one of the networks (B, rows, columns) has, at least 1."""
    return max(int((weights != 0.0).sum(dim=(1, 2)).max()), 1)


def _floats(architecture: Architecture, n: int, free: int) -> int:
    """Return the number of floats that the refit of one network takes: passes, Jacobian and systems."""
    return Passes.floats(architecture, n) + n * (architecture.columns + 2 * free) + _MATRICES_PER_NETWORK * free**2


def _marquardt(networks: _Costs, steps: int, deadline: Deadline) -> bool:
    """Minimise in place; return whether time ran out."""
    residuals, _, costs = networks.residuals(networks.weights)
    damping = torch.full_like(costs, _FIRST_DAMPING)
    idle = torch.zeros_like(costs)
    unit = torch.eye(networks.places.shape[1], dtype=costs.dtype)
    padding = torch.diag_embed((~networks.valid).to(costs.dtype))
    for _ in range(steps):
        done = (costs <= _MIN_MSE_SHARE) | (damping >= _MAX_DAMPING) | (idle >= _MAX_IDLE_STEPS) | ~costs.isfinite()
        if bool(done.all()):
            break
        if deadline.is_over:
            return True
        networks.count_step()
        J = networks.jacobian()
        lengths = torch.linalg.vector_norm(J, dim=2)  # (B, K)
        lengths = torch.where((lengths > 0.0) & lengths.isfinite(), lengths, 1.0)
        J.div_(lengths[:, :, None])
        system = torch.bmm(J, J.transpose(1, 2)) + damping[:, None, None] * unit + padding
        right = torch.bmm(J, residuals[:, :, None])
        factor, failed = torch.linalg.cholesky_ex(system.nan_to_num_(nan=0.0, posinf=0.0, neginf=0.0))
        step = -torch.cholesky_solve(right, factor)[:, :, 0] / lengths
        usable = (failed == 0) & ~done & step.isfinite().all(dim=1)
        step = torch.where(usable[:, None], step, 0.0)
        trial = networks.moved(step)
        new_residuals, _, new_costs = networks.residuals(trial)
        better = usable & (new_costs < costs)
        gain = torch.where(better, 1.0 - new_costs / costs, 0.0)
        idle = torch.where(better & (gain > _MIN_GAIN), 0.0, idle + better.to(idle.dtype))
        networks.weights = torch.where(better[:, None, None], trial, networks.weights)
        residuals = torch.where(better[:, None], new_residuals, residuals)
        costs = torch.where(better, new_costs, costs)
        damping = torch.where(better, damping / 6.0, damping * 4.0).clamp(_MIN_DAMPING, _MAX_DAMPING)
        if not bool(better.all()):
            networks.residuals(networks.weights)  # the buffers are to hold the networks that were kept
    return False


def _bfgs(networks: _Costs, steps: int, deadline: Deadline) -> bool:
    """Minimise in place; return whether time ran out."""
    residuals, _, costs = networks.residuals(networks.weights)
    gradient = _gradient(networks, residuals)
    pairs: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []
    idle = torch.zeros_like(costs)
    for _ in range(steps):
        done = (costs <= _MIN_MSE_SHARE) | (idle >= _MAX_IDLE_STEPS) | ~costs.isfinite()
        if bool(done.all()):
            break
        if deadline.is_over:
            return True
        networks.count_step()
        direction = -_two_loops(gradient, pairs)
        slope = (direction * gradient).sum(dim=1)
        downhill = slope < 0.0
        direction = torch.where(downhill[:, None], direction, -gradient)
        slope = torch.where(downhill, slope, -gradient.square().sum(dim=1))
        if not pairs:  # no curvature is known yet
            scale = 1.0 / torch.linalg.vector_norm(gradient, dim=1).clamp_min(1.0)
            direction, slope = direction * scale[:, None], slope * scale
        length = torch.where(done, 0.0, 1.0).to(costs.dtype)
        for _ in range(_MAX_HALVINGS):
            trial = networks.moved(direction * length[:, None])
            residuals, _, new_costs = networks.residuals(trial)
            good = (new_costs <= costs + 1e-4 * length * slope) | done
            if bool(good.all()):
                break
            length = torch.where(good, length, 0.5 * length)
        step = torch.where(good[:, None], direction * length[:, None], 0.0)
        networks.weights = networks.moved(step)
        residuals, _, new_costs = networks.residuals(networks.weights)
        new_gradient = _gradient(networks, residuals)
        change = new_gradient - gradient
        product = (step * change).sum(dim=1)
        pairs = [*pairs, (step, change, product)][-_MAX_PAIRS:]
        idle = torch.where(1.0 - new_costs / costs > _MIN_GAIN, 0.0, idle + 1.0)
        costs, gradient = new_costs, new_gradient
    return False


def _gradient(networks: _Costs, residuals: torch.Tensor) -> torch.Tensor:
    """Return the gradient of the costs by the free weights, shape (B, K)."""
    n = residuals.shape[1]
    slope = residuals * (2.0 / (n * networks.variance))
    networks.passes.backward(networks.weights, slope, slope.new_tensor(1.0 / n))
    return networks.passes.jacobian(networks.places).sum(dim=2).mul_(networks.valid).nan_to_num_(nan=0.0)


def _two_loops(gradient: torch.Tensor, pairs: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> torch.Tensor:
    """Return the inverse Hessian of the remembered pairs times the gradient, shape (B, K)."""
    result = gradient.clone()
    weights: list[torch.Tensor] = []
    for step, change, product in reversed(pairs):
        known = product > 1e-300
        weight = torch.where(known, (step * result).sum(dim=1) / product.where(known, 1.0), 0.0)
        result -= weight[:, None] * change
        weights.append(weight)
    if pairs:
        step, change, product = pairs[-1]
        square = change.square().sum(dim=1)
        result *= torch.where((product > 1e-300) & (square > 1e-300), product / square, 1.0)[:, None]
    for (step, change, product), weight in zip(pairs, reversed(weights), strict=True):
        known = product > 1e-300
        back = torch.where(known, (change * result).sum(dim=1) / product.where(known, 1.0), 0.0)
        result += (weight - back)[:, None] * step
    return result
