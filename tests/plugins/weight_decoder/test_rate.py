"""Networks that are trained one at a time."""

from __future__ import annotations

from srbench_weight_decoder.rate import one_at_a_time


def test_one_at_a_time_learns_too():
    found = one_at_a_time("sigmoid-128", 2, epochs=60)
    assert found.networks == 2
    assert 0 < found.median_mse < 30
    assert found.per_second > 0
