"""The cell, the unrolled model and the training of `lstm`, against torch's own."""

from __future__ import annotations

import math

import pytest
import torch
from counted_deadline import CountedDeadline
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_lstm.cell import Cell
from srbench_lstm.model import Model
from srbench_lstm.training import Adam, Points, Schedule, train

from srbench_lite import FitError
from srbench_lite.fitting import Deadline


def _copied(theirs: torch.nn.Module, suffix: str = "") -> Cell:
    weights = dict(theirs.named_parameters())
    return Cell(*(weights[name + suffix].detach() for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")))


def _model(inputs: int = 3, hidden: int = 16, head: int = 8, seed: int = 0) -> Model:
    return Model.initial(inputs, hidden, head, torch.Generator().manual_seed(seed))


def _points(n: int, seed: int = 1, steps: int = 8) -> Points:
    generator = torch.Generator().manual_seed(seed)
    sequences = 2 * torch.rand(steps, n, 3, generator=generator) - 1
    targets = sequences[:, :, 0].sum(dim=0)
    return Points(sequences, (targets - targets.mean()) / (targets.std() if n > 1 else 1.0))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(1, 9), inputs=st.integers(1, 7), hidden=st.integers(1, 64),
    size=st.sampled_from([0.1, 1.0, 30.0]),
)  # fmt: skip
def test_one_step_of_the_cell_equals_torch(seed: int, n: int, inputs: int, hidden: int, size: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    theirs = torch.nn.LSTMCell(inputs, hidden, dtype=torch.float64)
    with torch.no_grad():
        for weights in theirs.parameters():
            weights.normal_(0, 0.5, generator=generator)
        x = size * torch.randn(n, inputs, generator=generator, dtype=torch.float64)
        h, c = torch.randn(2, n, hidden, generator=generator, dtype=torch.float64)
        expected = theirs(x, (h, c))
    found = _copied(theirs).step(x, h, c)
    for ours, torchs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-12)


def test_one_step_of_the_cell_equals_torch_in_single_precision() -> None:
    theirs = torch.nn.LSTMCell(3, 64)
    x, h, c = torch.randn(64, 3), torch.randn(64, 64), torch.randn(64, 64)
    with torch.no_grad():
        expected = theirs(x, (h, c))
    for ours, torchs in zip(_copied(theirs).step(x, h, c), expected, strict=True):
        torch.testing.assert_close(ours, torchs, rtol=0, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 2, 8])
def test_the_unrolled_cell_equals_torch_lstm_and_so_do_its_gradients(steps: int) -> None:
    theirs = torch.nn.LSTM(6, 20, dtype=torch.float64)
    sequence = torch.randn(steps, 5, 6, dtype=torch.float64)
    _, (expected, _) = theirs(sequence)
    cell = _copied(theirs, "_l0")
    ours = [cell.weight_ih, cell.weight_hh, cell.bias_ih, cell.bias_hh]
    for weights in ours:
        weights.requires_grad_()
    found = cell.last(sequence)
    torch.testing.assert_close(found, expected[0], rtol=0, atol=1e-12)
    slopes = torch.autograd.grad(found.square().sum(), ours, materialize_grads=True)
    theirs_slopes = torch.autograd.grad(expected.square().sum(), list(theirs.parameters()))
    for our_slope, their_slope in zip(slopes, theirs_slopes, strict=True):
        torch.testing.assert_close(our_slope, their_slope, rtol=0, atol=1e-11)


def test_the_model_equals_torch_modules_with_its_weights() -> None:
    model = _model(inputs=6, hidden=20, head=7)
    cell, first, offset, last, constant = model.parts()
    lstm = torch.nn.LSTM(6, 20)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    lstm.load_state_dict({f"{name}_l0": getattr(cell, name) for name in names})
    sequence = torch.randn(8, 11, 6)
    with torch.no_grad():
        _, (state, _) = lstm(sequence)
        units = torch.tanh(torch.nn.functional.linear(state[0], first, offset))
        expected = torch.nn.functional.linear(units, last, constant)[:, 0]
    found = model.layers(sequence)
    assert [tuple(part.shape) for part in found] == [(11, 20), (11, 7), (11,)]
    for ours, theirs in zip(found, (state[0], units, expected), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_every_parameter_has_a_gradient_and_the_forget_gate_starts_open() -> None:
    model = _model()
    assert model.parts()[0].bias_ih.tolist() == [0.0] * 16 + [1.0] * 16 + [0.0] * 32
    parameters = model.parameters.clone().requires_grad_()
    points = _points(20)
    loss = (Model(model.sizes, parameters).layers(points.sequences)[2] - points.targets).square().mean()
    (slope,) = torch.autograd.grad(loss, parameters)
    assert (slope != 0).all()


def test_adam_equals_torch() -> None:
    start = torch.randn(30, dtype=torch.float64)
    ours, theirs = start.clone(), start.clone().requires_grad_()
    adam, other = Adam(ours), torch.optim.Adam([theirs], lr=0.01)
    for _ in range(25):
        slope = torch.randn(30, dtype=torch.float64)
        adam.step(slope, 0.01)
        theirs.grad = slope
        other.step()
    torch.testing.assert_close(ours, theirs.detach(), rtol=0, atol=1e-12)


def _trained(
    schedule: Schedule, kept: Points, held: Points, *, epochs: int | None = None
) -> tuple[Model, list[float], list[float]]:
    deadline = Deadline(math.inf) if epochs is None else CountedDeadline(epochs)
    generator = torch.Generator().manual_seed(3)
    return train(_model(), kept, held, schedule, generator=generator, deadline=deadline)


def test_training_lowers_the_error_and_returns_the_best_state_on_points_held_back() -> None:
    kept, held = _points(100), _points(30, seed=2)
    schedule = Schedule(epochs=40, batch=64, learning_rate=0.01, decay=False)
    model, curve, judged = _trained(schedule, kept, held)
    assert len(curve) == len(judged) == 40
    assert curve[-1] < 0.1 * curve[0]
    error = float((model.layers(held.sequences)[2] - held.targets).square().mean())
    assert error == pytest.approx(min(judged), rel=1e-4)


def test_training_stops_when_the_time_is_up_and_needs_no_points_held_back() -> None:
    schedule = Schedule(epochs=40, batch=0, learning_rate=0.01, decay=True)
    model, curve, judged = _trained(schedule, _points(3), _points(0), epochs=2)
    assert len(curve) == 2
    assert judged == []
    assert not torch.equal(model.parameters, _model().parameters)


def test_an_error_that_is_no_number_is_named() -> None:
    points = Points(torch.full((8, 2, 3), math.nan), torch.zeros(2))
    schedule = Schedule(epochs=4, batch=64, learning_rate=0.25, decay=True)
    with pytest.raises(FitError, match=r"training error is nan in epoch 1; try a learning_rate below 0\.25"):
        _trained(schedule, points, _points(0))


def test_a_schedule_within_so_many_steps() -> None:
    schedule = Schedule(epochs=1000, batch=64, learning_rate=0.01, decay=True)
    assert schedule.within(6000, 160).epochs == 1000
    assert schedule.within(600, 160).epochs == 200  # three steps an epoch
    assert schedule.within(1, 160).epochs == 1
    assert Schedule(epochs=9, batch=0, learning_rate=0.01, decay=True).within(6, 160).epochs == 6
