"""The workshop's network as a method: values on a grid in, formulas without constants out, then scaled and shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import torch
from numpy.typing import NDArray
from srbench_lies.front import Front
from srbench_lies.problem import Problem

from srbench_lite import Budget, Expression, Fit, Report, Samples, torch_threads
from srbench_transformer.pipeline import answer, begin, without_search
from srbench_transformer.shipped import load_connected
from srbench_transformer.workshop import GRID, LARGEST
from srbench_transformer.workshop_training import formula_of

if TYPE_CHECKING:
    from srbench_transformer import WorkshopNetwork

__all__ = ["expression_of", "write_formulas"]

#: Rounds of drawing for each second of the budget.
_ROUNDS: Final = 0.4


def write_formulas(method: WorkshopNetwork, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `workshop-network` to `samples`; see `Method.fit`."""
    if (known := without_search(samples, report)) is not None:
        return known
    problem, clock, front = begin(samples, seed, budget, report)
    network = load_connected(method.weights)
    reach = max(1.0, float(np.abs(samples.x).max()))
    generator = torch.Generator().manual_seed(seed)
    known_texts: set[tuple[str, ...]] = set()
    with torch_threads(budget.threads), np.errstate(all="ignore"):
        values = torch.from_numpy(_on_the_grid(samples.x[:, 0] / reach, samples.y)).float()
        for turn in range(1 + max(1, round(_ROUNDS * budget.seconds))):
            drawn = network.write(values, *((method.samples, 1.0) if turn else (1, 0.0)), generator)
            for text in sorted({formula_of(row) for row in drawn.tolist()} - known_texts - {None}, key=str):
                assert text is not None
                known_texts.add(text)
                if clock.is_over:
                    break
                _offer(front, problem, text, reach)
            if front.is_exact or clock.is_over:
                break
    return answer(samples, problem, front, clock, seed, {"formulas": len(known_texts)})


def _on_the_grid(u: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return values between the points, shape (100,), made as small as those that the network has seen."""
    order = np.argsort(u, kind="stable")
    values = np.interp(GRID, u[order], y[order])
    return np.asarray(values * min(1.0, LARGEST / float(np.abs(values).max())))


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
