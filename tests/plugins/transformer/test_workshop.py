"""The workshop's grammar, its split, the two models that learn it, and the method `workshop-network`."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from srbench_transformer import WorkshopNetwork
from srbench_transformer.cli import cli
from srbench_transformer.lessons import Lessons
from srbench_transformer.model import Shape
from srbench_transformer.shipped import save_model
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES
from srbench_transformer.workshop import GRID, LARGEST, Table, drawn, evaluated, same, table
from srbench_transformer.workshop_pipeline import expression_of
from srbench_transformer.workshop_training import (
    Connected,
    formula_of,
    learn_connected,
    learn_transformer,
    looked_up,
    recovery,
    written_by,
)

from srbench_lite import Budget, DataError, Expression, Samples, UsageError

FORMULAS = (("+", "x", "sin", "x"), ("*", "x", "x"), ("exp", "*", "x", "x"), ("-", "tan", "x", "exp", "x"))


@pytest.fixture(name="few", scope="module")
def _few() -> Table:
    return _table("training", "training", "training", "training")


def _table(*splits: str) -> Table:
    values = np.stack([evaluated(formula) for formula in FORMULAS])
    return Table(FORMULAS, values, np.array(splits), np.arange(len(FORMULAS)))


def test_formulas_have_the_operators_of_the_workshop_and_values_of_our_own_reader():
    for tokens in itertools.islice(drawn(random.Random(0)), 200):
        binary = sum(token in ("+", "-", "*") for token in tokens)
        unary = sum(token in ("abs", "sin", "tan", "exp") for token in tokens)
        assert 1 <= binary <= 4
        assert 1 <= unary <= 3
        found = evaluated(tokens)
        with np.errstate(all="ignore"):
            wanted = expression_of(tokens, Expression.variable("x"))({"x": GRID})
        if found is None:
            assert not np.abs(wanted).max() < LARGEST
        else:
            np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_no_function_stands_in_two_splits_nor_twice():
    functions = table(3000, 0)
    assert len(functions.formulas) > 500
    assert set(functions.splits) == {"training", "validation", "test"}
    rounded = [tuple(np.round(values, 7) + 0.0) for values in functions.values]
    assert len(set(rounded)) == len(rounded)
    known = functions.values[functions.rows("training")]
    for row in functions.rows("test")[:50]:
        assert not any(same(each, functions.values[row]) for each in known)
    again = table(3000, 0)
    assert again.formulas == functions.formulas
    assert (again.splits == functions.splits).all()


def test_of_the_spellings_of_a_function_the_shortest_is_kept():
    functions = table(20_000, 1)
    lengths = {tuple(np.round(v, 7) + 0.0): len(f) for v, f in zip(functions.values, functions.formulas, strict=True)}
    for tokens in itertools.islice(drawn(random.Random(1)), 500):  # those that the table was made from
        values = evaluated(tokens)
        if values is not None:
            assert lengths[tuple(np.round(values, 7) + 0.0)] <= len(tokens)


def test_only_whole_formulas_are_formulas():
    codes = {token: code for code, token in enumerate(VOCABULARIES["workshop"].tokens)}
    row = [codes[token] for token in ("+", "x", "sin", "x")]
    assert formula_of([*row, END, PAD]) == ("+", "x", "sin", "x")
    assert formula_of(row) is None  # it never ends
    assert formula_of([*row[:-1], END]) is None  # something is missing
    assert formula_of([*row, codes["x"], END]) is None  # something is left over
    assert formula_of([codes["+"], BEGIN, codes["x"], END]) is None


def test_a_transformer_learns_a_few_functions_by_heart(few):
    losses: list[float] = []
    shape = Shape(width=32, heads=2, latents=4, encoder=1, decoder=1, vocabulary="workshop")
    model = learn_transformer(Lessons(few), shape, steps=150, seed=0, say=lambda step, loss, there: losses.append(loss))
    found = recovery(few, "training", written_by(model), 10, 0)
    assert (found.functions, found.greedy, found.sampled) == (4, 1.0, 1.0)
    assert losses


def test_a_training_that_was_cut_off_ends_at_the_same_weights(tmp_path, monkeypatch):
    """Those with the least loss on the validation split, whatever is left out by chance."""
    monkeypatch.setattr("srbench_transformer.workshop_training._EVERY", 4)
    few = _table("training", "training", "validation", "training")
    shape = Shape(width=16, heads=2, latents=2, encoder=1, decoder=1, vocabulary="workshop", dropout=0.2)
    whole = learn_transformer(Lessons(few), shape, steps=10, seed=0, say=lambda *told: None)
    path = tmp_path / "workshop.checkpoint"
    told: list[int] = []

    def cut_off(step: int, loss: float, there: float) -> None:
        told.append(step)
        if step == 8 and len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_transformer(Lessons(few), shape, steps=10, seed=0, say=cut_off, checkpoint=path)
    again = learn_transformer(Lessons(few), shape, steps=10, seed=0, say=cut_off, checkpoint=path)
    assert told == [4, 8, 10]
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name
    with pytest.raises(UsageError, match="checkpoint of another training"):
        learn_transformer(Lessons(few), shape, steps=11, seed=0, say=cut_off, checkpoint=path)
    path.write_bytes(b"something else")
    with pytest.raises(DataError, match="cannot be read"):
        learn_transformer(Lessons(few), shape, steps=10, seed=0, say=cut_off, checkpoint=path)


def test_the_nearest_training_function_is_itself_or_another(few):
    assert looked_up(few, "training", 10, 0).greedy == 1.0
    functions = table(3000, 0)
    assert looked_up(functions, "test", 30, 0).greedy == 0.0


def test_the_method_writes_what_its_network_has_learned_and_scales_it(few, tmp_path):
    network = learn_connected(Lessons(few), steps=600, seed=0, say=lambda *told: None)
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
    network = Connected()
    network.decoder = torch.nn.Sequential(torch.nn.Linear(3, 3))
    save_model(path, network, {})
    samples = Samples(variables=("x",), x=np.linspace(-1, 1, 30)[:, None], y=np.linspace(0, 1, 30) ** 2)
    with pytest.raises(DataError, match="holds no network of the workshop"):
        WorkshopNetwork(weights=str(path)).fit(samples, seed=0, budget=Budget(), report=lambda e: None)
    with pytest.raises(ValueError, match="samples must be at least 1, got 0"):
        WorkshopNetwork(samples=0)


def test_the_command_compares_the_models_and_writes_the_small_one(tmp_path):
    path = tmp_path / "small.safetensors"
    asked = ["--draws", "500", "--longest", "6", "--steps", "3", "--connected-steps", "3"]
    asked += ["--functions", "4", "--threads", "1"]
    said = CliRunner().invoke(cli, ["workshop", *asked, "--out", str(path)])
    assert said.exit_code == 0, said.output
    rows = [line.split(" | ")[0].strip("| ") for line in said.output.splitlines() if line.startswith("| ")]
    assert rows == ["model", "transformer", "fully connected, as published", "nearest training function"]
    assert path.stat().st_size < 500_000


def test_too_few_draws_are_refused_before_anything_is_trained():
    said = CliRunner().invoke(cli, ["workshop", "--draws", "3", "--longest", "0"])
    assert isinstance(said.exception, UsageError)
    assert "raise --draws" in str(said.exception)
