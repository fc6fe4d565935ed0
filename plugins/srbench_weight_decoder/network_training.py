"""Thousands of small networks trained at once: Adam, then Levenberg-Marquardt.

Sources: Kingma & Ba, "Adam" (ICLR 2015), algorithm 1; Marquardt, "An Algorithm for Least-Squares Estimation of
Nonlinear Parameters" (J. SIAM 11(2), 1963), with the gain ratio of Nielsen, "Damping Parameter in Marquardt's Method"
(IMM-REP-1999-05, 1999). What differs: the step is computed in its dual form. With n points and p > n weights, the step
-(J'J + m I)^-1 J'r equals -J'(JJ' + m I)^-1 r, a system of n equations; JJ' comes from two small products a layer
(`Architecture.gram`), so that the Jacobian is never laid out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch

from srbench_weight_decoder.architecture import Architecture
from srbench_weight_decoder.checks import check_numbers

__all__ = ["Recipe", "chebyshev_nodes", "train_networks"]

Watch = Callable[[torch.Tensor], None]

_BETA1: Final = 0.9  # Kingma & Ba, section 2: decay of the mean of the gradient
_BETA2: Final = 0.999  # ... and of the mean of its square
_EPSILON: Final = 1e-8
#: Damping of the first step, relative to the mean of the diagonal of JJ'.
_FIRST_DAMPING: Final = 1e-3
#: Bounds of the damping, on the same scale.
_MIN_DAMPING: Final = 1e-13
_MAX_DAMPING: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a network is trained.

    Attributes:
        points: Chebyshev points on [-1, 1].
        adam_steps: full-batch steps of Adam.
        learning_rate: of Adam at its start; it falls to zero along half a cosine.
        polish_steps: steps of Levenberg-Marquardt after them.

    Raises:
        UsageError: a number is out of its range.
    """

    points: int = 24
    adam_steps: int = 0
    learning_rate: float = 0.01
    polish_steps: int = 40

    def __post_init__(self) -> None:
        least = {"points": 3, "adam_steps": 0, "polish_steps": 0}
        check_numbers(self, at_least=least, positive=("learning_rate",))


def chebyshev_nodes(n: int) -> torch.Tensor:
    """Return the n zeros of the Chebyshev polynomial of degree n, ascending: shape (n,), float64."""
    return -torch.cos(math.pi * (torch.arange(n, dtype=torch.float64) + 0.5) / n)


def train_networks(
    shape: Architecture, start: torch.Tensor, x: torch.Tensor, y: torch.Tensor, recipe: Recipe, *,
    watch: Watch = lambda loss: None,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """Train B networks.

    Args:
        shape: of the networks.
        start: weights to start from, shape (B, size), or (1, size) for all.
        x: inputs, shape (n,).
        y: targets, shape (B, n).
        recipe: the steps.
        watch: called with the mean squared errors, shape (B,), before each step of Adam and after each of the polish.

    Returns:
        Weights, shape (B, size), and mean squared errors at the points, shape (B,).
    """
    weights = start.expand(len(y), -1).clone()
    _adam(shape, weights, x, y, recipe, watch)
    return _polish(shape, weights, x, y, recipe.polish_steps, watch)


def _adam(
    shape: Architecture, weights: torch.Tensor, x: torch.Tensor, y: torch.Tensor, recipe: Recipe, watch: Watch
) -> None:
    """Change the weights in place."""
    mean, square = torch.zeros_like(weights), torch.zeros_like(weights)
    for step in range(1, recipe.adam_steps + 1):
        trace = shape.trace(weights, x)
        errors = trace.outputs - y
        watch(errors.square().mean(1))
        gradient = shape.pulled_back(trace, shape.deltas(weights, trace), errors * (2.0 / y.shape[1]))
        mean.lerp_(gradient, 1 - _BETA1)
        square.mul_(_BETA2).addcmul_(gradient, gradient, value=1 - _BETA2)
        scale = (square / (1 - _BETA2**step)).sqrt_().add_(_EPSILON)
        rate = recipe.learning_rate * 0.5 * (1 + math.cos(math.pi * (step - 1) / recipe.adam_steps))
        weights.addcdiv_(mean, scale, value=-rate / (1 - _BETA1**step))


def _polish(
    shape: Architecture, weights: torch.Tensor, x: torch.Tensor, y: torch.Tensor, steps: int, watch: Watch
) -> tuple[torch.Tensor, torch.Tensor]:
    trace = shape.trace(weights, x)
    errors = trace.outputs - y  # (B, n)
    loss = errors.square().mean(1)
    damping = torch.full_like(loss, _FIRST_DAMPING)
    growth = torch.full_like(loss, 2.0)
    for _ in range(steps):
        deltas = shape.deltas(weights, trace)
        gram = shape.gram(trace, deltas)
        diagonal = gram.diagonal(dim1=1, dim2=2)
        level = damping * diagonal.mean(1).clamp_min(1e-30)
        diagonal.add_(level[:, None])
        factor, info = torch.linalg.cholesky_ex(gram)
        dual = torch.cholesky_solve(errors.unsqueeze(2), factor).squeeze(2)  # (B, n)
        tried = weights - shape.pulled_back(trace, deltas, dual)
        new_trace = shape.trace(tried, x)
        new_errors = new_trace.outputs - y
        new_loss = new_errors.square().mean(1)
        # The model promises the errors level * dual; Nielsen's gain ratio compares the promise with what came.
        promised = loss - (level[:, None] * dual).square().mean(1)
        gain = (loss - new_loss) / promised.clamp_min(1e-300 if y.dtype == torch.float64 else 1e-37)
        better = (new_loss < loss) & (info == 0)
        damping = torch.where(better, damping * (1 - (2 * gain - 1) ** 3).clamp(1 / 10, 2), damping * growth)
        damping = damping.clamp(_MIN_DAMPING, _MAX_DAMPING)
        growth = torch.where(better, 2.0, (growth * 2).clamp_max(64.0))
        weights = torch.where(better[:, None], tried, weights)
        trace = shape.trace(weights, x) if not bool(better.all()) else new_trace
        errors = torch.where(better[:, None], new_errors, errors)
        loss = torch.where(better, new_loss, loss)
        watch(loss)
    return weights, loss
