"""Tidied formulas: the forms that are wanted, and that values stay and nodes never grow."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import expressions

from srbench_lite import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS
from srbench_lite.fitting.canonical_form import tidy
from srbench_lite.fitting.equivalent_forms import forms, rephased

_POINTS = {
    "x": np.random.default_rng(0).uniform(-2, 2, 60),
    "y": np.random.default_rng(1).uniform(0.3, 3, 60),
}
numbers = st.one_of(
    st.integers(-9, 9).map(float),
    st.integers(-40, 40).map(lambda i: i / 8),
    st.sampled_from((0.5, 1 / 3, 0.7071067811)),
)


def _room(formula: Expression, columns: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return how far values may be off: rounding of the largest intermediate value, amplified as inputs are."""
    sizes: list[NDArray[np.float64]] = []

    def leaf(node: Expression) -> NDArray[np.float64]:
        if node.name is not None:
            return columns[node.name]
        return np.full(60, node.value if node.value is not None else NAMED_CONSTANTS[node.op][0])

    def inner(node: Expression, args: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        value: NDArray[np.float64] = getattr(np, OPERATORS[node.op].numpy)(*args)
        sizes.append(np.abs(value))
        return value

    with np.errstate(all="ignore"):
        value = formula.fold(leaf, inner)
        moved = formula({name: column * (1 + 1e-12) for name, column in columns.items()})
        largest = np.max(sizes, axis=0, initial=0.0) if sizes else np.abs(value)
        room: NDArray[np.float64] = 1e-9 * largest + 1e4 * np.abs(moved - value)
    return room


@settings(max_examples=400, deadline=None)
@given(formula=expressions(constants=numbers, max_leaves=10))
def test_values_stay_and_nodes_never_grow(formula: Expression) -> None:
    neat = tidy(formula)
    assert neat.complexity <= formula.complexity
    before, after, room = formula(_POINTS), neat(_POINTS), _room(formula, _POINTS)
    defined = np.isfinite(before) & np.isfinite(room) & (room < 1e-3 * (1 + np.abs(before)))
    assert np.all(np.abs(before[defined] - after[defined]) <= room[defined]), (str(formula), str(neat))


@settings(max_examples=200, deadline=None)
@given(formula=expressions(max_leaves=8))
def test_any_numbers_are_survived(formula: Expression) -> None:
    assert tidy(formula).complexity <= formula.complexity


@settings(max_examples=200, deadline=None)
@given(formula=expressions(operators=("add", "mul", "div", "exp", "log", "sqrt", "pow"), constants=st.floats(0.1, 3)))
def test_other_forms_have_the_same_values(formula: Expression) -> None:
    neat = tidy(formula)
    before, room = neat(_POINTS), _room(neat, _POINTS)
    defined = np.isfinite(before) & np.isfinite(room) & (room < 1e-3 * (1 + np.abs(before)))
    for other in forms(neat):
        after, more = other(_POINTS), _room(other, _POINTS)
        both = defined & np.isfinite(more)
        assert np.all(np.abs(before[both] - after[both]) <= room[both] + more[both]), (str(neat), str(other))


@settings(max_examples=200, deadline=None)
@given(
    formula=expressions(operators=("add", "sub", "mul", "neg", "sin", "cos"), constants=st.floats(-30, 30)),
    seed=st.integers(0, 99),
)
def test_other_phases_have_the_same_values_whatever_they_cost(formula: Expression, seed: int) -> None:
    asked: list[int] = []

    def price(k: int, value: float) -> float:
        asked.append(k)
        return float(np.random.default_rng([seed, k, int(abs(value))]).uniform(0, 30))

    for old in (formula, tidy(formula)):
        asked.clear()
        new = rephased(old, price)
        assert len(new.constants) == len(old.constants)
        assert len(asked) == 8 * len(set(asked))
        before, after, room = old(_POINTS), new(_POINTS), _room(old, _POINTS) + _room(new, _POINTS)
        assert np.all(np.abs(before - after) <= room), (str(old), str(new))


@pytest.mark.parametrize(
    ("text", "short", "wanted"),
    [
        ("y*cos(1.2007963267948967 - 1.3*x)", 0.37, "y*sin(1.3*x + 0.37)"),
        ("-0.8*sin(3.7*x - 1.041592653589793)", 2.1, "0.8*sin(3.7*x + 2.1)"),
        ("-cos(0.37 - x)", 0.37, "-cos(x - 0.37)"),
        ("sin(x - y + 99.9)", 99.9 - 32 * math.pi, "sin(x - y - 0.630965)"),
        ("sin(y + 1.5707963267948966 + x)", 0.0, "cos(y + x)"),
        ("cos(1.93 + sin(-x - 7.13))", 7.13 - math.pi, "sin(sin(x + 3.988407) - 2.782389)"),
        ("cos(2*x + 0.5)", 0.7, "cos(2*x + 0.5)"),
        ("sin(0.37*x)", 0.7, "sin(0.37*x)"),
        ("sin(x + 0.37)*sin(1.11)", 0.37, "sin(x + 0.37)*sin(1.11)"),
    ],
)
def test_the_cheapest_phase(text: str, short: float, wanted: str) -> None:
    formula = Expression.parse(text)

    def price(_: int, value: float) -> float:
        return 0.0 if math.isclose(abs(value), abs(short), abs_tol=1e-12) else 99.0

    found = tidy(rephased(formula, price))
    assert str(found.with_constants([round(c, 6) for c in found.constants])) == wanted


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
