"""Optimisers against torch, schedules, mini-batches, and gradients that explode or vanish."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from counted_deadline import CountedDeadline
from hypothesis import given
from hypothesis import strategies as st
from srbench_networks.architecture import Architecture
from srbench_networks.health import ExplodingGradientError, Health, VanishingGradientWarning, layer_norms
from srbench_networks.optimisers import SGD, Adam, Constant, ExponentialDecay, HalfCosine, StepDecay
from srbench_networks.perceptron import Perceptron
from srbench_networks.training import train

from srbench_lite import UsageError
from srbench_lite.fitting import Deadline

SMALL = Architecture((1, 8, 7, 8, 1), ("tanh", "tanh", "tanh", "linear"))


def _points(n: int = 40):
    x = np.linspace(-1.5, 1.2, n)[:, None]  # a symmetric interval has biases of slope zero
    return x, np.sin(2 * x[:, 0])


def _train(perceptron: Perceptron, x=None, y=None, **changed):
    if x is None:
        x, y = _points()
    settings = {
        "loss": "mse", "optimiser": Adam(), "epochs": 20, "batch": 8, "schedule": HalfCosine(0.01),
        "rng": np.random.default_rng(1),
    }  # fmt: skip
    return train(perceptron, x, y, **{**settings, **changed})


# --- optimisers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(), lambda p: torch.optim.SGD(p, lr=0.05)),
        (SGD(momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
        (SGD(weight_decay=0.1), lambda p: torch.optim.SGD(p, lr=0.05, weight_decay=0.1)),  # without momentum the same
        (Adam(), lambda p: torch.optim.Adam(p, lr=0.05)),
        (Adam(beta1=0.8, beta2=0.95, epsilon=1e-3), lambda p: torch.optim.Adam(p, 0.05, (0.8, 0.95), 1e-3)),
        (Adam(weight_decay=0.1), lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.1)),
    ],
    ids=lambda value: str(value) if isinstance(value, SGD | Adam) else "torch",
)
def test_optimisers_equal_torch(ours, theirs):
    start = np.random.default_rng(0).normal(size=(2, 6))
    parameter = torch.from_numpy(start.copy()).requires_grad_()
    reference, mine = theirs([parameter]), start.copy()
    stepper = ours.start(mine)
    for _ in range(60):
        stepper.step(mine, np.sin(mine * 3) + mine, 0.05)
        parameter.grad = torch.sin(parameter.detach() * 3) + parameter.detach()
        reference.step()
    np.testing.assert_allclose(mine, parameter.detach().numpy(), rtol=1e-10)


def test_a_whole_training_equals_torch():
    """Full batches, Adam, half a cosine: our parameters after 50 steps are torch's."""
    x, y = _points()
    network = Perceptron.initial(SMALL, np.random.default_rng(0))
    ours = _train(network, epochs=50, batch=0).perceptron
    parts = [w[0].copy() for w in network.weights], [b[0].copy() for b in network.biases]
    weights, biases = ([torch.from_numpy(p).requires_grad_() for p in part] for part in parts)
    optimizer = torch.optim.Adam([*weights, *biases], lr=0.01)
    for count in range(50):
        optimizer.param_groups[0]["lr"] = 0.005 * (1 + math.cos(math.pi * count / 50))
        a = torch.from_numpy(x)
        for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
            a = a @ w + b
            a = torch.tanh(a) if layer < 3 else a
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(a[:, 0], torch.from_numpy(y)).backward()
        optimizer.step()
    for mine, theirs in zip(ours.weights, weights, strict=True):
        np.testing.assert_allclose(mine[0], theirs.detach().numpy(), rtol=1e-7, atol=1e-9)


def test_schedules_start_and_end_where_they_say():
    total = 300
    assert [Constant(0.1)(count, total) for count in (0, 299)] == [0.1, 0.1]
    assert [StepDecay(0.1, 0.5, 3)(count, total) for count in (0, 99, 100, 200, 299)] == [0.1, 0.1, 0.05, 0.025, 0.025]
    assert ExponentialDecay(0.1, 0.01)(150, total) == pytest.approx(0.01)
    assert HalfCosine(0.1)(0, total) == 0.1
    assert HalfCosine(0.1)(150, total) == pytest.approx(0.05)
    assert HalfCosine(0.1)(300, total) == pytest.approx(0.0, abs=1e-15)


@given(st.sampled_from([Constant, StepDecay, ExponentialDecay, HalfCosine]), st.integers(1, 500))
def test_learning_rates_never_rise(schedule, total):
    rates = [schedule(0.3)(count, total) for count in range(total)]
    assert rates[0] == 0.3
    assert all(a >= b > 0 for a, b in itertools.pairwise(rates))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SGD(momentum=1.0), r"momentum must be in \[0, 1\), got 1.0"),
        (lambda: Adam(beta2=-0.1), r"beta2 must be in \[0, 1\), got -0.1"),
        (lambda: Adam(epsilon=0.0), "epsilon must be positive"),
        (lambda: SGD(weight_decay=-1.0), "weight_decay must be 0 or positive"),
        (lambda: HalfCosine(0.0), "learning rate must be positive and finite, got 0.0"),
        (lambda: StepDecay(0.1, factor=2.0), r"factor must be in \(0, 1\]"),
        (lambda: StepDecay(0.1, pieces=0), "pieces must be at least 1"),
        (lambda: ExponentialDecay(0.1, factor=0.0), "factor"),
        (lambda: Health(interval=0), "interval"),
        (lambda: Health(vanishing="raise"), "warn or record, got 'raise'"),
    ],
)
def test_settings_that_make_no_sense_are_refused(make, said):
    with pytest.raises(UsageError, match=said):
        make()


# --- training ---------------------------------------------------------------------------------------------------------


def test_training_lowers_the_loss_of_every_network_and_leaves_the_start_alone():
    start = Perceptron.initial(SMALL, np.random.default_rng(0), count=20)
    before = start.parameters.copy()
    x, y = _points()
    training = _train(start, epochs=200, held_back=(x[::3] + 0.01, np.sin(2 * x[::3, 0] + 0.02)))
    np.testing.assert_array_equal(start.parameters, before)
    assert training.losses.shape == training.held_back.shape == (200, 20)
    assert (training.losses[-1] < 0.05 * training.losses[0]).all()
    assert (training.held_back[-1] < 0.05).all()
    assert training.stopped == "done"
    assert training.exploded == training.vanishing == ()
    np.testing.assert_allclose(training.perceptron.gradient(x, y, "mse")[0], training.losses[-1], rtol=0.05)


@pytest.mark.parametrize("batch", [0, 7, 40, 1000])
def test_a_batch_trains_as_its_networks_do_alone(batch):
    """The same rows in the same order, so the same parameters up to rounding of sums."""
    start = Perceptron.initial(SMALL, np.random.default_rng(0), count=5)
    together = _train(start, batch=batch)
    for member in range(5):
        alone = _train(start[member], batch=batch)
        np.testing.assert_allclose(together.perceptron.parameters[member], alone.perceptron.parameters[0], rtol=1e-9)
        np.testing.assert_allclose(together.losses[:, member], alone.losses[:, 0], rtol=1e-10)


def test_the_loss_of_an_epoch_is_the_mean_over_its_points_though_the_last_step_has_fewer():
    start = Perceptron.initial(SMALL, np.random.default_rng(0))
    x, y = _points(40)
    still = _train(start, x, y, epochs=1, batch=7, schedule=Constant(1e-300))
    assert still.losses[0, 0] == pytest.approx(start.gradient(x, y, "mse")[0][0], rel=1e-12)


def test_the_same_seed_gives_the_same_network_and_another_another():
    start = Perceptron.initial(SMALL, np.random.default_rng(0))
    first, second = _train(start).perceptron.parameters, _train(start).perceptron.parameters
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, _train(start, rng=np.random.default_rng(2)).perceptron.parameters)


def test_training_stops_when_told():
    training = _train(Perceptron.initial(SMALL, np.random.default_rng(0)), deadline=CountedDeadline(3))
    assert (training.stopped, len(training.losses)) == ("budget", 3)
    assert not np.array_equal(
        training.perceptron.parameters, Perceptron.initial(SMALL, np.random.default_rng(0)).parameters
    )


def test_training_for_no_time_or_no_epochs_returns_the_start():
    start = Perceptron.initial(SMALL, np.random.default_rng(0), count=2)
    for changed in ({"epochs": 0}, {"deadline": Deadline(0.0)}):
        training = _train(start, **changed)
        np.testing.assert_array_equal(training.perceptron.parameters, start.parameters)
        assert training.losses.shape == (0, 2)


def test_a_negative_number_of_epochs_is_refused():
    with pytest.raises(UsageError, match="0 or more, got -1 and 8"):
        _train(Perceptron.initial(SMALL, np.random.default_rng(0)), epochs=-1)


def test_weight_decay_shrinks_weights():
    start = Perceptron.initial(SMALL, np.random.default_rng(0))
    sizes = [
        float(np.abs(_train(start, optimiser=Adam(weight_decay=decay)).perceptron.parameters).sum())
        for decay in (0.0, 3.0)
    ]
    assert sizes[1] < 0.8 * sizes[0]


# --- health -----------------------------------------------------------------------------------------------------------


def test_one_network_that_explodes_is_an_error_that_names_the_layer_and_says_what_to_do():
    architecture = Architecture((1, 8, 8, 1), ("relu", "relu", "linear"))
    start = Perceptron.initial(architecture, np.random.default_rng(0))
    with pytest.raises(ExplodingGradientError) as caught:
        _train(start, optimiser=SGD(), schedule=Constant(30.0))
    said = str(caught.value)
    assert "layer " in said
    assert "of 3 (" in said
    assert "lower the learning rate" in said
    assert "exploded" in said


@pytest.mark.parametrize("optimiser", [Adam(), SGD(momentum=0.9)], ids=str)
def test_a_network_that_explodes_leaves_the_others_unharmed(optimiser):
    start = Perceptron.initial(SMALL, np.random.default_rng(0), count=4)
    well = _train(start, optimiser=optimiser)
    start.parameters[2] *= 1e200  # its output layer sees sums that overflow in the loss
    x, y = _points()
    training = _train(start, optimiser=optimiser, held_back=(x, y))
    (diagnosis,) = training.exploded
    assert (diagnosis.kind, diagnosis.member, diagnosis.layer_name) == ("exploding", 2, "layer 4 of 4 (8 to 1, linear)")
    assert "network 2" in str(diagnosis)
    others = [0, 1, 3]
    np.testing.assert_array_equal(training.perceptron.parameters[others], well.perceptron.parameters[others])
    np.testing.assert_array_equal(training.perceptron.parameters[2], start.parameters[2])
    np.testing.assert_array_equal(training.losses[:, others], well.losses[:, others])
    assert np.isnan(training.losses[-1, 2])
    assert np.isnan(training.held_back[-1, 2])


def test_a_network_with_points_of_its_own_can_be_given_up_too():
    start = Perceptron.initial(SMALL, np.random.default_rng(0), count=3)
    x, y = _points()
    own_x, own_y = np.repeat(x[None], 3, axis=0), np.repeat(y[None, :, None], 3, axis=0)
    own_y[0] = 1e160
    training = _train(start, own_x, own_y, held_back=(own_x, own_y))
    assert [d.member for d in training.exploded] == [0]
    np.testing.assert_allclose(training.perceptron.parameters[1:], _train(start[1:]).perceptron.parameters, rtol=1e-9)


def test_no_warning_of_numpy_escapes_from_an_explosion():
    start = Perceptron.initial(Architecture((1, 4, 1), ("relu", "linear")), np.random.default_rng(0))
    with pytest.raises(ExplodingGradientError):  # a warning would be another error
        _train(start, optimiser=SGD(), schedule=Constant(1e10), epochs=200)


def test_twelve_sigmoid_layers_vanish_and_the_warning_names_the_layer_and_says_what_to_do():
    deep = Architecture.layered(1, (8,) * 12, 1, "sigmoid", "linear")
    start = Perceptron.initial(deep, np.random.default_rng(0), count=5)
    with pytest.warns(
        VanishingGradientWarning, match=r"layer 1 of 13 \(1 to 8, sigmoid\).*vanished.*use relu"
    ) as heard:
        training = _train(start, epochs=60)
    assert len(heard) == 1
    for diagnosis in training.vanishing:
        assert (diagnosis.kind, diagnosis.layer) == ("vanishing", 0)
        assert diagnosis.norm < 1e-5 * diagnosis.beside


def test_units_that_are_all_dead_have_a_gradient_that_vanished():
    architecture = Architecture((1, 4, 1), ("relu", "linear"))
    start = Perceptron.initial(architecture, np.random.default_rng(0), count=2)
    start.weights[0][1] = 0.0
    start.biases[0][1] = -1.0
    training = _train(start, epochs=60, health=Health(vanishing="record"))
    assert [(d.member, d.layer, d.norm) for d in training.vanishing] == [(1, 0, 0.0)]


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_networks_that_learn_are_not_called_ill(activation):
    """100 networks of four shapes, to the end of a long training; a warning would be an error."""
    for hidden in ((8,), (8, 8), (32, 32), (8,) * 6):
        start = Perceptron.initial(
            Architecture.layered(1, hidden, 1, activation, "linear"), np.random.default_rng(3), count=25
        )
        training = _train(start, epochs=100, health=Health(vanishing="record"))
        assert training.exploded == ()
        dead = [d for d in training.vanishing if not (activation == "relu" and d.norm == 0.0)]
        assert dead == []


def test_the_norms_of_the_layers_are_those_of_their_gradients():
    network = Perceptron.initial(SMALL, np.random.default_rng(0), count=3)
    x, y = _points()
    _, gradient = network.gradient(x, y, "mse")
    parts = Perceptron(SMALL, gradient)
    expected = [
        [math.hypot(*w[m].ravel(), *b[m]) for w, b in zip(parts.weights, parts.biases, strict=True)] for m in range(3)
    ]
    np.testing.assert_allclose(layer_norms(SMALL, gradient), expected, rtol=1e-12)
    gradient[1, 0] = np.nan
    assert layer_norms(SMALL, gradient)[1, 0] == np.inf
