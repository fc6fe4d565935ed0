"""A denoiser: noisy embeddings of a skeleton's tokens in, the chances of every token at every place out.

Sources: Han et al., DiffuSR, 2509.13136 (2025): diffusion over the embeddings of a formula's tokens, conditioned on the
points by attention; Li et al., "Diffusion-LM Improves Controllable Text Generation" (NeurIPS 2022), section 4:
embeddings that are learned with the denoiser, and the square-root schedule (appendix A).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from srbench_weight_decoder import check_numbers
from torch import nn
from torch.nn import functional

from srbench_lite.fitting import count_work
from srbench_transformer.model import Layer, Shape
from srbench_transformer.tokens import LONGEST, TOKENS

__all__ = ["Denoiser", "DenoiserShape", "noise_levels"]

#: Nanoseconds, for `count_work`: of a layer; of a row of numbers in it, and of it by the width squared.
_LAYER: Final = 200_000.0
_ROW: Final = 1_500.0
_ROW_VALUE: Final = 0.28
#: Frequencies that tell how noisy a place is.
_FREQUENCIES: Final = 16
#: Offset of the square-root schedule.
_SCHEDULE_OFFSET: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class DenoiserShape:
    """The size of a denoiser.

    Attributes:
        width: of its layers; that of the encoder whose memory it looks at.
        heads: of each attention.
        layers: of attention among the places, attention to the memory, and a perceptron.
        inner: width of the perceptrons, as a multiple of `width`.
        embedding: numbers of a token's embedding.

    Raises:
        UsageError: the width is no multiple of the heads, or a number is out of its range.
    """

    width: int = 128
    heads: int = 4
    layers: int = 3
    inner: int = 3
    embedding: int = 8

    def __post_init__(self) -> None:
        check_numbers(self, at_least={"layers": 1, "embedding": 1})
        _ = self.layer_shape

    @property
    def layer_shape(self) -> Shape:
        """Return the size of its layers."""
        return Shape(width=self.width, heads=self.heads, decoder=self.layers, inner=self.inner)


def noise_levels(times: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the shares of the clean embedding and of the noise at times from 0 to 1, the squares of which sum to 1.

    The square-root schedule: what is left of the clean variance is 1 - sqrt(time), so that noise rises fast at first.
    """
    clean = (1 - torch.sqrt(times + _SCHEDULE_OFFSET)).clamp(0, 1)
    return clean.sqrt(), (1 - clean).sqrt()


class Denoiser(nn.Module):
    """A network that looks at noisy embeddings and the encoder's memory, and says which tokens they were.

    The number of tokens is drawn first; every place knows how far it is from both ends. Places at time 0 are clean:
    that is how a part of a skeleton is given, when another part is filled in.

    Args:
        shape: how large it is.
    """

    def __init__(self, shape: DenoiserShape) -> None:
        super().__init__()
        self.shape = shape
        width = shape.width
        self.embedding = nn.Parameter(torch.randn(len(TOKENS), shape.embedding))
        self.entry = nn.Linear(2 * shape.embedding, width)
        self.time = nn.Sequential(nn.Linear(2 * _FREQUENCIES, width), nn.SiLU(), nn.Linear(width, width))
        self.from_begin = nn.Parameter(torch.randn(LONGEST, width) * 0.1)
        self.from_end = nn.Parameter(torch.randn(LONGEST + 1, width) * 0.1)
        self.layers = nn.ModuleList(Layer(shape.layer_shape) for _ in range(shape.layers))
        self.norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, len(TOKENS))
        self.length = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.Linear(width, LONGEST + 1))

    def embed(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the clean embeddings of tokens, shape (..., embedding): each number has a variance of about 1."""
        return self._embeddings()[tokens]

    def mean_embedding(self, logits: torch.Tensor) -> torch.Tensor:
        """Return the clean embeddings that are expected under logits, shape (..., embedding)."""
        return logits.softmax(-1) @ self._embeddings()

    def length_logits(self, memory: torch.Tensor) -> torch.Tensor:
        """Return logits of the number of tokens, shape (B, LONGEST + 1); 0 is ruled out.

        Args:
            memory: shape (B, latents, width).
        """
        logits: torch.Tensor = self.length(memory.mean(1))
        return logits.masked_fill(torch.arange(LONGEST + 1, device=logits.device) == 0, -torch.inf)

    def remembered(self, memory: torch.Tensor) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return keys and values of each layer for a memory of shape (B, latents, width)."""
        return [layer.other.remembered(memory) for layer in self._layers()]

    def forward(
        self, noisy: torch.Tensor, times: torch.Tensor, estimate: torch.Tensor, lengths: torch.Tensor,
        remembered: list[tuple[torch.Tensor, torch.Tensor]],
    ) -> torch.Tensor:  # fmt: skip
        """Return logits of the tokens, shape (B, n, tokens); "pad", "begin" and "end" are ruled out.

        Args:
            noisy: embeddings, shape (B, n, embedding).
            times: how noisy each place is, 0 to 1, shape (B, n).
            estimate: of the clean embeddings, by the step before; zeros at the first: shape (B, n, embedding).
            lengths: tokens of each skeleton, at most n: shape (B,).
            remembered: of `remembered`, for B memories.
        """
        places = torch.arange(noisy.shape[1], device=noisy.device)
        inside = places < lengths[:, None]
        left = (lengths[:, None] - places).clamp_min(0)
        x = self.entry(torch.cat((noisy, estimate), 2)) + self.time(_waves(times))
        x = x + self.from_begin[: noisy.shape[1]] + self.from_end[left]
        mask = inside[:, None, None]
        for layer, pair in zip(self._layers(), remembered, strict=True):
            normed = layer.norms[0](x)
            x = x + layer.own(normed, layer.own.remembered(normed), mask)
            x = x + layer.other(layer.norms[1](x), pair)
            x = x + layer.perceptron(layer.norms[2](x))
        logits: torch.Tensor = self.logits(self.norm(x))
        return logits.masked_fill(torch.arange(len(TOKENS), device=x.device) <= 2, -torch.inf)

    def count(self, rows: int) -> None:
        """Count the work of a pass over so many places."""
        width = self.shape.width
        count_work(self.shape.layers * (_LAYER + rows * (_ROW + _ROW_VALUE * width**2)))

    def _embeddings(self) -> torch.Tensor:
        return functional.normalize(self.embedding, dim=1) * math.sqrt(self.shape.embedding)

    def _layers(self) -> list[Layer]:
        return list(self.layers)  # type: ignore[arg-type]


def _waves(times: torch.Tensor) -> torch.Tensor:
    """Return sines and cosines of times, shape (..., 2 * _FREQUENCIES)."""
    angles = times[..., None] * torch.exp(torch.linspace(0, math.log(200), _FREQUENCIES, device=times.device))
    return torch.cat((angles.sin(), angles.cos()), -1)
