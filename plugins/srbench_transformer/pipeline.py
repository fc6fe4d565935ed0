"""From samples to a formula: the points are read once, skeletons drawn in batches, their constants fitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import torch

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting.deadline import Clock
from srbench_lite.fitting.pareto_front import Front
from srbench_lite.fitting.problem import Problem, check_range
from srbench_transformer.encoding import MOST_POINTS, encoded, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.likeliest import likeliest
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import END, PAD, TOKENS

if TYPE_CHECKING:
    from srbench_transformer import PriorSampling, Transformer

__all__ = ["Run", "decode", "draw_skeletons", "sample_prior", "without_search"]

Skeleton = tuple[str, ...]

#: Work of a search for each second of the budget: about half of what a core does in that time.
_WORK: Final = 420.0
#: Fits, for each second of the budget, that are offered in the end where none is exact.
_OFFERED: Final = 3.0
#: Shares of the budget at which a slower search is cut off, and at which offers and the spelling of constants end.
_SHARE: Final = 0.68
_OFFERS: Final = 0.78
_WHOLE: Final = 0.84
#: Points to search on, and to finish on.
_SOME_POINTS: Final = 2_000
_MOST_POINTS: Final = 10_000
#: Skeletons that `prior-sampling` draws in a round.
_PRIOR: Final = 100
#: Of the likeliest skeletons, how many are tried in a round.
_LIKELY: Final = 150


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Run:
    """What a fit starts from.

    Attributes:
        samples: the columns that vary.
        everything: the problem that they pose, on at most 10,000 points.
        problem: the same on at most 2,000.
        clock: ends the search.
        front: collects formulas on `problem`; holds the mean of y.
        seed, budget: as given.
    """

    samples: Samples
    everything: Problem
    problem: Problem
    clock: Clock
    front: Front
    seed: int
    budget: Budget

    @classmethod
    def of(cls, samples: Samples, *, seed: int, budget: Budget, report: Report, respell: bool = True) -> Self:
        """Return the run on `samples`, whose clocks start now."""
        clock, whole = Clock(_SHARE * budget.seconds), Clock(_WHOLE * budget.seconds)
        names = tuple(name for name, column in samples.columns.items() if np.ptp(column) > 0)
        samples = Samples(variables=names, x=np.column_stack([samples.columns[n] for n in names]), y=samples.y)
        everything = Problem.of(samples).some(_MOST_POINTS, seed)
        problem = everything.some(_SOME_POINTS, seed)
        front = Front(problem, report, snapping=respell, clock=whole)
        front.offer(Expression.constant(float(np.mean(problem.y))))
        return cls(
            samples=samples, everything=everything, problem=problem, clock=clock, front=front, seed=seed, budget=budget
        )

    def search(self, batches: Iterator[Iterable[Skeleton]], search: Search) -> Fit:
        """Fit skeletons batch by batch, each made when it is its turn, until one is exact or the work is done."""
        with torch_threads(self.budget.threads), torch.no_grad(), np.errstate(all="ignore"):
            for batch in batches:
                if search.propose(batch) or search.is_over:
                    break
            cut = search.left > 0 and not search.is_done
            if not search.is_done:
                most = max(4, round(_OFFERED * self.budget.seconds))
                search.finish(most, Clock(_OFFERS * self.budget.seconds, self.clock.start))
        return self.answer({"fits": search.fits, "fits_until_exact": search.found_at}, cut=cut)

    def answer(self, extras: dict[str, Any], *, cut: bool) -> Fit:
        """Return the best formula, its constants finished on all points; `cut` says that the clock ended the search."""
        front = self.front
        with np.errstate(all="ignore"):
            if self.everything is not self.problem:
                front = front.on(self.everything)
            candidates = front.pareto()
            best = front.best()
        return Fit(
            expression=best.expression, candidates=candidates, stopped="budget" if cut else "done",
            extras={**extras, "exact": front.is_exact},
        )  # fmt: skip


def decode(method: Transformer, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `transformer` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    run = Run.of(samples, seed=seed, budget=budget, report=report, respell=method.respell)
    search = Search(run.problem, run.front, run.clock, _WORK * budget.seconds, seed, method.optimiser)

    def batches() -> Iterator[Iterable[Skeleton]]:
        model = load_model(method.weights, method.device)
        memory = model.read(*(part.to(method.device) for part in _shown(run.samples, method.points, seed)))
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        prior = _Prior(run.samples.x.shape[1], method.likeliest, rng)
        yield _texts(model.write(memory, 1, temperature=0.0, generator=generator)[0])
        if method.near:
            yield search.polynomials()
        if method.beam:
            yield _texts(model.beam(memory, method.samples))
        while True:
            if not method.beam:
                yield draw_skeletons(model, memory, method, generator)
            yield prior.skeletons(method.prior, search.is_noisy)
            if method.near:
                yield search.neighbours()

    return run.search(batches(), search)


def draw_skeletons(model: Any, memory: torch.Tensor, method: Transformer, generator: torch.Generator) -> list[Skeleton]:
    """Return skeletons that a model draws, each once, the likeliest first."""
    tokens, likelihood = model.write(memory, method.samples, temperature=method.temperature, generator=generator)
    scores = dict(zip(_texts(tokens), likelihood.tolist(), strict=True))
    return sorted(scores, key=lambda text: (-scores[text], text))


def sample_prior(method: PriorSampling, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `prior-sampling` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    run = Run.of(samples, seed=seed, budget=budget, report=report)
    search = Search(run.problem, run.front, run.clock, _WORK * budget.seconds, seed)

    def batches() -> Iterator[Iterable[Skeleton]]:
        prior = _Prior(run.samples.x.shape[1], method.likeliest, np.random.default_rng(seed))
        if method.near:
            yield search.polynomials()
        while True:
            yield prior.skeletons(_PRIOR, search.is_noisy)
            if method.near:
                yield search.neighbours()

    return run.search(batches(), search)


def without_search(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or all inputs are constant; None elsewhere.

    Raises:
        FitError: numbers are out of the range of squares.
    """
    check_range(samples)
    x, y = samples.x, samples.y
    if np.ptp(y) > 1e-14 * float(np.abs(y).max(initial=0.0)) and x.shape[1] and np.ptp(x, axis=0).max() > 0:
        return None
    value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
    report(value)
    return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})


class _Prior:
    """The generator: skeletons as it draws them; under noise first the likeliest.

    Where much fits, neighbours of what fits best are no better than others, and what counts is to have tried all.

    Args:
        variables: 1 or 2.
        likely: of the likeliest, how many.
        rng: draws.
    """

    def __init__(self, variables: int, likely: int, rng: np.random.Generator) -> None:
        self.generator, self.rng = Generator(variables=variables, split=None), rng
        self.likely = deque(likeliest(variables)[:likely])

    def skeletons(self, count: int, is_noisy: bool) -> Iterator[Skeleton]:
        """Yield so many that are drawn; under noise the next of the likeliest, until there are no more."""
        if is_noisy and self.likely:
            for _ in range(min(_LIKELY, len(self.likely))):
                yield self.likely.popleft()
            return
        while count > 0:
            skeleton = self.generator.skeleton(self.rng)
            if skeleton is not None:
                count -= 1
                yield skeleton


def _shown(samples: Samples, points: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features and the spectrum of at most so many points, drawn without replacement."""
    rows = np.sort(np.random.default_rng([seed, 2]).permutation(len(samples.y))[: min(points, MOST_POINTS)])
    x, y = samples.x[None, rows], samples.y[None, rows]
    return torch.from_numpy(encoded(x, y)), torch.from_numpy(spectrum(x, y))


def _texts(tokens: torch.Tensor) -> list[Skeleton]:
    return [tuple(TOKENS[code] for code in row if code not in (PAD, END)) for row in tokens.tolist()]
