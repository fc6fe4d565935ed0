"""A set transformer that reads points, and a decoder that writes a skeleton token by token.

Sources: Lee et al., "Set Transformer" (ICML 2019): points are pooled into a few learned queries by attention; Vaswani
et al., "Attention Is All You Need" (NeurIPS 2017), with the norm before each part.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from srbench_weight_decoder import check_numbers
from torch import nn
from torch.nn import functional

from srbench_lite import UsageError
from srbench_lite.fitting import count_work
from srbench_transformer.encoding import FEATURES, SPECTRUM
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES

__all__ = ["Layer", "Model", "Shape"]

#: Nanoseconds, for `count_work`: of a layer; of a row of numbers in it, and of it by the width squared.
_LAYER: Final = 300_000.0
_ROW: Final = 3_000.0
_ROW_VALUE: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The size of a model, and what it writes.

    Attributes:
        width: of tokens.
        heads: of each attention.
        latents: into which the points are pooled.
        encoder: layers that read, each of attention to the points and among the latents.
        decoder: layers that write.
        inner: width of the perceptrons, as a multiple of `width`.
        dropout: share of each part's output that training leaves out.
        vocabulary: what it writes, by name.

    Raises:
        UsageError: the width is no multiple of the heads, or a number is out of its range.
    """

    width: int = 128
    heads: int = 4
    latents: int = 24
    encoder: int = 2
    decoder: int = 4
    inner: int = 3
    vocabulary: str = "skeletons"
    dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.vocabulary not in VOCABULARIES:
            raise UsageError(f"unknown vocabulary {self.vocabulary!r}; there are: {', '.join(VOCABULARIES)}")
        check_numbers(self, at_least=dict.fromkeys(("width", "heads", "latents", "encoder", "decoder", "inner"), 1))
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout must be a share below 1, got {self.dropout:g}")
        if self.width % self.heads:
            raise UsageError(f"width must be a multiple of heads, got {self.width} and {self.heads}")


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width, bias=False)
        self.memory = nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def split(self, x: torch.Tensor) -> torch.Tensor:
        """Return (B, n, width) as (B, heads, n, width / heads)."""
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def remembered(self, memory: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return keys and values."""
        keys, values = self.memory(memory).chunk(2, dim=2)
        return self.split(keys), self.split(values)

    def forward(
        self, x: torch.Tensor, remembered: tuple[torch.Tensor, torch.Tensor], mask: torch.Tensor | None = None,
        causal: bool = False,
    ) -> torch.Tensor:  # fmt: skip
        attended = functional.scaled_dot_product_attention(
            self.split(self.query(x)), *remembered, attn_mask=mask, is_causal=causal
        )
        return self.out(attended.transpose(1, 2).flatten(2))  # type: ignore[no-any-return]


class Layer(nn.Module):
    """A layer: attention to other tokens, attention among its own, and a perceptron."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.width
        self.own, self.other = _Attention(width, shape.heads), _Attention(width, shape.heads)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.perceptron = nn.Sequential(
            nn.Linear(width, shape.inner * width), nn.GELU(), nn.Linear(shape.inner * width, width)
        )
        self.drop = nn.Dropout(shape.dropout)


class Model(nn.Module):
    """A network that reads points and writes skeletons.

    Args:
        shape: how large it is.
    """

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        vocabulary = VOCABULARIES[shape.vocabulary]
        self.longest, self.size = vocabulary.longest, len(vocabulary.tokens)
        self.arity: torch.Tensor
        self.register_buffer("arity", torch.tensor(vocabulary.arity), persistent=False)
        width = shape.width
        self.points = nn.Sequential(nn.Linear(FEATURES, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        self.spectrum = nn.Sequential(nn.Linear(SPECTRUM, 2 * width), nn.GELU(), nn.Linear(2 * width, 2 * width))
        self.points_norm = nn.LayerNorm(width)
        self.latents = nn.Parameter(torch.randn(shape.latents, width) * 0.5)
        self.reading = nn.ModuleList(Layer(shape) for _ in range(shape.encoder))
        self.read_norm = nn.LayerNorm(width)
        self.embedding = nn.Embedding(self.size, width)
        self.places = nn.Parameter(torch.randn(self.longest + 1, width) * 0.1)
        self.open = nn.Embedding(self.longest + 2, width)  # arguments that are still to be written
        self.writing = nn.ModuleList(Layer(shape) for _ in range(shape.decoder))
        self.written_norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, self.size)
        for module in self.modules():
            if isinstance(module, nn.Embedding):
                nn.init.normal_(module.weight, std=0.1)

    def read(self, features: torch.Tensor, spectrum: torch.Tensor) -> torch.Tensor:
        """Return what the decoder looks at: the points, pooled into the latents.

        Args:
            features: shape (B, n, FEATURES).
            spectrum: of the same points, shape (B, SPECTRUM), read as two more points.

        Returns:
            Shape (B, latents, width).
        """
        self.count(2 * len(self.reading), features.shape[1] + self.shape.latents)
        points = torch.cat((self.points(features), self.spectrum(spectrum).unflatten(1, (2, -1))), 1)
        points = self.points_norm(points)
        x = self.latents.expand(len(features), -1, -1)
        for layer in self.reading:
            assert isinstance(layer, Layer)
            x = x + layer.drop(layer.other(layer.norms[0](x), layer.other.remembered(points)))
            normed = layer.norms[1](x)
            x = x + layer.drop(layer.own(normed, layer.own.remembered(normed)))
            x = x + layer.drop(layer.perceptron(layer.norms[2](x)))
        return self.read_norm(x)  # type: ignore[no-any-return]

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return logits of the token after each.

        Args:
            memory: of `read`, shape (B, latents, width).
            tokens: the first is "begin", shape (B, n).

        Returns:
            Shape (B, n, tokens); those that the grammar does not allow are -inf.
        """
        missing = self._missing(tokens)
        x = self.embedding(tokens) + self.places[: tokens.shape[1]] + self.open(missing.clamp(0, self.longest + 1))
        for layer in self.writing:
            assert isinstance(layer, Layer)
            normed = layer.norms[0](x)
            x = x + layer.drop(layer.own(normed, layer.own.remembered(normed), causal=True))
            x = x + layer.drop(layer.other(layer.norms[1](x), layer.other.remembered(memory)))
            x = x + layer.drop(layer.perceptron(layer.norms[2](x)))
        left = self.longest - torch.arange(tokens.shape[1], device=tokens.device)
        return self._allowed(self.logits(self.written_norm(x)), missing, left)

    def loss(self, features: torch.Tensor, spectrum: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the mean cross-entropy of the tokens, in nats.

        Args:
            features: of points, as for `read`.
            spectrum: of the same points.
            tokens: what is to be written, from "begin" to "end", then "pad", shape (B, n).
        """
        logits = self(self.read(features, spectrum), tokens[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten(), ignore_index=PAD)

    @torch.no_grad()
    def write(
        self, memory: torch.Tensor, count: int, *, temperature: float, generator: torch.Generator,
        forced: torch.Tensor | None = None, see: Callable[[torch.Tensor], object] | None = None,
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        """Draw skeletons, all at once; keys and values of what is written are kept.

        Args:
            memory: of `read`, shape (1, latents, width).
            count: how many.
            temperature: of the softmax; 0 takes the likeliest token each time.
            generator: draws, on the CPU.
            forced: tokens with which each begins, shape (count, at most longest + 1), then "pad"; None for nothing.
            see: is shown the log chances of all tokens at each step, shape (count, tokens), at temperature 1.

        Returns:
            Tokens, shape (count, at most longest + 1), behind "end" comes "pad"; and the log likelihood of each at
            temperature 1, shape (count,).
        """
        here = memory.device
        tokens = torch.full((count, 1), BEGIN, device=here)
        missing = torch.ones((count, 1), dtype=torch.long, device=here)
        likelihood = torch.zeros(count, device=here)
        over = torch.zeros(count, dtype=torch.bool, device=here)
        caches: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * len(self.writing)
        memories = [layer.other.remembered(memory) for layer in self.writing]  # type: ignore[union-attr, operator]
        memories = [(k.expand(count, -1, -1, -1), v.expand(count, -1, -1, -1)) for k, v in memories]
        for step in range(self.longest + 1):
            last = tokens[:, -1:]
            x = self.embedding(last) + self.places[step] + self.open(missing.clamp(0, self.longest + 1))
            for number, layer in enumerate(self.writing):
                assert isinstance(layer, Layer)
                normed = layer.norms[0](x)
                new = layer.own.remembered(normed)
                before = caches[number]
                pair = new if before is None else (torch.cat((before[0], new[0]), 2), torch.cat((before[1], new[1]), 2))
                caches[number] = pair
                x = x + layer.own(normed, pair)
                x = x + layer.other(layer.norms[1](x), memories[number])
                x = x + layer.perceptron(layer.norms[2](x))
            self.count(len(self.writing), count)
            left = torch.tensor([self.longest - step], device=here)
            scores = self._allowed(self.logits(self.written_norm(x)), missing, left)[:, 0].float()
            plain = scores.log_softmax(1)
            if see is not None:
                see(plain)
            if temperature > 0:  # drawn on the CPU, whose generator it is
                chances = (scores / temperature).softmax(1).cpu()
                chosen = torch.multinomial(chances, 1, generator=generator)[:, 0].to(here)
            else:
                chosen = scores.argmax(1)
            if forced is not None and step < forced.shape[1]:
                chosen = torch.where(forced[:, step] == PAD, chosen, forced[:, step])
            chosen = torch.where(over, PAD, chosen)
            likelihood += torch.where(over, 0.0, plain.gather(1, chosen[:, None])[:, 0])
            over = over | (chosen == END)
            tokens = torch.cat((tokens, chosen[:, None]), 1)
            missing = (missing + self.arity[chosen][:, None].clamp_min(0) - 1).clamp_min(0)
            if bool(over.all()):
                break
        return tokens[:, 1:], likelihood

    @torch.no_grad()
    def beam(self, memory: torch.Tensor, count: int) -> torch.Tensor:
        """Return the tokens of the `count` likeliest skeletons that a beam of that width finds: (count, longest).

        Args:
            memory: of `read`, shape (1, latents, width).
            count: width of the beam.
        """
        tokens = torch.full((1, 1), BEGIN, device=memory.device)
        scores = torch.zeros(1, device=memory.device)
        for _ in range(self.longest + 1):
            over = (tokens[:, -1] == END) | (tokens[:, -1] == PAD)
            if bool(over.all()):
                break
            self.count(len(self.writing), tokens.numel())
            following = self(memory.expand(len(tokens), -1, -1), tokens)[:, -1].log_softmax(1)
            following[over] = -torch.inf
            following[over, PAD] = 0.0
            total = (scores[:, None] + following).flatten()
            scores, places = total.topk(min(count, int(torch.isfinite(total).sum())))
            rows = places // self.size
            tokens = torch.cat((tokens[rows], (places % self.size)[:, None]), 1)
        return tokens[:, 1:]

    def count(self, layers: int, rows: int) -> None:
        """Count the work of so many layers on so many rows of numbers."""
        count_work(layers * (_LAYER + rows * (_ROW + _ROW_VALUE * self.shape.width**2)))

    def _missing(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return how many arguments are still to be written after each token, shape as `tokens`."""
        change = self.arity[tokens] - 1
        change = torch.where(tokens == BEGIN, 1, torch.where(tokens <= END, 0, change))
        return change.cumsum(1)

    def _allowed(self, logits: torch.Tensor, missing: torch.Tensor, left: torch.Tensor) -> torch.Tensor:
        """Rule out what would not become a formula in the tokens that are left, "end" not counted.

        Args:
            logits: shape (B, n, tokens).
            missing: shape (B, n).
            left: shape (n,).
        """
        after = missing[:, :, None] + self.arity - 1  # arguments that are missing then
        fits = (self.arity >= 0) & (missing[:, :, None] > 0) & (after <= left[None, :, None] - 1)
        ends = (torch.arange(self.size, device=logits.device) == END) & (missing[:, :, None] == 0)
        return logits.masked_fill(~(fits | ends), -torch.inf)
