"""Many pairs of maps at once: constants that bring them to a line are found from near ones."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_invertible.alignment import Aligned, align


def test_the_constants_of_two_maps_are_found():
    x = np.linspace(-1, 2, 100)
    v = np.log(2 + np.tanh(1.3 * x - 0.4)) / 0.7
    start = Aligned(1.0, "exp", "tanh", (0.9, 0.0, 1.0, 0.0))
    (found,) = align(v, x, [start], steps=100)
    assert found.left < 1e-20
    assert found.constants == pytest.approx((0.7, 0.0, 1.3, -0.4), rel=1e-6)


def test_pairs_do_not_look_at_each_other_and_none_gets_worse():
    rng = np.random.default_rng(3)
    x = rng.uniform(0.5, 2, 60)
    v = x**3 + 0.1 * x
    starts = [
        Aligned(1.0, "log", "log", (1.0, 0.2, 1.0, 0.1)), Aligned(1.0, "identity", "identity", (1.0, 0.0, 1.0, 0.0)),
        Aligned(1.0, "cbrt", "sinh", (1.0, 0.0, 0.5, 0.0)),
    ]  # fmt: skip
    together = align(v, x, starts, steps=20)
    for start, found in zip(starts, together, strict=True):
        (alone,) = align(v, x, [start], steps=20)
        (before,) = align(v, x, [start], steps=0)
        assert alone.left == pytest.approx(found.left, rel=1e-6)
        assert found.left <= before.left
    assert align(v, x, [], steps=3) == []


def test_a_map_that_is_undefined_at_a_point_leaves_everything():
    x = np.linspace(-1, 1, 20)
    (found,) = align(x, x, [Aligned(1.0, "log", "identity", (1.0, 0.0, 1.0, 0.0))], steps=5)
    assert found.left == np.inf
