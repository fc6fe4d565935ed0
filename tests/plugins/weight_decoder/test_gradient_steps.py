"""One step goes down the gradient at the rate that is given, and shortens gradients only where it is asked to."""

from __future__ import annotations

import torch
from srbench_weight_decoder import take_step
from torch import nn


def stepped(slope: float, rate: float, *, clipped: bool) -> float:
    parameter = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=99.0)
    take_step(optimiser, slope * parameter.sum(), rate, clipped=[parameter] if clipped else None)
    return float(parameter.detach())


def test_a_step_is_the_rate_times_the_gradient():
    assert stepped(3.0, 0.5, clipped=False) == -1.5
    assert abs(stepped(3.0, 0.5, clipped=True) + 0.5) < 1e-5  # to a length of 1
    assert stepped(0.25, 0.5, clipped=True) == -0.125  # a short one stays


def test_gradients_of_the_step_before_are_gone():
    parameter = nn.Parameter(torch.zeros(1))
    optimiser = torch.optim.SGD([parameter], lr=1.0)
    for _ in range(2):
        take_step(optimiser, parameter.sum(), 1.0)
    assert float(parameter.detach()) == -2.0
