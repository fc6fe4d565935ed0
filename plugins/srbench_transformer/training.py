"""How the model is trained: functions are drawn without end, by another process, and never twice.

What a step sees depends on the seed and its number only, so that a run that was killed goes on from its checkpoint to
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
from srbench_weight_decoder.files import read_tensors
from srbench_weight_decoder.workers import pool
from torch.nn import functional

from srbench_lite import DataError, UsageError, torch_threads
from srbench_transformer import checkpoints
from srbench_transformer.conversion import held_out
from srbench_transformer.encoding import FEATURES, SPECTRUM, encoded, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.model import Model, Shape
from srbench_transformer.tokens import BEGIN, CODES, END, LONGEST, PAD

__all__ = ["Batch", "Course", "Moment", "chunk", "learn", "loss_of"]

Array = NDArray[np.float64]

#: Points that are shown in a step; which, its number decides.
_SHOWN: Final = (16, 20, 32, 48, 64)
#: Share of functions without noise; the others have some between these shares of the spread of y.
_CLEAN: Final = 0.6
_NOISE: Final = (1e-3, 5e-2)
_CLIP: Final = 1.0
_DECAY: Final = 0.01
#: Steps for which functions are drawn at once, and how many such chunks are drawn ahead.
_CHUNK: Final = 16
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A training.

    Attributes:
        seed: of the weights and of everything that is drawn.
        steps: of AdamW.
        batch: functions a step.
        rate: learning rate, after its rise; over the last `cooling` of the steps it falls to zero.
        warm_up: steps of its rise.
        cooling: share of the steps.
        two: share of functions in two variables.
        every: steps between checkpoints.
        watched: functions of the validation split that are looked at then; of a quarter skeletons are written.

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
        for name, least in {"seed": 0, "steps": 1, "batch": 1, "warm_up": 1, "every": 1, "watched": 4}.items():
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}, got {getattr(self, name)}")
        for name in ("cooling", "two"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name} must be a share, 0 to 1, got {getattr(self, name):g}")
        if not 0 < self.rate < math.inf:
            raise UsageError(f"rate must be positive, got {self.rate:g}")


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
class Moment:
    """A point of the training curves.

    Attributes:
        step: so many were taken.
        loss: nats a token, mean since the last moment.
        validation: the same on functions whose skeletons are of the validation split, without noise.
        greedy: share of those whose skeleton is written by taking the likeliest token each time.
        sampled: share of those whose skeleton is among 32 that are drawn.
        seconds: since the beginning of this run of the program.
    """

    step: int
    loss: float
    validation: float
    greedy: float
    sampled: float
    seconds: float


def chunk(
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
    points = max(_SHOWN)
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
    return [_batch(x, y, tokens, variables, rows, shown or int(rng.choice(_SHOWN))) for rows in parts]


def _batch(
    x: Array, y: Array, tokens: NDArray[np.int64], variables: NDArray[np.intp], rows: NDArray[np.intp], shown: int
) -> Batch:
    features = np.empty((len(rows), shown, FEATURES), np.float32)
    spectra = np.empty((len(rows), SPECTRUM), np.float32)
    for inputs in (1, 2):
        places = np.flatnonzero(variables[rows] == inputs)
        some = rows[places]
        if len(some):
            features[places] = encoded(x[some, :shown, :inputs], y[some, :shown])
            spectra[places] = spectrum(x[some, :shown, :inputs], y[some, :shown])
    return Batch(features, spectra, tokens[rows])


def _noisy(y: Array, rng: np.random.Generator) -> Array:
    count = len(y)
    size = np.exp(rng.uniform(math.log(_NOISE[0]), math.log(_NOISE[1]), count))
    size[rng.random(count) < _CLEAN] = 0.0
    noise: Array = (size * y.std(axis=1))[:, None] * rng.standard_normal(y.shape)
    return y + noise


def loss_of(model: Model, batch: Batch, device: str = "cpu") -> torch.Tensor:
    """Return the mean cross-entropy of the tokens, in nats."""
    features, spectra, tokens = (
        torch.from_numpy(part).to(device) for part in (batch.features, batch.spectrum, batch.tokens)
    )
    longest = int((tokens != PAD).sum(1).max())
    logits = model(model.read(features, spectra), tokens[:, : longest - 1])
    return functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:longest].flatten(), ignore_index=PAD)


def learn(
    shape: Shape, course: Course, checkpoint: Path | None, advance: Callable[[Moment], None], *, threads: int,
    device: str = "cpu", seconds: Callable[[], float],
) -> tuple[Model, list[Moment]]:  # fmt: skip
    """Train a model.

    Args:
        shape: how large it is.
        course: how it is trained.
        checkpoint: a file to write now and then, and to go on from where it is there; None for none.
        advance: told of every moment.
        threads: of torch.
        device: where the model is.
        seconds: the time since the beginning, for the curves.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(course.seed)
        model = Model(shape)
    with torch_threads(threads):
        model.to(device)
        optimiser = torch.optim.AdamW(model.parameters(), lr=course.rate, betas=(0.9, 0.98), weight_decay=_DECAY)
        what = {"what": {"shape": asdict(shape), "course": asdict(course)}}
        step, history = _restored(checkpoint, what["what"], model, optimiser)
        watched = chunk(course.seed + 1, 0, 1, course.watched, course.two, split="validation", noisy=False, shown=64)[0]
        losses: list[float] = []
        for number, batch in _batches(course, step):
            _set_rate(optimiser, course, number)
            optimiser.zero_grad()
            loss = loss_of(model, batch, device)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), _CLIP)
            optimiser.step()
            losses.append(loss.item())
            if (number + 1) % course.every == 0 or number + 1 == course.steps:
                moment = Moment(
                    step=number + 1,
                    loss=float(np.mean(losses)),
                    seconds=round(seconds(), 1),
                    **_validated(model, watched, device),
                )
                losses.clear()
                history.append(moment)
                if checkpoint is not None:
                    curves = [asdict(each) for each in history]
                    checkpoints.write(checkpoint, model, optimiser, what | {"step": number + 1, "history": curves})
                advance(moment)
        return model.eval(), history


def _batches(course: Course, first: int) -> Iterator[tuple[int, Batch]]:
    """Yield numbers of steps and what they see, from one on; chunks are drawn ahead by another process."""
    with pool(1) as workers:
        waiting: deque[tuple[int, Future[list[Batch]]]] = deque()
        following, last = first // _CHUNK, (course.steps - 1) // _CHUNK
        while waiting or following <= last:
            while len(waiting) < _AHEAD and following <= last:
                job = workers.submit(chunk, course.seed, following, _CHUNK, course.batch, course.two)
                waiting.append((following, job))
                following += 1
            number, job = waiting.popleft()
            for place, batch in enumerate(job.result()):
                step = number * _CHUNK + place
                if first <= step < course.steps:
                    yield step, batch


def _goes_on(before: dict[str, Any], now: dict[str, Any], step: int) -> bool:
    """Return whether a training can take over from another: the same, or a longer or shorter one before rates fall."""
    if before == now:
        return True
    courses = before["course"], now["course"]
    alike = {**before, "course": {**courses[0], "steps": 0}} == {**now, "course": {**courses[1], "steps": 0}}
    return alike and all(step <= (1 - course["cooling"]) * course["steps"] for course in courses)


def _set_rate(optimiser: torch.optim.Optimizer, course: Course, step: int) -> None:
    rise = min(1.0, (step + 1) / course.warm_up)
    left = (course.steps - step) / max(course.cooling * course.steps, 1.0)
    for group in optimiser.param_groups:
        group["lr"] = course.rate * rise * min(1.0, left)


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
        for count, temperature in ((1, 0.0), (32, 1.0)):
            found, _ = model.write(memory, count, temperature=temperature, generator=generator)
            hit = any([t for t in line if t != PAD] == wanted for line in found.tolist())
            if count == 1:
                greedy += hit
            else:
                sampled += hit
    model.train()
    return {"validation": loss, "greedy": greedy / len(some), "sampled": sampled / len(some)}


def _restored(
    path: Path | None, what: dict[str, Any], model: Model, optimiser: torch.optim.Optimizer
) -> tuple[int, list[Moment]]:
    """Bring model and optimiser to where the file says; return the steps that were taken and the curves."""
    if path is None or not path.exists():
        return 0, []
    tensors, about = read_tensors(path)
    try:
        step, history = int(about["step"]), [Moment(**moment) for moment in about["history"]]
        if not _goes_on(about["what"], what, step):
            raise UsageError(f"{path} is the checkpoint of another training; remove it or name another file")
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no checkpoint of this training: {error}") from error
    checkpoints.restore(path, tensors, model, optimiser)
    return step, history
