"""From the chances of tokens at each place to skeletons: the likeliest tokens, or the likeliest that are a formula."""

from __future__ import annotations

from typing import Final

import torch

from srbench_transformer.tokens import ARITY, PAD

__all__ = ["are_whole", "round_freely", "round_to_formulas"]

_ARITIES: Final = 3


def round_freely(logits: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the likeliest token at each place, shape (B, n), "pad" behind the end; it need be no formula.

    Args:
        logits: shape (B, n, tokens).
        lengths: tokens of each, at most n: shape (B,).
    """
    inside = torch.arange(logits.shape[1], device=logits.device) < lengths[:, None]
    return torch.where(inside, logits.argmax(2), PAD)


def are_whole(tokens: torch.Tensor) -> torch.Tensor:
    """Return which rows of tokens, shape (B, n), are one whole formula in prefix order: shape (B,), bool."""
    arity = torch.tensor(ARITY, device=tokens.device)[tokens]
    inside = tokens != PAD
    missing = 1 + torch.where(inside, arity - 1, 0).cumsum(1)
    lengths = inside.sum(1)
    is_last = torch.arange(tokens.shape[1], device=tokens.device) == lengths[:, None] - 1
    return (lengths > 0) & ((missing > 0) | is_last | ~inside).all(1) & ((missing == 0) & is_last).any(1)


def round_to_formulas(logits: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the likeliest whole formula of a given length for each row, by dynamic programming.

    Places are taken as independent of each other. What is kept on the way, place by place, is the best score for each
    number of arguments that are still missing (Viterbi's algorithm over a stack machine).

    Args:
        logits: shape (B, n, tokens); -inf for tokens that are ruled out. Of each arity, 0 to 2, some token is allowed
            somewhere: a formula of that length can be written.
        lengths: tokens of each, 1 to n: shape (B,).

    Returns:
        Tokens, shape (B, n), "pad" behind the end; and the log chance of each, shape (B,), -inf for one that cannot
        be written with the tokens that are allowed.
    """
    count, longest, _ = logits.shape
    here = logits.device
    arity = torch.tensor(ARITY, device=here)
    chances = logits.log_softmax(2)
    by_arity = torch.stack([chances.masked_fill(arity != a, -torch.inf).max(2).values for a in range(_ARITIES)], 2)
    best = torch.stack([chances.masked_fill(arity != a, -torch.inf).argmax(2) for a in range(_ARITIES)], 2)
    scores = torch.full((count, longest + 2), -torch.inf, device=here)  # by arguments that are missing
    scores[:, 1] = 0.0
    ends = torch.full((count,), -torch.inf, device=here)
    came_by = []
    for place in range(longest):
        going_on = scores.clone()
        going_on[:, 0] = -torch.inf  # a whole formula takes no more tokens
        following = torch.full((count, longest + 2, _ARITIES), -torch.inf, device=here)
        for a in range(_ARITIES):  # from `missing` to `missing` + a - 1
            to = slice(max(0, a - 1), longest + 2 + min(0, a - 1))
            of = slice(max(0, 1 - a), longest + 2 - max(0, a - 1))
            following[:, to, a] = going_on[:, of] + by_arity[:, place, a, None]
        scores, by = following.max(2)
        came_by.append(by)
        ends = torch.where(lengths == place + 1, scores[:, 0], ends)
    tokens = torch.full((count, longest), PAD, device=here)
    missing = torch.zeros(count, dtype=torch.long, device=here)
    rows = torch.arange(count, device=here)
    for place in reversed(range(longest)):
        inside = place < lengths
        by = came_by[place][rows, missing]
        tokens[:, place] = torch.where(inside, best[rows, place, by], PAD)
        missing = torch.where(inside, missing - by + 1, missing)
    return tokens, ends
