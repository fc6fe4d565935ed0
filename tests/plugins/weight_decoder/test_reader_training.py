"""The training of readers goes on from its checkpoint to the same weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from srbench_weight_decoder.architecture import ARCHITECTURES
from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.network_training import Recipe, chebyshev_nodes
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.reader import ReaderShape
from srbench_weight_decoder.reader_training import Examples, TrainingConfig, permute_units, train_reader
from srbench_weight_decoder.shipped import load_start
from srbench_weight_decoder.starts import glorot_starts

from srbench_lite import UsageError


@pytest.mark.parametrize("shape", ARCHITECTURES.values(), ids=lambda shape: shape.name)
def test_a_new_order_of_units_is_the_same_function(shape):
    weights, x = glorot_starts(shape, 4, 1), chebyshev_nodes(9)
    other = permute_units(shape, weights, torch.Generator().manual_seed(2))
    assert not torch.equal(other, weights)
    torch.testing.assert_close(shape.outputs(other, x), shape.outputs(weights, x))


POLY2 = family("poly2")


SMALL = Settings(architecture="tanh-152", networks=1100, recipe=Recipe(points=6, polish_steps=1))


def examples(tmp_path: Path) -> Examples:
    folder = tmp_path / "corpus"
    generate(replace(SMALL, networks=60), load_start("tanh-152"), folder, jobs=1, advance=lambda n, s: None)
    return Examples.of(POLY2, [load(folder)])


def test_a_training_that_was_stopped_ends_in_the_same_weights(tmp_path):
    seen = examples(tmp_path)
    built = ReaderShape(architecture="tanh-152", width=16, hidden=8)
    config = TrainingConfig(probe_steps=2, head_steps=4, steps=6, batch=8, every=2)
    whole, _ = train_reader(built, config, seen, seen, None, lambda entry: None)
    for stop in (1, 3, 4):

        def stopping(entry, after=stop, told=[0]):  # noqa: B006 - a count for each
            told[0] += 1
            if told[0] > after:
                raise KeyboardInterrupt

        path = tmp_path / f"{stop}.checkpoint"
        with pytest.raises(KeyboardInterrupt):
            train_reader(built, config, seen, seen, path, stopping)
        again, history = train_reader(built, config, seen, seen, path, lambda entry: None)
        assert [m.step for m in history] == [2, 4, 2, 4, 6]
        assert all(
            torch.equal(a, b) for a, b in zip(whole.state_dict().values(), again.state_dict().values(), strict=True)
        )
    with pytest.raises(UsageError, match="another training"):
        train_reader(built, replace(config, seed=1), seen, seen, path, lambda entry: None)
