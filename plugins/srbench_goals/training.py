"""How the policy is trained: drawn episodes, each step a right one towards what the episode reached later.

What a step sees depends on the seed and its number only, so a training that was killed goes on from its checkpoint to
the same weights as one that was not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from srbench_weight_decoder import check_numbers, read_checkpoint, take_step, write_checkpoint
from torch.nn import functional

from srbench_goals.episodes import draw_episodes
from srbench_goals.policy import Policy, PolicyShape
from srbench_lite import torch_threads

__all__ = ["PolicyConfig", "PolicyLogEntry", "train_policy"]

_WEIGHT_DECAY: Final = 0.01
_WARM_UP: Final = 500
#: The rate at the end, as a share of the largest.
_LAST_RATE: Final = 0.01
#: A generator of numbers for what is drawn, and another for what is only watched.
_DRAWN, _WATCHED = 0, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyConfig:
    """How a training goes.

    Attributes:
        seed: of the weights and of everything that is drawn.
        steps: of AdamW.
        batch: states a step.
        rate: learning rate, after its rise; it falls along half a cosine.
        episodes: that are drawn at once.
        points: of each.
        longest: tokens of an episode, at most.
        hindsight: whether what was reached becomes the goal; else only episodes count that met a goal of another.
        every: steps between checkpoints.

    Raises:
        UsageError: a number is out of its range.
    """

    seed: int = 0
    steps: int = 8_000
    batch: int = 1_024
    rate: float = 1e-3
    episodes: int = 2_048
    points: int = 20
    longest: int = 25
    hindsight: bool = True
    every: int = 1_000

    def __post_init__(self) -> None:
        least = {"seed": 0, "steps": 1, "batch": 1, "episodes": 2, "points": 2, "longest": 1, "every": 1}
        check_numbers(self, at_least=least, positive=("rate",))


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyLogEntry:
    """An entry of the log of a training.

    Attributes:
        step: number of steps taken.
        loss: mean cross-entropy since the entry before, in nats a token.
        validation: the same on relabelled episodes that are not learned from.
        met: share of the drawn episodes that led to a goal.
        seconds: since this process began to train.
    """

    step: int
    loss: float
    validation: float
    met: float
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    points: torch.Tensor
    facts: torch.Tensor
    tokens: torch.Tensor

    def loss(self, policy: Policy) -> torch.Tensor:
        """Return the cross-entropy of the tokens, a number."""
        return functional.cross_entropy(policy(self.points, self.facts), self.tokens)


def train_policy(
    shape: PolicyShape, config: PolicyConfig, checkpoint: Path, log: Callable[[PolicyLogEntry], None], *, threads: int,
    seconds: Callable[[], float],
) -> tuple[Policy, list[PolicyLogEntry]]:  # fmt: skip
    """Train a policy.

    Args:
        shape: how large it is.
        config: how it is trained.
        checkpoint: a file to write now and then, and to go on from where it is there.
        log: called with every entry of the log.
        threads: of torch.
        seconds: returns the time since the beginning, for the log.

    Raises:
        UsageError: the checkpoint is one of another training.
        DataError: the checkpoint cannot be read.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        policy = Policy(shape)
    with torch_threads(threads):
        optimiser = torch.optim.AdamW(policy.parameters(), lr=config.rate, weight_decay=_WEIGHT_DECAY)
        training = {"shape": asdict(shape), "course": asdict(config)}
        step, history = _restored(checkpoint, training, policy, optimiser)
        watched, _ = _draw(config, _WATCHED, 0, hindsight=True)
        losses: list[float] = []
        shares: list[float] = []
        for now, batch, met in _batches(config, step):
            loss = batch.loss(policy)
            take_step(optimiser, loss, _rate(config, now), clipped=policy.parameters())
            losses.append(loss.item())
            shares.append(met)
            if (now + 1) % config.every == 0 or now + 1 == config.steps:
                with torch.no_grad():
                    validation = float(np.mean([each.loss(policy).item() for each in watched]))
                entry = PolicyLogEntry(
                    step=now + 1, loss=float(np.mean(losses)), validation=validation, met=float(np.mean(shares)),
                    seconds=round(seconds(), 1),
                )  # fmt: skip
                losses.clear()
                shares.clear()
                history.append(entry)
                about = {"what": training, "step": now + 1, "history": [asdict(each) for each in history]}
                write_checkpoint(checkpoint, policy, optimiser, about)
                log(entry)
    return policy.eval(), history


def _batches(config: PolicyConfig, first: int) -> Iterator[tuple[int, _Batch, float]]:
    """Yield the number of each step from the first on, what it learns, and the share of episodes that met a goal.

    Each draw serves as many steps as relabelled episodes give on average, so that any draw can be begun with.
    """
    steps_of_draw = max(1, config.episodes * 8 // config.batch)
    for draw in range(first // steps_of_draw, math.ceil(config.steps / steps_of_draw)):
        batches, met = _draw(config, _DRAWN, draw, hindsight=config.hindsight)
        for place in range(steps_of_draw):
            now = draw * steps_of_draw + place
            if first <= now < config.steps:
                yield now, batches[place % len(batches)], met


def _draw(config: PolicyConfig, purpose: int, number: int, *, hindsight: bool) -> tuple[list[_Batch], float]:
    """Return the batches of one draw, at least one, and the share of its episodes that met a goal."""
    rng = np.random.default_rng([config.seed, purpose, number])
    drawn = draw_episodes(
        rng, config.episodes, points=config.points, longest=config.longest, hindsight=hindsight
    )  # fmt: skip
    starts = range(0, max(len(drawn.tokens) - config.batch + 1, 1), config.batch)
    batches = []
    for start in starts:
        rows = np.arange(start, min(start + config.batch, len(drawn.tokens)))
        points, facts = drawn.states.rows(rows).tensors()
        batches.append(_Batch(points, facts, torch.from_numpy(drawn.tokens[rows])))
    return batches, drawn.met / drawn.episodes


def _rate(config: PolicyConfig, step: int) -> float:
    """Return the learning rate of a step."""
    rise = min(1.0, (step + 1) / _WARM_UP)
    fall = 0.5 * (1 + math.cos(math.pi * step / config.steps))
    return config.rate * rise * (_LAST_RATE + (1 - _LAST_RATE) * fall)


def _restored(
    path: Path, training: dict[str, Any], policy: Policy, optimiser: torch.optim.Optimizer
) -> tuple[int, list[PolicyLogEntry]]:
    """Bring policy and optimiser to where the file says; return the steps that were taken and the curves."""
    checkpoint = read_checkpoint(path, lambda about: bool(about["what"] == training))
    if checkpoint is None:
        return 0, []
    checkpoint.restore_module(policy)
    checkpoint.restore_optimiser(optimiser)
    with checkpoint.reading():
        return int(checkpoint.about["step"]), [PolicyLogEntry(**entry) for entry in checkpoint.about["history"]]
