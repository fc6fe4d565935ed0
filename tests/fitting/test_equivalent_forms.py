"""Other ways to write a formula: the same values, and the phase that is cheapest."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from same_values import POINTS, room_for_rounding
from strategies import expressions

from srbench_lite import Expression
from srbench_lite.fitting.canonical_form import tidy
from srbench_lite.fitting.equivalent_forms import equivalent_forms, rephased


@settings(max_examples=200, deadline=None)
@given(formula=expressions(operators=("add", "mul", "div", "exp", "log", "sqrt", "pow"), constants=st.floats(0.1, 3)))
def test_other_forms_have_the_same_values(formula: Expression) -> None:
    neat = tidy(formula)
    before, room = neat(POINTS), room_for_rounding(neat, POINTS)
    defined = np.isfinite(before) & np.isfinite(room) & (room < 1e-3 * (1 + np.abs(before)))
    for other in equivalent_forms(neat):
        after, more = other(POINTS), room_for_rounding(other, POINTS)
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
        before, after, room = old(POINTS), new(POINTS), room_for_rounding(old, POINTS) + room_for_rounding(new, POINTS)
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
    ("text", "other"),
    [
        ("exp(x + 1.0986)", f"{math.exp(1.0986)!r}*exp(x)"),
        ("2.31*(x + 0.7391)", f"2.31*x + {2.31 * 0.7391!r}"),
        ("log(2.31*x)", f"log(x) + {math.log(2.31):.15g}"),
        ("sqrt(2.31*x)", f"{math.sqrt(2.31)!r}*sqrt(x)"),
    ],
)
def test_a_number_goes_in_and_out(text: str, other: str) -> None:
    assert Expression.parse(other) in equivalent_forms(Expression.parse(text))


def test_what_is_meant_as_it_stands_stays() -> None:
    formula = Expression.parse("2*(x + 0.5)")
    assert equivalent_forms(formula) == [formula]
