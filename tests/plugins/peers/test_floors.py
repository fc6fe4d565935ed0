"""The floors `sklearn-linear` and `sklearn-tree`: run for real, since the tests have scikit-learn; replayed exactly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_peers import SklearnLinear, SklearnTree
from srbench_peers.sklearn_tree import largest_double

from srbench_lite import Budget, Samples, UsageError, random_suite

sklearn_tree = pytest.importorskip("sklearn.tree")
BUDGET = Budget(seconds=20.0)


def found(peer, samples: Samples):
    return peer.search(samples, seed=3, budget=BUDGET, report=lambda expression: None)


def worst_difference(peer, tasks: int) -> float:
    """Return the largest relative difference of formula and prediction on fresh points."""
    worst = 0.0
    for task in random_suite(f"random:size=7,variables=2,seed=22,count={tasks}").tasks:
        dataset = task.dataset(seed=0, noise=0.0)
        answer = found(peer, dataset.train)
        predicted = answer.predict(dataset.test.x)
        gaps = np.abs(answer.expression(dataset.test.columns) - predicted) / max(1.0, np.abs(predicted).max())
        worst = max(worst, float(gaps.max()))
    return worst


@pytest.mark.parametrize("peer", [SklearnLinear(), SklearnTree()], ids=lambda peer: peer.name)
def test_a_formula_is_the_prediction_on_fresh_points(peer):
    assert worst_difference(peer, 5) <= 1e-12


@pytest.mark.slow
@pytest.mark.parametrize("peer", [SklearnLinear(), SklearnTree()], ids=lambda peer: peer.name)
def test_a_formula_is_the_prediction_on_fifty_tasks(peer):
    assert worst_difference(peer, 50) <= 1e-12


def test_the_line_is_found():
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (30, 2))
    formula = found(SklearnLinear(), Samples(variables=("a", "b"), x=x, y=3.0 * x[:, 0] - x[:, 1] + 5.0)).expression

    assert np.allclose(formula.constants, (5.0, 3.0, -1.0), rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("peer", [SklearnLinear(), SklearnTree(max_depth=1)], ids=lambda peer: peer.name)
def test_weights_count(peer):
    x = np.arange(8.0)[:, None]
    y = np.where(x[:, 0] > 3, 1.0, 0.0) + x[:, 0] ** 2
    plain = found(peer, Samples(variables=("x",), x=x, y=y)).expression
    weighted = found(peer, Samples(variables=("x",), x=x, y=y, weights=np.arange(1.0, 9.0))).expression

    assert plain != weighted


@given(st.floats(-1e30, 1e30) | st.floats(-1.0, 1.0))
def test_a_threshold_is_moved_to_where_float32_inputs_pass_it(threshold):
    limit = largest_double(threshold)
    above = np.nextafter(limit, np.inf)

    assert float(np.float32(limit)) <= threshold
    assert float(np.float32(above)) > threshold


def test_points_beside_a_threshold_go_where_the_tree_sends_them():
    x = np.array([[0.1], [0.3], [1.0], [1.0000001]])
    samples = Samples(variables=("x",), x=x, y=np.arange(4.0))
    answer = found(SklearnTree(), samples)
    limits = [limit for limit in answer.expression.constants if limit not in (0.0, 1.0, 2.0, 3.0)]
    beside = np.array([f(limit) for limit in limits for f in (float, lambda v: np.nextafter(v, 9.0))])

    assert len(limits) == 3
    assert np.array_equal(answer.expression({"x": beside}), answer.predict(beside[:, None]))


def test_the_number_of_leaves_is_bounded():
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (300, 1))
    samples = Samples(variables=("x",), x=x, y=np.sin(9.0 * x[:, 0]))

    assert found(SklearnTree(max_leaves=50), samples).expression.complexity == 5 * 50 - 4
    assert found(SklearnTree(), samples).expression.complexity <= 5 * 300 - 4


@pytest.mark.parametrize(
    "settings", [{"max_leaves": 2001}, {"max_leaves": 1}, {"max_depth": 0}, {"min_samples_leaf": 0}], ids=str
)
def test_settings_are_checked(settings):
    with pytest.raises(UsageError, match=r"sklearn-tree\.m"):
        SklearnTree(**settings)
