"""The method `workshop-network`."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer import WorkshopNetwork
from srbench_transformer.baseline_grammar import (
    GRID,
    FunctionTable,
    evaluate,
)
from srbench_transformer.baseline_network import BaselineNetwork
from srbench_transformer.baseline_training import recovery, train_baseline_network
from srbench_transformer.shipped import save_model
from srbench_transformer.training_examples import TrainingExamples

from srbench_lite import Budget, DataError, Expression, Samples, UsageError

FORMULAS = (("+", "x", "sin", "x"), ("*", "x", "x"), ("exp", "*", "x", "x"), ("-", "tan", "x", "exp", "x"))


def _table(*splits: str) -> FunctionTable:
    values = np.stack([evaluate(formula) for formula in FORMULAS])
    return FunctionTable(FORMULAS, values, np.array(splits), np.arange(len(FORMULAS)))


@pytest.fixture(name="few", scope="module")
def _few() -> FunctionTable:
    return _table("training", "training", "training", "training")


def test_the_method_writes_what_its_network_has_learned_and_scales_it(few, tmp_path):
    network = train_baseline_network(TrainingExamples(few), steps=600, seed=0, log=lambda *told: None)
    assert recovery(few, "training", network.write, 10, 0).sampled == 1.0
    path = tmp_path / "own.safetensors"
    save_model(path, network, {})
    method = WorkshopNetwork(weights=str(path))
    rng = np.random.default_rng(2)
    x = np.sort(rng.uniform(-1, 1, 80))[:, None]
    samples = Samples(variables=("t",), x=x, y=x[:, 0] + np.sin(x[:, 0]))
    one, other = (method.fit(samples, seed=3, budget=Budget(seconds=20), report=lambda e: None) for _ in range(2))
    assert one.expression == other.expression
    assert one.expression == Expression.parse("t + sin(t)")
    wide = Samples(variables=("t",), x=4 * x, y=1.1 * x[:, 0] ** 2)
    found = method.fit(wide, seed=3, budget=Budget(seconds=20), report=lambda e: None)
    np.testing.assert_allclose(found.expression({"t": 4 * x[:, 0]}), wide.y, rtol=1e-9)


@pytest.mark.parametrize("formula", ["sin(3.14159*x)", "0.0001*x", "1e6*x**2"])
def test_the_method_answers_whatever_the_size_of_the_target(formula):
    x = np.linspace(-1, 1, 100)  # where 0 is not among the points, and every point is on the grid
    samples = Samples(variables=("x",), x=x[:, None], y=Expression.parse(formula)({"x": x}))
    fit = WorkshopNetwork().fit(samples, seed=0, budget=Budget(seconds=5), report=lambda e: None)
    assert np.isfinite(fit.expression({"x": x})).all()
    assert np.mean((fit.expression({"x": x}) - samples.y) ** 2) <= np.var(samples.y)


def test_a_target_that_is_zero_at_every_point_of_the_grid_is_answered():
    x = np.concatenate([GRID, np.linspace(-0.95, 0.95, 7)])
    y = np.where(np.isin(x, GRID), 0.0, 1.0)
    fit = WorkshopNetwork().fit(
        Samples(variables=("x",), x=x[:, None], y=y), seed=0, budget=Budget(seconds=5), report=lambda e: None
    )
    assert np.isfinite(fit.expression({"x": x})).all()


def test_weights_of_another_network_are_refused(tmp_path):
    path = tmp_path / "other.safetensors"
    torch.manual_seed(0)
    network = BaselineNetwork()
    network.decoder = torch.nn.Sequential(torch.nn.Linear(3, 3))
    save_model(path, network, {})
    samples = Samples(variables=("x",), x=np.linspace(-1, 1, 30)[:, None], y=np.linspace(0, 1, 30) ** 2)
    with pytest.raises(DataError, match="holds no network of the workshop"):
        WorkshopNetwork(weights=str(path)).fit(samples, seed=0, budget=Budget(), report=lambda e: None)
    with pytest.raises(UsageError, match=r"workshop-network\.samples must be at least 1, got 0"):
        WorkshopNetwork(samples=0)
