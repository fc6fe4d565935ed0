"""The method `diffusion`: skeletons out of noise, then parts of good skeletons out of noise; constants are fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import torch

from srbench_lite import Budget, Fit, Report, Samples
from srbench_transformer.diffusion import infill, sample
from srbench_transformer.neighbours import neighbours_of
from srbench_transformer.pipeline import FitContext, Prior, constant_answer, model_input
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_denoiser
from srbench_transformer.tokens import LONGEST, Node

if TYPE_CHECKING:
    from srbench_transformer import Diffusion

__all__ = ["Turns", "fit_diffusion", "some_neighbours"]

Skeleton = tuple[str, ...]


def fit_diffusion(method: Diffusion, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `diffusion` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report)
    search = context.new_search()
    variables = context.samples.x.shape[1]

    def batches() -> Iterator[Iterable[Skeleton]]:
        denoiser, reader = load_denoiser(method.weights, method.device)
        memory = reader.read(*(part.to(method.device) for part in model_input(context.samples, method.points, seed)))
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        prior = Prior(variables, method.likeliest, rng)
        turns = Turns()
        if method.near:
            yield search.polynomials()
        while True:
            yield sample(
                denoiser, memory, method.samples, variables=variables, steps=method.steps, generator=generator,
                deadline=search.deadline,
            )  # fmt: skip
            if method.infill and (leader := turns.next_of(search)) is not None:
                yield infill(
                    denoiser, memory, leader.tokens, method.infill, variables=variables, steps=method.steps, rng=rng,
                    generator=generator, deadline=search.deadline,
                )  # fmt: skip
            if method.vary and (leader := turns.next_of(search)) is not None:
                yield some_neighbours(leader, search, method.vary, rng)
            yield prior.skeletons(method.prior, search.is_noisy)
            if method.near:
                yield search.neighbours()

    return context.search(batches(), search)


class Turns:
    """Says which of the best skeletons is varied next: the one that was varied least often, the best of those first."""

    def __init__(self) -> None:
        self.taken: Counter[Node] = Counter()

    def next_of(self, search: Search) -> Node | None:
        """Return the skeleton whose turn it is, of those that the denoiser can hold; None where there is none."""
        nodes = [fit.node for fit in search.leaders if len(fit.node.tokens) <= LONGEST]
        if not nodes:
            return None
        node = min(nodes, key=lambda each: self.taken[each])
        self.taken[node] += 1
        return node


def some_neighbours(leader: Node, search: Search, count: int, rng: np.random.Generator) -> list[Skeleton]:
    """Return so many neighbours of a skeleton, drawn at random."""
    others = [fit.node for fit in search.leaders]
    near = list(dict.fromkeys(node.tokens for node in neighbours_of([leader], others, len(search.problem.names))))
    return [near[place] for place in rng.permutation(len(near))[:count]]
