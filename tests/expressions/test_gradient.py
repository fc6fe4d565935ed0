"""`Gradient`: values and derivatives by the constants, against the formula itself and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SMOOTH, expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.gradient import Gradient
from srbench_lite.expressions.operators import OPERATORS

COLUMNS = {"x": np.array([0.3, 1.7, 2.2]), "y": np.array([-0.4, 0.9, 2.5])}
#: A formula for each operator whose constants are inside it.
OF_EACH = {
    "add": "1.5*x + 0.7", "sub": "1.5*x - 0.7", "mul": "1.5*x", "div": "x/(1.5*y)", "neg": "-(1.5*x)",
    "pow": "(1.5*x)**0.7", "min": "min(1.5*x, 0.8*y)", "max": "max(1.5*x, 0.8*y)",
    "acosh": "acosh(1.2 + 0.2*x)", "ifelse": "ifelse(x - 1, 1.5*x, 0.8*y)",
} | {
    name: f"{name}(0.2*x)" for name, op in OPERATORS.items() if op.arity == 1 and name not in ("neg", "acosh")
}  # fmt: skip


def differences(formula: Expression, place: int) -> np.ndarray:
    """Return central differences by one constant, shape (n,), from 2 points either side (error of order h**4)."""
    constants = np.array(formula.constants)
    h = 1e-3 * max(abs(constants[place]), 1e-3)

    def value(step: float) -> np.ndarray:
        moved = constants.copy()
        moved[place] += step * h
        return formula.with_constants(moved)(COLUMNS)

    return (value(-2) - 8 * value(-1) + 8 * value(1) - value(2)) / (12 * h)


def test_there_is_a_formula_for_every_operator() -> None:
    assert set(OF_EACH) == set(OPERATORS)


@pytest.mark.parametrize("text", OF_EACH.values(), ids=OF_EACH.keys())
def test_every_rule_equals_finite_differences(text: str) -> None:
    formula = Expression.parse(text)
    gradient = Gradient(formula, COLUMNS)
    values, slopes = gradient.jacobian(formula.constants, range(gradient.k))
    assert np.array_equal(values, formula(COLUMNS))
    for place in range(gradient.k):
        assert slopes[:, place] == pytest.approx(differences(formula, place), rel=1e-7, abs=1e-9)


@settings(max_examples=40)
@given(expressions(operators=SMOOTH, constants=tame_number))
def test_values_are_those_of_the_formula(formula: Expression) -> None:
    gradient = Gradient(formula, COLUMNS)
    assert gradient.k == len(formula.constants)
    assert np.array_equal(gradient.value(formula.constants), formula(COLUMNS), equal_nan=True)


@given(st.sets(st.integers(0, 2)))
def test_only_free_constants_have_derivatives(free: set[int]) -> None:
    gradient = Gradient(Expression.parse("1.5*x + 2.5*y + 3.5"), COLUMNS)
    _, slopes = gradient.jacobian([1.5, 2.5, 3.5], free)
    columns = np.column_stack([COLUMNS["x"], COLUMNS["y"], np.ones(3)])
    columns[:, [place for place in range(3) if place not in free]] = 0.0
    assert np.array_equal(slopes, columns)


def test_numbers_that_are_one_constant_share_its_derivative() -> None:
    gradient = Gradient(Expression.parse("2.5*x + 7*y + 2.5"), COLUMNS, places=[0, 1, 0])
    assert gradient.k == 2
    values, slopes = gradient.jacobian([3.0, 5.0], [0, 1])
    assert np.allclose(values, 3 * COLUMNS["x"] + 5 * COLUMNS["y"] + 3)
    assert np.allclose(slopes, np.column_stack([COLUMNS["x"] + 1, COLUMNS["y"]]))


def test_a_formula_without_variables_has_one_point() -> None:
    gradient = Gradient(Expression.parse("2.5 + pi"), {})
    assert gradient.value([1.0]) == pytest.approx([1 + np.pi])


def test_where_nothing_is_defined_values_are_not_finite() -> None:
    values, slopes = Gradient(Expression.parse("log(-1.5*x)"), COLUMNS).jacobian([-1.5], [0])
    assert np.isnan(values).all()
    assert slopes.shape == (3, 1)


def test_what_is_not_chosen_has_no_slope_and_spoils_none() -> None:
    columns = {"x": np.array([-1.0, 2.0])}
    values, slopes = Gradient(Expression.parse("ifelse(x, 2.5*log(x), 0.5)"), columns).jacobian([2.5, 0.5], [0, 1])
    assert values == pytest.approx([0.5, 2.5 * np.log(2)])
    assert slopes == pytest.approx(np.array([[0.0, 1.0], [np.log(2), 0.0]]))
