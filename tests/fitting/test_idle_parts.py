"""`without_idle_parts`: what changes no value goes, everything else stays as it is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from strategies import expressions

from srbench_lite import Expression, Samples
from srbench_lite.fitting.idle_parts import without_idle_parts
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.rounding import round_constants

X = np.random.default_rng(7).uniform(1, 2, 60)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sqrt(3e-148*x + 1)*sin(x)", "sin(x)"),
        ("sin(x) + 7.3*exp(-3100*x)", "sin(x)"),
        ("sin(x)*tanh(812.37*x)", "sin(x)"),
        ("log(x)*(1 + 3e-148*x)**0.37", "log(x)"),
        ("x**2 + 1e-30", "x**2"),
        ("sin(x) + 1e-9*x", "sin(x) + 1e-9*x"),  # seen in the ninth digit
        ("exp(x) + 1", "exp(x) + 1"),
        ("log(x - 5)", "log(x - 5)"),  # not defined
    ],
)
def test_only_parts_without_effect_go(text: str, expected: str) -> None:
    assert without_idle_parts(Expression.parse(text), {"x": X}) == Expression.parse(expected)


@given(expressions(("x",)))
def test_values_stay_the_same(expression: Expression) -> None:
    shorter = without_idle_parts(expression, {"x": X})
    assert shorter.complexity <= expression.complexity
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(shorter({"x": X}), expression({"x": X}), rtol=1e-13)


def test_rounding_leaves_no_idle_part() -> None:
    y = 2.5 * np.sin(X) + np.random.default_rng(1).normal(0, 0.01, 60)
    problem = Problem.of(Samples(variables=("x",), x=X[:, None], y=y))
    found = round_constants(Expression.parse("2.4981*sin(x)*tanh(812.37*x) + 7.1*exp(-3104*x)"), problem)
    assert str(found.expression) == "2.5*sin(x)"
