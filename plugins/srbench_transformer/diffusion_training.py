"""How the denoiser is trained: clean embeddings are made noisy, and it says what they were.

What a step sees depends on the seed and its number only, so a training that was killed goes on from its checkpoint to
the same weights as one that was not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from srbench_weight_decoder import check_numbers, read_checkpoint, take_step, write_checkpoint
from torch.nn import functional

from srbench_lite import UsageError, torch_threads
from srbench_transformer.denoiser import Denoiser, DenoiserShape, noise_levels
from srbench_transformer.diffusion_examples import ReadFunctions, pool, read_functions
from srbench_transformer.model import Model
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import ARITY, PAD

__all__ = ["DiffusionConfig", "DiffusionLogEntry", "diffusion_loss", "one_part", "train_denoiser"]

_WEIGHT_DECAY: Final = 0.01
#: Share of the functions of which all tokens but those of one part are given.
_INFILLED_SHARE: Final = 0.3
#: Share of the steps in which the denoiser sees what it said before.
_SELF_CONDITIONED_SHARE: Final = 0.5
#: Weight of the length in the loss.
_LENGTH_WEIGHT: Final = 0.1
#: How far lengths are shuffled before they are sorted into batches, in tokens.
_SHUFFLED_LENGTH: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionConfig:
    """How a training goes.

    Attributes:
        seed: of the weights and of everything that is drawn.
        reader: the model whose encoder reads the points, by name, or the path of a file.
        steps: of AdamW.
        batch: functions a step.
        rate: learning rate, after its rise; over the last `cooling` of the steps it falls to zero.
        warm_up: steps of its rise.
        cooling: share of the steps.
        chunks: of the pool of functions that is looked at again and again.
        chunk: functions of each, a multiple of `batch`, and of 256 or fewer than that.
        every: steps between checkpoints.
        watched: functions of the validation split on which the loss is taken then.

    Raises:
        UsageError: a number is out of its range.
    """

    seed: int = 4
    reader: str = "base"
    steps: int = 7_000
    batch: int = 256
    rate: float = 1e-3
    warm_up: int = 300
    cooling: float = 0.4
    chunks: int = 64
    chunk: int = 4_096
    every: int = 250
    watched: int = 512

    def __post_init__(self) -> None:
        least = {"seed": 0, "steps": 1, "batch": 1, "warm_up": 1, "chunks": 1, "chunk": 1, "every": 1, "watched": 1}
        check_numbers(self, at_least=least, positive=("rate",), shares=("cooling",))
        if self.chunk % self.batch:
            raise UsageError(f"chunk must be a multiple of batch, got {self.chunk} and {self.batch}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionLogEntry:
    """An entry of the log of a training.

    Attributes:
        step: number of steps taken.
        loss: mean since the entry before.
        validation: the same on functions whose skeletons are of the validation split, without noise of the points.
        seconds: since this process began to train.
    """

    step: int
    loss: float
    validation: float
    seconds: float


def diffusion_loss(denoiser: Denoiser, seen: ReadFunctions, generator: torch.Generator) -> torch.Tensor:
    """Return the loss at times and with noise that are drawn.

    It is the cross-entropy of the rounding, plus the squared error of the clean embeddings that are expected, a number
    (Li et al. 2022, equations 2 and 3), both averaged over the places that are noisy; plus a tenth of the cross-entropy
    of the length. Of three functions in ten, all but one part of the skeleton is given.
    """
    tokens, lengths = seen.tokens, seen.lengths
    count, longest = tokens.shape
    spread = (torch.arange(count) + torch.rand(count, generator=generator)) / count
    times = spread[torch.randperm(count, generator=generator)][:, None].expand(-1, longest)
    is_infilled = torch.rand(count, generator=generator) < _INFILLED_SHARE
    chances = torch.rand(count, generator=generator)
    noisy = torch.where(is_infilled[:, None], one_part(tokens, lengths, chances), tokens != PAD)
    times = torch.where(noisy, times, 0.0)
    embedded = denoiser.embed(tokens)
    clean, dirty = noise_levels(times)
    noise = torch.randn(embedded.shape, generator=generator)
    mixed = torch.where(noisy[..., None], clean[..., None] * embedded + dirty[..., None] * noise, embedded)
    remembered = denoiser.remembered(seen.memory)
    estimate = torch.zeros_like(mixed)
    if torch.rand(1, generator=generator).item() < _SELF_CONDITIONED_SHARE:
        with torch.no_grad():
            estimate = denoiser.mean_embedding(denoiser(mixed, times, estimate, lengths, remembered))
    logits = denoiser(mixed, times, estimate, lengths, remembered)
    error = (denoiser.mean_embedding(logits[noisy]) - embedded[noisy].detach()).square().mean()
    rounding = functional.cross_entropy(logits[noisy], tokens[noisy])
    length = functional.cross_entropy(denoiser.length_logits(seen.memory), lengths)
    return rounding + error + _LENGTH_WEIGHT * length


def one_part(tokens: torch.Tensor, lengths: torch.Tensor, chances: torch.Tensor) -> torch.Tensor:
    """Return where one part of each skeleton stands, the place of its head drawn: shape as `tokens`."""
    places = torch.arange(tokens.shape[1])
    heads = (chances * lengths).long()[:, None]
    arity = torch.tensor(ARITY)[tokens]
    missing = 1 + torch.where(places >= heads, arity - 1, 0).cumsum(1)  # arguments, after each place
    over = ((missing == 0) & (places >= heads)).int().cumsum(1)
    return (places >= heads) & ((over == 0) | ((over == 1) & (missing == 0) & (over.cumsum(1) == 1)))


def train_denoiser(
    shape: DenoiserShape, config: DiffusionConfig, checkpoint: Path, log: Callable[[DiffusionLogEntry], None], *,
    threads: int, seconds: Callable[[], float],
) -> tuple[Denoiser, list[DiffusionLogEntry]]:  # fmt: skip
    """Train a denoiser.

    Its layers begin as the first writing layers of the model whose encoder reads, where they have the same shape.

    Args:
        shape: how large it is.
        config: how it is trained.
        checkpoint: a file to write now and then, and to go on from where it is there; the pool stands beside it, with
            the ending .pool.
        log: called with every entry of the log.
        threads: of torch.
        seconds: returns the time since the beginning, for the log.

    Raises:
        UsageError: the checkpoint or the pool is one of another training.
        DataError: the checkpoint or the pool cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        denoiser = Denoiser(shape)
    _begin_as(denoiser, load_model(config.reader))
    with torch_threads(threads):
        optimiser = torch.optim.AdamW(
            denoiser.parameters(), lr=config.rate, betas=(0.9, 0.98), weight_decay=_WEIGHT_DECAY
        )
        training = {"shape": asdict(shape), "course": asdict(config)}
        step, history = _restored(checkpoint, training, denoiser, optimiser)
        watched = read_functions(config.reader, config.seed + 1, 0, config.watched, split="validation")
        steps_in_a_chunk = config.chunk // config.batch
        first, last = step // steps_in_a_chunk, -(-config.steps // steps_in_a_chunk)
        losses: list[float] = []
        folder = checkpoint.with_suffix(".pool")
        chunks = pool(folder, config.reader, config.seed, config.chunks, config.chunk, first, last)
        for number, chunk in enumerate(chunks, first):
            for place, rows in enumerate(_batches(chunk, config, number)):
                now = number * steps_in_a_chunk + place
                if not step <= now < config.steps:
                    continue
                generator = torch.Generator().manual_seed(config.seed * 1_000_003 + now)
                loss = diffusion_loss(denoiser, chunk.rows(rows), generator)
                take_step(optimiser, loss, _rate(config, now), clipped=denoiser.parameters())
                losses.append(loss.item())
                if (now + 1) % config.every == 0 or now + 1 == config.steps:
                    with torch.no_grad():
                        validation = diffusion_loss(denoiser, watched, torch.Generator().manual_seed(0)).item()
                    entry = DiffusionLogEntry(
                        step=now + 1, loss=float(np.mean(losses)), validation=validation, seconds=round(seconds(), 1)
                    )
                    losses.clear()
                    history.append(entry)
                    about = {"what": training, "step": now + 1, "history": [asdict(each) for each in history]}
                    write_checkpoint(checkpoint, denoiser, optimiser, about)
                    log(entry)
        return denoiser.eval(), history


def _begin_as(denoiser: Denoiser, model: Model) -> None:
    """Give the layers of a denoiser the weights of those that write, where they are alike."""
    for own, other in zip(denoiser.layers, model.writing, strict=False):
        weights, given = own.state_dict(), other.state_dict()
        if all(given[name].shape == weights[name].shape for name in weights):
            own.load_state_dict(given)


def _batches(chunk: ReadFunctions, config: DiffusionConfig, number: int) -> list[torch.Tensor]:
    """Return the places of the functions of each step: skeletons of like lengths in one, steps in any order."""
    rng = np.random.default_rng([config.seed, number])
    lengths = chunk.lengths.numpy()
    order = np.argsort(lengths + _SHUFFLED_LENGTH * rng.random(len(lengths)), kind="stable")
    count = len(lengths) // config.batch
    parts = order[: count * config.batch].reshape(count, config.batch)[rng.permutation(count)]
    return [torch.from_numpy(part) for part in parts]


def _rate(config: DiffusionConfig, step: int) -> float:
    """Return the learning rate of a step."""
    rise = min(1.0, (step + 1) / config.warm_up)
    left = (config.steps - step) / max(config.cooling * config.steps, 1.0)
    return config.rate * rise * min(1.0, left)


def _goes_on(before: dict[str, Any], now: dict[str, Any], step: int) -> bool:
    """Return whether a training can take over from another: the same, or a longer or shorter one before rates fall."""
    if before == now:
        return True
    configs = before["course"], now["course"]
    alike = {**before, "course": {**configs[0], "steps": 0}} == {**now, "course": {**configs[1], "steps": 0}}
    return alike and all(step <= (1 - config["cooling"]) * config["steps"] for config in configs)


def _restored(
    path: Path, training: dict[str, Any], denoiser: Denoiser, optimiser: torch.optim.Optimizer
) -> tuple[int, list[DiffusionLogEntry]]:
    """Bring denoiser and optimiser to where the file says; return the steps that were taken and the curves."""
    checkpoint = read_checkpoint(path, lambda about: _goes_on(about["what"], training, int(about["step"])))
    if checkpoint is None:
        return 0, []
    checkpoint.restore_module(denoiser)
    checkpoint.restore_optimiser(optimiser)
    with checkpoint.reading():
        return int(checkpoint.about["step"]), [DiffusionLogEntry(**entry) for entry in checkpoint.about["history"]]
