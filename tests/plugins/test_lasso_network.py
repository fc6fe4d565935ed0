"""Gradients of the network against finite differences and torch; training against what it must reach."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_lasso.network import Adam, Network, train

SIZES = [(1, 5, 1), (2, 7, 4, 1), (3, 6, 5, 4, 1)]


def _case(sizes: tuple[int, ...]) -> tuple[Network, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(sum(sizes))
    network = Network.initial(sizes, rng)
    network.parameters[:] += rng.normal(0, 0.1, len(network.parameters))
    return network, rng.normal(size=(17, sizes[0])), rng.normal(size=17)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradient_equals_finite_differences(sizes: tuple[int, ...]) -> None:
    network, x, y = _case(sizes)
    _, gradient = network.gradient(x, y)
    step = 1e-6
    for k in range(len(network.parameters)):
        losses = []
        for sign in (1, -1):
            moved = network.parameters.copy()
            moved[k] += sign * step
            losses.append(Network(sizes, moved).gradient(x, y)[0])
        assert (losses[0] - losses[1]) / (2 * step) == pytest.approx(gradient[k], rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("sizes", SIZES)
def test_gradient_equals_torch(sizes: tuple[int, ...]) -> None:
    import torch

    network, x, y = _case(sizes)
    loss, gradient = network.gradient(x, y)
    leaves = []
    hidden = torch.from_numpy(x)
    layers = network.layers(network.parameters.copy())
    for index, (weights, biases) in enumerate(layers):
        w = torch.from_numpy(weights.copy()).requires_grad_()
        b = torch.from_numpy(biases.copy()).requires_grad_()
        leaves += [w, b]
        hidden = hidden @ w + b
        if index + 1 < len(layers):
            hidden = torch.tanh(hidden)
    torch_loss = 0.5 * ((hidden[:, 0] - torch.from_numpy(y)) ** 2).mean()
    torch_loss.backward()  # type: ignore[no-untyped-call]
    expected = np.concatenate([leaf.grad.numpy().ravel() for leaf in leaves if leaf.grad is not None])
    assert loss == pytest.approx(float(torch_loss.detach()), rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(network(x), hidden[:, 0].detach().numpy(), rtol=1e-12)


def test_adam_equals_torch() -> None:
    import torch

    rng = np.random.default_rng(0)
    start = rng.normal(size=6)
    parameter = torch.from_numpy(start.copy()).requires_grad_()
    optimizer = torch.optim.Adam([parameter], lr=0.05)
    adam, ours = Adam(6), start.copy()
    for _ in range(50):
        gradient = np.sin(ours * 3) + ours
        ours += adam.step(gradient, 0.05)
        parameter.grad = torch.from_numpy(np.sin(parameter.detach().numpy() * 3) + parameter.detach().numpy())
        optimizer.step()
    np.testing.assert_allclose(ours, parameter.detach().numpy(), atol=1e-6)  # torch adds epsilon elsewhere


@pytest.mark.parametrize("batch", [0, 32])
def test_training_approximates(batch: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(100.0, 104.0, (150, 1))  # far from the origin, with a large target: scaled inside
    y = 1e6 * np.sin(x[:, 0])
    network = train(x, y, hidden=[20], epochs=400, batch=batch, learning_rate=0.02, rng=rng)
    assert np.mean((network(x) - y) ** 2) < 1e-2 * np.var(y)


def test_training_is_deterministic_and_stops_when_told() -> None:
    x = np.linspace(-1, 1, 40)[:, None]
    y = x[:, 0] ** 2

    def values(epochs: int, stop_after: int) -> np.ndarray:
        asked = []
        network = train(
            x, y, hidden=[8, 4], epochs=epochs, batch=16, learning_rate=0.01, rng=np.random.default_rng(3),
            expired=lambda: len(asked) >= stop_after or asked.append(0) is not None,
        )  # fmt: skip
        return network(x)

    np.testing.assert_array_equal(values(20, 99), values(20, 99))
    assert not np.array_equal(values(20, 99), values(20, 2))
