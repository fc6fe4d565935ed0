"""The pool of functions that the encoder has read: drawn once, the same for the same seed, and nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from srbench_transformer.conversion import held_out
from srbench_transformer.diffusion_examples import pool, read_functions, write_chunk
from srbench_transformer.generator import split_of
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import PAD, TOKENS, parse
from srbench_weight_decoder import write_tensors

from srbench_lite import DataError, UsageError


def test_skeletons_are_whole_and_of_their_split() -> None:
    for split in ("training", "validation"):
        seen = read_functions("base", 3, 0, 24, split=split)
        assert seen.memory.shape == (24, load_model("base").shape.latents, load_model("base").shape.width)
        skeletons = [tuple(TOKENS[code] for code in row if code != PAD) for row in seen.tokens.tolist()]
        assert seen.lengths.tolist() == [len(skeleton) for skeleton in skeletons]
        assert {split_of(parse(skeleton).tokens) for skeleton in skeletons} == {split}
        assert not set(skeletons) & held_out()
        some = seen.rows(torch.tensor([4, 2]))
        assert torch.equal(some.memory, seen.memory[[4, 2]])
        assert some.tokens.shape[1] == int(seen.lengths[[4, 2]].max())


def test_a_pool_is_drawn_once_and_looked_at_in_circles(tmp_path: Path) -> None:
    """One chunk is there, the other is drawn by another process."""
    write_chunk(tmp_path / "0000.safetensors", {"reader": "base", "seed": 3}, 0, 8)
    seen = list(pool(tmp_path, "base", 3, 2, 8, 1, 6))
    assert len(seen) == 5
    assert torch.equal(seen[0].tokens, seen[2].tokens)
    assert torch.equal(seen[1].memory, seen[3].memory)
    assert not torch.equal(seen[0].tokens, seen[1].tokens)
    drawn = read_functions("base", 3, 1, 8)
    assert torch.equal(seen[0].tokens.long(), drawn.tokens)
    with pytest.raises(UsageError, match="is of another pool"):
        list(pool(tmp_path, "base", 4, 2, 8, 0, 1))
    with pytest.raises(UsageError, match="is of another pool"):
        list(pool(tmp_path, "base", 3, 2, 9, 0, 1))
    write_tensors(tmp_path / "0000.safetensors", {"memory": seen[0].memory}, {"reader": "base", "seed": 3})
    with pytest.raises(DataError, match="is no chunk of a pool: it has no 'tokens'"):
        list(pool(tmp_path, "base", 3, 2, 8, 0, 1))
