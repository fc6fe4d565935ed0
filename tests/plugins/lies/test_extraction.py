"""The printed formula is the pruned network: on random networks, skips included, at fresh points."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from srbench_lies.extraction import Pruned, to_expression
from srbench_lies.network import Architecture, Mode, Space, predict
from srbench_lies.pruning import Level, by_gradient, eliminate, levels, scores, strongest, without_idle_units
from srbench_lies.training import Points

from srbench_lite import Expression, ExpressionError
from srbench_lite.fitting.deadline import Deadline


def random_network(d: int, layers: int, mode: Mode, density: float, seed: int) -> tuple[Pruned, np.ndarray]:
    """Return a network whose weights are kept with a probability, and fresh points of the same domain."""
    rng = np.random.default_rng(seed)
    a = Architecture(d, layers)
    weights = a.draw(rng, 0.1).reshape(-1)[: a.rows * a.columns].reshape(a.rows, a.columns)
    weights = np.where(rng.random(weights.shape) < density, weights, 0.0) * rng.uniform(0.5, 2.0)
    low, high = (0.5, 4.0) if mode == "log" else (-2.0, 2.0)
    x, fresh = rng.uniform(low, high, (40, d)), rng.uniform(low, high, (60, d))
    scale = np.abs(np.log(x) if mode == "log" else x).max(axis=0)
    space = Space(mode, scale, 1.0 if mode == "log" else 3.7)
    return Pruned.of(a, space, torch.from_numpy(weights), x), fresh


def columns(x: np.ndarray) -> dict[str, np.ndarray]:
    return {f"x{i + 1}": x[:, i] for i in range(x.shape[1])}


def names(d: int) -> list[str]:
    return [f"x{i + 1}" for i in range(d)]


@settings(max_examples=200, deadline=None)
@given(
    d=st.integers(1, 4),
    layers=st.integers(1, 4),
    mode=st.sampled_from(["log", "linear"]),
    density=st.floats(0.05, 0.6),
    seed=st.integers(0, 10**6),
)
def test_the_formula_equals_the_network(d: int, layers: int, mode: Mode, density: float, seed: int) -> None:
    network, fresh = random_network(d, layers, mode, density, seed)
    try:
        formula = to_expression(network, names(d))
    except ExpressionError:
        assume(False)
    expected, found = network(fresh), formula(columns(fresh))
    defined = np.isfinite(expected)  # a logarithm may leave its domain at fresh points: then both, or the network
    assume(defined.any())
    np.testing.assert_allclose(found[defined], expected[defined], rtol=1e-9, atol=1e-9)


@settings(max_examples=60, deadline=None)
@given(mode=st.sampled_from(["log", "linear"]), density=st.floats(0.1, 0.6), seed=st.integers(0, 10**6))
def test_where_no_clamp_is_reached_the_formula_equals_the_clamped_network(
    mode: Mode, density: float, seed: int
) -> None:
    network, fresh = random_network(2, 2, mode, density, seed)
    everything = Pruned.of(network.architecture, network.space, torch.from_numpy(network.weights), fresh)
    assume(bool((everything.clamps <= network.clamps).all()))
    clamped = predict(network.architecture, torch.from_numpy(network.weights)[None], network.space.inputs(fresh))
    expected = network.space.output(clamped[0]).numpy()
    found = to_expression(network, names(2))(columns(fresh))
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def written(mode: Mode, entries: dict[tuple[int, int], float], d: int = 2, layers: int = 2) -> Expression:
    """Return the formula of the network with these weights by row and column."""
    a = Architecture(d, layers)
    weights = torch.zeros(a.rows, a.columns, dtype=torch.float64)
    for (row, column), value in entries.items():
        weights[row, column] = value
    space = Space(mode, np.full(d, 2.0), 1.0 if mode == "log" else 10.0)
    x = np.random.default_rng(0).uniform(1.0, 2.0, (20, d))
    return to_expression(Pruned.of(a, space, weights, x), names(d))


def test_a_linear_map_of_logarithms_is_a_product_of_powers() -> None:
    formula = written("log", {(-1, 0): math.log(3.0), (-1, 1): 2.0, (-1, 2): -4.0})
    assert formula.with_constants([round(c, 12) for c in formula.constants]) == Expression.parse("3*(x1*x2**(-2.0))")


def test_chains_of_units_collapse() -> None:
    """ln of exp of the identity of an input is the input, whose scale is undone."""
    first = 3
    entries = {(0, 1): 1.0, (4 + 1, first): 2.0, (8 + 3, first + 5): 1.0, (-1, first + 11): 0.4}
    assert written("linear", entries, layers=3) == Expression.parse("4*x1")


def test_a_sum_of_products_in_logarithms() -> None:
    """y = exp(ln(e^a + e^b)) is a plain sum: E, E and L."""
    first = 3
    entries = {
        (1, 1): 2.0,  # x1
        (4 + 1, 2): 4.0,  # x2^2
        (8 + 3, first + 1): 1.5,
        (8 + 3, first + 5): 0.5,
        (-1, first + 11): 1.0,
    }
    formula = written("log", entries, layers=3)
    x = np.random.default_rng(1).uniform(1.0, 2.0, (9, 2))
    np.testing.assert_allclose(formula(columns(x)), 1.5 * x[:, 0] + 0.5 * x[:, 1] ** 2, rtol=1e-12)
    assert formula.complexity <= 13
    assert not {"exp", "log"} & {node.op for node in formula.postorder()}


def test_no_trace_of_zero_weights_nor_of_units_that_lead_nowhere() -> None:
    first = 3
    dead = written("linear", {(2, 1): 1.0, (4, first + 2): 1.0, (-1, 1): 1.0})
    assert dead == Expression.parse("5*x1")
    assert written("linear", {}) == Expression.constant(0.0)


def test_a_clamp_that_the_data_reach_is_written() -> None:
    formula = written("linear", {(1, 1): 9.0, (-1, 3 + 1): 0.1})
    assert "min" in {node.op for node in formula.postorder()}
    formula = written("linear", {(3, 1): -1.0, (3, 0): 0.7, (-1, 3 + 3): 1.0})
    assert "max" in {node.op for node in formula.postorder()}


def test_a_dense_network_is_no_formula() -> None:
    network, _ = random_network(4, 5, "linear", 1.0, 0)
    with pytest.raises(ExpressionError, match="nodes"):
        to_expression(network, names(4))


@settings(max_examples=50, deadline=None)
@given(d=st.integers(1, 3), layers=st.integers(1, 4), density=st.floats(0.02, 0.5), seed=st.integers(0, 10**6))
def test_leaving_idle_units_out_changes_no_value(d: int, layers: int, density: float, seed: int) -> None:
    network, fresh = random_network(d, layers, "linear", density, seed)
    weights = torch.from_numpy(network.weights)
    connected = without_idle_units(network.architecture, weights)
    inputs = network.space.inputs(fresh)
    before = predict(network.architecture, weights[None], inputs)
    np.testing.assert_allclose(predict(network.architecture, connected[None], inputs), before, rtol=1e-9, atol=1e-9)
    assert int((connected != 0.0).sum()) <= int((weights != 0.0).sum()) + len(weights)  # constants may be new


def points_of(x: np.ndarray, y: np.ndarray) -> Points:
    inputs = torch.from_numpy(np.vstack([np.ones(len(x)), x.T]))
    return Points(inputs, torch.from_numpy(y), torch.zeros(len(x), dtype=torch.int64))


def test_scores_equal_differences() -> None:
    rng = np.random.default_rng(2)
    a = Architecture(2, 2)
    weights = torch.from_numpy(np.where(a.structure(), rng.normal(0.0, 0.4, (a.rows, a.columns)), 0.0))[None]
    points = points_of(rng.uniform(-1.0, 1.0, (11, 2)), np.ones(11))
    found = scores(a, weights, points)
    for row, column in a.structure().nonzero().tolist():
        up = weights.clone()
        up[0, row, column] += 1e-7
        slope = (predict(a, up, points.inputs) - predict(a, weights, points.inputs)) / 1e-7
        expected = float((slope * weights[0, row, column]).abs().mean())
        assert found[0, row, column] == pytest.approx(expected, rel=1e-4, abs=1e-6)


def truth_and_noise(seed: int) -> tuple[Architecture, torch.Tensor, Points]:
    """Return a network for 2 sin(1.5 x1) + 0.3 with small needless weights, and data of the formula."""
    rng = np.random.default_rng(seed)
    a = Architecture(2, 2)
    x = rng.uniform(-1.0, 1.0, (60, 2))
    weights = np.where(a.structure(), rng.normal(0.0, 1e-3, (a.rows, a.columns)), 0.0)
    weights[3::4, 0] = 1.0  # logarithms within their domain
    weights[2, 1], weights[-1, a.first + 2], weights[-1, 0] = 1.5, 2.0, 0.3
    return a, torch.from_numpy(weights)[None], points_of(x, 2.0 * np.sin(1.5 * x[:, 0]) + 0.3)


def test_gradient_pruning_drops_what_contributes_nothing() -> None:
    a, weights, points = truth_and_noise(0)
    kept = by_gradient(a, weights, points, 1e-2)[0]
    assert kept[2, 1] == 1.5
    assert kept[-1, a.first + 2] == 2.0
    assert 3 <= int((kept != 0.0).sum()) < int(a.structure().sum()) // 2


def test_the_strongest_weights_are_those_of_most_score() -> None:
    a, weights, points = truth_and_noise(0)
    few = by_gradient(a, weights, points, 1e-2)
    both = torch.cat([weights, few])
    kept = strongest(a, both, points, 10)
    assert torch.equal(kept[1], few[0])  # it has no more than ten
    least = scores(a, weights, points)[0].flatten().sort(descending=True).values[9]
    mine = (kept[0] != 0.0) & (weights[0] != 0.0)
    mine[:, 0] = False  # what units that have become constant were worth
    assert 0 < int(mine.sum()) <= 10
    assert (scores(a, weights, points)[0][mine] >= least).all()
    assert kept[0, 2, 1] == 1.5
    assert kept[0, -1, a.first + 2] == 2.0
    assert strongest(a, both, points, 10**6) is both


def test_elimination_ends_at_the_truth() -> None:
    a, weights, points = truth_and_noise(1)
    paths, cut = eliminate(a, weights, points, "lm", Deadline(60.0))
    assert not cut
    actives = [level.active for level in paths[0]]
    assert actives == sorted(actives, reverse=True)
    best = levels(paths[0], 60, 3)[0]
    assert best.active == 3
    assert best.loss < 1e-18
    assert best.weights[2, 1].abs() == pytest.approx(1.5, rel=1e-6)


def test_levels_are_the_best_and_the_knees() -> None:
    zero = torch.zeros(1, 1, dtype=torch.float64)
    path = [Level(zero, k, loss) for k, loss in [(9, 1e-9), (7, 1.1e-9), (5, 1e-3), (4, 1.1e-3), (2, 0.4)]]
    assert [level.active for level in levels(path, 50, 2)] == [7, 4]
