"""The step and the pressure: their values, their slopes, and where they end."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from srbench_symbolnet.thresholds import pressure, step


@given(x=st.floats(-20, 20))
def test_the_step_is_one_or_zero_and_has_the_slope_of_a_sigmoid(x):
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    value = step(at)
    value.backward()
    assert value.item() == (x > 0)
    decay = math.exp(-5 * abs(x))  # the slope is even
    assert at.grad.item() == pytest.approx(5 * decay / (1 + decay) ** 2, rel=1e-6, abs=1e-15)


@given(target=st.floats(0.01, 1.0), shares=st.lists(st.floats(0, 1), min_size=2, max_size=5))
def test_the_pressure_falls_to_nothing_at_the_target(target, shares):
    found = pressure(torch.tensor(sorted(shares), dtype=torch.float64), torch.tensor(target, dtype=torch.float64))
    assert all(a >= b for a, b in itertools.pairwise(found))
    for share, value in zip(sorted(shares), found.tolist(), strict=True):
        if share >= target:
            assert value == 0
        elif share == 0:
            assert value == pytest.approx(1)
        else:
            assert 0 < value <= 1
            left = max(target - share, 1e-6)
            assert value == pytest.approx(math.exp(1 - (target / left) ** 0.01), rel=1e-9)


def test_the_pressure_has_no_gradient_of_its_own():
    share = torch.tensor([0.3, 0.9], dtype=torch.float64)
    assert not pressure(share, torch.tensor([0.5, 0.5], dtype=torch.float64)).requires_grad
