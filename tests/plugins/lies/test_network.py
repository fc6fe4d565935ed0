"""The network against its definition in plain numpy, derivatives against differences, spaces against the data."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_lies.network import BOTTOM, TOP, UNITS, Architecture, Parameters, Passes, Space, parts, predict

from srbench_lite import Samples
from srbench_lite.errors import FitError
from srbench_lite.fitting.problem import Problem


def networks(architecture: Architecture, batch: int, seed: int, size: float = 1.0) -> Parameters:
    """Return random networks with gates that are not 1."""
    rng = np.random.default_rng(seed)
    parameters = Parameters.initial(architecture, [np.random.default_rng([seed, i]) for i in range(batch)])
    parameters.weights.mul_(size)
    parameters.gates.copy_(torch.from_numpy(rng.uniform(-1.5, 1.5, parameters.gates.shape)))
    return parameters


def points(d: int, n: int, seed: int) -> torch.Tensor:
    """Return the constant and d inputs, shape (d + 1, n)."""
    raw = np.random.default_rng(seed).uniform(-1.0, 1.0, (d + 1, n))
    raw[0] = 1.0
    return torch.from_numpy(raw)


def reference(parameters: Parameters, k: int, inputs: np.ndarray) -> np.ndarray:
    """Return the outputs (n,) of network k, one weight at a time, from the definition."""
    a = parameters.architecture
    weights, gates = parameters.weights[k].numpy(), parameters.gates[k].numpy()
    layers = [list(inputs)]  # the constant and the inputs, then four units a layer
    for layer in range(a.layers):
        outputs = []
        for i, kind in enumerate("IESL"):
            row, column = 4 * layer + i, 0
            z = np.zeros(inputs.shape[1])
            for earlier in layers:
                for h in earlier:
                    z = z + weights[row, column] * h
                    column += 1
            unit = {
                "I": z,
                "E": np.exp(np.minimum(z, 4.0)),
                "S": np.sin(z),
                "L": np.log(np.maximum(z, 0.005)),
            }[kind]
            outputs.append(gates[row] * unit)
        layers.append(outputs)
    everything = np.array([h for layer in layers for h in layer])
    return np.asarray(weights[-1] @ everything)


@pytest.mark.parametrize(("d", "layers"), [(1, 2), (2, 3), (3, 4), (5, 6), (1, 1)])
def test_forward_equals_the_definition_with_skips(d: int, layers: int) -> None:
    parameters = networks(Architecture(d, layers), 5, seed=d)
    inputs = points(d, 23, seed=1)
    outputs = predict(parameters.architecture, parameters.folded(), inputs).numpy()
    for k in range(5):
        np.testing.assert_allclose(outputs[k], reference(parameters, k, inputs.numpy()), rtol=1e-12, atol=1e-12)


def test_every_skip_matters() -> None:
    """A weight from each earlier column into each later row changes the output."""
    parameters = networks(Architecture(2, 3), 1, seed=3)
    inputs = points(2, 9, seed=2)
    weights = parameters.folded()
    before = predict(parameters.architecture, weights, inputs)
    for row, column in parameters.architecture.structure().nonzero().tolist():
        moved = weights.clone()
        moved[0, row, column] += 0.1
        assert not torch.equal(predict(parameters.architecture, moved, inputs), before), (row, column)


def test_units_and_clamps() -> None:
    """One layer, the argument of each unit is the input, the output is one unit."""
    a = Architecture(1, 1)
    z = np.array([-3.0, 0.004, 0.5, 3.9, 4.1, 50.0])
    inputs = torch.from_numpy(np.stack([np.ones_like(z), z]))
    weights = torch.zeros(4, a.rows, a.columns, dtype=torch.float64)
    weights[:, :4, 1] = 1.0
    for k in range(4):
        weights[k, -1, a.first + k] = 1.0
    i, e, s, l = predict(a, weights, inputs).numpy()  # noqa: E741 - the names of the units
    np.testing.assert_array_equal(i, z)
    np.testing.assert_allclose(e, np.exp(np.minimum(z, TOP)), rtol=1e-14)
    np.testing.assert_allclose(s, np.sin(z), rtol=1e-14)
    np.testing.assert_allclose(l, np.log(np.maximum(z, BOTTOM)), rtol=1e-14)
    passes = Passes(a, inputs, 4)
    passes.forward(weights)
    outside = np.maximum(z - 4.0, 0.0) + np.maximum(0.005 - z, 0.0)
    np.testing.assert_allclose(passes.outside(), np.full(4, outside.mean()), rtol=1e-14)
    assert passes.active_clamps()[0].tolist() == [False, True, False, True]


def test_idle_clamps_can_be_left_out() -> None:
    a = Architecture(1, 1)
    inputs = torch.tensor([[1.0, 1.0], [5.0, -1.0]], dtype=torch.float64)
    weights = torch.zeros(1, a.rows, a.columns, dtype=torch.float64)
    weights[0, 1, 1] = weights[0, -1, a.first + 1] = 1.0
    clamps = torch.tensor([[True, False, True, True]])
    free = predict(a, weights, inputs, clamps)
    np.testing.assert_allclose(free[0], np.exp([5.0, -1.0]), rtol=1e-14)


@pytest.mark.parametrize(("d", "layers", "size"), [(1, 2, 1.0), (2, 3, 1.0), (3, 4, 1.0), (2, 3, 4.0)])
def test_gradient_with_the_domain_penalty_equals_differences(d: int, layers: int, size: float) -> None:
    """By each weight, of half the squared outputs and the penalty; the large networks reach their clamps."""
    a = Architecture(d, layers)
    weights = networks(a, 2, seed=11, size=size).folded()
    inputs = points(d, 7, seed=3)
    passes = Passes(a, inputs, 2)
    domain = 0.3

    def loss(w: torch.Tensor) -> torch.Tensor:
        output = passes.forward(w)
        return 0.5 * output.square().sum(dim=1) + domain * inputs.shape[1] * passes.outside()

    outputs = passes.forward(weights)
    assert size == 1.0 or passes.outside().max() > 0.0
    passes.backward(weights, outputs.clone(), torch.tensor(domain, dtype=torch.float64))
    gradient = torch.empty_like(weights)
    passes.gradient(gradient)
    step = 1e-6
    for row, column in a.structure().nonzero().tolist():
        up, down = weights.clone(), weights.clone()
        up[:, row, column] += step
        down[:, row, column] -= step
        difference = (loss(up) - loss(down)) / (2.0 * step)
        np.testing.assert_allclose(gradient[:, row, column], difference, rtol=2e-4, atol=1e-5)


def test_the_penalty_restores_gradients_where_clamped() -> None:
    """Beyond a clamp the output does not move, yet the weight is told to come back."""
    a = Architecture(1, 1)
    inputs = torch.tensor([[1.0], [1.0]], dtype=torch.float64)
    weights = torch.zeros(1, a.rows, a.columns, dtype=torch.float64)
    weights[0, 1, 1], weights[0, 3, 1] = 9.0, -2.0
    weights[0, -1, a.first :] = 1.0
    passes = Passes(a, inputs, 1)
    slope = torch.ones(1, 1, dtype=torch.float64)
    gradients = []
    for domain in (0.0, 1.0):
        passes.forward(weights)
        passes.backward(weights, slope, torch.tensor(domain, dtype=torch.float64))
        gradients.append(torch.empty_like(weights))
        passes.gradient(gradients[-1])
    assert gradients[0][0, 1, 1] == gradients[0][0, 3, 1] == 0.0
    assert gradients[1][0, 1, 1] == 1.0  # down, towards 4
    assert gradients[1][0, 3, 1] == -1.0  # up, towards 0.005


def test_jacobian_equals_torch() -> None:
    a = Architecture(2, 2)
    weights = networks(a, 3, seed=5).folded()
    inputs = points(2, 6, seed=4)
    places = torch.stack([a.structure().flatten().nonzero()[:, 0]] * 3)
    passes = Passes(a, inputs, 3)
    passes.forward(weights)
    passes.backward(weights, torch.ones(3, 6, dtype=torch.float64), torch.zeros((), dtype=torch.float64))
    found = passes.jacobian(places)

    def plain(w: torch.Tensor) -> torch.Tensor:
        h = list(inputs)
        for k in range(a.units):
            z = sum(w[k, c] * h[c] for c in range(a.first + 4 * (k // 4)))
            assert isinstance(z, torch.Tensor)
            functions = (lambda t: t, lambda t: t.clamp(max=TOP).exp(), torch.sin, lambda t: t.clamp(min=BOTTOM).log())
            h.append(functions[k % 4](z))
        return (w[-1, :, None] * torch.stack(h)).sum(dim=0)

    for k in range(3):
        expected = torch.autograd.functional.jacobian(plain, weights[k])  # (n, rows, columns)
        np.testing.assert_allclose(found[k].T, expected.flatten(1)[:, places[k]], rtol=1e-10, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(d=st.integers(1, 4), layers=st.integers(1, 4), batch=st.integers(2, 5), seed=st.integers(0, 10**6))
def test_a_batch_does_what_its_members_do_alone(d: int, layers: int, batch: int, seed: int) -> None:
    parameters = networks(Architecture(d, layers), batch, seed)
    inputs = points(d, 8, seed)
    together = predict(parameters.architecture, parameters.folded(), inputs)
    for k in range(batch):
        alone = predict(parameters.architecture, parameters.folded()[k : k + 1], inputs)
        np.testing.assert_allclose(together[k], alone[0], rtol=1e-12, atol=1e-12)


@given(batch=st.integers(1, 300), d=st.integers(1, 20), n=st.integers(2, 1000))
def test_parts_are_the_whole_batch_and_fit_into_memory(batch: int, d: int, n: int) -> None:
    floats = Passes.floats(Architecture(d, 4), n)
    found = [range(batch)[part] for part in parts(batch, floats)]
    assert [k for part in found for k in part] == list(range(batch))
    assert max(len(part) for part in found) * floats * 8 < 200e6
    assert n > 200 or len(found) == 1 or batch > 256
    assert len(list(parts(3, 10**12))) == 3  # a network at a time, however large


def test_sizes_are_the_published_ones_less_a_doubled_bias() -> None:
    """Published are 69, 145, 245 and 517 for 1, 2, 3, 5 variables, with skips 4 x 4 in front of each linear map."""
    for d in (1, 2, 3, 5):
        a = Architecture(d, d + 1)
        skips = sum(len(UNITS) * width for layer in range(2, d + 3) for width in [d + 1, *[4] * (layer - 2)])
        maps = 4 * (d + 1) + 16 * d + 4 + 1
        assert skips + maps + a.units == {1: 69, 2: 145, 3: 245, 5: 517}[d]
        size = int(a.structure().sum()) + a.units
        assert size == skips + maps + a.units - 1 - 3 * (a.first + 4 * (a.layers - 1))  # output: one row, not four


def samples(x: np.ndarray, y: np.ndarray) -> Problem:
    return Problem.of(Samples(variables=tuple(f"x{i}" for i in range(x.shape[1])), x=x, y=y))


def test_the_data_choose_the_space() -> None:
    x = np.array([[1.0, 2.0], [3.0, 0.5]])
    positive = Space.of(samples(x, np.array([1.0, 4.0])))
    assert positive.mode == "log"
    np.testing.assert_allclose(positive.scale, [math.log(3.0), math.log(2.0)])
    np.testing.assert_allclose(positive.inputs(x)[1], [0.0, 1.0])
    np.testing.assert_allclose(positive.output(positive.target(np.array([1.0, 4.0]))), [1.0, 4.0])
    for signed in (samples(x, np.array([-1.0, 4.0])), samples(-x, np.array([1.0, 4.0]))):
        space = Space.of(signed)
        assert space.mode == "linear"
        np.testing.assert_allclose(space.inputs(signed.x)[1:].abs().amax(dim=1), 1.0)
        np.testing.assert_allclose(space.output(space.target(signed.y)), signed.y)
        with pytest.raises(FitError, match="positive"):
            Space.of(signed, "log")
    assert Space.of(samples(x, np.array([1.0, 4.0])), "linear").mode == "linear"


def test_inputs_of_one_or_nothing_but_zero_divide_by_nothing() -> None:
    """The published scaling divides by ln 1 = 0."""
    ones = samples(np.ones((3, 1)), np.array([1.0, 2.0, 3.0]))
    assert torch.isfinite(Space.of(ones).inputs(ones.x)).all()
    zeros = samples(np.zeros((3, 1)), np.array([1.0, 2.0, 3.0]))
    assert torch.isfinite(Space.of(zeros).inputs(zeros.x)).all()
