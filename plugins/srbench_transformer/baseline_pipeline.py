"""The method `workshop-network`: values on a grid in, formulas without constants out, then scaled and shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting import ParetoFront, Problem
from srbench_transformer.baseline_grammar import GRID, LARGEST, expression_of
from srbench_transformer.baseline_network import formula_of
from srbench_transformer.pipeline import FitContext, constant_answer
from srbench_transformer.shipped import load_baseline_network

if TYPE_CHECKING:
    from srbench_transformer import WorkshopNetwork

__all__ = ["fit"]

#: Rounds of drawing for each second of the budget, and at most.
_ROUNDS_PER_SECOND: Final = 0.4
_MAX_ROUNDS: Final = 32


def fit(method: WorkshopNetwork, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `workshop-network` to `samples`; see `Method.fit`."""
    if (answer := constant_answer(samples, report)) is not None:
        return answer
    context = FitContext.of(samples, seed=seed, budget=budget, report=report)
    problem, front, deadline = context.problem, context.front, context.search_deadline
    network = load_baseline_network(method.weights)
    reach = max(1.0, float(np.abs(problem.x).max()))
    generator = torch.Generator().manual_seed(seed)
    written: set[tuple[str, ...]] = set()
    with torch_threads(budget.threads), np.errstate(all="ignore"):
        values = torch.from_numpy(_on_the_grid(problem.x[:, 0] / reach, problem.y)).float()
        for turn in range(1 + min(_MAX_ROUNDS, max(1, round(_ROUNDS_PER_SECOND * budget.seconds)))):
            drawn = network.write(values, *((method.samples, 1.0) if turn else (1, 0.0)), generator)
            texts = {text for row in drawn.tolist() if (text := formula_of(row)) is not None}
            for text in sorted(texts - written):
                if deadline.is_over:
                    break
                written.add(text)
                _offer(front, problem, text, reach)
            if front.is_exact or deadline.is_over:
                break
    return context.answer({"formulas": len(written)})


def _on_the_grid(u: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values between the points, shape (100,), made as small as those that the network has seen."""
    order = np.argsort(u, kind="stable")
    values = np.interp(GRID, u[order], y[order])
    return np.asarray(values * (LARGEST / max(LARGEST, float(np.abs(values).max()))))


def _offer(front: ParetoFront, problem: Problem, text: tuple[str, ...], reach: float) -> None:
    """Offer a formula as it is written, and scaled and shifted."""
    variable = Expression.variable(problem.names[0])
    formula = expression_of(text, variable if reach == 1.0 else Expression.constant(1 / reach) * variable)
    front.offer(formula)
    column = formula(problem.columns)
    if not np.isfinite(column).all():
        return
    factor, offset = np.linalg.lstsq(np.column_stack([column, np.ones_like(column)]), problem.y, rcond=None)[0]
    if np.isfinite([factor, offset]).all():
        front.offer(Expression.constant(float(factor)) * formula + Expression.constant(float(offset)))
