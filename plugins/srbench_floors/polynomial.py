"""The method `polynomial`: least squares on all products of powers up to a degree that cross-validation chooses."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from srbench_floors.cross_validation import chosen_degree, validation_work
from srbench_floors.least_squares import LeastSquares, decomposition_work
from srbench_floors.mean import mean_of
from srbench_floors.sums import FittedSum, fitted_sum
from srbench_floors.terms import Exponents, Terms, count_terms, exponents_up_to
from srbench_lite import Budget, Expression, Fit, Report, Samples
from srbench_lite.fitting import Deadline, constant_formula, varying_columns

if TYPE_CHECKING:
    from srbench_floors import Polynomial

__all__ = ["fit"]

Array = NDArray[np.float64]

#: What is left of the time is for writing.
_SHARE_OF_BUDGET: Final = 0.8
#: Decompositions of all points beside those of the cross-validation: for independence, for values, for coefficients.
_DECOMPOSITIONS: Final = 3


def fit(method: Polynomial, samples: Samples, *, budget: Budget, report: Report) -> Fit:
    """Fit `method` to `samples`; see `Method.fit`."""
    deadline = Deadline(_SHARE_OF_BUDGET * budget.seconds)
    mean = Expression.constant(mean_of(samples))
    report(mean)
    if constant_formula(samples) is not None:
        return Fit(expression=mean, candidates=[mean])
    used = varying_columns(samples.x).tolist()
    names, x = [samples.variables[i] for i in used], samples.x[:, used]
    highest = _highest_degree(method, len(samples), len(used), deadline)
    exponents = _independent(exponents_up_to(len(used), highest), names, x)
    choice = chosen_degree(samples, names, x, exponents, method.folds, deadline)
    price = math.log(len(samples)) if method.prune else 0.0
    found: dict[int, FittedSum] = {}
    for degree in range(choice.degree, 0, -1):  # the answer first, then those that are only candidates
        if found and deadline.is_over:
            break
        fitted = fitted_sum(samples, used, [e for e in exponents if sum(e) <= degree], price=price)
        if fitted is not None:
            found[degree] = fitted
            if len(found) == 1:
                report(fitted.expression)
    candidates = [mean, *(found[degree].expression for degree in sorted(found))]
    last = max(found, default=0)
    return Fit(
        expression=candidates[-1],
        candidates=candidates,
        stopped="budget" if deadline.was_cut else "done",
        extras={
            "degree": last,
            "chosen_degree": choice.degree,
            "errors": [error if math.isfinite(error) else None for error in choice.errors],
            "exact": last in found and found[last].is_exact,
            **deadline.facts,
        },
    )


def _highest_degree(method: Polynomial, points: int, variables: int, deadline: Deadline) -> int:
    """Return the highest degree that is tried; at least 1."""
    degree = 1
    while degree < method.max_degree:
        terms = count_terms(variables, degree + 1)
        work = validation_work(points, terms, method.folds) + _DECOMPOSITIONS * decomposition_work(points, terms)
        if terms > min(method.max_terms, points) or work > deadline.work:
            break
        degree += 1
    return degree


def _independent(exponents: Sequence[Exponents], names: Sequence[str], x: Array) -> list[Exponents]:
    """Return the terms that on the points are no sums of those before them."""
    columns = Terms.centred(names, exponents, x).values(x)
    system = LeastSquares(columns, np.zeros(len(x)))
    return [exponents[place] for place in system.independent(range(len(exponents)))]
