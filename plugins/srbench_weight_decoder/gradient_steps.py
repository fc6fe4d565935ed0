"""One step of a training with torch: every training of a reader, a transformer or a baseline takes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import torch
from torch import nn

__all__ = ["take_step"]

_MAX_GRADIENT_NORM: Final = 1.0


def take_step(
    optimiser: torch.optim.Optimizer, loss: torch.Tensor, rate: float, *, clipped: Iterable[nn.Parameter] | None = None
) -> None:
    """Take one step down the gradient of a loss.

    Args:
        optimiser: of the parameters.
        loss: a scalar.
        rate: learning rate of this step.
        clipped: parameters whose gradient is shortened to a length of 1 where it is longer; None for none.
    """
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if clipped is not None:
        nn.utils.clip_grad_norm_(clipped, _MAX_GRADIENT_NORM)
    optimiser.step()
