"""How a reader is trained: first its learned inputs and its coefficient head, then its decoder, with checkpoints.

What a step does depends on the seed, the stage and the number of the step only, so a training that was killed goes on
from its checkpoint to the same weights, to the byte, as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import nn

from srbench_weight_decoder.architecture import Architecture
from srbench_weight_decoder.checkpoints import Checkpoint, read_checkpoint, write_checkpoint
from srbench_weight_decoder.checks import check_numbers
from srbench_weight_decoder.corpus import Corpus
from srbench_weight_decoder.gradient_steps import take_step
from srbench_weight_decoder.head import Head, learn_probes
from srbench_weight_decoder.polynomials import Family
from srbench_weight_decoder.reader import Reader, ReaderShape
from srbench_weight_decoder.tokens import BEGIN, PAD, Grammar, encode

__all__ = ["Examples", "TrainingConfig", "TrainingLogEntry", "permute_units", "train_reader", "train_regressor"]

#: Stages, as they stand in a checkpoint and in the seeds of batches.
_PROBES, _HEAD, _DECODER = 0, 1, 2
_WEIGHT_DECAY: Final = 0.01
#: Before the names of the reader's tensors in a checkpoint.
_READER: Final = "reader"
_WARM_UP_STEPS: Final = 200
#: Learning rate of the learned inputs, and networks in a batch for them.
_PROBE_RATE: Final = 2e-3
_PROBE_BATCH: Final = 1024
#: The head takes so many batches of the decoder in a step.
_HEAD_BATCHES: Final = 4
#: Networks of the validation split on which the decoder is scored along the way.
_MAX_VALIDATION_NETWORKS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a training goes.

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
        check_numbers(self, at_least=least, positive=("head_rate", "rate"))


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
class TrainingLogEntry:
    """An entry of the log of a training.

    Attributes:
        stage: "head" or "decoder".
        step: of the stage.
        steps: that the stage has.
        loss: mean since the entry before: of the head in units of the last decimal, of the decoder in nats a token.
        exact: share of formulas of the validation split read exactly; None in the stage "head".
    """

    stage: str
    step: int
    steps: int
    loss: float
    exact: float | None = None


Log = Callable[[TrainingLogEntry], None]


def train_reader(
    shape: ReaderShape, config: TrainingConfig, training: Examples, validation: Examples, checkpoint: Path | None,
    log: Log,
) -> tuple[Reader, list[TrainingLogEntry]]:  # fmt: skip
    """Train a reader.

    Args:
        shape: what the reader is built like.
        config: how it is trained.
        training: what it learns from.
        validation: on what it is scored along the way; nothing is chosen by it.
        checkpoint: a file to write now and then, and to go on from where it is there; None for none.
        log: called with every entry of the log.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        reader = Reader(shape)
    identity = {"reader": asdict(shape), "course": asdict(config), "networks": len(training.weights)}
    progress = _Progress(reader, identity, checkpoint)
    progress.restore()
    if shape.head or shape.reading == "probe":
        if not progress.started:
            _prepare(reader.head, config, training)
    elif not progress.started:
        reader.head.prepare(training.weights, training.coefficients)
    if shape.head:
        _train_head(progress, config, training, log)
    _train_decoder(progress, config, training, validation, log)
    return reader.eval(), progress.history


def train_regressor(shape: Architecture, family: Family, config: TrainingConfig, training: Examples, log: Log) -> Head:
    """Train the baseline: a perceptron that regresses coefficients from weights, absolute error for a loss.

    Source: I-Nets (Marton, Lüdtke & Bartelt, Applied Sciences 12(3):980, 2022), of the size that we ship.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        head = Head(shape, family.terms, probes=0, linear=False)
    head.prepare(training.weights, training.coefficients)
    optimiser = torch.optim.AdamW(head.correction.parameters(), lr=config.head_rate, weight_decay=_WEIGHT_DECAY)
    recent: list[float] = []
    for step in range(config.head_steps):
        rows = _rows(config, _HEAD, step, len(training.weights), _HEAD_BATCHES * config.batch)
        error = head(head.features(training.weights[rows])) - training.coefficients[rows]
        loss = error.abs().mean()
        take_step(optimiser, loss, _rate(config.head_rate, step, config.head_steps))
        recent.append(loss.item() * family.units)
        if (step + 1) % config.every == 0 or step + 1 == config.head_steps:
            log(TrainingLogEntry(stage="head", step=step + 1, steps=config.head_steps, loss=float(np.mean(recent))))
            recent.clear()
    return head.eval()


def permute_units(shape: Architecture, weights: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
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
    """A reader in training, and its checkpoint."""

    def __init__(self, reader: Reader, training: dict[str, Any], path: Path | None) -> None:
        self.reader = reader
        self.training = training
        self.path = path
        self.stage = _HEAD
        self.step = 0
        self.history: list[TrainingLogEntry] = []
        self.started = False
        self.checkpoint: Checkpoint | None = None  # whose optimiser is still to be restored

    def restore(self) -> None:
        """Go on from the checkpoint, if it is there."""
        checkpoint = read_checkpoint(self.path, lambda about: bool(about.get("what") == self.training))
        if checkpoint is None:
            return
        checkpoint.restore_module(self.reader, _READER)
        with checkpoint.reading():
            self.stage, self.step = int(checkpoint.about["stage"]), int(checkpoint.about["step"])
            self.history = [TrainingLogEntry(**entry) for entry in checkpoint.about["history"]]
        self.checkpoint, self.started = checkpoint, True

    def optimiser(self, parameters: Iterable[nn.Parameter], rate: float) -> torch.optim.AdamW:
        """Return an optimiser, with its state of the checkpoint where that is of this stage."""
        made = torch.optim.AdamW(parameters, lr=rate, weight_decay=_WEIGHT_DECAY)
        if self.checkpoint is not None:
            self.checkpoint.restore_optimiser(made)
            self.checkpoint = None
        return made

    def save(self, stage: int, step: int, optimiser: torch.optim.Optimizer | None) -> None:
        """Write the checkpoint."""
        self.stage, self.step, self.started = stage, step, True
        if self.path is None:
            return
        about = {"what": self.training, "stage": stage, "step": step, "history": [asdict(m) for m in self.history]}
        write_checkpoint(self.path, self.reader, optimiser, about, name=_READER)


def _prepare(head: Head, config: TrainingConfig, training: Examples) -> None:
    """Move the learned inputs, then set the scales and the linear part."""
    if len(head.probes):
        batches = []
        for step in range(config.probe_steps):
            rows = _rows(config, _PROBES, step, len(training.weights), _PROBE_BATCH)
            batches.append((training.weights[rows], training.coefficients[rows]))
        learn_probes(head, batches, learning_rate=_PROBE_RATE)
    head.prepare(training.weights, training.coefficients)


def _train_head(progress: _Progress, config: TrainingConfig, training: Examples, log: Log) -> None:
    if progress.stage != _HEAD:
        return
    head = progress.reader.head
    parameters = list(head.correction.parameters())
    optimiser = progress.optimiser(parameters, config.head_rate)
    units = progress.reader.family.units
    recent: list[float] = []
    for step in range(progress.step, config.head_steps):
        rows = _rows(config, _HEAD, step, len(training.weights), _HEAD_BATCHES * config.batch)
        weights = _reordered(head.shape, training.weights[rows], config, _HEAD, step)
        with torch.no_grad():
            features = head.features(weights)
        # In units of the last decimal: half of one decides what is written.
        loss = nn.functional.smooth_l1_loss(units * head(features), units * training.coefficients[rows], beta=0.25)
        take_step(optimiser, loss, _rate(config.head_rate, step, config.head_steps))
        recent.append(loss.item())
        if (step + 1) % config.every == 0 or step + 1 == config.head_steps:
            entry = TrainingLogEntry(stage="head", step=step + 1, steps=config.head_steps, loss=float(np.mean(recent)))
            recent.clear()
            progress.history.append(entry)
            log(entry)
            progress.save(_HEAD, step + 1, optimiser)
    progress.save(_DECODER, 0, None)


def _train_decoder(
    progress: _Progress, config: TrainingConfig, training: Examples, validation: Examples, log: Log
) -> None:
    reader = progress.reader
    parameters = [p for name, p in reader.named_parameters() if not name.startswith("head.")]
    if progress.stage != _DECODER:
        progress.stage, progress.step = _DECODER, 0
    optimiser = progress.optimiser(parameters, config.rate)
    recent: list[float] = []
    for step in range(progress.step, config.steps):
        rows = _rows(config, _DECODER, step, len(training.weights), config.batch)
        weights = _reordered(reader.head.shape, training.weights[rows], config, _DECODER, step)
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
        take_step(optimiser, loss, _rate(config.rate, step, config.steps), clipped=parameters)
        recent.append(loss.item())
        if (step + 1) % config.every == 0 or step + 1 == config.steps:
            reader.eval()
            validated = slice(0, _MAX_VALIDATION_NETWORKS)
            written, _ = reader.write(validation.weights[validated])
            reader.train()
            exact = float((written == validation.tokens[validated]).all(1).double().mean())
            entry = TrainingLogEntry(
                stage="decoder", step=step + 1, steps=config.steps, loss=float(np.mean(recent)), exact=exact
            )
            recent.clear()
            progress.history.append(entry)
            log(entry)
            progress.save(_DECODER, step + 1, optimiser)


def _rows(config: TrainingConfig, stage: int, step: int, count: int, batch: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng([config.seed, stage, step]).integers(0, count, batch))


def _reordered(
    shape: Architecture, weights: torch.Tensor, config: TrainingConfig, stage: int, step: int
) -> torch.Tensor:
    if not config.permute:
        return weights
    seed = int(np.random.default_rng([config.seed, stage, step, 1]).integers(2**62))
    return permute_units(shape, weights, torch.Generator().manual_seed(seed))


def _rate(rate: float, step: int, steps: int) -> float:
    """Return the rate of a step: it rises over the first steps and falls to zero along half a cosine."""
    return rate * (min(1.0, (step + 1) / _WARM_UP_STEPS) * 0.5 * (1 + math.cos(math.pi * step / steps)))
