"""The methods `weight-decoder`, `network-polyfit`, `weight-regressor` and `weight-mean` from end to end."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_weight_decoder import NetworkPolyfit, WeightDecoder, WeightMean, WeightRegressor

from srbench_lite import Budget, FitError, Method, Samples, UsageError


@pytest.mark.parametrize("reading", ["weights", "probe", "refine"])
def test_the_method_finds_a_quadratic(reading):
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 2 - 0.5, variables=("x",))
    fit = WeightDecoder(reading=reading).fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert str(fit.expression).replace(" ", "") == "1.5*x**2-0.5"


def test_the_method_finds_a_quartic_where_it_is_asked_to():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 4 - 2.0 * x[:, 0] + 0.5, variables=("x",))
    method = WeightDecoder(family="poly4")
    fit = method.fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert str(fit.expression).replace(" ", "") == "1.5*x**4-2*x+0.5"
    with pytest.raises(UsageError, match=r"weight-decoder\.family must be one of poly2, got 'poly4'"):
        WeightDecoder(family="poly4", architecture="sigmoid-128")


def test_the_baselines_are_what_they_say():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 2 - 0.5, variables=("x",))
    other = Samples(x=x, y=-4.0 * x[:, 0] + 1.0, variables=("x",))

    def found(method: Method, points: Samples) -> np.ndarray:
        fit = method.fit(points, seed=1, budget=Budget(), report=lambda expression: None)
        return fit.expression({"x": np.linspace(-1, 1, 20)})

    wanted = np.polyval([1.5, 0.0, -0.5], np.linspace(-1, 1, 20))
    np.testing.assert_allclose(found(NetworkPolyfit(), samples), wanted, atol=2e-3)
    assert np.abs(found(WeightRegressor(), samples) - wanted).mean() < 0.5 < np.abs(wanted).max()
    np.testing.assert_array_equal(found(WeightMean(), samples), found(WeightMean(), other))


def test_the_method_says_what_it_cannot_write():
    x = np.linspace(-1, 1, 100)[:, None]
    samples = Samples(x=x, y=np.sin(4 * x[:, 0]), variables=("x",))
    fit = WeightDecoder().fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert "degree at most 2" in fit.extras["beyond"]


def test_a_constant_target_or_input_needs_no_network():
    x = np.linspace(-1, 1, 50)[:, None]
    for inputs, target, value in ((x, np.full(50, -3.0), -3.0), (np.full((50, 1), 2.0), 1.0 + x[:, 0], 1.0)):
        samples = Samples(x=inputs, y=target, variables=("x",))
        for method in (WeightDecoder(), NetworkPolyfit(), WeightRegressor(), WeightMean()):
            fit = method.fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
            assert fit.expression.value == pytest.approx(value)
            assert fit.extras == {"reason": "the target or the input is constant"}
        with pytest.raises(FitError, match="no network is trained"):
            WeightDecoder().inspect(samples, seed=1, budget=Budget(), report=lambda expression: None)


def test_an_inspection_has_the_network_that_was_read():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 2 - 0.5, variables=("x",))
    inspection = WeightDecoder().inspect(samples, seed=1, budget=Budget(), report=lambda expression: None)
    fit = WeightDecoder().fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert inspection.fit.expression == fit.expression
    np.testing.assert_allclose(inspection.predict(x), samples.y, atol=1e-3)
    assert {name: part.shape for name, part in inspection.hidden(x).items()} == {
        "hidden layer 1": (200, 8), "hidden layer 2": (200, 7), "hidden layer 3": (200, 8),
    }  # fmt: skip
    assert len(inspection.losses["training"]) == WeightDecoder().polish_steps


def test_a_target_out_of_range_is_refused():
    x = np.linspace(-1, 1, 50)[:, None]
    samples = Samples(x=x, y=1e150 * x[:, 0], variables=("x",))
    with pytest.raises(FitError, match="rescale the target"):
        WeightDecoder().fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
