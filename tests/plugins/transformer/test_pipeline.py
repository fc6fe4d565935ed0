"""The method `transformer` from end to end."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer import PriorSampling, Transformer, WorkshopNetwork
from srbench_transformer.model import Model, Shape
from srbench_transformer.shipped import history_of, save_model

from srbench_lite import Budget, DataError, Expression, FitError, Samples, UsageError

TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)


def test_the_method_with_weights_of_ones_own_repeats_itself(tmp_path):
    torch.manual_seed(2)
    path = tmp_path / "own.safetensors"
    save_model(path, Model(TINY), {})
    x = np.linspace(-2, 2, 60)[:, None]
    samples = Samples(variables=("x",), x=x, y=3.0 * x[:, 0] ** 2 - 1.0)
    method = Transformer(weights=str(path), samples=64)
    one, other = (method.fit(samples, seed=3, budget=Budget(seconds=20), report=lambda e: None) for _ in range(2))
    assert str(one.expression) == str(other.expression)
    assert one.extras["exact"]
    with pytest.raises(DataError, match="there are no weights 'nowhere'"):
        Transformer(weights="nowhere").fit(samples, seed=3, budget=Budget(), report=lambda e: None)
    with pytest.raises(UsageError, match="there is no device 'abacus' here"):
        Transformer(weights=str(path), device="abacus").fit(samples, seed=3, budget=Budget(), report=lambda e: None)
    with pytest.raises(DataError, match="holds no curves of a training"):
        history_of(str(path))


def test_an_input_that_does_not_vary_is_left_out_and_chance_elsewhere_is_left_alone(tmp_path):
    path = tmp_path / "own.safetensors"
    torch.manual_seed(2)
    save_model(path, Model(TINY), {})
    x = np.column_stack([np.linspace(-2, 2, 60), np.full(60, 7.0)])
    samples = Samples(variables=("x", "z"), x=x, y=3.0 * x[:, 0] ** 2 - 1.0)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # noqa: NPY002 - the global one
    fit = Transformer(weights=str(path), samples=32).fit(
        samples, seed=3, budget=Budget(seconds=20), report=lambda e: None
    )
    assert fit.expression == Expression.parse("3*x**2 - 1")
    assert torch.equal(before[0], torch.get_rng_state())
    assert before[1] == np.random.get_state()[1].tolist()  # noqa: NPY002


def test_without_re_spelling_constants_stay_as_they_were_fitted(tmp_path):
    torch.manual_seed(2)
    path = tmp_path / "own.safetensors"
    save_model(path, Model(TINY), {})
    x = np.linspace(-2, 2, 60)
    noise = 0.01 * np.random.default_rng(0).normal(size=60)
    samples = Samples(variables=("x",), x=x[:, None], y=3.0 * x**2 - 1.0 + noise)
    short, long = (
        Transformer(weights=str(path), samples=32, respell=r).fit(
            samples, seed=3, budget=Budget(seconds=5), report=lambda e: None
        )
        for r in (True, False)
    )
    assert len(str(short.expression)) < len(str(long.expression))


@pytest.mark.parametrize("method", [Transformer(), PriorSampling(), WorkshopNetwork()], ids=lambda method: method.name)
def test_a_constant_target_or_input_needs_no_search(method):
    x = np.linspace(-2, 2, 50)[:, None]
    seen: list[Expression] = []
    for inputs, target, value in ((x, np.full(50, 0.25), 0.25), (np.ones((50, 1)), x[:, 0] ** 2 + 1, 2.3877551)):
        samples = Samples(variables=("x",), x=inputs, y=target)
        fit = method.fit(samples, seed=0, budget=Budget(), report=seen.append)
        assert fit.expression.value == pytest.approx(value)
        assert list(fit.candidates) == [fit.expression]
        assert fit.extras == {"reason": "the target or all inputs are constant"}
        assert seen.pop() == fit.expression


def test_numbers_out_of_the_range_of_squares_are_refused():
    x = np.linspace(1, 2, 50)[:, None]
    samples = Samples(variables=("x",), x=x, y=1e80 * x[:, 0])
    with pytest.raises(FitError, match="the largest size of the target is 2e"):
        Transformer().fit(samples, seed=0, budget=Budget(), report=lambda e: None)


def test_sampling_from_the_prior_finds_a_polynomial_and_repeats_itself():
    x = np.linspace(-2, 2, 60)[:, None]
    samples = Samples(variables=("t",), x=x, y=3.0 * x[:, 0] ** 2 - 1.0)
    one, other = (
        PriorSampling().fit(samples, seed=1, budget=Budget(seconds=20), report=lambda e: None) for _ in range(2)
    )
    assert one.expression == other.expression == Expression.parse("3*t**2 - 1")
