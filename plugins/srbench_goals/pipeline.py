"""The method from end to end: rollouts towards the target; where none reaches it, lines through what came nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from srbench_lasso import without_training

from srbench_goals.rollouts import Attempt, Rollouts
from srbench_goals.shipped import load_policy
from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting import Deadline, ParetoFront, Problem, finite_formula, varying_columns

if TYPE_CHECKING:
    from srbench_goals import Goals

__all__ = ["fit"]

#: Points that rollouts are checked at, and points that constants are fitted to.
_MAX_CHECKED: Final = 100
_MAX_POINTS: Final = 10_000
#: Shares of the budget at which rollouts end, and at which offers do.
_ROLLOUTS_SHARE: Final = 0.75
_OFFERS_SHARE: Final = 0.9


def fit(method: Goals, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `goals` to `samples`; see `Method.fit`."""
    deadline = Deadline(budget.seconds)
    if (known := without_training(samples, report)) is not None:
        return known
    columns = varying_columns(samples.x)
    names = tuple(samples.variables[column] for column in columns)
    samples = Samples(variables=names, x=samples.x[:, columns], y=samples.y, weights=samples.weights)
    problem = Problem.of(samples).some(_MAX_POINTS, seed)
    front = ParetoFront(problem, report, deadline=deadline.part(_OFFERS_SHARE))
    front.offer(Expression.constant(float(np.mean(problem.y))))
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(samples.y))[:_MAX_CHECKED])
    seen = np.sort(rng.permutation(len(rows))[: method.points])
    with torch_threads(budget.threads):
        rollouts = Rollouts(
            load_policy(method.weights, method.device), samples.x[rows], samples.y[rows], names, seen=seen, rng=rng,
            temperature=method.temperature, epsilon=method.epsilon, device=method.device,
        )  # fmt: skip
        end = deadline.part(_ROLLOUTS_SHARE)
        while not end.is_over and (method.most_episodes == 0 or rollouts.episodes < method.most_episodes):
            found = rollouts.round(method.episodes, end)
            if found is not None:
                front.offer(Expression.parse(found))
                break
    for attempt in rollouts.attempts() if rollouts.found_at is None else ():
        if deadline.part(_OFFERS_SHARE).is_over:
            break
        formula = finite_formula(_line_through, attempt)
        if formula is not None:
            front.offer(formula)
    front = front.settled()
    candidates = front.pareto()
    return Fit(
        expression=front.best().expression, candidates=candidates, stopped="budget" if deadline.was_cut else "done",
        extras={
            "episodes": rollouts.episodes, "episodes_until_found": rollouts.found_at, "exact": front.is_exact,
            **deadline.facts,
        },
    )  # fmt: skip


def _line_through(attempt: Attempt) -> Expression:
    return Expression.parse(f"({attempt.slope!r})*{attempt.text} + ({attempt.offset!r})")
