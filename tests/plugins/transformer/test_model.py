"""The transformer: what it is shown, what it writes, how it is trained, and the method with its weights."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from srbench_transformer import Transformer
from srbench_transformer.cli import cli
from srbench_transformer.encoding import FEATURES, SPECTRUM, encoded, spectrum
from srbench_transformer.generator import values
from srbench_transformer.model import Model, Shape
from srbench_transformer.shipped import history_of, save_model
from srbench_transformer.tasks import expression_of
from srbench_transformer.tokens import ARITY, BEGIN, CODES, END, PAD, TOKENS, parse
from srbench_transformer.training import Course, chunk, learn, loss_of
from srbench_transformer.workshop import evaluated, same, split_of

from srbench_lite import Budget, DataError, Expression, Samples, UsageError

TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)


def test_scales_and_shifts_are_not_seen():
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-1, 1, (1, 30, 2)), rng.normal(size=(1, 30))
    one, other = encoded(x, y), encoded(x * 8.0, y * 4.0 + 2.0)
    assert one.shape == (1, 30, FEATURES)
    bits = np.abs(one - other) > 1e-5
    assert bits.mean() < 0.01  # rounding turns the last bits of a few
    assert np.abs(encoded(x, y) - encoded(x, -y)).max() > 1


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(1)
    return Model(TINY).eval()


def read(model, seed=0):
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(-1, 1, (1, 20, 1)), rng.normal(size=(1, 20))
    return model.read(torch.from_numpy(encoded(x, y)), torch.from_numpy(spectrum(x, y)))


@torch.no_grad()
def test_only_whole_formulas_are_written_and_their_likelihood_is_that_of_the_model(model):
    memory = read(model)
    tokens, likelihood = model.write(memory, 200, temperature=3.0, generator=torch.Generator().manual_seed(0))
    for row, value in zip(tokens.tolist(), likelihood.tolist(), strict=True):
        text = [TOKENS[c] for c in row if c not in (PAD, END)]
        assert parse(text).tokens
        whole = torch.tensor([[BEGIN, *(CODES[t] for t in text), END]])
        scores = model(memory, whole[:, :-1]).log_softmax(2)
        assert value == pytest.approx(float(scores.gather(2, whole[:, 1:, None]).sum()), abs=1e-3)
    assert len({tuple(row) for row in tokens.tolist()}) > 20


@torch.no_grad()
def test_greedy_is_a_beam_of_one_and_wider_beams_are_likelier(model):
    memory = read(model, 1)
    greedy, likelihood = model.write(memory, 1, temperature=0.0, generator=torch.Generator())
    one, many = model.beam(memory, 1), model.beam(memory, 12)
    trimmed = [t for t in greedy[0].tolist() if t != PAD]
    assert [t for t in one[0].tolist() if t != PAD] == trimmed

    def score(row):
        whole = torch.tensor([[BEGIN, *(t for t in row.tolist() if t != PAD)]])
        return float(model(memory, whole[:, :-1]).log_softmax(2).gather(2, whole[:, 1:, None]).sum())

    scores = [score(row) for row in many]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] >= float(likelihood[0]) - 1e-4


@pytest.mark.parametrize("count", [1, 2])
def test_a_spectrum_is_of_the_function_and_not_of_its_scale(count):
    """A polynomial leaves nothing above its degree; a wave leaves something at every degree."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (3, 40, count))
    y = np.stack([x[0, :, 0] ** 3 - x[0, :, -1], np.sin(9 * x[1, :, 0]), np.zeros(40)])
    found = spectrum(x, y)
    assert found.shape == (3, SPECTRUM)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(spectrum(x * 5.0, y * 3.0 + 2.0)[:2], found[:2], atol=2e-2)
    left = 4 * 28 + (count - 1) * 15
    assert found[0, left + 2] > -0.2
    assert found[0, left + 3] < -0.3
    assert found[1, left + 3] > 0.4
    assert np.isfinite(spectrum(x[:, :5], y[:, :5])).all()  # fewer points than terms


def test_a_training_that_was_stopped_ends_in_the_same_weights(tmp_path):
    course = Course(steps=5, batch=4, every=2, warm_up=2, watched=8)

    def run(path, advance=lambda moment: None):
        return learn(TINY, course, path, advance, threads=1, seconds=lambda: 0.0)

    whole, _ = run(None)

    def stopping(moment):
        raise KeyboardInterrupt

    path = tmp_path / "model.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        run(path, stopping)
    again, history = run(path)
    assert [moment.step for moment in history] == [2, 4, 5]
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    longer = tmp_path / "longer.checkpoint"
    with pytest.raises(KeyboardInterrupt):  # before rates fall, a longer course is the same so far
        learn(TINY, replace(course, steps=10), longer, stopping, threads=1, seconds=lambda: 0.0)
    again, _ = run(longer)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    with pytest.raises(UsageError, match="another training"):
        learn(TINY, replace(course, steps=6), path, lambda moment: None, threads=1, seconds=lambda: 0.0)


def test_a_few_functions_can_be_learned_by_heart():
    (drawn,) = chunk(0, 0, 1, 8, 0.5, noisy=False)
    torch.manual_seed(0)
    model = Model(Shape(width=32, heads=2, latents=4, encoder=1, decoder=1))
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    first = float(loss_of(model, drawn).detach())
    for _ in range(150):
        optimiser.zero_grad()
        loss = loss_of(model, drawn)
        loss.backward()
        optimiser.step()
    assert math.isfinite(first)
    assert loss.item() < 0.1 * first


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


def test_a_training_has_curves_and_its_weights_are_a_method(tmp_path):
    path = tmp_path / "mine.safetensors"
    asked = [
        "train", "--steps", "2", "--width", "16", "--heads", "2", "--encoder", "1", "--decoder", "1", "--every", "1",
        "--threads", "1", "--batch", "8", "--watched", "8",
    ]  # fmt: skip
    said = CliRunner().invoke(cli, [*asked, "--out", str(path)])
    assert said.exit_code == 0, said.output
    assert [moment["step"] for moment in history_of(str(path))] == [1, 2]
    drawn = CliRunner().invoke(cli, ["curves", "--weights", str(path), "--out", str(tmp_path / "curves")])
    assert drawn.exit_code == 0, drawn.output
    assert {p.name for p in (tmp_path / "curves").iterdir()} == {"training.png", "training.svg"}


def test_sample_shows_what_is_drawn(tmp_path):
    shown = CliRunner().invoke(cli, ["sample", "--count", "5", "--variables", "2", "--out", str(tmp_path / "sheet")])
    assert shown.exit_code == 0, shown.output
    assert "5 of" in shown.output
    assert {p.name for p in (tmp_path / "sheet").iterdir()} == {
        "functions.png", "functions.svg", "tokens.png", "tokens.svg",
    }  # fmt: skip


def test_sample_shows_functions_of_the_workshop_by_split(tmp_path):
    arguments = ["sample", "--grammar", "workshop", "--count", "12", "--split"]
    by_split = {}
    for split in ("training", "held-out"):
        shown = CliRunner().invoke(cli, [*arguments, split, "--out", str(tmp_path / split)])
        assert shown.exit_code == 0, shown.output
        assert (tmp_path / split / "functions.png").exists()
        tokens = [tuple(line.split()) for line in shown.output.splitlines()[2:36:3]]
        by_split[split] = [evaluated(formula) for formula in tokens]
        assert len(by_split[split]) == 12
    for one, other in itertools.product(*by_split.values()):
        assert not same(one, other)
    assert {split_of(found) for found in by_split["held-out"]} == {"test"}
    refused = CliRunner().invoke(cli, [*arguments, "training", "--variables", "2"])
    assert isinstance(refused.exception, UsageError)
    assert "one variable" in str(refused.exception)


def test_arities_are_those_of_the_tokens():
    assert [ARITY[CODES[token]] for token in ("+", "sin", "x1", "end")] == [2, 1, 0, -1]
    assert expression_of(("pow", ("x", 0), 3), ("t",)) == Expression.parse("t**3")
    assert values(("sub", ("x", 0), ("c", 1.0)), np.array([[3.0]])).tolist() == [2.0]
