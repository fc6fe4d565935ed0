"""How fast networks are trained: thousands at once, against one at a time by the published recipe."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from torch import nn

from srbench_weight_decoder.architecture import Architecture, architecture
from srbench_weight_decoder.corpus import SHARD, Settings, networks
from srbench_weight_decoder.polynomials import family

__all__ = ["Rate", "at_once", "one_at_a_time"]

#: Points of the published recipe (Marton, Lüdtke & Bartelt, Applied Sciences 12(3):980, 2022: 5,000 points, up to 1,000
#: epochs of Adam). Theirs are of small batches; one full batch an epoch, as here, is the cheapest that it can be.
_POINTS: Final = 5_000
_EPOCHS: Final = 1_000
_LEARNING_RATE: Final = 0.01
_ACTIVATIONS: Final = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What training took.

    Attributes:
        networks: that were trained.
        seconds: that it took, on one core.
        median_mse: of the networks, at the points they were trained on.
    """

    networks: int
    seconds: float
    median_mse: float

    @property
    def per_second(self) -> float:
        """Return networks a second."""
        return self.networks / self.seconds


def at_once(name: str, start: torch.Tensor, shards: int = 2) -> Rate:
    """Train shards of a corpus of an architecture by the default recipe; the first steps of the process not counted."""
    settings = Settings(architecture=name, networks=shards * SHARD, seed=11)
    networks(Settings(architecture=name, networks=10, seed=12), start, 0)
    begun = time.perf_counter()
    losses = [networks(settings, start, shard)["mse"] for shard in range(shards)]
    seconds = time.perf_counter() - begun
    return Rate(networks=shards * SHARD, seconds=seconds, median_mse=float(torch.cat(losses).median()))


def one_at_a_time(name: str, count: int = 8, epochs: int = _EPOCHS) -> Rate:
    """Train networks of an architecture one after another, each from its own start, on 5,000 random points by Adam."""
    shape, polynomials = architecture(name), family("poly2")
    coefficients = polynomials.values(polynomials.draw(count, np.random.default_rng(11)))
    losses = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        begun = time.perf_counter()
        for row in coefficients:
            x = 2 * torch.rand(_POINTS, 1) - 1
            y = torch.from_numpy(np.polyval(row, x.double().numpy())).float()
            losses.append(_trained(shape, x, y, epochs))
        seconds = time.perf_counter() - begun
    return Rate(networks=count, seconds=seconds, median_mse=float(np.median(losses)))


def _trained(shape: Architecture, x: torch.Tensor, y: torch.Tensor, epochs: int) -> float:
    layers: list[nn.Module] = []
    for before, after in pairwise(shape.widths):
        layers += [nn.Linear(before, after, bias=shape.biases), _ACTIVATIONS[shape.activation]()]
    network = nn.Sequential(*layers[:-1])  # nothing after the output
    optimiser = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    loss = torch.zeros(())
    for _ in range(epochs):
        loss = (network(x) - y).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return float(loss.detach())
