"""Corpora go on where they were, with the same bytes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from srbench_weight_decoder.corpus import Settings, generate, load
from srbench_weight_decoder.network_training import Recipe
from srbench_weight_decoder.shipped import load_start

from srbench_lite import DataError, UsageError

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
