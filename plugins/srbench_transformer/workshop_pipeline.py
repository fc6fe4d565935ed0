"""The workshop's network as a method: values on a grid in, formulas without constants out, then scaled and shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_lite.fitting.pareto_front import Front
from srbench_lite.fitting.problem import Problem
from srbench_transformer.pipeline import Run, without_search
from srbench_transformer.shipped import load_connected
from srbench_transformer.workshop import GRID, LARGEST
from srbench_transformer.workshop_training import formula_of

if TYPE_CHECKING:
    from srbench_transformer import WorkshopNetwork

__all__ = ["expression_of", "write_formulas"]

#: Rounds of drawing for each second of the budget, and at most.
_ROUNDS: Final = 0.4
_MOST_ROUNDS: Final = 32


def write_formulas(method: WorkshopNetwork, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `workshop-network` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    run = Run.of(samples, seed=seed, budget=budget, report=report)
    problem, front = run.problem, run.front
    network = load_connected(method.weights)
    reach = max(1.0, float(np.abs(problem.x).max()))
    generator = torch.Generator().manual_seed(seed)
    written: set[tuple[str, ...]] = set()
    with torch_threads(budget.threads), np.errstate(all="ignore"):
        values = torch.from_numpy(_on_the_grid(problem.x[:, 0] / reach, problem.y)).float()
        for turn in range(1 + min(_MOST_ROUNDS, max(1, round(_ROUNDS * budget.seconds)))):
            drawn = network.write(values, *((method.samples, 1.0) if turn else (1, 0.0)), generator)
            texts = {text for row in drawn.tolist() if (text := formula_of(row)) is not None}
            for text in sorted(texts - written):
                if run.clock.is_over:
                    break
                written.add(text)
                _offer(front, problem, text, reach)
            if front.is_exact or run.clock.is_over:
                break
    return run.answer({"formulas": len(written)}, cut=run.clock.is_over)


def _on_the_grid(u: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values between the points, shape (100,), made as small as those that the network has seen."""
    order = np.argsort(u, kind="stable")
    values = np.interp(GRID, u[order], y[order])
    return np.asarray(values * (LARGEST / max(LARGEST, float(np.abs(values).max()))))


def _offer(front: Front, problem: Problem, text: tuple[str, ...], reach: float) -> None:
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


def expression_of(text: tuple[str, ...], x: Expression) -> Expression:
    """Return a formula in prefix order as an expression."""
    stack: list[Expression] = []
    for token in reversed(text):
        if token == "x":
            stack.append(x)
        elif token in ("+", "-", "*"):
            one, other = stack.pop(), stack.pop()
            stack.append(one + other if token == "+" else one - other if token == "-" else one * other)
        else:
            stack.append(Expression.call(token, stack.pop()))
    (found,) = stack
    return found
