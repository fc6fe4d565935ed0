"""From samples to a formula: the model reads the points once and draws skeletons; their constants are fitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import torch

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting import Deadline, ParetoFront, Problem, check_range, constant_formula, varying_columns
from srbench_transformer.encoding import MAX_POINTS, encode_points, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.most_frequent import frequent_skeletons
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import END, PAD, TOKENS

if TYPE_CHECKING:
    from srbench_transformer import PriorSampling, Refined, Transformer
    from srbench_transformer.model import Model

__all__ = ["FitContext", "Prior", "constant_answer", "draw_skeletons", "fit", "fit_prior_sampling", "model_input"]

Skeleton = tuple[str, ...]

#: Fits, for each second of the budget, that are offered in the end where none is exact.
_OFFERS_PER_SECOND: Final = 3.0
_MIN_OFFERS: Final = 4
#: Shares of the budget at which a search ends, and at which offers and the spelling of constants do.
_SEARCH_SHARE: Final = 0.68
_OFFERS_SHARE: Final = 0.78
_SPELLING_SHARE: Final = 0.84
#: ... and shares of the work, where they differ: offers and spelling are short, and worth more than what they take.
_OFFERS_WORK_SHARE: Final = 0.9
_SPELLING_WORK_SHARE: Final = 1.1
_MAX_SEARCH_POINTS: Final = 2_000
_MAX_FINAL_POINTS: Final = 10_000
#: Skeletons that `prior-sampling` draws in a round.
_PRIOR_SKELETONS: Final = 100
#: How many of the most frequent skeletons are tried in a round.
_FREQUENT_SKELETONS: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitContext:
    """What a fit starts from.

    Attributes:
        samples: the target and the inputs that vary.
        everything: the problem that they pose, on at most 10,000 points.
        problem: the same on at most 2,000.
        deadline: of the whole fit; shares of it end the search, the offers, and the spelling of constants.
        front: collects formulas on `problem`; holds the mean of y.
        seed, budget: as given.
    """

    samples: Samples
    everything: Problem
    problem: Problem
    deadline: Deadline
    front: ParetoFront
    seed: int
    budget: Budget

    @classmethod
    def of(cls, samples: Samples, *, seed: int, budget: Budget, report: Report, respell: bool = True) -> Self:
        """Return the start of a fit to `samples`; the time begins now."""
        deadline = Deadline(budget.seconds)
        columns = varying_columns(samples.x)
        names = tuple(samples.variables[column] for column in columns)
        varying = np.column_stack([samples.x[:, c] for c in columns])
        samples = Samples(variables=names, x=varying, y=samples.y, weights=samples.weights)
        everything = Problem.of(samples).some(_MAX_FINAL_POINTS, seed)
        problem = everything.some(_MAX_SEARCH_POINTS, seed)
        spelling = deadline.part(_SPELLING_SHARE, work_share=_SPELLING_WORK_SHARE)
        front = ParetoFront(problem, report, rounded=respell, deadline=spelling)
        front.offer(Expression.constant(float(np.mean(problem.y))))
        return cls(
            samples=samples, everything=everything, problem=problem, deadline=deadline, front=front, seed=seed,
            budget=budget,
        )  # fmt: skip

    @property
    def search_deadline(self) -> Deadline:
        """Return the end of the search."""
        return self.deadline.part(_SEARCH_SHARE)

    def new_search(self, optimiser: str = "lm") -> Search:
        """Return a search on the points."""
        return Search(self.problem, self.front, self.search_deadline, self.seed, optimiser)

    def search(self, batches: Iterator[Iterable[Skeleton]], search: Search) -> Fit:
        """Fit skeletons batch by batch, each made when it is its turn, until one is exact or the work is done."""
        with torch_threads(self.budget.threads), torch.no_grad(), np.errstate(all="ignore"):
            for batch in batches:
                if search.propose(batch) or search.deadline.is_over:
                    break
            if not search.is_done:
                most = max(_MIN_OFFERS, round(_OFFERS_PER_SECOND * self.budget.seconds))
                search.finish(most, self.deadline.part(_OFFERS_SHARE, work_share=_OFFERS_WORK_SHARE))
        return self.answer({"fits": search.fits, "fits_until_exact": search.found_at})

    def answer(self, extras: dict[str, Any]) -> Fit:
        """Return the best formula, its constants finished on all points."""
        front = self.front
        with np.errstate(all="ignore"):
            if self.everything is not self.problem:
                front = front.on(self.everything)
            front = front.settled()
            candidates = front.pareto()
            best = front.best()
        return Fit(
            expression=best.expression, candidates=candidates, stopped="budget" if self.deadline.was_cut else "done",
            extras={
                **extras, "exact": front.is_exact, "noise": front.problem.assumed_noise(best.rss, best.free),
                **self.deadline.facts,
            },
        )  # fmt: skip


def fit(method: Transformer, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `transformer` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report, respell=method.respell)
    search = context.new_search(method.optimiser)

    def batches() -> Iterator[Iterable[Skeleton]]:
        model = load_model(method.weights, method.device)
        memory = model.read(*(part.to(method.device) for part in model_input(context.samples, method.points, seed)))
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        prior = Prior(context.samples.x.shape[1], method.likeliest, rng)
        yield _skeletons(model.write(memory, 1, temperature=0.0, generator=generator)[0])
        if method.near:
            yield search.polynomials()
        if method.beam:
            yield _skeletons(model.beam(memory, method.samples))
        while True:
            if not method.beam:
                yield draw_skeletons(model, memory, method, generator)
            yield prior.skeletons(method.prior, search.is_noisy)
            if method.near:
                yield search.neighbours()

    return context.search(batches(), search)


def fit_prior_sampling(method: PriorSampling, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `prior-sampling` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report)
    search = context.new_search()

    def batches() -> Iterator[Iterable[Skeleton]]:
        prior = Prior(context.samples.x.shape[1], method.likeliest, np.random.default_rng(seed))
        if method.near:
            yield search.polynomials()
        while True:
            yield prior.skeletons(_PRIOR_SKELETONS, search.is_noisy)
            if method.near:
                yield search.neighbours()

    return context.search(batches(), search)


def draw_skeletons(
    model: Model, memory: torch.Tensor, method: Transformer | Refined, generator: torch.Generator
) -> list[Skeleton]:
    """Return skeletons that a model draws, each once, the likeliest first."""
    tokens, likelihood = model.write(memory, method.samples, temperature=method.temperature, generator=generator)
    scores = dict(zip(_skeletons(tokens), likelihood.tolist(), strict=True))
    return sorted(scores, key=lambda skeleton: (-scores[skeleton], skeleton))


def constant_answer(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or all inputs are constant; None elsewhere.

    Raises:
        FitError: numbers are out of the range of squares.
    """
    check_range(samples)
    formula = constant_formula(samples)
    if formula is None:
        return None
    report(formula)
    return Fit(expression=formula, candidates=[formula], extras={"reason": "the target or all inputs are constant"})


class Prior:
    """Skeletons as the generator draws them; under noise the most frequent ones first.

    Where much fits, neighbours of what fits best are no better than others, and what counts is to have tried all.

    Args:
        variables: 1 or 2.
        frequent: how many of the most frequent skeletons are tried.
        rng: draws.
    """

    def __init__(self, variables: int, frequent: int, rng: np.random.Generator) -> None:
        self.generator, self.rng = Generator(variables=variables, split=None), rng
        self.frequent = deque(frequent_skeletons(variables)[:frequent])

    def skeletons(self, count: int, is_noisy: bool) -> Iterator[Skeleton]:
        """Yield so many drawn skeletons; under noise the next of the most frequent, until there are no more."""
        if is_noisy and self.frequent:
            for _ in range(min(_FREQUENT_SKELETONS, len(self.frequent))):
                yield self.frequent.popleft()
            return
        while count > 0:
            skeleton = self.generator.skeleton(self.rng)
            if skeleton is not None:
                count -= 1
                yield skeleton


def model_input(samples: Samples, points: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features and the spectrum of at most so many points, drawn without replacement."""
    rows = np.sort(np.random.default_rng([seed, 2]).permutation(len(samples.y))[: min(points, MAX_POINTS)])
    x, y = samples.x[None, rows], samples.y[None, rows]
    return torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y))


def _skeletons(tokens: torch.Tensor) -> list[Skeleton]:
    return [tuple(TOKENS[code] for code in row if code not in (PAD, END)) for row in tokens.tolist()]
