"""The training of the denoiser: what it is given, how it learns, and how it goes on from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch
from srbench_transformer.denoiser import Denoiser, DenoiserShape
from srbench_transformer.diffusion_examples import ReadFunctions, read_functions, write_chunk
from srbench_transformer.diffusion_training import (
    DiffusionConfig,
    DiffusionLogEntry,
    diffusion_loss,
    one_part,
    train_denoiser,
)
from srbench_transformer.model import Model, Shape
from srbench_transformer.rounding import are_whole
from srbench_transformer.shipped import load_model, save_model
from srbench_transformer.tokens import PAD
from srbench_weight_decoder import read_tensors, write_tensors

from srbench_lite import DataError, UsageError

TINY = DenoiserShape(width=16, heads=2, layers=1, inner=2, embedding=4)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the file of a small model that reads."""
    path = tmp_path_factory.mktemp("reader") / "reader.safetensors"
    torch.manual_seed(0)
    save_model(path, Model(Shape(width=16, heads=2, latents=3, encoder=1, decoder=2, inner=2)), {})
    return str(path)


@pytest.fixture(scope="module")
def seen(reader: str) -> ReadFunctions:
    return read_functions(reader, 0, 0, 64)


def test_one_part_is_a_whole_formula_wherever_it_begins(seen: ReadFunctions) -> None:
    lengths = seen.lengths
    for chance in (0.0, 0.3, 0.5, 0.999):
        part = one_part(seen.tokens, lengths, torch.full((64,), chance))
        heads = (chance * lengths).long()
        assert torch.equal(part.int().argmax(1), heads)
        alone = [row[where] for row, where in zip(seen.tokens, part, strict=True)]
        assert all(bool(are_whole(tokens[None])[0]) for tokens in alone)
    whole = one_part(seen.tokens, lengths, torch.zeros(64))
    assert torch.equal(whole, seen.tokens != PAD)


def test_layers_begin_as_those_that_write(reader: str, tmp_path: Path) -> None:
    config = DiffusionConfig(
        reader=reader, steps=1, batch=4, chunks=1, chunk=4, every=1, watched=4, rate=1e-12, seed=3
    )  # fmt: skip
    denoiser, _ = trained(config, tmp_path / "a.checkpoint")
    writing = load_model(reader).writing[0]
    for name, tensor in denoiser.layers[0].state_dict().items():
        assert torch.allclose(tensor, writing.state_dict()[name], atol=1e-6), name


def test_a_few_functions_can_be_learned_by_heart(seen: ReadFunctions) -> None:
    some = seen.rows(torch.arange(8))
    torch.manual_seed(0)
    denoiser = Denoiser(replace(TINY, width=16, layers=2))
    optimiser = torch.optim.AdamW(denoiser.parameters(), lr=1e-2)
    losses = []
    for step in range(300):
        optimiser.zero_grad()
        loss = diffusion_loss(denoiser, some, torch.Generator().manual_seed(step))
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert sum(losses[-20:]) < 0.4 * sum(losses[:20])


def trained(
    config: DiffusionConfig, path: Path, log: Callable[[DiffusionLogEntry], None] = lambda entry: None
) -> tuple[Denoiser, list[DiffusionLogEntry]]:
    """Train, on a pool that is drawn here: other processes are slow to start."""
    folder = path.with_suffix(".pool")
    folder.mkdir(exist_ok=True)
    for number in range(config.chunks):
        about: dict[str, str | int] = {"reader": config.reader, "seed": config.seed}
        write_chunk(folder / f"{number:04}.safetensors", about, number, config.chunk)
    return train_denoiser(TINY, config, path, log, threads=1, seconds=lambda: 0.0)


def test_a_training_that_was_stopped_ends_in_the_same_weights(reader: str, tmp_path: Path) -> None:
    config = DiffusionConfig(reader=reader, steps=7, batch=4, chunks=2, chunk=8, every=3, warm_up=2, watched=4)

    def stopping(entry: DiffusionLogEntry) -> None:
        raise KeyboardInterrupt

    def same(one: Denoiser, other: Denoiser) -> bool:
        pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
        return all(torch.equal(a, b) for a, b in pairs)

    path = tmp_path / "a.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        trained(config, path, stopping)
    longer = tmp_path / "b.checkpoint"
    again, history = trained(config, path)
    assert [entry.step for entry in history] == [3, 6, 7]
    whole, _ = trained(config, tmp_path / "c.checkpoint")
    assert same(whole, again)
    with pytest.raises(KeyboardInterrupt):  # before rates fall, a longer training is the same so far
        trained(replace(config, steps=10), longer, stopping)
    assert same(whole, trained(config, longer)[0])
    with pytest.raises(UsageError, match="another training"):
        trained(replace(config, steps=8), path)


def test_a_checkpoint_keeps_its_form(reader: str, tmp_path: Path) -> None:
    """So that trainings that were begun by an earlier version go on."""
    config = DiffusionConfig(reader=reader, steps=1, batch=4, chunks=1, chunk=4, every=1, watched=4)
    path = tmp_path / "a.checkpoint"
    trained(config, path)
    tensors, about = read_tensors(path)
    assert about["what"] == {"shape": asdict(TINY), "course": asdict(config)}
    assert {name.split(".")[0] for name in tensors} == {"model", "optimiser"}
    about["history"] = [{"step": 1}]
    write_tensors(path, tensors, about)
    with pytest.raises(DataError, match=r"a\.checkpoint is no checkpoint of this training"):
        trained(config, path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"steps": 0}, "steps must be at least 1, got 0"),
        ({"chunk": 100}, "chunk must be a multiple of batch, got 100 and 256"),
        ({"rate": 0.0}, "rate must be positive, got 0"),
    ],
)
def test_a_config_out_of_range_is_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        DiffusionConfig(**wrong)
