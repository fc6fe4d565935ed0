"""From samples to a formula: the points are read once, skeletons drawn in batches, their constants fitted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from srbench_lies.front import Front
from srbench_lies.problem import Clock, Problem

from srbench_lite import Budget, Expression, Fit, FitError, Report, Samples, torch_threads
from srbench_transformer.encoding import MOST_POINTS, encoded, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_model
from srbench_transformer.tokens import END, PAD, TOKENS

if TYPE_CHECKING:
    from srbench_transformer import PriorSampling, Transformer

__all__ = ["answer", "begin", "decode", "draw_skeletons", "sample_prior", "without_search"]

Skeleton = tuple[str, ...]

#: Shares of the budget after which the search, the offers, and the spelling of constants end.
_SHARE: Final = 0.62
_OFFERS: Final = 0.7
_WHOLE: Final = 0.76
_MOST_POINTS: Final = 2_000
_LARGEST: Final = 1e75
#: Rounds for each second of the budget, and skeletons that `prior-sampling` draws in one.
_ROUNDS: Final = 0.4
_MOST_ROUNDS: Final = 32
_PRIOR: Final = 220


def decode(method: Transformer, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `transformer` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    problem, clock, front = begin(samples, seed, budget, report, respell=method.respell)
    search = Search(problem, front, clock, seed, method.optimiser)

    def batches() -> Iterator[Iterable[Skeleton]]:
        model = load_model(method.weights, method.device)
        memory = model.read(*(part.to(method.device) for part in _shown(samples, method.points, seed)))
        generator, rng = torch.Generator().manual_seed(seed), np.random.default_rng(seed)
        prior = Generator(variables=samples.x.shape[1], split=None)
        yield _texts(model.write(memory, 1, temperature=0.0, generator=generator)[0])
        if method.near:
            yield search.polynomials()
        for _ in range(1 if method.beam else _rounds(budget)):
            yield draw_skeletons(model, memory, method, generator)
            yield _drawn(prior, rng, method.prior)
            if method.near:
                yield search.neighbours()

    with torch.no_grad():
        _propose(batches(), search, budget)
    return answer(samples, problem, front, clock, seed, _counted(search))


def draw_skeletons(model: Any, memory: torch.Tensor, method: Transformer, generator: torch.Generator) -> list[Skeleton]:
    """Return skeletons that a model draws, each once, the likeliest first."""
    if method.beam:
        return _texts(model.beam(memory, method.samples))
    tokens, likelihood = model.write(memory, method.samples, temperature=method.temperature, generator=generator)
    scores = dict(zip(_texts(tokens), likelihood.tolist(), strict=True))
    return sorted(scores, key=lambda text: (-scores[text], text))


def sample_prior(method: PriorSampling, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `prior-sampling` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    problem, clock, front = begin(samples, seed, budget, report)
    search = Search(problem, front, clock, seed)

    def batches() -> Iterator[Iterable[Skeleton]]:
        rng, prior = np.random.default_rng(seed), Generator(variables=samples.x.shape[1], split=None)
        if method.near:
            yield search.polynomials()
        for _ in range(_rounds(budget)):
            yield _drawn(prior, rng, _PRIOR)
            if method.near:
                yield search.neighbours()

    _propose(batches(), search, budget)
    return answer(samples, problem, front, clock, seed, _counted(search))


def _rounds(budget: Budget) -> int:
    return min(_MOST_ROUNDS, max(1, round(_ROUNDS * budget.seconds)))


def _propose(batches: Iterator[Iterable[Skeleton]], search: Search, budget: Budget) -> None:
    """Fit skeletons batch by batch, each made when it is its turn, until one is exact or the time is up."""
    with torch_threads(budget.threads), np.errstate(all="ignore"):
        for batch in batches:
            if search.propose(batch) or search.clock.is_over:
                break
        if not search.is_done:
            search.finish(Clock(_OFFERS * budget.seconds, search.clock.start))


def _drawn(generator: Generator, rng: np.random.Generator, count: int) -> Iterator[Skeleton]:
    """Yield skeletons of the generator, in the order in which they are drawn."""
    while count > 0:
        skeleton = generator.skeleton(rng)
        if skeleton is not None:
            count -= 1
            yield skeleton


def begin(
    samples: Samples, seed: int, budget: Budget, report: Report, *, respell: bool = True
) -> tuple[Problem, Clock, Front]:
    """Return the points to search on, the clock that ends the search, and a front that holds the mean of y."""
    problem = Problem.of(samples).some(_MOST_POINTS, seed)
    clock, whole = Clock(_SHARE * budget.seconds), Clock(_WHOLE * budget.seconds)
    front = Front(problem, report, snapping=respell, clock=whole)
    front.offer(Expression.constant(float(np.mean(problem.y))))
    return problem, clock, front


def answer(samples: Samples, problem: Problem, front: Front, clock: Clock, seed: int, extras: dict[str, Any]) -> Fit:
    """Return the best formula of a front that was filled on some points of the samples, finished on all of them."""
    everything = Problem.of(samples)
    with np.errstate(all="ignore"):
        if len(everything.y) > len(problem.y):
            front = front.on(everything.some(10_000, seed))
        candidates = front.pareto()
        best = front.best()
    extras["exact"] = front.is_exact
    return Fit(
        expression=best.expression, candidates=candidates, stopped="budget" if clock.is_over else "done", extras=extras
    )


def _counted(search: Search) -> dict[str, Any]:
    return {"fits": search.fits, "fits_until_exact": search.found_at}


def _shown(samples: Samples, points: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the features and the spectrum of at most so many points, drawn without replacement."""
    rows = np.sort(np.random.default_rng([seed, 2]).permutation(len(samples.y))[: min(points, MOST_POINTS)])
    x, y = samples.x[None, rows], samples.y[None, rows]
    return torch.from_numpy(encoded(x, y)), torch.from_numpy(spectrum(x, y))


def _texts(tokens: torch.Tensor) -> list[Skeleton]:
    return [tuple(TOKENS[code] for code in row if code not in (PAD, END)) for row in tokens.tolist()]


def without_search(samples: Samples, report: Report) -> Fit | None:
    """Return the answer where the target or all inputs are constant; None elsewhere.

    Raises:
        FitError: numbers are out of the range of squares.
    """
    for name, values in (("the target", samples.y), *samples.columns.items()):
        top = float(np.abs(values).max(initial=0.0))
        if top and not 1 / _LARGEST < top < _LARGEST:
            raise FitError(f"the largest size of {name} is {top:g}, out of the range of squares: rescale {name}")
    x, y = samples.x, samples.y
    if np.ptp(y) > 1e-14 * float(np.abs(y).max(initial=0.0)) and x.shape[1] and np.ptp(x, axis=0).max() > 0:
        return None
    value = Expression.constant(float(y[0]) if np.ptp(y) == 0 else float(y.mean()))
    report(value)
    return Fit(expression=value, candidates=[value], extras={"reason": "the target or all inputs are constant"})
