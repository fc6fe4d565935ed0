"""Sampling: skeletons out of noise, and parts of a skeleton out of noise while the rest is given.

Sources: Song, Meng & Ermon, "Denoising Diffusion Implicit Models" (ICLR 2021), equation 12 with sigma = 0: few steps,
no noise added on the way; Chen, Zhang & Hinton, "Analog Bits" (ICLR 2023): each step sees what the one before expected.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch

from srbench_lite.fitting import Deadline
from srbench_transformer.denoiser import Denoiser, noise_levels
from srbench_transformer.rounding import round_to_formulas
from srbench_transformer.tokens import ARITY, CODES, LONGEST, PAD, TOKENS

__all__ = ["denoise", "draw_lengths", "infill", "of_variables", "sample", "skeletons_by_rank"]

Skeleton = tuple[str, ...]

#: Samples that are denoised at once, those of like lengths together.
_GROUP: Final = 48
#: How much longer or shorter a part becomes that is made anew, at most.
_MOST_LONGER: Final = 4
#: Share of the factors among what is put beside a part; the others are terms.
_SHARE_OF_FACTORS: Final = 0.3


def sample(
    denoiser: Denoiser, memory: torch.Tensor, count: int, *, variables: int, steps: int, generator: torch.Generator,
    deadline: Deadline,
) -> list[Skeleton]:  # fmt: skip
    """Return skeletons that are drawn, each once, those first that were drawn most often.

    Args:
        denoiser: says what the tokens were.
        memory: of the encoder, shape (1, latents, width).
        count: how many are drawn.
        variables: of the points, 1 or 2.
        steps: of denoising.
        generator: draws, on the CPU.
        deadline: ends the denoising; what is not clean by then is left out.
    """
    lengths = draw_lengths(denoiser, memory, count, generator)
    logits = denoise(denoiser, memory, lengths, steps=steps, generator=generator, deadline=deadline)
    return skeletons_by_rank(*round_to_formulas(of_variables(logits, variables), lengths[: len(logits)]))


def draw_lengths(denoiser: Denoiser, memory: torch.Tensor, count: int, generator: torch.Generator) -> torch.Tensor:
    """Draw the number of tokens of so many skeletons, in ascending order, shape (count,)."""
    chances = denoiser.length_logits(memory)[0].softmax(0).cpu()
    drawn = torch.multinomial(chances, count, replacement=True, generator=generator)
    return drawn.sort().values.to(memory.device)


@torch.no_grad()
def denoise(
    denoiser: Denoiser, memory: torch.Tensor, lengths: torch.Tensor, *, steps: int, generator: torch.Generator,
    deadline: Deadline, given: torch.Tensor | None = None,
) -> torch.Tensor:  # fmt: skip
    """Return the logits of the last step for the samples that are clean when the deadline is over: (B, n, tokens).

    Args:
        denoiser: says what the tokens were.
        memory: of the encoder, shape (1, latents, width).
        lengths: tokens of each, ascending, shape (B,).
        steps: of denoising, at times that fall evenly from 1.
        generator: draws, on the CPU.
        deadline: ends the denoising.
        given: tokens that stay, shape (B, longest), "pad" where one is to be found; None where all are. The logits of
            others are -inf there.
    """
    longest = int(lengths.max())
    here = memory.device
    noise = torch.randn((len(lengths), longest, denoiser.shape.embedding), generator=generator).to(here)
    if given is None:
        given = torch.full((len(lengths), longest), PAD, device=here)
    pairs = denoiser.remembered(memory)
    result = torch.zeros((len(lengths), longest, len(TOKENS)), device=here)
    done = 0
    for first in range(0, len(lengths), _GROUP):
        rows = slice(first, first + _GROUP)
        n = int(lengths[rows].max())
        logits = _denoised(denoiser, pairs, lengths[rows], noise[rows, :n], given[rows, :n], steps, deadline)
        if logits is None:
            break
        result[rows, :n] = logits
        done = min(first + _GROUP, len(lengths))
    others = torch.arange(len(TOKENS), device=here) != given[..., None]
    return result.masked_fill(others & (given != PAD)[..., None], -torch.inf)[:done]


def _denoised(
    denoiser: Denoiser, pairs: list[tuple[torch.Tensor, torch.Tensor]], lengths: torch.Tensor, noise: torch.Tensor,
    given: torch.Tensor, steps: int, deadline: Deadline,
) -> torch.Tensor | None:  # fmt: skip
    """Return the logits of the last step for samples that are denoised at once; None where there is no time."""
    count, longest, _ = noise.shape
    remembered = [(k.expand(count, -1, -1, -1), v.expand(count, -1, -1, -1)) for k, v in pairs]
    is_free = (given == PAD)[..., None]
    known = denoiser.embed(given)
    mixed, estimate = noise, torch.zeros_like(noise)
    logits = None
    times = torch.linspace(1, 0, steps + 1, device=noise.device).tolist()
    for now, following in itertools.pairwise(times):
        if deadline.is_over:
            return None
        mixed = torch.where(is_free, mixed, known)
        at = torch.where(is_free[..., 0], now, 0.0)
        logits = denoiser(mixed, at, estimate, lengths, remembered)
        denoiser.count(count * longest)
        estimate = denoiser.mean_embedding(logits)
        (clean, dirty), (clean_then, dirty_then) = (noise_levels(torch.tensor(time)) for time in (now, following))
        mixed = clean_then * estimate + dirty_then * (mixed - clean * estimate) / dirty
    return logits


def infill(
    denoiser: Denoiser, memory: torch.Tensor, skeleton: Sequence[str], count: int, *, variables: int, steps: int,
    rng: np.random.Generator, generator: torch.Generator, deadline: Deadline,
) -> list[Skeleton]:  # fmt: skip
    """Return skeletons in which one part of another is filled in, each once, the most frequent first.

    Half of the time a part that is drawn is made anew, as long as it was, or up to four tokens longer or shorter. Else
    a term or a factor of up to five tokens is put beside it: what was good stays whole.

    Args:
        denoiser: says what the tokens were.
        memory: of the encoder, shape (1, latents, width).
        skeleton: of which all other tokens stay.
        count: how many are drawn.
        variables: of the points, 1 or 2.
        steps: of denoising.
        rng: draws what is filled in, and how long it is.
        generator: draws the noise, on the CPU.
        deadline: ends the denoising; what is not clean by then is left out.
    """
    codes = [CODES[token] for token in skeleton]
    rows = sorted((_with_gap(codes, rng) for _ in range(count)), key=len)
    lengths = torch.tensor([len(row) for row in rows], device=memory.device)
    given = torch.full((count, len(rows[-1])), PAD, device=memory.device)
    for place, row in enumerate(rows):
        given[place, : len(row)] = torch.tensor(row)
    logits = denoise(
        denoiser, memory, lengths, steps=steps, generator=generator, deadline=deadline, given=given
    )  # fmt: skip
    return skeletons_by_rank(*round_to_formulas(of_variables(logits, variables), lengths[: len(logits)]))


def _with_gap(codes: list[int], rng: np.random.Generator) -> list[int]:
    """Return tokens with "pad" where something is to be filled in."""
    head = int(rng.integers(len(codes)))
    end = _end(codes, head)
    room = LONGEST - len(codes)
    longer = int(rng.integers(-_MOST_LONGER, _MOST_LONGER + 1))
    is_added, is_factor = rng.random(2) < (0.5, _SHARE_OF_FACTORS)
    if is_added and room >= 2:
        gap = [PAD] * min(room - 1, abs(longer) + 1)
        return [*codes[:head], CODES["*" if is_factor else "+"], *gap, *codes[head:]]
    return [*codes[:head], *[PAD] * min(room + end - head, max(1, end - head + longer)), *codes[end:]]


def skeletons_by_rank(tokens: torch.Tensor, scores: torch.Tensor) -> list[Skeleton]:
    """Return skeletons each once, the most frequent first, then those with the best score.

    Args:
        tokens: of rounded samples, shape (B, n).
        scores: of each, -inf for those to be left out, shape (B,).
    """
    rows: Iterable[tuple[Skeleton, float]] = (
        (tuple(TOKENS[code] for code in row if code != PAD), score)
        for row, score in zip(tokens.tolist(), scores.tolist(), strict=True)
        if score > -np.inf
    )
    counts: Counter[Skeleton] = Counter()
    best: dict[Skeleton, float] = {}
    for skeleton, score in rows:
        counts[skeleton] += 1
        best[skeleton] = max(score, best.get(skeleton, -np.inf))
    return sorted(counts, key=lambda skeleton: (-counts[skeleton], -best[skeleton], skeleton))


def of_variables(logits: torch.Tensor, variables: int) -> torch.Tensor:
    """Return logits without the second variable where there is one only."""
    if variables > 1:
        return logits
    return logits.masked_fill(torch.arange(len(TOKENS), device=logits.device) == CODES["x2"], -torch.inf)


def _end(codes: Sequence[int], head: int) -> int:
    """Return the place behind the part that begins at `head`."""
    missing, place = 1, head
    while missing:
        missing += ARITY[codes[place]] - 1
        place += 1
    return place
