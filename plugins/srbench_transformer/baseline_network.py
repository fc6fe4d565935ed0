"""The small fully connected network of a workshop, which writes formulas without constants token by token.

Source: Moseley, "Symbolic regression with deep neural networks" (workshop, 2025).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import torch
from torch import nn

from srbench_lite.fitting import count_work
from srbench_transformer.baseline_grammar import GRID
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES

__all__ = ["WINDOW", "BaselineNetwork", "Writer", "formula_of"]

#: Tokens that the network looks back on, and the width of their embedding; both as published.
WINDOW: Final = 15
_EMBEDDING: Final = 4
_WIDTH: Final = 128
#: Nanoseconds, for `count_work`: of a token, and of it by formula that is drawn.
_TOKEN: Final = 500_000.0
_ROW: Final = 10_000.0
_VOCABULARY: Final = VOCABULARIES["workshop"]
_CODES: Final = {token: code for code, token in enumerate(_VOCABULARY.tokens)}

#: Draws formulas for the values of one function: values (100,), how many, temperature, generator; tokens (count, n).
Writer = Callable[[torch.Tensor, int, float, torch.Generator], torch.Tensor]


class BaselineNetwork(nn.Module):
    """The values of a function go through two layers, and with the tokens before through three more."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(2 * len(GRID), _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU())
        self.embedding = nn.Embedding(len(_VOCABULARY.tokens), _EMBEDDING)
        self.decoder = nn.Sequential(
            nn.Linear(_WIDTH + WINDOW * _EMBEDDING, _WIDTH), nn.ReLU(), nn.Linear(_WIDTH, _WIDTH), nn.ReLU(),
            nn.Linear(_WIDTH, len(_VOCABULARY.tokens)),
        )  # fmt: skip

    def forward(self, values: torch.Tensor, before: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next token.

        Args:
            values: of functions on the grid, shape (B, 100).
            before: codes of the tokens before, shape (B, 15).

        Returns:
            Shape (B, tokens).
        """
        grid = torch.from_numpy(GRID).float().expand(len(values), -1)
        read = self.encoder(torch.cat((grid, values), 1))
        logits: torch.Tensor = self.decoder(torch.cat((read, self.embedding(before).flatten(1)), 1))
        return logits

    @torch.no_grad()
    def write(self, values: torch.Tensor, count: int, temperature: float, generator: torch.Generator) -> torch.Tensor:
        """Draw formulas; see `Writer`."""
        tokens = torch.full((count, WINDOW + 1), PAD)
        tokens[:, -1] = BEGIN
        for _ in range(_VOCABULARY.longest + 1):
            count_work(_TOKEN + _ROW * count)
            scores = self(values.expand(count, -1), tokens[:, -WINDOW:])
            chosen = _chosen(scores, temperature, generator)
            tokens = torch.cat((tokens, chosen[:, None]), 1)
        return tokens[:, WINDOW + 1 :]


def formula_of(row: Sequence[int]) -> tuple[str, ...] | None:
    """Return the tokens of a formula from their codes up to "end"; None where that is no formula."""
    if END not in row:
        return None
    text = tuple(_VOCABULARY.tokens[code] for code in row[: list(row).index(END)])
    missing = 1
    for token in text:
        arity = _VOCABULARY.arity[_CODES[token]]
        if missing == 0 or arity < 0:
            return None
        missing += arity - 1
    return text if missing == 0 else None


def _chosen(scores: torch.Tensor, temperature: float, generator: torch.Generator) -> torch.Tensor:
    if temperature == 0:
        return scores.argmax(1)
    return torch.multinomial((scores / temperature).softmax(1), 1, generator=generator)[:, 0]
