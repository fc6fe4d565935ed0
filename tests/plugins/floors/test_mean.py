"""The method `mean`: the mean of y, of any size, weighted where points have weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from srbench_floors import Mean

from srbench_lite import Budget, Samples, UsageError


def mean(y: np.ndarray, weights: np.ndarray | None = None) -> float:
    samples = Samples(variables=("x",), x=np.arange(len(y), dtype=float)[:, None], y=y, weights=weights)
    heard = []
    fit = Mean().fit(samples, seed=0, budget=Budget(), report=heard.append)
    assert heard == [fit.expression]
    (value,) = fit.expression(samples.columns)[:1]
    return float(value)


@given(arrays(float, st.integers(1, 50), elements=st.floats(-1e6, 1e6, allow_subnormal=False)))
def test_it_is_the_mean_of_numpy(y: np.ndarray) -> None:
    assert mean(y) == pytest.approx(float(np.mean(y)), rel=1e-12, abs=1e-9)


@given(st.integers(2, 40), st.integers(0, 10**6))
def test_weights_count(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    y, weights = rng.normal(size=n), rng.uniform(1e-3, 1e3, n)

    assert mean(y, weights) == pytest.approx(float(np.average(y, weights=weights)), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("value", [0.1, -3.0, 0.0, 5e-324, 1.7e308])
def test_a_constant_is_itself(value: float) -> None:
    assert mean(np.full(7, value)) == value


def test_sums_out_of_range_are_no_trouble() -> None:
    assert mean(np.array([1.7e308, 1.6e308])) == pytest.approx(1.65e308)
    assert mean(np.array([1.7e308, -1.7e308])) == 0.0
    assert mean(np.array([1.0, 3.0]), np.array([1e308, 1e308])) == 2.0


def test_it_has_no_settings() -> None:
    assert Mean().parameters() == {}
    with pytest.raises(UsageError, match="hyper-parameter of mean"):
        Mean().with_parameters({"trim": 0.1})
