"""What a gate can show, as simulated."""

from __future__ import annotations

import numpy as np
import pytest
from gate_runs import baseline
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.gate_power import power, with_lost_tasks, with_thin_loss


def test_more_tasks_find_a_drop_more_often():
    runs = baseline(np.ones((40, 3)))
    few, many = (power(runs, runs[runs["task"].cat.codes < n], repetitions=60) for n in (6, 40))
    assert few.found["good"] < many.found["good"]
    assert many.found["good"] > 0.8
    assert max(few.false_alarms, many.false_alarms) < 0.15


def test_a_method_that_finds_nothing_can_lose_nothing():
    runs = baseline(np.zeros((20, 3)))
    assert power(runs, runs, repetitions=40).found["good"] < 0.2


def test_without_truths_nothing_is_known():
    runs = baseline(np.ones((5, 3))).assign(truth=None)
    assert power(runs, runs, repetitions=5).found == {}


def test_the_same_seed_says_the_same():
    runs = baseline(np.ones((8, 3)))
    assert power(runs, runs, repetitions=30) == power(runs, runs, repetitions=30)


@pytest.mark.parametrize("lowered", [with_thin_loss, with_lost_tasks])
@given(st.lists(st.floats(0.01, 1), min_size=1, max_size=30), st.floats(0, 1), st.integers(0, 99))
def test_the_mean_falls_by_the_drop_or_to_zero(lowered, chances, drop, seed):
    before = np.array(chances)
    lower = lowered(before, drop, np.random.default_rng(seed))
    assert ((lower >= -1e-12) & (lower <= before + 1e-12)).all()
    assert lower.mean() == pytest.approx(max(0.0, before.mean() - drop), abs=1e-9)
