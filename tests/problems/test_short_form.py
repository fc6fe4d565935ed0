"""Formulas as people write them: what has parts to merge is refused, what has none is written in order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from strategies import SMOOTH, expressions, tame_number

from srbench_lite import Expression
from srbench_lite.problems.short_form import is_short, written


@pytest.mark.parametrize(
    "text",
    [
        "x + x", "x - x", "x/x", "x*x", "x*y + x*z", "2*(3*x)", "2*(3*x + 4)", "(x + 1) + 2", "x + y - x", "1*x", "x/1",
        "x**1", "x*sqrt(x)", "x/x**2", "sin(2) + x", "exp(log(x))", "log(exp(x))", "exp(x + log(y))", "exp(2*log(x))",
        "log(x*exp(y))", "log(x) + log(y)", "log(2*x) + 3", "exp(x)*exp(y)", "2*exp(x + 3)", "sqrt(x)*sqrt(y)",
        "sqrt(x**2)", "sqrt(sqrt(x))", "(x**2)**3", "x**2*y**2", "sqrt(x**2*y)", "2*sqrt(3*x)", "(1/x)**2", "log(x**2)",
        "2*x + 3*x", "abs(abs(x))", "max(x, x)", "floor(ceil(x))", "sin(asin(x))", "y + sin(x*x)",
    ],
)  # fmt: skip
def test_parts_to_merge_are_seen(text: str) -> None:
    assert not is_short(Expression.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "x", "x + y", "x**2 + x", "x*y + x", "2*x + 3", "2*(x + 3)", "2*exp(3*x)", "1/x", "1/(x*y)", "sin(x)*cos(x)",
        "exp(x)/sqrt(y)", "log(x + 1)", "log(x/y)", "sqrt(x*y)", "x**y", "sin(x)**2", "exp(x**2)", "max(x, 2)",
        "x*exp(x)", "1 - x", "3*sin(x + 2) - 4", "log(x)/log(y)", "ifelse(x, y, 2)",
    ],
)  # fmt: skip
def test_what_people_write_passes(text: str) -> None:
    assert is_short(Expression.parse(text))


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("1 + x", "x + 1"), ("x - (y - z)", "x + z - y"), ("3 - x", "3 - x"), ("sin(x)*x*2", "2*x*sin(x)"),
        ("a/(b/c)", "a*c/b"), ("a/b/c", "a/(b*c)"), ("(y + x)*x2*x1**3", "x1**3*x2*(x + y)"),
        ("max(y, x)", "max(x, y)"), ("min(2, x)", "min(x, 2)"), ("sin(1 + x)", "sin(x + 1)"),
    ],
)  # fmt: skip
def test_sums_and_products_are_put_in_order(text: str, ordered: str) -> None:
    assert str(written(Expression.parse(text))) == ordered


@given(expressions(operators=(*SMOOTH, "div", "max"), constants=tame_number))
@settings(max_examples=60, deadline=None)
def test_order_changes_no_value_and_no_size(formula: Expression) -> None:
    other = written(formula)
    assert other.complexity == formula.complexity
    points = {"x": np.array([0.7, 1.9]), "y": np.array([1.3, 0.2])}
    ours, theirs = other(points), formula(points)
    tame = np.isfinite(ours) & (np.abs(theirs) < 1e6)
    np.testing.assert_allclose(ours[tame], theirs[tame], rtol=1e-6, atol=1e-6)
