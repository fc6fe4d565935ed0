"""Numbers that no formula can have make it none."""

from __future__ import annotations

import math

import pytest

from srbench_lite import Expression
from srbench_lite.fitting import finite_formula

X = Expression.variable("x")


def test_a_formula_is_returned_as_it_is() -> None:
    assert finite_formula(lambda factor, *, power: factor * X**power, 2.0, power=3.0) == 2.0 * X**3.0


@pytest.mark.parametrize(
    "write",
    [
        lambda: math.inf * X,
        lambda: X + math.nan,
        lambda: Expression.constant(1e200**2),
        lambda: Expression.constant(math.exp(1e3)),
        lambda: Expression.constant(0.0**-1),
        lambda: Expression.constant(math.sin(math.inf)),
        lambda: Expression.constant(float(round(math.inf))),
    ],
)
def test_one_beyond_the_range_is_none(write) -> None:
    assert finite_formula(write) is None


def test_other_errors_are_raised() -> None:
    with pytest.raises(IndexError):
        finite_formula(lambda: [X][1])
