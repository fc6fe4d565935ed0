"""The method `refined`: the layers that write are trained on, while it searches, to write what has fitted best so far.

Source: Holt, Qian & van der Schaar, "Deep Generative Symbolic Regression" (DGSR, ICLR 2023, arXiv 2401.00282): a
generator that was trained on many functions is refined on one, by a priority queue of its best formulas (Abolafia et
al., 2018) and entropy, with the encoder frozen; its formulas also breed others. As published are those parts. What
differs: the transformer was trained to write the formula of the points, not by the error of what it writes; it writes
skeletons, so that coefficients and offsets need no tokens; and one generation is bred in a round, not 25.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from srbench_lite import Budget, Fit, Report, Samples
from srbench_transformer.genetics import offspring
from srbench_transformer.model import Model
from srbench_transformer.pipeline import FitContext, Prior, constant_answer, draw_skeletons, model_input
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import BEGIN, CODES, END, LONGEST, PAD, Node, parse

if TYPE_CHECKING:
    from srbench_transformer import Refined

__all__ = ["Refinement", "fit_refined"]

Skeleton = tuple[str, ...]


class Refinement:
    """A copy of a model whose writing layers learn skeletons.

    Args:
        model: is copied.
        memory: of `Model.read`, shape (1, latents, width).
        rate: of Adam.
        entropy: how much the entropy of the next token counts beside the cross-entropy, in nats per nat.
    """

    def __init__(self, model: Model, memory: torch.Tensor, *, rate: float, entropy: float) -> None:
        self.model, self.memory, self.entropy = copy.deepcopy(model), memory, entropy
        self.model.requires_grad_(False)
        written = (self.model.writing, self.model.written_norm, self.model.logits)
        parameters = list(itertools.chain.from_iterable(part.requires_grad_().parameters() for part in written))
        self._adam = torch.optim.Adam(parameters, lr=rate)

    def learn(self, skeletons: Sequence[Skeleton], steps: int) -> None:
        """Take so many steps towards skeletons, all of them at each."""
        tokens = _padded(skeletons).to(self.memory.device)
        memory = self.memory.expand(len(tokens), -1, -1)
        with torch.enable_grad():
            for _ in range(steps):
                self._adam.zero_grad()
                self._loss(memory, tokens).backward()  # type: ignore[no-untyped-call]
                self._adam.step()
                self.model.count(3 * len(self.model.writing), tokens.numel())  # there, and twice as much back

    def _loss(self, memory: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the cross-entropy of the tokens less their share of entropy, in nats a token."""
        wanted = tokens[:, 1:]
        is_there = wanted != PAD
        chances = self.model(memory, tokens[:, :-1])[is_there].log_softmax(1)
        cross = nn.functional.nll_loss(chances, wanted[is_there])
        finite = chances.clamp_min(torch.finfo(chances.dtype).min)  # what is not allowed has no chance, and no gradient
        entropy = -(chances.exp() * finite).sum(1).mean()
        return torch.sub(cross, entropy, alpha=self.entropy)


def fit_refined(method: Refined, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `refined` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report)
    search = context.new_search()
    variables = context.samples.x.shape[1]

    def batches() -> Iterator[Iterable[Skeleton]]:
        model = load_model(method.weights, method.device)
        memory = model.read(*(part.to(method.device) for part in model_input(context.samples, method.points, seed)))
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        prior = Prior(variables, 0, rng)
        refinement = Refinement(model, memory, rate=method.rate, entropy=method.entropy)
        if method.near:
            yield search.polynomials()
        while True:
            yield draw_skeletons(refinement.model, memory, method, generator)
            if method.breed:
                yield offspring(_nodes(search.best(method.breed)), _nodes(prior.skeletons(method.breed, False)), rng)
            if method.near:
                yield search.neighbours()
            if queue := [each for each in search.best(method.queue) if len(each) <= LONGEST]:
                refinement.learn(queue, method.steps)

    return context.search(batches(), search)


def _nodes(skeletons: Iterable[Skeleton]) -> list[Node]:
    return [parse(skeleton) for skeleton in skeletons]


def _padded(skeletons: Sequence[Skeleton]) -> torch.Tensor:
    """Return codes from "begin" to "end", then "pad", shape (count, longest + 2)."""
    longest = max(map(len, skeletons))
    rows = [
        [BEGIN, *(CODES[token] for token in skeleton), END, *[PAD] * (longest - len(skeleton))]
        for skeleton in skeletons
    ]
    return torch.tensor(rows, dtype=torch.long)
