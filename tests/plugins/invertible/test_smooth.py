"""Estimates of scale and shift against those that made the values."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_invertible.smooth import estimates


def test_scale_and_shift_are_those_that_made_the_values():
    rng = np.random.default_rng(0)
    own, rest = rng.uniform(-1, 1, 200), rng.uniform(1, 3, (200, 2))
    scale, shift = rest[:, 0] * rest[:, 1], rest[:, 0] ** 2 - 1
    (found,) = estimates((own * scale + shift)[:, None], rest, own)
    assert found is not None
    assert found.left < 1e-20
    assert found.scale == pytest.approx(scale, rel=1e-8)
    assert found.shift == pytest.approx(shift, rel=1e-8, abs=1e-8)


def test_what_is_not_affine_leaves_much():
    rng = np.random.default_rng(0)
    own, rest = rng.uniform(-1, 1, 200), rng.uniform(1, 3, (200, 1))
    (found,) = estimates((own**2 * rest[:, 0])[:, None], rest, own)
    assert found is not None
    assert found.left > 0.1


def test_several_functions_at_once_are_estimated_as_alone():
    rng = np.random.default_rng(0)
    rest = rng.uniform(1, 3, (100, 1))
    values = np.column_stack([np.exp(rest[:, 0]), rest[:, 0] ** 2])
    together = estimates(values, rest)
    for k, found in enumerate(together):
        (alone,) = estimates(values[:, [k]], rest)
        assert found is not None
        assert alone is not None
        assert found.shift is None
        assert found.left == pytest.approx(alone.left)
        assert found.scale == pytest.approx(values[:, k], rel=1e-6)
