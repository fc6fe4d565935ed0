"""Thresholds that prune: a step whose gradient is that of a sigmoid, and what drives the pruned share to its target.

Source: Tsoi, Loncar, Dasu & Harris, "SymbolNet" (arXiv 2401.09949, MLST 2025), sections 2.2 and 2.3.
"""

from __future__ import annotations

from typing import Any, Final

import torch

__all__ = ["pressure", "step"]

#: Steepness of the sigmoid whose slope stands for that of the step, kappa of the paper.
_STEEPNESS: Final = 5.0
#: How late the pressure dies as the share nears its target, D of the paper.
_SHARPNESS: Final = 0.01
#: The least distance of a share from its target that the formula is taken at.
_NEAREST: Final = 1e-6


class _Step(torch.autograd.Function):
    """1 above zero, else 0."""

    @staticmethod
    def forward(context: Any, x: torch.Tensor) -> torch.Tensor:
        context.save_for_backward(x)
        return (x > 0).to(x.dtype)

    @staticmethod
    def backward(context: Any, *gradients: torch.Tensor) -> torch.Tensor:
        (x,) = context.saved_tensors
        sigmoid = torch.sigmoid(_STEEPNESS * x)
        return gradients[0] * _STEEPNESS * sigmoid * (1 - sigmoid)


def step(x: torch.Tensor) -> torch.Tensor:
    """Return 1 above zero, else 0; its gradient is that of a sigmoid, kappa e^(-kappa x) / (1 + e^(-kappa x))^2."""
    result: torch.Tensor = _Step.apply(x)  # type: ignore[no-untyped-call]
    return result


def pressure(share: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return how much a kind of threshold is to grow: 1 where nothing is pruned, 0 at the target, any shape.

    It is exp(1 - (target / (target - share))^D), D = 0.01, with a share above the target taken as the target.

    Args:
        share: what is pruned now, 0 to 1.
        target: what is to be pruned, above 0 and at most 1.
    """
    left = (target - torch.minimum(share, target)).clamp_min(_NEAREST)
    alive = (share < target).to(target.dtype)
    return alive * torch.exp(1 - (target / left) ** _SHARPNESS)
