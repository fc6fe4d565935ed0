"""Values and gradients of the networks against finite differences and torch; shapes and their errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from srbench_networks.activations import ACTIVATIONS
from srbench_networks.architecture import Architecture
from srbench_networks.losses import LOSSES
from srbench_networks.perceptron import Perceptron

from srbench_lite import DataError, UsageError

HIDDEN = ("linear", "relu", "sigmoid", "tanh")
LAST = (*HIDDEN, "softmax")
CASES = [
    (architecture, loss)
    for hidden, last in itertools.product(HIDDEN, LAST)
    for loss in LOSSES
    if not (loss == "cross-entropy" and last not in ("sigmoid", "softmax"))
    for architecture in (Architecture((3, 6, 5, 4), (hidden, "tanh", last)), Architecture((2, 7, 3), (hidden, last)))
]
CASES += [
    (Architecture((1, 8, 7, 8, 1), ("tanh", "tanh", "tanh", "linear")), "mse"),
    (Architecture((2, 4), ("softmax",)), "cross-entropy"),
    (Architecture((3, 5, 2), ("sigmoid", "linear"), biases=False), "mse"),
    (Architecture((2, 60, 50, 3), ("relu", "tanh", "softmax")), "cross-entropy"),
]


def _name(case: object) -> str:
    if isinstance(case, Architecture):
        return "-".join(map(str, case.sizes)) + "-" + "-".join(case.activations)
    return str(case)


def _case(architecture: Architecture, loss: str, count: int = 3):
    """Return networks with biases that are not zero, inputs, and targets that suit the loss."""
    rng = np.random.default_rng(len(architecture.sizes) * 100 + sum(architecture.sizes))
    network = Perceptron.initial(architecture, rng, count)
    network.parameters[:] += rng.normal(0, 0.3, network.parameters.shape)
    x, y = rng.normal(size=(11, architecture.sizes[0])), rng.normal(size=(11, architecture.sizes[-1]))
    if loss == "cross-entropy" and architecture.activations[-1] == "softmax":
        y = np.eye(architecture.sizes[-1])[rng.integers(0, architecture.sizes[-1], 11)]
    elif loss == "cross-entropy":
        y = rng.random(y.shape)
    return network, x, y


def _torch(network: Perceptron, member: int, x: np.ndarray, y: np.ndarray, loss: str):
    """Return outputs, loss and gradient from automatic differentiation."""
    functions = {
        "linear": lambda z: z, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh,
        "softmax": lambda z: torch.softmax(z, dim=-1),
    }  # fmt: skip
    leaves, a = [], torch.from_numpy(x)
    for weights, biases, name in zip(network.weights, network.biases, network.architecture.activations, strict=True):
        w = torch.from_numpy(weights[member].copy()).requires_grad_()
        leaves.append(w)
        a = a @ w
        if network.architecture.biases:
            b = torch.from_numpy(biases[member].copy()).requires_grad_()
            leaves.append(b)
            a = a + b
        a = functions[name](a)
    target = torch.from_numpy(y)
    if loss == "mse":
        value = torch.nn.functional.mse_loss(a, target)
    elif network.architecture.activations[-1] == "softmax":
        value = -(target * torch.log(a)).sum(dim=1).mean()
    else:
        value = torch.nn.functional.binary_cross_entropy(a, target, reduction="sum") / len(x)
    value.backward()
    return a.detach().numpy(), float(value.detach()), np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves])


@pytest.mark.parametrize(("architecture", "loss"), CASES, ids=_name)
def test_values_losses_and_gradients_equal_torch(architecture, loss):
    network, x, y = _case(architecture, loss)
    losses, gradient = network.gradient(x, y, loss)
    for member in range(len(network)):
        values, expected, slope = _torch(network, member, x, y, loss)
        np.testing.assert_allclose(network(x)[member], values, rtol=1e-10, atol=1e-14)
        assert losses[member] == pytest.approx(expected, rel=1e-10)
        np.testing.assert_allclose(gradient[member], slope, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("architecture", "loss"), CASES[:-1], ids=_name)
def test_gradients_equal_finite_differences(architecture, loss):
    """All parameters at once: each is moved in a network of its own."""
    network, x, y = _case(architecture, loss, count=1)
    gradient = network.gradient(x, y, loss)[1][0]
    step = 1e-5
    losses = [
        Perceptron(architecture, network.parameters + sign * step * np.eye(architecture.n_parameters)).gradient(
            x, y, loss
        )[0]
        for sign in (1, -1)
    ]
    difference = (losses[0] - losses[1]) / (2 * step)
    np.testing.assert_allclose(difference, gradient, rtol=1e-6, atol=1e-6 * np.abs(gradient).max())


@given(
    sizes=st.lists(st.integers(1, 6), min_size=2, max_size=6),
    names=st.lists(st.sampled_from(HIDDEN), min_size=6, max_size=6),
    biases=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_any_shape_has_the_slope_of_its_loss(sizes, names, biases, seed):
    architecture = Architecture(tuple(sizes), (*names[: len(sizes) - 2], "tanh"), biases)
    rng = np.random.default_rng(seed)
    network = Perceptron(architecture, rng.normal(size=(1, architecture.n_parameters)))
    x, y = rng.normal(size=(4, sizes[0])), rng.normal(size=(4, sizes[-1]))
    gradient = network.gradient(x, y, "mse")[1][0]
    direction = rng.normal(size=architecture.n_parameters)
    ends = [
        Perceptron(architecture, network.parameters + sign * 1e-7 * direction).gradient(x, y, "mse")[0][0]
        for sign in (1, -1)
    ]
    slope = (ends[0] - ends[1]) / 2e-7
    assert slope == pytest.approx(gradient @ direction, rel=1e-5, abs=1e-6)


def test_networks_of_a_batch_are_as_they_are_alone():
    architecture = Architecture((2, 5, 4, 3), ("relu", "tanh", "softmax"))
    network, x, y = _case(architecture, "cross-entropy", count=7)
    losses, gradient = network.gradient(x, y, "cross-entropy")
    values = network(x)
    for member in range(7):
        alone = network[member]
        np.testing.assert_allclose(alone(x)[0], values[member], rtol=1e-13)
        loss, slope = alone.gradient(x, y, "cross-entropy")
        assert loss[0] == pytest.approx(losses[member], rel=1e-13)
        np.testing.assert_allclose(slope[0], gradient[member], rtol=1e-12, atol=1e-15)


def test_every_network_may_have_its_own_points():
    architecture = Architecture((2, 5, 1), ("tanh", "linear"))
    network, _, _ = _case(architecture, "mse", count=4)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(4, 9, 2)), rng.normal(size=(4, 9, 1))
    losses, gradient = network.gradient(x, y, "mse")
    for member in range(4):
        loss, slope = network[member].gradient(x[member], y[member, :, 0], "mse")
        assert loss[0] == pytest.approx(losses[member], rel=1e-13)
        np.testing.assert_allclose(slope[0], gradient[member], rtol=1e-12, atol=1e-15)


def test_the_layers_are_those_of_the_formula_written_out():
    architecture = Architecture((2, 3, 2), ("tanh", "sigmoid"))
    network, x, _ = _case(architecture, "mse", count=1)
    first, second = network.layers(x)
    (w1, w2), (b1, b2) = network.weights, network.biases
    np.testing.assert_allclose(first[0], np.tanh(x @ w1[0] + b1[0]), rtol=1e-14)
    np.testing.assert_allclose(second[0], 1 / (1 + np.exp(-(first[0] @ w2[0] + b2[0]))), rtol=1e-14)
    assert (first.shape, second.shape) == ((1, 11, 3), (1, 11, 2))


def test_no_points_have_no_values():
    network = Perceptron.initial(Architecture((2, 3, 4), ("tanh", "softmax")), np.random.default_rng(0), count=5)
    assert [a.shape for a in network.layers(np.ones((0, 2)))] == [(5, 0, 3), (5, 0, 4)]


def test_large_sums_stay_finite():
    """Softmax and sigmoid of sums of a million, and the cross-entropy of what is certain and wrong."""
    for last, y in (("softmax", np.array([[1.0, 0.0]])), ("sigmoid", np.array([[1.0, 0.0]]))):
        network = Perceptron(Architecture((1, 2), (last,), biases=False), np.array([[-1e6, 1e6]]))
        losses, gradient = network.gradient(np.ones((1, 1)), y, "cross-entropy")
        np.testing.assert_array_equal(network(np.ones((1, 1)))[0], [[0.0, 1.0]])
        np.testing.assert_array_equal(gradient, [[-1.0, 1.0]])
        assert 80 < losses[0] < 200


def test_targets_of_softmax_need_not_sum_to_one():
    network, x, _ = _case(Architecture((2, 5, 3), ("tanh", "softmax")), "cross-entropy", count=1)
    y = np.random.default_rng(1).uniform(0, 2, (11, 3))
    losses, gradient = network.gradient(x, y, "cross-entropy")
    _, expected, slope = _torch(network, 0, x, y, "cross-entropy")
    assert losses[0] == pytest.approx(expected, rel=1e-10)
    np.testing.assert_allclose(gradient[0], slope, rtol=1e-10, atol=1e-12)


def test_outputs_that_are_rounded_to_zero_still_have_the_right_slope():
    """Sums of -20 in single precision: the sigmoid is rounded to zero, and its loss is that of 1e-37."""
    single = Perceptron(Architecture((1, 1), ("sigmoid",), biases=False), np.array([[-20.0]], np.float32))
    losses, gradient = single.gradient(np.ones((1, 1)), np.ones((1, 1)), "cross-entropy")
    assert losses[0] == pytest.approx(-np.log(1e-37), rel=1e-6)  # not 20
    assert gradient[0, 0] == -1.0


def test_single_precision_is_single_precision():
    architecture = Architecture((3, 6, 5, 4), ("relu", "tanh", "softmax"))
    network, x, y = _case(architecture, "cross-entropy")
    single = Perceptron(architecture, network.parameters.astype(np.float32))
    losses, gradient = single.gradient(x, y, "cross-entropy")
    assert single(x).dtype == gradient.dtype == losses.dtype == np.float32
    np.testing.assert_allclose(gradient, network.gradient(x, y, "cross-entropy")[1], rtol=1e-4, atol=1e-6)


# --- initial weights --------------------------------------------------------------------------------------------------


def test_initial_weights_are_by_he_for_relu_and_by_glorot_otherwise():
    architecture = Architecture((40, 60, 50, 30), ("relu", "tanh", "softmax"))
    network = Perceptron.initial(architecture, np.random.default_rng(0), count=50)
    he, glorot1, glorot2 = network.weights
    assert np.var(he) == pytest.approx(2 / 40, rel=0.02)
    assert np.abs(he).max() > 4 * np.std(he)  # normal
    for weights, fans in ((glorot1, 60 + 50), (glorot2, 50 + 30)):
        assert np.var(weights) == pytest.approx(2 / fans, rel=0.02)
        assert np.abs(weights).max() <= np.sqrt(6 / fans)  # uniform
    assert all((biases == 0).all() for biases in network.biases)


def test_a_shared_start_is_one_network_many_times():
    architecture = Architecture((1, 8, 1), ("tanh", "linear"))
    shared = Perceptron.initial(architecture, np.random.default_rng(5), count=4, shared=True)
    alone = Perceptron.initial(architecture, np.random.default_rng(5))
    np.testing.assert_array_equal(shared.parameters, np.repeat(alone.parameters, 4, axis=0))
    apart = Perceptron.initial(architecture, np.random.default_rng(5), count=4)
    assert len(np.unique(apart.parameters[:, 0])) == 4


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sizes", "activations", "said"),
    [
        ((3,), (), "at least inputs and outputs"),
        ((3, 0, 1), ("tanh", "linear"), "got 0 in"),
        ((3, 2.0, 1), ("tanh", "linear"), "got 2.0 in"),
        ((3, 2, 1), ("tanh",), "need as many activations, got 1"),
        ((3, 1), ("tahn",), "unknown activation 'tahn'; known: linear, relu"),
        ((3, 2, 1), ("softmax", "linear"), "last layer only"),
    ],
)
def test_a_shape_that_cannot_be_says_why(sizes, activations, said):
    with pytest.raises(UsageError, match=said):
        Architecture(sizes, activations)


def test_a_loss_that_does_not_suit_the_outputs_says_what_to_do():
    network = Perceptron.initial(Architecture((1, 2), ("tanh",)), np.random.default_rng(0))
    with pytest.raises(UsageError, match="end the network with sigmoid or softmax, not tanh"):
        network.gradient(np.ones((3, 1)), np.ones((3, 2)), "cross-entropy")
    with pytest.raises(UsageError, match="unknown loss 'mae'; known: cross-entropy, mse"):
        network.gradient(np.ones((3, 1)), np.ones((3, 2)), "mae")


def test_arrays_that_do_not_fit_say_so():
    architecture = Architecture((2, 3, 2), ("tanh", "linear"))
    network = Perceptron.initial(architecture, np.random.default_rng(0), count=4)
    with pytest.raises(DataError, match=r"inputs must be \(n, 2\) or \(4, n, 2\).*got \(5, 3\)"):
        network(np.ones((5, 3)))
    with pytest.raises(DataError, match="at least one point"):
        network.gradient(np.ones((0, 2)), np.ones((0, 2)), "mse")
    with pytest.raises(DataError, match=r"targets must be \(5, 2\) or \(4, 5, 2\), got \(5,\)"):
        network.gradient(np.ones((5, 2)), np.ones(5), "mse")
    with pytest.raises(DataError, match=r"parameters of shape \(m, 17\).*got \(1, 3\)"):
        Perceptron(architecture, np.ones((1, 3)))
    with pytest.raises(UsageError, match="count must be at least 1"):
        Perceptron.initial(architecture, np.random.default_rng(0), count=0)


def test_there_are_the_activations_and_losses_of_the_readme():
    assert sorted(ACTIVATIONS) == ["linear", "relu", "sigmoid", "softmax", "tanh"]
    assert sorted(LOSSES) == ["cross-entropy", "mse"]
