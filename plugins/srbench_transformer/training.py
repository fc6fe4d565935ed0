"""How the model is trained: another process draws functions without end, none twice.

What a step sees depends on the seed and its number only, so a training that was killed goes on from its checkpoint to
the same weights as one that was not.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_weight_decoder import check_numbers, read_checkpoint, take_step, worker_pool, write_checkpoint

from srbench_lite import torch_threads
from srbench_transformer.conversion import held_out
from srbench_transformer.encoding import FEATURES, SPECTRUM, encode_points, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import BEGIN, CODES, END, LONGEST, PAD

__all__ = ["Batch", "TrainingConfig", "TrainingLogEntry", "draw_chunk", "loss_of", "train"]

Array = NDArray[np.float64]

#: Points that the model is shown in a step: one of these numbers, drawn for each step.
_POINT_COUNTS: Final = (16, 20, 32, 48, 64)
#: Share of functions without noise; the others have some between these shares of the spread of y.
_NOISE_FREE_SHARE: Final = 0.6
_NOISE_RANGE: Final = (1e-3, 5e-2)
_WEIGHT_DECAY: Final = 0.01
#: Steps for which functions are drawn at once, and how many such chunks are drawn ahead.
_STEPS_IN_A_CHUNK: Final = 16
_CHUNKS_AHEAD: Final = 4
#: Points of a function of the validation split, and formulas that are drawn for it.
_VALIDATION_POINTS: Final = 64
_VALIDATION_SAMPLES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a training goes.

    Attributes:
        seed: of the weights and of everything that is drawn.
        steps: of AdamW.
        batch: functions a step.
        rate: learning rate, after its rise; over the last `cooling` of the steps it falls to zero.
        warm_up: steps of its rise.
        cooling: share of the steps.
        two: share of functions of two variables.
        every: steps between checkpoints.
        watched: functions of the validation split on which the model is scored then; it writes skeletons for a quarter.

    Raises:
        UsageError: a number is out of its range.
    """

    seed: int = 0
    steps: int = 9_500
    batch: int = 256
    rate: float = 1e-3
    warm_up: int = 300
    cooling: float = 0.4
    two: float = 0.4
    every: int = 250
    watched: int = 512

    def __post_init__(self) -> None:
        least = {"seed": 0, "steps": 1, "batch": 1, "warm_up": 1, "every": 1, "watched": 4}
        check_numbers(self, at_least=least, positive=("rate",), shares=("cooling", "two"))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a step sees of B functions.

    Attributes:
        features: of each function's points, shape (B, points, FEATURES), float32.
        spectrum: of the same points, shape (B, SPECTRUM), float32.
        tokens: "begin", skeleton, "end", then "pad": shape (B, LONGEST + 2), int64.
    """

    features: NDArray[np.float32]
    spectrum: NDArray[np.float32]
    tokens: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingLogEntry:
    """An entry of the log of a training.

    Attributes:
        step: number of steps taken.
        loss: nats a token, mean since the entry before.
        validation: the same on functions whose skeletons are of the validation split, without noise.
        greedy: share of those whose skeleton is written by taking the likeliest token each time.
        sampled: share of those whose skeleton is among 32 that are drawn.
        seconds: since this process began to train.
    """

    step: int
    loss: float
    validation: float
    greedy: float
    sampled: float
    seconds: float


def draw_chunk(
    seed: int, number: int, batches: int, batch: int, two: float, *, split: str = "training", noisy: bool = True,
    shown: int | None = None,
) -> list[Batch]:  # fmt: skip
    """Draw functions for some steps, those with skeletons of like lengths in one step.

    Args:
        seed: of the training.
        number: of the chunk.
        batches: steps.
        batch: functions a step.
        two: share of those in two variables.
        split: of their skeletons.
        noisy: whether some have noise.
        shown: points that are shown; None for a number that each step draws.
    """
    rng = np.random.default_rng([seed, number])
    size = batches * batch
    points = max(_POINT_COUNTS)
    counts = {1: size - round(two * size), 2: round(two * size)}
    x, y = np.zeros((size, points, 2)), np.empty((size, points))
    tokens = np.full((size, LONGEST + 2), PAD, np.int64)
    variables = np.repeat(list(counts), list(counts.values()))
    first = 0
    for inputs, count in counts.items():
        drawing = Generator(variables=inputs, points=points, refused=held_out(), split=split).accepted(rng)
        for row in range(first, first + count):
            drawn = next(drawing)
            order = rng.permutation(points)
            x[row, :, :inputs], y[row] = drawn.x[order], drawn.y[order]
            tokens[row, : len(drawn.skeleton) + 2] = [BEGIN, *(CODES[t] for t in drawn.skeleton), END]
        first += count
    if noisy:
        y = _noisy(y, rng)
    order = np.argsort((tokens != PAD).sum(axis=1) + 3.0 * rng.random(size), kind="stable")
    parts = order.reshape(batches, batch)[rng.permutation(batches)]  # short ones and long ones in turn
    return [_batch(x, y, tokens, variables, rows, shown or int(rng.choice(_POINT_COUNTS))) for rows in parts]


def _batch(
    x: Array, y: Array, tokens: NDArray[np.int64], variables: NDArray[np.intp], rows: NDArray[np.intp], shown: int
) -> Batch:
    features = np.empty((len(rows), shown, FEATURES), np.float32)
    spectra = np.empty((len(rows), SPECTRUM), np.float32)
    for inputs in (1, 2):
        places = np.flatnonzero(variables[rows] == inputs)
        some = rows[places]
        if len(some):
            features[places] = encode_points(x[some, :shown, :inputs], y[some, :shown])
            spectra[places] = spectrum(x[some, :shown, :inputs], y[some, :shown])
    return Batch(features, spectra, tokens[rows])


def _noisy(y: Array, rng: np.random.Generator) -> Array:
    count = len(y)
    size = np.exp(rng.uniform(math.log(_NOISE_RANGE[0]), math.log(_NOISE_RANGE[1]), count))
    size[rng.random(count) < _NOISE_FREE_SHARE] = 0.0
    noise: Array = (size * y.std(axis=1))[:, None] * rng.standard_normal(y.shape)
    return y + noise


def loss_of(model: Model, batch: Batch, device: str = "cpu") -> torch.Tensor:
    """Return the mean cross-entropy of the tokens, in nats."""
    features, spectra, tokens = (
        torch.from_numpy(part).to(device) for part in (batch.features, batch.spectrum, batch.tokens)
    )
    longest = int((tokens != PAD).sum(1).max())
    return model.loss(features, spectra, tokens[:, :longest])


def train(
    shape: Shape, config: TrainingConfig, checkpoint: Path | None, log: Callable[[TrainingLogEntry], None], *,
    threads: int, device: str = "cpu", seconds: Callable[[], float],
) -> tuple[Model, list[TrainingLogEntry]]:  # fmt: skip
    """Train a model.

    Args:
        shape: how large it is.
        config: how it is trained.
        checkpoint: a file to write now and then, and to go on from where it is there; None for none.
        log: called with every entry of the log.
        threads: of torch.
        device: where the model is.
        seconds: returns the time since the beginning, for the log.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        model = Model(shape)
    with torch_threads(threads):
        model.to(device)
        optimiser = torch.optim.AdamW(model.parameters(), lr=config.rate, betas=(0.9, 0.98), weight_decay=_WEIGHT_DECAY)
        training = {"shape": asdict(shape), "course": asdict(config)}
        step, history = _restored(checkpoint, training, model, optimiser)
        watched = draw_chunk(
            config.seed + 1, 0, 1, config.watched, config.two, split="validation", noisy=False, shown=_VALIDATION_POINTS
        )[0]
        losses: list[float] = []
        for number, batch in _batches(config, step):
            loss = loss_of(model, batch, device)
            take_step(optimiser, loss, _rate(config, number), clipped=model.parameters())
            losses.append(loss.item())
            if (number + 1) % config.every == 0 or number + 1 == config.steps:
                entry = TrainingLogEntry(
                    step=number + 1,
                    loss=float(np.mean(losses)),
                    seconds=round(seconds(), 1),
                    **_validated(model, watched, device),
                )
                losses.clear()
                history.append(entry)
                if checkpoint is not None:
                    curves = [asdict(each) for each in history]
                    about = {"what": training, "step": number + 1, "history": curves}
                    write_checkpoint(checkpoint, model, optimiser, about)
                log(entry)
        return model.eval(), history


def _batches(config: TrainingConfig, first: int) -> Iterator[tuple[int, Batch]]:
    """Yield numbers of steps and what they see, from one on; chunks are drawn ahead by another process."""
    with worker_pool(1) as workers:
        waiting: deque[tuple[int, Future[list[Batch]]]] = deque()
        following, last = first // _STEPS_IN_A_CHUNK, (config.steps - 1) // _STEPS_IN_A_CHUNK
        while waiting or following <= last:
            while len(waiting) < _CHUNKS_AHEAD and following <= last:
                job = workers.submit(draw_chunk, config.seed, following, _STEPS_IN_A_CHUNK, config.batch, config.two)
                waiting.append((following, job))
                following += 1
            number, job = waiting.popleft()
            for place, batch in enumerate(job.result()):
                step = number * _STEPS_IN_A_CHUNK + place
                if first <= step < config.steps:
                    yield step, batch


def _goes_on(before: dict[str, Any], now: dict[str, Any], step: int) -> bool:
    """Return whether a training can take over from another: the same, or a longer or shorter one before rates fall."""
    if before == now:
        return True
    configs = before["course"], now["course"]
    alike = {**before, "course": {**configs[0], "steps": 0}} == {**now, "course": {**configs[1], "steps": 0}}
    return alike and all(step <= (1 - config["cooling"]) * config["steps"] for config in configs)


def _rate(config: TrainingConfig, step: int) -> float:
    """Return the learning rate of a step."""
    rise = min(1.0, (step + 1) / config.warm_up)
    left = (config.steps - step) / max(config.cooling * config.steps, 1.0)
    return config.rate * rise * min(1.0, left)


@torch.no_grad()
def _validated(model: Model, watched: Batch, device: str) -> dict[str, float]:
    model.eval()
    loss = float(loss_of(model, watched, device))
    features, spectra, tokens = (
        torch.from_numpy(part).to(device) for part in (watched.features, watched.spectrum, watched.tokens)
    )
    greedy = sampled = 0
    some = np.random.default_rng(0).permutation(len(tokens))[: len(tokens) // 4]
    generator = torch.Generator().manual_seed(0)
    for row in some.tolist():
        memory = model.read(features[row : row + 1], spectra[row : row + 1])
        wanted = [t for t in tokens[row, 1:].tolist() if t != PAD]
        for count, temperature in ((1, 0.0), (_VALIDATION_SAMPLES, 1.0)):
            written, _ = model.write(memory, count, temperature=temperature, generator=generator)
            hit = any([t for t in line if t != PAD] == wanted for line in written.tolist())
            if count == 1:
                greedy += hit
            else:
                sampled += hit
    model.train()
    return {"validation": loss, "greedy": greedy / len(some), "sampled": sampled / len(some)}


def _restored(
    path: Path | None, training: dict[str, Any], model: Model, optimiser: torch.optim.Optimizer
) -> tuple[int, list[TrainingLogEntry]]:
    """Bring model and optimiser to where the file says; return the steps that were taken and the curves."""
    checkpoint = read_checkpoint(path, lambda about: _goes_on(about["what"], training, int(about["step"])))
    if checkpoint is None:
        return 0, []
    checkpoint.restore_module(model)
    checkpoint.restore_optimiser(optimiser)
    with checkpoint.reading():
        return int(checkpoint.about["step"]), [TrainingLogEntry(**entry) for entry in checkpoint.about["history"]]
