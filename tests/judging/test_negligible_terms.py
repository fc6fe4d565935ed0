"""Terms that hardly matter: how much, and those that the units of a variable hide."""

from __future__ import annotations

import math

import pytest
from judge_parts import REAL, Limits, parsed, settled

from srbench_lite.judging.high_precision_gradient import PreciseGradient
from srbench_lite.judging.negligible_terms import NegligibleTerms


def strays(found: str, truth: str, limits: Limits = REAL) -> NegligibleTerms:
    return NegligibleTerms.of(settled(found, truth, limits))


@pytest.mark.parametrize(
    ("found", "tolerance", "places"),
    [
        ("x + 1e-5*x**2", 1e-3, {0}),
        ("x + 1e-5*x**2", 1e-9, set()),
        ("x + 1e-11*x**2", 1e-9, {0}),
        ("1.5*x", 1e-3, set()),
        ("x + 0.3*x**2", 1e-3, set()),
        ("1e-5*sin(3.5*x) + x", 1e-3, {0, 1}),
        ("x + 0", 1e-3, set()),  # nothing to set to zero
        ("x + 5 - 5*1", 1e-3, set()),  # small whole numbers are meant
        ("x + sin(12000)*1e-6", 1e-3, {0, 1}),
        ("x + 1/(1e-6*x)*0", 1e-3, set()),  # no value without it
    ],
)
def test_constants_of_little_effect(found: str, tolerance: float, places: set[int]) -> None:
    assert strays(found, "x").negligible(tolerance) == places


def test_effects_add_up() -> None:
    terms = strays("x + 0.0011 + 0.0010*1 + 0.0009*1", "x")  # std(y) is 1.7: 6.4e-4, 5.8e-4 and 5.2e-4
    chosen = terms.negligible(1e-3)
    assert chosen == {4 - 1}  # the smallest; with any other it is too much
    assert terms.effect(frozenset([0])) == pytest.approx(0.0011 / math.sqrt(3), rel=0.05)
    assert terms.effect(frozenset([0, 1, 3])) == pytest.approx(0.0030 / math.sqrt(3), rel=0.05)
    assert terms.effect(frozenset()) == 0.0


def test_effects_may_cancel_and_each_alone_is_too_much() -> None:
    terms = strays("x + 0.501 - 0.501", "x")
    assert terms.negligible(1e-3) == set()
    assert terms.effect(frozenset([0])) > 0.2
    assert terms.effect(frozenset([0, 1])) < 1e-12


def test_effects_are_looked_for_on_the_whole_domain() -> None:
    terms = strays("x + 1e-3/(x + 3.0001)", "x")  # a peak at one end, which few points hit
    assert terms.effect(frozenset([0])) > 1.0


def test_a_value_that_is_lost_is_an_endless_effect() -> None:
    assert strays("x*(1e-9 + x)/(1e-9 + x)", "x").effect(frozenset([0])) < 1e-8
    assert strays("x + 1e-9/1e-9*1e-9", "x").effect(frozenset([1])) == math.inf


def test_formulas_without_strays() -> None:
    terms = strays("x + 1e-5*x**2", "x")
    assert terms.without(frozenset()) is terms.formula
    assert terms.without(frozenset([0])) == parsed("x + 0*x**2")


CHARGES = {"x": (1e-19, 2e-19), "y": (1.0, 2.0)}


def test_a_term_may_hide_behind_units() -> None:
    terms = strays("y*(1 + 0.01*x)", "y", CHARGES)
    assert terms.effect(frozenset([1])) < 1e-15
    assert 3e-3 < terms.effect_in_units(frozenset([1])) < 3e-2  # 0.01*x with x near one
    assert terms.negligible(1e-3) == set()
    # small numbers are small in any units, and y has units of ordinary size
    assert strays("y*(1 + 0.01234*x)", "y", CHARGES).negligible(1e-3) == set()  # whatever its digits
    assert strays("y*(1 + 1e-5*x)", "y", CHARGES).negligible(1e-3) == {1}
    assert strays("y*(1 + 0.01*x)", "y", {"x": (0.5, 0.6), "y": (1.0, 2.0)}).effect_in_units(frozenset([1])) == 0.0
    assert terms.effect_in_units(frozenset()) == 0.0
    # a large constant makes up for small units, and not for large ones
    assert strays("y + 5e14*x", "y", CHARGES).negligible(1e-3) == {0}
    assert strays("x + 5000", "x", {"x": (1e9, 1e12)}).negligible(1e-3) == set()


def test_effects_where_float64_is_rounding() -> None:
    terms = strays("(exp(1e-14*x) - 1)*1e14 + 1e-6*x", "(exp(1e-14*x) - 1)*1e14")
    assert isinstance(terms.gradient, PreciseGradient)
    assert terms.negligible(1e-3) == {3}
    assert terms.effect(frozenset([3])) == pytest.approx(3e-6 / math.sqrt(3), rel=0.1)
