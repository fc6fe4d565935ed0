"""What a gate can show, as simulated."""

from __future__ import annotations

import numpy as np
import pytest
from gate_runs import baseline
from hypothesis import given
from hypothesis import strategies as st
from measure_gate import alike

from srbench_lite.comparing.gate import GateResult, check
from srbench_lite.comparing.gate_power import is_worse, power, with_lost_tasks, with_thin_loss
from srbench_lite.comparing.runs import RunTable


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


def test_what_is_simulated_is_what_the_gate_decides():
    rng = np.random.default_rng(7)
    decided = set()
    for k in range(12):
        chances = rng.beta(0.35, 0.35, (20, 1))
        before, after = (rng.random((20, 3)) < chances * share for share in (1.0, 1.0 - k / 12))
        sides = (RunTable(runs=alike((1, 20, 3)).assign(recovered=side.ravel() * 1.0)) for side in (before, after))
        gate = check(*sides, shown=(), allow_old=True).outcome is GateResult.REGRESSION
        assert is_worse(before.sum(axis=1), after.sum(axis=1), np.full(20, 3), margin=0.03) == gate
        decided.add(gate)
    assert decided == {True, False}
