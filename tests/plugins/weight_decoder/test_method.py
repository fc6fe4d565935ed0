"""The weight decoder's parts: spelling and grammar, gradients, training, corpora, refinement, and what ships."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from srbench_weight_decoder import NetworkPolyfit, WeightDecoder, WeightMean, WeightRegressor
from srbench_weight_decoder.architecture import ARCHITECTURES, architecture
from srbench_weight_decoder.build import CARD, Plan, build, scored
from srbench_weight_decoder.cli import cli
from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.evaluation import read_all, refined_all, score, spelled_out
from srbench_weight_decoder.framing import Frame
from srbench_weight_decoder.learning import Course, Examples, learn, permuted
from srbench_weight_decoder.polynomials import FAMILIES, family, spelled, split_of
from srbench_weight_decoder.rate import one_at_a_time
from srbench_weight_decoder.reader import ReaderShape
from srbench_weight_decoder.refinement import refined
from srbench_weight_decoder.shipped import WEIGHTS, load_reader, load_start, save_starts
from srbench_weight_decoder.starts import plain, targets
from srbench_weight_decoder.tokens import Grammar, read
from srbench_weight_decoder.training import Recipe, chebyshev, train

from srbench_lite import Budget, DataError, Method, Samples, UsageError

POLY2 = family("poly2")


# --- spelling and grammar -------------------------------------------------------------------------------------------


@given(st.sampled_from(sorted(FAMILIES)), st.integers(0, 2**32))
def test_what_is_spelled_is_accepted_and_read_back(name, seed):
    drawn = FAMILIES[name].draw(5, np.random.default_rng(seed))
    for coefficients in drawn:
        text = spelled(FAMILIES[name], coefficients)
        assert Grammar.of(FAMILIES[name]).accepts(text)
        assert (read(FAMILIES[name], text) == coefficients).all()


@pytest.mark.parametrize("text", ["", "x+x*x", "1*x", "2.50", "+x", "x+0", "0*x", "x*x*x", "1.234", "--x", "12", "2*"])
def test_what_is_not_canonical_is_refused(text):
    with pytest.raises(UsageError, match="no canonical spelling"):
        read(POLY2, text)


def test_no_polynomial_stands_in_two_splits():
    held = POLY2.draw(500, np.random.default_rng(1), split="held-out")
    assert set(split_of(held)) == {"held-out"}
    assert not {tuple(c) for c in held} & {tuple(c) for c in POLY2.draw(5000, np.random.default_rng(2))}


# --- networks -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", ARCHITECTURES.values(), ids=lambda shape: shape.name)
def test_the_gram_matrix_is_that_of_the_jacobian_by_autograd(shape):
    weights, x = plain(shape, 2, 3), chebyshev(7)
    jacobian = torch.stack(
        [torch.autograd.functional.jacobian(lambda w: shape.outputs(w[None], x)[0], row) for row in weights]
    )
    trace = shape.trace(weights, x)
    deltas = shape.deltas(weights, trace)
    z = torch.randn(2, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(shape.gram(trace, deltas), jacobian @ jacobian.mT)
    torch.testing.assert_close(shape.pulled_back(trace, deltas, z), (z[:, None] @ jacobian)[:, 0])


@pytest.mark.parametrize("shape", ARCHITECTURES.values(), ids=lambda shape: shape.name)
def test_a_new_order_of_units_is_the_same_function(shape):
    weights, x = plain(shape, 4, 1), chebyshev(9)
    other = permuted(shape, weights, torch.Generator().manual_seed(2))
    assert not torch.equal(other, weights)
    torch.testing.assert_close(shape.outputs(other, x), shape.outputs(weights, x))


@pytest.mark.parametrize(("name", "learned"), [(n, a.identifiable) for n, a in ARCHITECTURES.items()])
def test_only_identifiable_networks_hold_a_quadratic(name, learned):
    x = chebyshev(24)
    y = targets(POLY2.powers, np.array([[3.0, 0.0, 1.0], [-2.0, 1.0, 4.0]]), x)
    _, mse = train(architecture(name), load_start(name), x, y, Recipe())
    assert bool((mse < 1e-5).all()) == learned
    assert bool((mse > 0.01).all()) != learned


# --- corpora --------------------------------------------------------------------------------------------------------

SMALL = Settings(architecture="tanh-152", networks=1100, recipe=Recipe(points=6, polish_steps=1))


def test_a_corpus_goes_on_where_it_was_and_has_the_same_bytes(tmp_path):
    start = load_start("tanh-152")
    told = []
    assert generate(SMALL, start, tmp_path / "a", jobs=2, advance=lambda n, s: told.append(n)) == 1100
    assert sum(told) == 1100
    shard = tmp_path / "a" / "00001.safetensors"
    before = shard.read_bytes()
    shard.unlink()
    with pytest.raises(DataError, match="1 of 2 shards are missing"):
        load(tmp_path / "a")
    assert generate(SMALL, start, tmp_path / "a", jobs=1, advance=lambda n, s: None) == 100
    assert shard.read_bytes() == before
    assert len(load(tmp_path / "a").weights) == 1100
    with pytest.raises(UsageError, match="seed is 0, not 5"):
        generate(replace(SMALL, seed=5), start, tmp_path / "a", jobs=1, advance=lambda n, s: None)
    shard.write_bytes(before[:100])
    with pytest.raises(DataError, match="remove it"):
        load(tmp_path / "a")


# --- readers --------------------------------------------------------------------------------------------------------


def examples(tmp_path: Path) -> Examples:
    folder = tmp_path / "corpus"
    generate(replace(SMALL, networks=60), load_start("tanh-152"), folder, jobs=1, advance=lambda n, s: None)
    return Examples.of(POLY2, [load(folder)])


def test_a_training_that_was_stopped_ends_in_the_same_weights(tmp_path):
    seen = examples(tmp_path)
    built = ReaderShape(architecture="tanh-152", width=16, hidden=8)
    course = Course(probe_steps=2, head_steps=4, steps=6, batch=8, every=2)
    whole, _ = learn(built, course, seen, seen, None, lambda moment: None)
    for stop in (1, 3, 4):

        def stopping(moment, after=stop, told=[0]):  # noqa: B006 - a count for each
            told[0] += 1
            if told[0] > after:
                raise KeyboardInterrupt

        path = tmp_path / f"{stop}.checkpoint"
        with pytest.raises(KeyboardInterrupt):
            learn(built, course, seen, seen, path, stopping)
        again, history = learn(built, course, seen, seen, path, lambda moment: None)
        assert [m.step for m in history] == [2, 4, 2, 4, 6]
        assert all(
            torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True)
        )
    with pytest.raises(UsageError, match="another training"):
        learn(built, replace(course, seed=1), seen, seen, path, lambda moment: None)


def test_what_ships_reads_networks_of_fresh_polynomials(tmp_path):
    settings = Settings(architecture="tanh-152", split="held-out", networks=200, seed=11)
    generate(settings, load_start("tanh-152"), tmp_path / "held", jobs=1, advance=lambda n, s: None)
    held = load(tmp_path / "held")
    for reading in ("weights", "probe"):
        written = spelled_out(POLY2, read_all(load_reader("poly2", "tanh-152", reading), held.weights))
        found = score(POLY2, POLY2.values(written), held.coefficients)
        assert found.structure >= 0.98
        assert found.exact >= 0.9
    assert score(POLY2, refined_all(held, written != 0), held.coefficients).exact >= 0.98


@pytest.mark.slow
def test_what_is_built_from_nothing_is_scored_and_drawn(tmp_path):
    plan = Plan(
        kinds=(("tanh-152", "poly2"),), seeds=1, networks=60, adam_networks=2, held_out=20, head_steps=2, steps=2,
        adam_steps=3,
    )  # fmt: skip
    said: list[str] = []
    begin = {"tanh-152": plain(architecture("tanh-152"), 1, 3)}
    (tmp_path / "weights").mkdir()
    save_starts(tmp_path / "weights", begin, {"seeds": 1})  # so that none is searched for
    card = build(plan, tmp_path / "weights", tmp_path / "work", jobs=1, say=said.append)
    written = {p.name: p.read_bytes() for p in (tmp_path / "weights").glob("*.safetensors")}
    assert set(written) == set(card["files"]) == {
        "starts.safetensors", "poly2-tanh-152-weights.safetensors", "poly2-tanh-152-probe.safetensors",
        "poly2-tanh-152-regressor.safetensors",
    }  # fmt: skip
    assert all(card["files"][n]["sha256"] == hashlib.sha256(content).hexdigest() for n, content in written.items())
    assert card["scores"]["held-out"]["tanh-152-poly2"]["least squares"]["networks"] == 20
    held = tmp_path / "work" / "tanh-152-poly2-held-out"
    figures = tmp_path / "figures"
    drawn = CliRunner().invoke(
        cli, ["figures", str(held), "--weights", str(tmp_path / "weights"), "--out", str(figures)]
    )
    assert drawn.exit_code == 0, drawn.output
    assert {p.name for p in figures.iterdir()} == {
        f"{name}.{kind}" for name in ("curves", "training", "accuracy") for kind in ("png", "svg")
    }
    for name in set(written) - {"starts.safetensors"}:
        (tmp_path / "weights" / name).unlink()
    build(plan, tmp_path / "weights", tmp_path / "work", jobs=2, say=said.append)  # on what is there
    assert {p.name: p.read_bytes() for p in (tmp_path / "weights").glob("*.safetensors")} == written
    with pytest.raises(UsageError, match="another start"):
        scored(load(held), WEIGHTS)


def test_the_card_is_that_of_the_weights():
    card = json.loads((WEIGHTS / CARD).read_text(encoding="utf-8"))
    there = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in WEIGHTS.glob("*.safetensors")}
    assert {name: described["sha256"] for name, described in card["files"].items()} == there
    text = (WEIGHTS.parent / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert all(digest in text for digest in there.values())
    assert sum(described["bytes"] for described in card["files"].values()) < 8e6


def test_one_at_a_time_learns_too():
    found = one_at_a_time("sigmoid-128", 2, epochs=60)
    assert found.networks == 2
    assert 0 < found.median_mse < 30
    assert found.per_second > 0


# --- refinement and frames ------------------------------------------------------------------------------------------


def test_refinement_takes_the_coarsest_decimals_that_the_error_allows():
    x = chebyshev(64).numpy()
    wave = np.cos(9 * np.arccos(x))
    truth = 1.98 * x**2 - 0.5 * x
    present = np.array([True, True, False])
    assert refined(x, truth + 1e-3 * wave, present).coefficients.tolist() == [1.98, -0.5, 0.0]
    assert refined(x, truth + 0.3 * wave, present).coefficients.tolist() == [2.0, -0.5, 0.0]


@given(st.floats(-50, 50), st.floats(0.01, 50), st.lists(st.integers(-400, 400), min_size=3, max_size=3))
def test_a_frame_is_undone(low, length, units):
    x = np.linspace(low, low + length, 50)
    y = np.polyval([3.0, 1.0, -2.0], x)
    frame = Frame.of(x, y)
    t = frame.t(x)
    assert np.abs(t).max() <= 1.2
    coefficients = np.array(units) / 100
    wanted = frame.height * np.polyval(coefficients, t)
    scale = np.abs(wanted).max() + frame.height * (1 + (np.abs(x).max() / frame.scale) ** 2)
    np.testing.assert_allclose(np.polyval(frame.unframed(coefficients), x), wanted, atol=1e-9 * scale)


@pytest.mark.parametrize("reading", ["weights", "probe", "refine"])
def test_the_method_finds_a_quadratic(reading):
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 2 - 0.5, variables=("x",))
    fit = WeightDecoder(reading=reading).fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert str(fit.expression).replace(" ", "") == "1.5*x**2-0.5"


def test_the_method_finds_a_quartic_where_it_is_asked_to():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 4 - 2.0 * x[:, 0] + 0.5, variables=("x",))
    method = WeightDecoder(family="poly4")
    fit = method.fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert str(fit.expression).replace(" ", "") == "1.5*x**4-2*x+0.5"
    with pytest.raises(ValueError, match="family must be one of poly2, got 'poly4'"):
        WeightDecoder(family="poly4", architecture="sigmoid-128")


def test_the_baselines_are_what_they_say():
    x = np.random.default_rng(0).uniform(-1, 1, (200, 1))
    samples = Samples(x=x, y=1.5 * x[:, 0] ** 2 - 0.5, variables=("x",))
    other = Samples(x=x, y=-4.0 * x[:, 0] + 1.0, variables=("x",))

    def found(method: Method, points: Samples) -> np.ndarray:
        fit = method.fit(points, seed=1, budget=Budget(), report=lambda expression: None)
        return fit.expression({"x": np.linspace(-1, 1, 20)})

    wanted = np.polyval([1.5, 0.0, -0.5], np.linspace(-1, 1, 20))
    np.testing.assert_allclose(found(NetworkPolyfit(), samples), wanted, atol=2e-3)
    assert np.abs(found(WeightRegressor(), samples) - wanted).mean() < 0.5 < np.abs(wanted).max()
    np.testing.assert_array_equal(found(WeightMean(), samples), found(WeightMean(), other))


def test_the_method_says_what_it_cannot_write():
    x = np.linspace(-1, 1, 100)[:, None]
    samples = Samples(x=x, y=np.sin(4 * x[:, 0]), variables=("x",))
    fit = WeightDecoder().fit(samples, seed=1, budget=Budget(), report=lambda expression: None)
    assert "degree at most 2" in fit.extras["beyond"]
