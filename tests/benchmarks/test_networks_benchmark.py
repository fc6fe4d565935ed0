"""What a batch buys: 1,000 networks of 1-8-7-8-1 trained together, and one by one with the same code.

Target: 50 times as fast for each network, in the processor's time, from the initial weights to the end of the training.
The time of one by one hardly depends on the points of a step, that of the batch does, so three sizes are taken; single
precision is what restarts and weight decoders need.
"""

from __future__ import annotations

import numpy as np
import pytest
from network_figures import TOGETHER, seconds_of_training, speed_of


@pytest.mark.parametrize("batch", [1, 4, 16])
def test_a_thousand_networks_together_and_one_by_one(benchmark, batch):
    """Both in turns, from the initial weights to the end of the training."""
    benchmark.pedantic(seconds_of_training, args=(TOGETHER, batch, np.float32), rounds=3, iterations=1)
    alone, together = speed_of(batch, np.float32, rounds=3)
    double_alone, double_together = speed_of(batch, np.float64, rounds=2)
    assert alone > 5 * together  # far below the target: a batch that buys nothing is broken, on whatever machine
    benchmark.extra_info |= {
        "points_a_step": batch,
        "microseconds_a_step_alone": alone,
        "microseconds_a_step_together": together,
        "ratio": alone / together,
        "ratio_double_precision": double_alone / double_together,
    }
    print(f"\n{batch} points a step: {alone:.1f} µs alone, {together:.2f} µs together: {alone / together:.0f} times")


def test_one_step_of_a_network_for_digits(benchmark):
    """64-128-64-32-10, 32 images a step: time of one epoch of 10 steps."""
    from srbench_networks.classification import fit_classifier

    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(320, 64)), rng.integers(0, 10, 320)
    model = benchmark(
        lambda: fit_classifier(
            x, labels, hidden=(128, 64, 32), epochs=1, batch=32, learning_rate=1e-3, rng=np.random.default_rng(0)
        )
    )
    assert np.isfinite(model.losses).all()
