"""The training of the transformer: what it draws, how it learns, and how it goes on from a checkpoint."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import numpy as np
import pytest
import torch
from srbench_transformer.conversion import held_out
from srbench_transformer.generator import split_of
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import BEGIN, END, PAD, TOKENS
from srbench_transformer.training import TrainingConfig, draw_chunk, loss_of, train
from srbench_weight_decoder import read_tensors, write_tensors

from srbench_lite import DataError, UsageError


def test_training_never_draws_a_classic_nor_another_split():
    """The functions of the first steps of the training with the seed of the weights that ship."""
    seen = draw_chunk(0, 0, 1, 2000, 0.4)[0].tokens
    drawn = {tuple(TOKENS[c] for c in row if c not in (PAD, BEGIN, END)) for row in seen.tolist()}
    assert len(drawn) > 500
    assert not drawn & held_out()
    assert {split_of(tokens) for tokens in drawn} == {"training"}
    other = draw_chunk(1, 0, 1, 200, 0.4, split="held-out")[0].tokens
    assert not drawn & {tuple(TOKENS[c] for c in row if c not in (PAD, BEGIN, END)) for row in other.tolist()}


def test_the_same_seed_draws_the_same():
    one, other = draw_chunk(3, 5, 2, 20, 0.5)[1], draw_chunk(3, 5, 2, 20, 0.5)[1]
    np.testing.assert_array_equal(one.features, other.features)
    np.testing.assert_array_equal(one.tokens, other.tokens)
    np.testing.assert_array_equal(one.spectrum, other.spectrum)
    assert np.isfinite(one.features).all()
    assert np.isfinite(one.spectrum).all()
    assert (one.tokens != draw_chunk(3, 6, 2, 20, 0.5)[1].tokens).any()


TINY = Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)


def test_a_training_that_was_stopped_ends_in_the_same_weights(tmp_path):
    config = TrainingConfig(steps=5, batch=4, every=2, warm_up=2, watched=8)

    def run(path, log=lambda entry: None):
        return train(TINY, config, path, log, threads=1, seconds=lambda: 0.0)

    whole, _ = run(None)

    def stopping(entry):
        raise KeyboardInterrupt

    path = tmp_path / "model.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        run(path, stopping)
    again, history = run(path)
    assert [entry.step for entry in history] == [2, 4, 5]
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    longer = tmp_path / "longer.checkpoint"
    with pytest.raises(KeyboardInterrupt):  # before rates fall, a longer config is the same so far
        train(TINY, replace(config, steps=10), longer, stopping, threads=1, seconds=lambda: 0.0)
    again, _ = run(longer)
    assert all(torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True))
    with pytest.raises(UsageError, match="another training"):
        train(TINY, replace(config, steps=6), path, lambda entry: None, threads=1, seconds=lambda: 0.0)


def test_a_few_functions_can_be_learned_by_heart():
    (drawn,) = draw_chunk(0, 0, 1, 8, 0.5, noisy=False)
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


def test_a_checkpoint_keeps_its_form(tmp_path):
    """So that trainings that were begun by an earlier version go on."""
    config = TrainingConfig(steps=1, batch=4, every=1, warm_up=2, watched=8)
    path = tmp_path / "model.checkpoint"
    train(TINY, config, path, lambda entry: None, threads=1, seconds=lambda: 0.0)
    tensors, about = read_tensors(path)
    assert set(about) == {"what", "step", "history"}
    assert about["what"] == {"shape": asdict(TINY), "course": asdict(config)}
    assert {name.split(".")[0] for name in tensors} == {"model", "optimiser"}
    about["history"] = [{"step": 1}]
    write_tensors(path, tensors, about)
    with pytest.raises(DataError, match=r"model\.checkpoint is no checkpoint of this training"):
        train(TINY, config, path, lambda entry: None, threads=1, seconds=lambda: 0.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"), ({"two": 1.5}, "two must be a share, 0 to 1, got 1.5"),
        ({"rate": 0.0}, "rate must be positive, got 0"),
    ],
)  # fmt: skip
def test_a_config_out_of_range_is_refused(wrong, said):
    with pytest.raises(UsageError, match=said):
        TrainingConfig(**wrong)
