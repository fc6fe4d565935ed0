"""Functions that the networks approximate, in the units of the data."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from network_figures import FUNCTIONS, approximate
from srbench_networks.regression import fit_regressor
from srbench_networks.scaling import Scaling

from srbench_lite import DataError, FitError
from srbench_lite.fitting import Deadline


def _fit(x, y, **changed):
    settings = {"hidden": (16, 16), "epochs": 150, "batch": 32, "learning_rate": 0.01, "rng": np.random.default_rng(0)}
    return fit_regressor(x, y, **{**settings, **changed})


def _wave(n: int = 200):
    x = np.random.default_rng(1).uniform(100.0, 104.0, (n, 1))  # far from the origin, with a large target
    return x, 1e6 * np.sin(x[:, 0]) + 3e7


def test_scaling_is_undone():
    x, y = _wave()
    model = _fit(x, y)
    assert model(x).shape == (200,)
    assert np.mean((model(x) - y) ** 2) < 1e-3 * np.var(y)


def test_losses_are_in_units_of_the_variance_and_held_back_points_are_not_trained_on():
    x, y = _wave(300)
    model = _fit(x[:200], y[:200], held_back=(x[200:], y[200:]))
    alone = _fit(x[:200], y[:200])
    np.testing.assert_array_equal(model(x), alone(x))
    assert set(alone.losses) == {"training"}
    assert model.losses["training"].shape == model.losses["held back"].shape == (150,)
    expected = np.mean((model(x[200:]) - y[200:]) ** 2) / np.var(y[:200])
    assert model.losses["held back"][-1] == pytest.approx(expected, rel=1e-6)


def test_hidden_activations_lead_to_the_output():
    x, y = _wave()
    model = _fit(x, y, hidden=(5, 4))
    hidden = model.hidden(x[:7])
    assert {name: a.shape for name, a in hidden.items()} == {"hidden 1": (7, 5), "hidden 2": (7, 4)}
    last = hidden["hidden 2"] @ model.perceptron.weights[-1][0] + model.perceptron.biases[-1][0]
    np.testing.assert_allclose(model.target.undo(last[:, 0]), model(x[:7]), rtol=1e-12)


def test_without_hidden_layers_it_is_a_line():
    x = np.random.default_rng(0).normal(size=(100, 2))
    model = _fit(x, 3 * x[:, 0] - 2 * x[:, 1] + 5, hidden=(), epochs=400, learning_rate=0.05)
    np.testing.assert_allclose(model(np.eye(2)), [8.0, 3.0], atol=1e-3)
    assert model.hidden(x) == {}


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_every_activation_approximates_a_wave(activation):
    x, y = _wave()
    model = _fit(x, y, activation=activation, learning_rate=0.02)
    assert np.mean((model(x) - y) ** 2) < 0.02 * np.var(y)


def test_one_point_constant_targets_and_constant_columns_are_fitted():
    assert _fit(np.array([[3.0]]), np.array([7.0]), epochs=300)(np.array([[3.0]])) == pytest.approx([7.0], abs=1e-2)
    x = np.column_stack([np.linspace(0, 1, 30), np.full(30, 1e9)])
    assert _fit(x, np.full(30, -4.0), epochs=300)(x) == pytest.approx(np.full(30, -4.0), abs=0.05)
    np.testing.assert_allclose(_fit(x, x[:, 0], epochs=600)(x), x[:, 0], atol=0.05)


def test_it_stops_when_told():
    x, y = _wave()
    model = _fit(x, y, deadline=Deadline(0.0))
    assert model.stopped == "budget"
    assert np.isfinite(model(x)).all()


def test_points_that_cannot_be_used_say_why():
    x, y = _wave(10)
    with pytest.raises(DataError, match=r"use x\[:, None\] for one variable"):
        _fit(x[:, 0], y)
    with pytest.raises(DataError, match=r"got \(9,\) for \(10, 1\)"):
        _fit(x, y[:9])
    with pytest.raises(DataError, match="finite"):
        _fit(x, np.full(10, np.nan))


def test_a_learning_rate_out_of_all_proportion_is_an_error_that_says_so():
    x, y = _wave()
    with pytest.raises(FitError, match="lower the learning rate"):
        _fit(x, y, hidden=(), learning_rate=1e12)


def test_units_that_died_of_a_high_learning_rate_are_recorded():
    x, y = _wave()
    (diagnosis,) = _fit(x, y, activation="relu", learning_rate=1e3).vanishing
    assert diagnosis.norm == 0.0
    assert _fit(x, y).vanishing == ()


@given(
    exponent=st.integers(-290, 290),
    shift=st.floats(-100, 100),
    values=st.lists(st.floats(-1, 1, allow_subnormal=False), min_size=2, max_size=20),
)
def test_scaling_and_back_is_the_identity(exponent, shift, values):
    given_values = (np.array(values) + shift) * 10.0**exponent
    scaling = Scaling.of(given_values)
    scaled = scaling.apply(given_values)
    assert np.isfinite(scaled).all()
    np.testing.assert_allclose(scaling.undo(scaled), given_values, rtol=1e-12, atol=1e-12 * np.abs(given_values).max())
    if np.ptp(given_values) > 1e-6 * np.abs(given_values).max():
        assert np.std(scaled) == pytest.approx(1.0)
        assert np.mean(scaled) == pytest.approx(0.0, abs=1e-6)


def test_a_short_training_comes_close_to_exp():
    function = next(f for f in FUNCTIONS if f.name == "exp(x)")
    error, _ = approximate(function, seed=0, epochs=250)
    assert error < 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_functions_are_approximated_as_well_as_the_readme_says(function):
    for seed in range(5):
        error, _ = approximate(function, seed=seed)
        assert error <= function.most
