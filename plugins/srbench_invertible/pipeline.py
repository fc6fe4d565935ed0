"""The method from end to end: chains of one variable, coupling blocks of several, and an answer that was inverted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from srbench_lasso import without_training

from srbench_invertible.chains import chains
from srbench_invertible.coupling import blocks
from srbench_invertible.inverses import Inverse, inverse_of
from srbench_lite import Budget, Expression, Fit, Report, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, finite_formula, varying_columns

if TYPE_CHECKING:
    from srbench_invertible import Invertible

__all__ = ["fit"]

#: Points that blocks and chains are searched on, and that constants are fitted to.
_SEARCHED: Final = 300
_MAX_POINTS: Final = 10_000
#: Shares of the budget at which the search ends, and at which offers do.
_SEARCH_SHARE: Final = 0.7
_OFFERS_SHARE: Final = 0.9
#: Formulas that are offered.
_OFFERED: Final = 8


def fit(method: Invertible, samples: Samples, *, seed: int, budget: Budget, report: Report) -> Fit:
    """Fit `invertible` to `samples`; see `Method.fit`."""
    deadline = Deadline(budget.seconds)
    if (known := without_training(samples, report)) is not None:
        return known
    columns = varying_columns(samples.x)
    names = tuple(samples.variables[column] for column in columns)
    samples = Samples(variables=names, x=samples.x[:, columns], y=samples.y, weights=samples.weights)
    problem = Problem.of(samples).some(_MAX_POINTS, seed)
    front = ParetoFront(problem, report, deadline=deadline.part(_OFFERS_SHARE))
    front.offer(Expression.constant(float(np.mean(problem.y))))
    line = finite_formula(_affine, samples)
    if line is not None:
        front.offer(line)
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples.y))[:_SEARCHED])
    x, y = samples.x[rows], samples.y[rows]
    end = deadline.part(_SEARCH_SHARE)
    with np.errstate(all="ignore"):  # values at the ends of the range go over it, and are not finite then
        found = (
            chains(y, x[:, 0], names[0], pairs=method.pairs, most=_OFFERED, deadline=end) if len(names) == 1
            else blocks(y, x, names, most=_OFFERED, deadline=end)
        )  # fmt: skip
        for each in found:
            if deadline.part(_OFFERS_SHARE).is_over:
                break
            if inverse_of(each.expression, samples.columns) is not None:
                front.offer(each.expression)
        front = front.settled()
        candidates = front.pareto()
        expression, inverse = _inverted([front.best().expression, *reversed(candidates), front.leader, line], samples)
    return Fit(
        expression=expression, candidates=candidates, stopped="budget" if deadline.was_cut else "done",
        extras={"exact": front.is_exact, **_facts(inverse), **deadline.facts},
    )  # fmt: skip


def _inverted(formulas: list[Expression | None], samples: Samples) -> tuple[Expression, Inverse | None]:
    """Return the first formula whose round trip is the identity; where none is, the first, without an inverse."""
    known = [formula for formula in dict.fromkeys(formulas) if formula is not None]
    for formula in known:
        inverse = inverse_of(formula, samples.columns)
        if inverse is not None and inverse.is_identity:
            return formula, inverse
    return known[0], None


def _facts(inverse: Inverse | None) -> dict[str, Any]:
    if inverse is None:
        return {"inverse": None, "round_trip": None}
    return {
        "inverse": f"{inverse.variable} = {inverse.expression}", "target": inverse.target, "round_trip": inverse.error,
    }  # fmt: skip


def _affine(samples: Samples) -> Expression:
    """Return the least-squares plane."""
    design = np.column_stack([np.ones(len(samples.y)), samples.x])
    weights = np.linalg.lstsq(design, samples.y, rcond=None)[0].tolist()
    formula = Expression.constant(weights[0])
    for name, weight in zip(samples.variables, weights[1:], strict=True):
        formula = formula + weight * Expression.variable(name)
    return formula
