"""What rounding does to a truth."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite.checking.float_errors import FloatErrors, precise_values
from srbench_lite.expressions.expression import Expression

X = np.geomspace(1e-8, 1.0, 40)[:, None]


def test_a_plain_formula_is_right_to_its_last_digit():
    errors = FloatErrors.of(Expression.parse("3.1*x**2 + 1/x"), ["x"], X)
    assert errors.relative.max() < 3e-16
    assert errors.share_of_spread < 1e-15
    assert errors.worst is not None


def test_digits_that_cancel_are_counted():
    """1 - cos(x) of 1e-8 is 5e-17; in float64 it is 0, all of it an error."""
    errors = FloatErrors.of(Expression.parse("1 - cos(x)"), ["x"], X)
    assert errors.relative[0] == pytest.approx(1.0)
    assert errors.worst is not None
    assert errors.x[errors.worst, 0] < 1e-7


def test_points_without_a_value_or_of_value_zero_are_left_out():
    x = np.array([[-1.0], [1.0], [2.0]])
    errors = FloatErrors.of(Expression.parse("log(x)"), ["x"], x)
    assert errors.x.tolist() == [[2.0]]
    assert precise_values(Expression.parse("log(x)"), ["x"], x)[0] is None
    nothing = FloatErrors.of(Expression.parse("log(x)"), ["x"], x[:1])
    assert (len(nothing.y), nothing.worst, nothing.share_of_spread) == (0, None, 0.0)
