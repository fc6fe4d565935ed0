"""Tidied formulas: the forms that are wanted, and that values stay and nodes never grow."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from same_values import POINTS, room_for_rounding, short_numbers
from strategies import expressions

from srbench_lite import Expression
from srbench_lite.fitting.canonical_form import tidy


@settings(max_examples=400, deadline=None)
@given(formula=expressions(constants=short_numbers, max_leaves=10))
def test_values_stay_and_nodes_never_grow(formula: Expression) -> None:
    neat = tidy(formula)
    assert neat.complexity <= formula.complexity
    before, after, room = formula(POINTS), neat(POINTS), room_for_rounding(formula, POINTS)
    defined = np.isfinite(before) & np.isfinite(room) & (room < 1e-3 * (1 + np.abs(before)))
    assert np.all(np.abs(before[defined] - after[defined]) <= room[defined]), (str(formula), str(neat))


@settings(max_examples=200, deadline=None)
@given(formula=expressions(max_leaves=8))
def test_any_numbers_are_survived(formula: Expression) -> None:
    assert tidy(formula).complexity <= formula.complexity


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2*(3*x)", "6*x"),
        ("x*1 + 0", "x"),
        ("x**1*y/1", "x*y"),
        ("-(-x)", "x"),
        ("a + -3*b", "a - 3*b"),
        ("-3*b + a", "a - 3*b"),
        ("2*x + 3*x - 1", "5*x - 1"),
        ("x - x", "0"),
        ("exp(log(x))", "x"),
        ("log(exp(x))", "x"),
        ("exp(2*log(x) + 0.5*log(y) - log(z))", "x**2*sqrt(y)/z"),
        ("exp(x)*exp(-y)", "exp(x - y)"),
        ("log(x) - log(y)", "log(x/y)"),
        ("sqrt(x**2)", "abs(x)"),
        ("x**2/x", "x"),
        ("sqrt(x)*sqrt(y)/sqrt(z)", "sqrt(x*y/z)"),
        ("1/(4*pi)*x", "x/(4*pi)"),
        ("2/3*x/4", "x/6"),
        ("1/2.37*x", "x/2.37"),
        ("sqrt(2)/2*x", "x/sqrt(2)"),
        ("0.125*x", "x/8"),
        ("0.5*x + 0.5*y", "0.5*(x + y)"),
        ("(x + y)*2 - 2*x", "2*y"),
        ("sin(-x)*cos(-x)", "-(sin(x)*cos(x))"),
        ("3/7", "3/7"),
        ("x**(2/3)", "x**(2/3)"),
        ("0.1 + 0.2", "0.3"),
        ("x + (2*3)**2", "x + 36"),
        ("1e300*1e300*x", "1e300*1e300*x"),
    ],
)
def test_forms_that_are_wanted(text: str, wanted: str) -> None:
    assert str(tidy(Expression.parse(text))) == str(Expression.parse(wanted))


def test_no_even_power_goes_through_a_root() -> None:
    x = {"x": np.array([-2.0, -1.0, 3.0])}
    for text in ("(x**2)**0.5", "sqrt(x**2*4)", "(x**4)**(0.25)", "sqrt(x*x)", "log(x**2)"):
        formula = Expression.parse(text)
        np.testing.assert_allclose(tidy(formula)(x), formula(x))
