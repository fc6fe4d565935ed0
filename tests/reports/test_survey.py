"""`Survey`: components against scikit-learn, deviations worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import samplings
from surveys import surveyed

from srbench_lite.errors import DataError, ExpressionError
from srbench_lite.reports.inspection import render
from srbench_lite.reports.survey import principal_components


@pytest.mark.parametrize(("n", "width"), [(200, 24), (30, 60), (50, 2), (3, 5)])
def test_principal_components_are_those_of_scikit_learn(n, width):
    from sklearn.decomposition import PCA

    rng = np.random.default_rng(n)
    states = rng.normal(size=(n, width)) * np.linspace(3.0, 0.1, width) + rng.normal(size=width)
    found = principal_components(states)
    oracle = PCA(n_components=2, svd_solver="full")
    wanted = oracle.fit_transform(states)
    signs = np.sign((found.scores * wanted).sum(axis=0))
    np.testing.assert_allclose(found.scores * signs, wanted, atol=1e-10)
    np.testing.assert_allclose(found.shares, oracle.explained_variance_ratio_, rtol=1e-10)


def test_a_layer_of_one_unit_has_one_component():
    states = np.array([[1.0], [2.0], [6.0]])
    found = principal_components(states)
    np.testing.assert_allclose(found.scores, [[-2.0, 0.0], [-1.0, 0.0], [3.0, 0.0]])
    assert found.shares.tolist() == [1.0, 0.0]


@pytest.mark.parametrize("shape", [(5, 3), (1, 4), (1, 1)])
def test_states_that_do_not_vary_have_components_without_variance(shape):
    found = principal_components(np.full(shape, 0.25))
    assert found.scores.shape == (shape[0], 2)
    assert not found.scores.any()
    assert not found.shares.any()


def test_deviations_are_the_largest_and_where_they_are():
    found = surveyed("sin(x) + 0.1*x")
    assert found.from_network.size == pytest.approx(0.3, rel=1e-12)
    assert abs(found.from_network.at["x"]) == 3.0
    worst = np.abs(found.train.x[:, 0]).max()
    assert found.from_data.size == pytest.approx(0.1 * worst)
    assert abs(found.from_data.at["x"]) == worst
    assert (found.from_data.points, found.from_fresh.points) == (50, 80)
    assert found.from_data.undefined == 0


def test_deviations_over_several_variables_are_looked_for_in_the_whole_box():
    found = surveyed("sin(x) + sin(y) + 0.01*x*y", truth="sin(x) + sin(y)")
    assert 0.08 < found.from_network.size <= 0.09
    assert set(found.from_network.at) == {"x", "y"}


def test_where_the_formula_is_undefined_is_counted_and_not_compared():
    found = surveyed("sin(x) + 0*log(x)")
    assert found.from_network.undefined == 5001
    assert found.from_network.size == pytest.approx(0.0, abs=1e-12)
    text = render(found)
    assert "undefined at 5,001 of them" in text
    nowhere = surveyed("log(-1 - x**2)")
    assert nowhere.from_data.size is None
    assert "undefined at all 50 training points" in render(nowhere)


@given(sampling=samplings(), other=samplings())
def test_the_path_runs_through_the_first_interval_at_the_middle_of_the_others(sampling, other):
    """Whatever the sampling: in order, from end to end, never where nothing is drawn."""
    network = {"predict": lambda x: x[:, 0], "hidden": lambda x: {"layer": x}}
    x, y = surveyed("x", truth="x + 0*y", x=sampling, y=other, **network).path.x.T
    low, high = sampling.interval
    assert (np.diff(x) > 0).all()
    np.testing.assert_allclose([x[0], x[-1]], [low, high], rtol=1e-9)
    if sampling.sampling == "log":
        assert np.abs(x).min() >= sampling.low * (1 - 1e-9)
    assert other.interval[0] <= y[0] <= other.interval[1]
    assert (y == y[0]).all()


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"predict": lambda x: x}, r"plain: predict\(\) must return an array of shape \(401,\), got \(401, 1\)"),
        ({"predict": lambda x: np.full(len(x), np.nan)}, r"predict\(\) must return finite values, but 401 are not"),
        (
            {"hidden": lambda x: {"deep": x[:, 0]}},
            r"hidden\(\), layer 'deep' must return .* \(401, width\), got \(401,\)",
        ),
        ({"hidden": lambda x: {"deep": x[:, :0]}}, r"\(401, width\), got \(401, 0\)"),
    ],
)
def test_a_method_that_returns_something_else_is_named(parts, words):
    with pytest.raises(DataError, match=words):
        surveyed("x", **parts)


def test_a_formula_in_other_variables_is_refused():
    with pytest.raises(ExpressionError, match="no values for the variable z"):
        surveyed("x + z")


def test_the_target_has_a_name_that_no_variable_has():
    assert surveyed("x").target == "y"
    assert surveyed("x", truth="sin(x) + sin(y)").target == "target"
    assert surveyed("x", truth="sin(x) + sin(y)*target").target == "target_"
