"""How a reader is trained: first its learned inputs and its head, then the decoder, with checkpoints.

What a step does depends on the seed, the stage and the number of the step only, so that a run that was killed goes on
from its checkpoint to the same weights, to the byte, as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from srbench_lite import DataError, UsageError
from srbench_weight_decoder.architecture import Architecture
from srbench_weight_decoder.corpus import Corpus
from srbench_weight_decoder.files import read_tensors, write_tensors
from srbench_weight_decoder.head import Head, learn_probes
from srbench_weight_decoder.polynomials import Family
from srbench_weight_decoder.reader import Reader, ReaderShape
from srbench_weight_decoder.tokens import BEGIN, PAD, Grammar, encode

__all__ = ["Course", "Examples", "Moment", "learn", "learn_regressor", "permuted"]

#: Stages, as they stand in a checkpoint and in the seeds of batches.
_PROBES, _HEAD, _DECODER = 0, 1, 2
_CLIP: Final = 1.0
_DECAY: Final = 0.01
_WARM_UP: Final = 200
#: Networks of the validation split on which the decoder is scored along the way.
_WATCHED: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A training.

    Attributes:
        seed: of the initial weights and of every batch.
        probe_steps: steps in which the learned inputs move.
        head_steps: steps of the head.
        head_rate: learning rate of the head; it falls to zero along half a cosine, as that of the decoder does.
        steps: of the decoder.
        rate: learning rate of the decoder.
        batch: networks a step of the decoder; the head takes four times as many.
        permute: whether the hidden units of every network are put in a new order each time it is seen.
        every: steps between checkpoints.

    Raises:
        UsageError: a number is out of its range.
    """

    seed: int = 0
    probe_steps: int = 300
    head_steps: int = 6000
    head_rate: float = 2e-3
    steps: int = 6000
    rate: float = 1e-3
    batch: int = 128
    permute: bool = False
    every: int = 500

    def __post_init__(self) -> None:
        least = {"seed": 0, "probe_steps": 0, "head_steps": 1, "steps": 1, "batch": 1, "every": 1}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                raise UsageError(f"{name} must be at least {bound}, got {getattr(self, name)}")
        for name in ("head_rate", "rate"):
            if not 0 < getattr(self, name) < math.inf:
                raise UsageError(f"{name} must be positive, got {getattr(self, name):g}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """Networks and what should be read from them.

    Attributes:
        weights: shape (n, size), float32.
        coefficients: shape (n, terms), float32.
        tokens: shape (n, longest).
        states: of the grammar before each token, shape (n, longest).
    """

    weights: torch.Tensor
    coefficients: torch.Tensor
    tokens: torch.Tensor
    states: torch.Tensor

    @classmethod
    def of(cls, family: Family, corpora: Sequence[Corpus]) -> Examples:
        """Return the networks of corpora of one family, one after another."""
        units = np.concatenate([corpus.coefficients for corpus in corpora])
        tokens = torch.from_numpy(encode(family, units))
        grammar = Grammar.of(family)
        following = torch.from_numpy(grammar.following)
        states = torch.full_like(tokens, grammar.start)
        for place in range(1, tokens.shape[1]):
            before = tokens[:, place - 1]
            after = following[states[:, place - 1], before]
            states[:, place] = torch.where(after >= 0, after, grammar.start)  # behind "end" it does not matter
        return cls(
            weights=torch.cat([corpus.weights for corpus in corpora]),
            coefficients=torch.from_numpy(family.values(units)).float(),
            tokens=tokens,
            states=states,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A point of the training curves.

    Attributes:
        stage: "head" or "decoder".
        step: of the stage.
        steps: that the stage has.
        loss: mean since the last moment: of the head in units of the last decimal, of the decoder in nats a token.
        exact: share of formulas of the validation split read exactly; None in the stage "head".
    """

    stage: str
    step: int
    steps: int
    loss: float
    exact: float | None = None


Advance = Callable[[Moment], None]


def learn(
    built: ReaderShape, course: Course, training: Examples, validation: Examples, checkpoint: Path | None,
    advance: Advance,
) -> tuple[Reader, list[Moment]]:  # fmt: skip
    """Train a reader.

    Args:
        built: what the reader is like.
        course: how it is trained.
        training: what it learns from.
        validation: on what it is scored along the way; nothing is chosen by it.
        checkpoint: a file to write now and then, and to go on from where it is there; None for none.
        advance: told of every moment.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(course.seed)
        reader = Reader(built)
    what = {"reader": asdict(built), "course": asdict(course), "networks": len(training.weights)}
    state = _Progress(reader, what, checkpoint)
    state.restore()
    if built.head or built.reading == "probe":
        if not state.started:
            _prepare(reader.head, course, training)
    elif not state.started:
        reader.head.prepare(training.weights, training.coefficients)
    if built.head:
        _learn_head(state, course, training, advance)
    _learn_decoder(state, course, training, validation, advance)
    return reader.eval(), state.history


def learn_regressor(shape: Architecture, family: Family, course: Course, training: Examples, advance: Advance) -> Head:
    """Train the baseline: a perceptron that regresses coefficients from weights, absolute error for a loss.

    Source: I-Nets (Marton, Lüdtke & Bartelt, Applied Sciences 12(3):980, 2022), of the size that we ship.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(course.seed)
        head = Head(shape, family.terms, probes=0, linear=False)
    head.prepare(training.weights, training.coefficients)
    optimiser = torch.optim.AdamW(head.correction.parameters(), lr=course.head_rate, weight_decay=_DECAY)
    recent: list[float] = []
    for step in range(course.head_steps):
        rows = _rows(course, _HEAD, step, len(training.weights), 4 * course.batch)
        error = head(head.features(training.weights[rows])) - training.coefficients[rows]
        loss = error.abs().mean()
        _step(optimiser, loss, course.head_rate, step, course.head_steps)
        recent.append(loss.item() * family.units)
        if (step + 1) % course.every == 0 or step + 1 == course.head_steps:
            advance(Moment(stage="head", step=step + 1, steps=course.head_steps, loss=float(np.mean(recent))))
            recent.clear()
    return head.eval()


def permuted(shape: Architecture, weights: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Return networks, shape (B, size), with the units of each hidden layer in a random order: the same functions."""
    matrices = list(shape.matrices(weights))
    for layer in range(len(matrices) - 1):
        rows, columns = matrices[layer].shape[1], matrices[layer + 1].shape[2]
        order = torch.rand((len(weights), rows), generator=generator).argsort(1)
        bias = torch.arange(rows, columns).expand(len(weights), -1)  # stays behind
        across = torch.cat((order, bias), dim=1)[:, None, :].expand_as(matrices[layer + 1])
        matrices[layer] = matrices[layer].gather(1, order[:, :, None].expand_as(matrices[layer]))
        matrices[layer + 1] = matrices[layer + 1].gather(2, across)
    return torch.cat([matrix.flatten(1) for matrix in matrices], dim=1)


class _Progress:
    """A reader in training, and how it is kept in a file."""

    def __init__(self, reader: Reader, what: dict[str, Any], path: Path | None) -> None:
        self.reader = reader
        self.what = what
        self.path = path
        self.stage = _HEAD
        self.step = 0
        self.history: list[Moment] = []
        self.started = False
        self.moments: dict[str, torch.Tensor] = {}

    def restore(self) -> None:
        """Go on from the file, if it is there."""
        if self.path is None or not self.path.exists():
            return
        tensors, about = read_tensors(self.path)
        if about.get("what") != self.what:
            raise UsageError(f"{self.path} is the checkpoint of another training; remove it or name another file")
        try:
            prefix = "reader."
            own = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
            self.reader.load_state_dict(own)
            self.stage, self.step = int(about["stage"]), int(about["step"])
            self.history = [Moment(**moment) for moment in about["history"]]
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{self.path} is no checkpoint of this training: {error}") from error
        self.moments = {name: t for name, t in tensors.items() if not name.startswith(prefix)}
        self.started = True

    def optimiser(self, parameters: Iterator[nn.Parameter], rate: float) -> torch.optim.AdamW:
        """Return an optimiser, with the state of the file where that is of this stage."""
        made = torch.optim.AdamW(parameters, lr=rate, weight_decay=_DECAY)
        if self.moments:
            states: dict[int, dict[str, torch.Tensor]] = {}
            for name, tensor in self.moments.items():
                _, number, part = name.split(".")
                states.setdefault(int(number), {})[part] = tensor
            made.load_state_dict({**made.state_dict(), "state": states})
            self.moments = {}
        return made

    def save(self, stage: int, step: int, optimiser: torch.optim.Optimizer | None) -> None:
        """Write the file."""
        self.stage, self.step, self.started = stage, step, True
        if self.path is None:
            return
        tensors = {f"reader.{name}": tensor for name, tensor in self.reader.state_dict().items()}
        if optimiser is not None:
            for number, parts in optimiser.state_dict()["state"].items():
                tensors |= {f"optimiser.{number}.{part}": torch.as_tensor(value) for part, value in parts.items()}
        about = {"what": self.what, "stage": stage, "step": step, "history": [asdict(m) for m in self.history]}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_tensors(self.path, tensors, about)


def _prepare(head: Head, course: Course, training: Examples) -> None:
    """Move the learned inputs, then set the scales and the linear part."""
    if len(head.probes):
        batches = []
        for step in range(course.probe_steps):
            rows = _rows(course, _PROBES, step, len(training.weights), 1024)
            batches.append((training.weights[rows], training.coefficients[rows]))
        learn_probes(head, batches, learning_rate=2e-3)
    head.prepare(training.weights, training.coefficients)


def _learn_head(state: _Progress, course: Course, training: Examples, advance: Advance) -> None:
    if state.stage != _HEAD:
        return
    head = state.reader.head
    parameters = list(head.correction.parameters())
    optimiser = state.optimiser(iter(parameters), course.head_rate)
    units = state.reader.family.units
    recent: list[float] = []
    for step in range(state.step, course.head_steps):
        rows = _rows(course, _HEAD, step, len(training.weights), 4 * course.batch)
        weights = _seen(head.shape, training.weights[rows], course, _HEAD, step)
        with torch.no_grad():
            features = head.features(weights)
        # In units of the last decimal: half of one decides what is written.
        loss = nn.functional.smooth_l1_loss(units * head(features), units * training.coefficients[rows], beta=0.25)
        _step(optimiser, loss, course.head_rate, step, course.head_steps)
        recent.append(loss.item())
        if (step + 1) % course.every == 0 or step + 1 == course.head_steps:
            moment = Moment(stage="head", step=step + 1, steps=course.head_steps, loss=float(np.mean(recent)))
            recent.clear()
            state.history.append(moment)
            advance(moment)
            state.save(_HEAD, step + 1, optimiser)
    state.save(_DECODER, 0, None)


def _learn_decoder(
    state: _Progress, course: Course, training: Examples, validation: Examples, advance: Advance
) -> None:
    reader = state.reader
    parameters = [p for name, p in reader.named_parameters() if not name.startswith("head.")]
    if state.stage != _DECODER:
        state.stage, state.step = _DECODER, 0
    optimiser = state.optimiser(iter(parameters), course.rate)
    recent: list[float] = []
    for step in range(state.step, course.steps):
        rows = _rows(course, _DECODER, step, len(training.weights), course.batch)
        weights = _seen(reader.head.shape, training.weights[rows], course, _DECODER, step)
        with torch.no_grad():
            features = reader.head.features(weights)
            estimates = reader.head(features)
        tokens, states = training.tokens[rows], training.states[rows]
        length = int((tokens != PAD).sum(1).max())
        tokens, states = tokens[:, :length], states[:, :length]
        given = torch.cat((torch.full_like(tokens[:, :1], BEGIN), tokens[:, :-1]), dim=1)
        logits = reader(reader.memory(features, estimates), given, states)
        wanted = tokens != PAD
        loss = nn.functional.cross_entropy(logits[wanted], tokens[wanted])
        _step(optimiser, loss, course.rate, step, course.steps, parameters)
        recent.append(loss.item())
        if (step + 1) % course.every == 0 or step + 1 == course.steps:
            reader.eval()
            watched = slice(0, _WATCHED)
            written, _ = reader.write(validation.weights[watched])
            reader.train()
            exact = float((written == validation.tokens[watched]).all(1).double().mean())
            moment = Moment(
                stage="decoder", step=step + 1, steps=course.steps, loss=float(np.mean(recent)), exact=exact
            )
            recent.clear()
            state.history.append(moment)
            advance(moment)
            state.save(_DECODER, step + 1, optimiser)


def _rows(course: Course, stage: int, step: int, count: int, batch: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng([course.seed, stage, step]).integers(0, count, batch))


def _seen(shape: Architecture, weights: torch.Tensor, course: Course, stage: int, step: int) -> torch.Tensor:
    if not course.permute:
        return weights
    seed = int(np.random.default_rng([course.seed, stage, step, 1]).integers(2**62))
    return permuted(shape, weights, torch.Generator().manual_seed(seed))


def _step(
    optimiser: torch.optim.Optimizer, loss: torch.Tensor, rate: float, step: int, steps: int,
    clipped: Sequence[nn.Parameter] = (),
) -> None:  # fmt: skip
    """Take one step, the rate rising over the first and falling to zero along half a cosine."""
    factor = min(1.0, (step + 1) / _WARM_UP) * 0.5 * (1 + math.cos(math.pi * step / steps))
    for group in optimiser.param_groups:
        group["lr"] = rate * factor
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    if clipped:
        nn.utils.clip_grad_norm_(clipped, _CLIP)
    optimiser.step()
