"""`fitted_sum`: a sum of products of powers fitted to points, and its formula in the units of the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_floors.least_squares import LeastSquares, Solution
from srbench_floors.terms import Exponents, Terms
from srbench_lite import Expression, Samples
from srbench_lite.fitting import finite_formula

__all__ = ["FittedSum", "fitted_sum"]

Array = NDArray[np.float64]

#: A way of writing the terms may cost this share of the deviation of y in precision.
_MAX_LOSS: Final = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class FittedSum:
    """A sum and how it was fitted.

    Attributes:
        expression: the formula.
        is_exact: whether its residuals are rounding.
        dependent: how many terms were left out because on the points they are sums of others.
    """

    expression: Expression
    is_exact: bool
    dependent: int


def fitted_sum(
    samples: Samples, used: Sequence[int], exponents: Sequence[Exponents], *, price: float = 0.0
) -> FittedSum | None:
    """Fit a sum of products of powers of some inputs to samples by least squares.

    It is written in the inputs as they are where numbers allow it. Where the range of an input is narrow and far from
    zero, powers of the input cancel each other in all their digits: then it is written in distances from the middle.

    Args:
        samples: the points.
        used: which of the inputs, of those that vary.
        exponents: of each product, one for each of those inputs.
        price: a term whose squared t statistic is below it is dropped; 0 keeps all.

    Returns:
        The sum; None where no way of writing it has numbers within float64's range.
    """
    x, y, weights = samples.x[:, list(used)], samples.y, samples.weights
    names = [samples.variables[i] for i in used]
    places = range(len(exponents))
    centred = LeastSquares(Terms.centred(names, exponents, x).values(x), y, weights)
    independent = centred.independent(places)
    dependent = len(exponents) - len(independent)
    best = centred.solve(independent)
    for terms in (Terms.plain(names, exponents), Terms.shifted(names, exponents, x)):
        columns = terms.values(x)
        if not np.isfinite(columns).all():
            continue
        system = LeastSquares(columns, y, weights)
        if system.independent(independent) != independent:
            continue
        if not _agree(system, system.solve(independent), centred, best):
            continue
        solution = system.prune(independent, price)
        coefficients = system.shortened(solution)
        if coefficients is None:
            continue
        expression = finite_formula(terms.formula, solution.places, coefficients)
        if expression is not None and _is_defined(expression, samples):
            return FittedSum(expression, system.is_exact(solution), dependent)
    return None


def _agree(system: LeastSquares, solution: Solution, centred: LeastSquares, best: Solution) -> bool:
    """Whether a solution in other terms has the values of the one in terms that lose no digits."""
    gap = system.values(solution) - centred.values(best)
    return float(np.sqrt(np.mean(gap**2))) <= _MAX_LOSS * centred.deviation


def _is_defined(expression: Expression, samples: Samples) -> bool:
    return bool(np.isfinite(expression(samples.columns)).all())
