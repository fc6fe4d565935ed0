"""The method `linear`: least squares of y on all variables that vary."""

from __future__ import annotations

from srbench_floors.mean import mean_of
from srbench_floors.sums import fitted_sum
from srbench_floors.terms import exponents_up_to
from srbench_lite import Expression, Fit, FitError, Report, Samples
from srbench_lite.fitting import constant_formula, varying_columns

__all__ = ["fit"]


def fit(samples: Samples, *, report: Report) -> Fit:
    """Fit a straight line; see `Method.fit`.

    Raises:
        FitError: a coefficient is out of float64's range.
    """
    mean = Expression.constant(mean_of(samples))
    report(mean)
    if constant_formula(samples) is not None:
        return Fit(expression=mean)
    used = varying_columns(samples.x).tolist()
    found = fitted_sum(samples, used, exponents_up_to(len(used), 1))
    if found is None:
        raise FitError(
            "the coefficients of a straight line are out of float64's range: rescale inputs and target towards one"
        )
    report(found.expression)
    return Fit(expression=found.expression, extras={"exact": found.is_exact, "dependent": found.dependent})
