"""The method from end to end: chains and couplings are looked for behind a few maps of the target, and inverted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from srbench_lasso import without_training

from srbench_invertible.couplings import explanations
from srbench_invertible.inverses import Inverse, inverse_of
from srbench_invertible.maps import MAPS
from srbench_lite import Budget, Expression, Fit, Report, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem, finite_formula, varying_columns

if TYPE_CHECKING:
    from srbench_invertible import Invertible

__all__ = ["fit", "inverses_of"]

Array = NDArray[np.float64]

#: Points that are searched on, and points that constants are fitted to.
_MAX_SEARCHED: Final = 400
_MAX_POINTS: Final = 10_000
#: Maps through which the target is looked at, in this order; behind the first it is as it is.
_MAPS_OF_TARGET: Final = ("identity", "log", "square", "reciprocal", "sqrt", "exp")
#: A map of the target is left out where its values spread over so much more than the target's own.
_MOST_SPREAD: Final = 1e6
#: Shares of the budget at which the search ends, and at which offers do.
_SEARCH_SHARE: Final = 0.75
_OFFERS_SHARE: Final = 0.9
#: The largest relative error of a round trip.
_EXACT: Final = 1e-9


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
    rows = np.sort(np.random.default_rng(seed).permutation(len(samples.y))[:_MAX_SEARCHED])
    x, y = samples.x[rows], samples.y[rows]
    end = deadline.part(_SEARCH_SHARE)
    with np.errstate(all="ignore"):
        for name in _MAPS_OF_TARGET[: 1 if len(names) == 1 else None]:
            seen = MAPS[name].apply(y)
            if end.is_over or front.is_exact or not np.isfinite(seen).all() or np.ptp(seen) > _MOST_SPREAD * np.ptp(y):
                continue
            for found in explanations(seen, x, names, deadline=end, pairs=method.pairs):
                formula = finite_formula(MAPS[MAPS[name].inverse].write, found)
                if formula is not None and formula.variables:
                    front.offer(formula)
                if end.is_over or front.is_exact:
                    break
        front = front.settled()
        candidates = front.pareto()
        best = front.best().expression
        inverses = inverses_of(best, samples)
    return Fit(
        expression=best, candidates=candidates, stopped="budget" if deadline.was_cut else "done",
        extras={"exact": front.is_exact, **_said(inverses), **deadline.facts},
    )  # fmt: skip


def inverses_of(formula: Expression, samples: Samples) -> list[Inverse]:
    """Return the formula solved for each variable for which that can be done, checked on all points.

    The relative error of each round trip is at most 1e-9. `y`, or `y_` where a variable has that name, stands for the
    value of the formula.
    """
    target = "y"
    while target in samples.variables:
        target += "_"
    columns = {name: samples.x[:, place] for place, name in enumerate(samples.variables)}
    found = (inverse_of(formula, variable, target, columns) for variable in formula.variables)
    return [inverse for inverse in found if inverse is not None and inverse.error <= _EXACT]


def _said(inverses: list[Inverse]) -> dict[str, Any]:
    """Return what a record says of inverses: each as an equation, and the largest error of a round trip."""
    if not inverses:
        return {}
    equations = {f"solved_for_{each.variable}": f"{each.variable} = {each.expression}" for each in inverses}
    return {**equations, "round_trip_error": max(each.error for each in inverses)}
