"""The decoder: a transformer that reads the weights of a network and writes the formula, token by token.

Sources: Vaswani et al., "Attention Is All You Need" (NeurIPS 2017), with the norm before each part; the reading of
values at learned inputs after Kofinas et al. and "ProbeGen" (ICLR 2025). What is ours: the coefficient head, whose
estimates stand before the decoder as drafted digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from srbench_weight_decoder.architecture import Architecture, architecture
from srbench_weight_decoder.checks import check_choices
from srbench_weight_decoder.head import Head
from srbench_weight_decoder.polynomials import family
from srbench_weight_decoder.tokens import BEGIN, PAD, TOKENS, Grammar

__all__ = ["Reader", "ReaderShape"]

#: The published memory: 128 weights become 512 numbers. Here they are eight tokens of 64.
_MEMORY_SIZE: Final = 512
_MEMORY_TOKENS: Final = 8
_READINGS: Final = ("weights", "probe")
_MEMORIES: Final = ("neurons", "mlp")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderShape:
    """What a reader is built like.

    Attributes:
        architecture: of the networks it reads, by name.
        family: of the polynomials it writes, by name.
        reading: "weights" (weights only) or "probe" (values at learned inputs too).
        memory: "neurons" (a token a neuron) or "mlp" (the published expansion to 512 numbers).
        positions: whether each neuron has a token embedding of its own; without, only its layer has.
        head: whether there is a coefficient head.
        width: of a token.
        heads: of attention.
        encoder_layers: over the neuron tokens.
        decoder_layers: over what has been written.
        probes: learned inputs of the reading "probe".
        hidden: units of each hidden layer of the head's perceptron.

    Raises:
        UsageError: a name is unknown.
    """

    architecture: str = "sigmoid-128"
    family: str = "poly2"
    reading: str = "probe"
    memory: str = "neurons"
    positions: bool = True
    head: bool = True
    width: int = 64
    heads: int = 4
    encoder_layers: int = 1
    decoder_layers: int = 2
    probes: int = 16
    hidden: int = 256

    def __post_init__(self) -> None:
        architecture(self.architecture)
        family(self.family)
        check_choices(self, {"reading": _READINGS, "memory": _MEMORIES})


class Reader(nn.Module):
    """A transformer that reads networks, shape (B, size), and writes polynomials.

    Its scales, its learned inputs and its head are set by `reader_training` before the decoder is trained.
    """

    def __init__(self, shape: ReaderShape) -> None:
        super().__init__()
        self.shape = shape
        self.family = family(shape.family)
        networks = architecture(shape.architecture)
        grammar = Grammar.of(self.family)
        width, terms = shape.width, self.family.terms
        probes = shape.probes if shape.reading == "probe" else 0
        self.head = Head(networks, terms, probes=probes, hidden=shape.hidden)
        self.following = nn.Buffer(torch.from_numpy(grammar.following), persistent=False)
        self.start, self.longest = grammar.start, grammar.longest
        if shape.memory == "neurons":
            self.neurons = _Neurons(networks, width, positions=shape.positions)
        else:
            self.expand = nn.Sequential(
                nn.Linear(networks.size, _MEMORY_SIZE), nn.ReLU(), nn.Linear(_MEMORY_SIZE, _MEMORY_SIZE), nn.ReLU()
            )
            self.tokenise = nn.Linear(_MEMORY_SIZE // _MEMORY_TOKENS, width)
        if probes:
            self.probed = nn.Linear(probes + 1, width)
        if shape.head:
            self.drafted = nn.Linear(_draft_size(self.family.decimals), width)
            self.term = nn.Parameter(0.02 * torch.randn(terms, width))
        layer = {"d_model": width, "nhead": shape.heads, "dim_feedforward": 2 * width, "dropout": 0.0}
        self.encoder = nn.ModuleList(
            nn.TransformerEncoderLayer(**layer, activation="gelu", batch_first=True, norm_first=True)  # type: ignore[arg-type]
            for _ in range(shape.encoder_layers)
        )
        self.decoder = nn.ModuleList(
            nn.TransformerDecoderLayer(**layer, activation="gelu", batch_first=True, norm_first=True)  # type: ignore[arg-type]
            for _ in range(shape.decoder_layers)
        )
        self.embedding = nn.Embedding(len(TOKENS), width)
        self.place = nn.Parameter(0.02 * torch.randn(self.longest, width))
        self.norm = nn.LayerNorm(width)
        self.logits = nn.Linear(width, len(TOKENS))

    def memory(self, features: torch.Tensor, estimates: torch.Tensor) -> torch.Tensor:
        """Return the tokens that the decoder looks at, shape (B, tokens, width).

        Args:
            features: of the networks, from `Head.features`.
            estimates: of the coefficients, from the head, shape (B, terms); unused without a head.
        """
        size = self.head.shape.size
        weights = features[:, :size]
        if self.shape.memory == "neurons":
            tokens = self.neurons(weights)
        else:
            tokens = self.tokenise(self.expand(weights).view(len(weights), _MEMORY_TOKENS, -1))
        parts = [tokens]
        if self.shape.reading == "probe":
            values = features[:, size:]
            parts.append(self.probed(torch.cat((values, self._roughness(features)), dim=1)).unsqueeze(1))
        if self.shape.head:
            parts.append(self.drafted(_draft(estimates, self.family.decimals)) + self.term)
        memory = torch.cat(parts, dim=1)
        for layer in self.encoder:
            memory = layer(memory)
        return memory

    def forward(self, memory: torch.Tensor, tokens: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """Return the logits of each next token, minus infinity where the grammar forbids it: shape (B, length, 19).

        Args:
            memory: from `memory`.
            tokens: "begin" and what is written so far, shape (B, length).
            states: of the grammar before each next token, shape (B, length).
        """
        length = tokens.shape[1]
        hidden = self.embedding(tokens) + self.place[:length]
        mask = torch.full((length, length), -torch.inf).triu(1)
        for layer in self.decoder:
            hidden = layer(hidden, memory, tgt_mask=mask, tgt_is_causal=True)
        logits: torch.Tensor = self.logits(self.norm(hidden))
        return logits.masked_fill(self.following[states] < 0, -torch.inf)

    @torch.no_grad()
    def write(self, weights: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Write the most likely formula of each network, token by token.

        Args:
            weights: shape (B, size), float32.

        Returns:
            Tokens, shape (B, longest), "end" behind the last and "pad" behind that, and the probability that the
            decoder gives to what it wrote, shape (B,).
        """
        features = self.head.features(weights)
        memory = self.memory(features, self.head(features))
        count = len(weights)
        tokens = torch.full((count, 1), BEGIN)
        states = torch.full((count, 1), self.start)
        likelihood = torch.zeros(count)
        open_ = torch.ones(count, dtype=torch.bool)
        for _ in range(self.longest):
            scores = torch.log_softmax(self(memory, tokens, states)[:, -1], dim=1)
            best, chosen = scores.max(1)
            likelihood += torch.where(open_, best, 0.0)
            after = self.following[states[:, -1], chosen]
            ended = (self.following[after.clamp_min(0)] < 0).all(1)
            tokens = torch.cat((tokens, torch.where(open_, chosen, PAD)[:, None]), dim=1)
            states = torch.cat((states, torch.where(open_, after, states[:, -1])[:, None]), dim=1)
            states[:, -1] = torch.where(ended, self.start, states[:, -1])  # closed rows go on unseen
            open_ = open_ & ~ended
            if not bool(open_.any()):
                break
        written = torch.full((count, self.longest), PAD)
        written[:, : tokens.shape[1] - 1] = tokens[:, 1:]
        return written, likelihood.exp()

    def _roughness(self, features: torch.Tensor) -> torch.Tensor:
        """Return how far the values are from every polynomial of the family, on a log scale: shape (B, 1)."""
        size = self.head.shape.size
        values = features[:, size:] * self.head.spread[size:] + self.head.centre[size:]
        columns = self.head.probes.clamp(-1, 1)[:, None] ** torch.arange(self.family.terms)
        basis = torch.linalg.qr(columns.detach())[0]
        rest = values - values @ basis @ basis.T
        return 0.25 * torch.log10(rest.square().mean(1, keepdim=True) + 1e-10) + 1.5


class _Neurons(nn.Module):
    """A token a hidden unit: its incoming weights, its bias and its outgoing weights."""

    def __init__(self, shape: Architecture, width: int, *, positions: bool) -> None:
        super().__init__()
        widths = shape.widths
        hidden = range(1, len(widths) - 1)
        most_in = max(widths[layer - 1] + shape.biases for layer in hidden)
        most_out = max(widths[layer + 1] for layer in hidden)
        index = []  # into the weights with a zero behind
        numbers = torch.arange(shape.size)[None]
        matrices = [matrix[0] for matrix in shape.matrices(numbers)]
        for layer in hidden:
            for unit in range(widths[layer]):
                incoming = matrices[layer - 1][unit].tolist()
                outgoing = matrices[layer][:, unit].tolist()
                index.append(
                    incoming + [shape.size] * (most_in - len(incoming))
                    + outgoing + [shape.size] * (most_out - len(outgoing))
                )  # fmt: skip
        self.index = nn.Buffer(torch.tensor(index), persistent=False)  # (units, most_in + most_out)
        layers = torch.tensor([layer - 1 for layer in hidden for _ in range(widths[layer])])
        self.which = nn.Buffer(torch.arange(len(index)) if positions else layers, persistent=False)
        self.project = nn.Linear(most_in + most_out, width)
        self.names = nn.Parameter(0.02 * torch.randn(int(self.which.max()) + 1, width))

    def forward(self, weights: torch.Tensor) -> torch.Tensor:
        """Return tokens, shape (B, units, width), of standardised weights of shape (B, size)."""
        padded = torch.cat((weights, torch.zeros_like(weights[:, :1])), dim=1)
        tokens: torch.Tensor = self.project(padded[:, self.index]) + self.names[self.which]
        return tokens


def _draft_size(decimals: int) -> int:
    return 10 * (1 + decimals) + 3 + 3


def _draft(estimates: torch.Tensor, decimals: int) -> torch.Tensor:
    """Return estimates digit by digit, rounded to the last decimal: shape (B, terms, _draft_size).

    Ten places a digit, one of them set; three for the sign of what was rounded; the estimate, its size on a log scale,
    and how far it was from a rounding boundary.
    """
    unit = 10.0**decimals
    scaled = estimates.clamp(-9.99, 9.99) * unit
    whole = scaled.round()
    size = whole.abs().long()
    digits = [size // 10**place % 10 for place in range(decimals, -1, -1)]
    hot = [nn.functional.one_hot(digit, 10).to(estimates.dtype) for digit in digits]
    sign = nn.functional.one_hot((whole.sign() + 1).long(), 3).to(estimates.dtype)
    rest = torch.stack((estimates.clamp(-10, 10) / 5, torch.log10(estimates.abs() + 1e-4), 2 * (scaled - whole)), dim=2)
    return torch.cat((*hot, sign, rest), dim=2)
