"""The policy: which token next, given the values on the stack and those that are to be reached."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from srbench_goals.environment import TOKENS
from srbench_goals.states import FACTS, FEATURES

__all__ = ["Policy", "PolicyShape"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyShape:
    """How large a policy is.

    Attributes:
        points: width of the layers that see one point.
        hidden: width of the layers that see all.
    """

    points: int = 96
    hidden: int = 256


class Policy(nn.Module):
    """A network whose answer does not depend on the order of the points (Zaheer et al., Deep Sets, 2017).

    Args:
        shape: how large it is.
    """

    def __init__(self, shape: PolicyShape) -> None:
        super().__init__()
        self.shape = shape
        self.of_point = nn.Sequential(
            nn.Linear(FEATURES, shape.points), nn.GELU(), nn.Linear(shape.points, shape.points), nn.GELU()
        )
        self.of_all = nn.Sequential(
            nn.Linear(2 * shape.points + FACTS, shape.hidden), nn.GELU(), nn.Linear(shape.hidden, shape.hidden),
            nn.GELU(), nn.Linear(shape.hidden, len(TOKENS)),
        )  # fmt: skip

    def forward(self, points: torch.Tensor, facts: torch.Tensor) -> torch.Tensor:
        """Return logits of the next token, shape (states, tokens).

        Args:
            points: features, shape (states, n, FEATURES).
            facts: shape (states, FACTS).
        """
        seen = self.of_point(points)
        logits: torch.Tensor = self.of_all(torch.cat([seen.mean(1), seen.amax(1), facts], 1))
        return logits
