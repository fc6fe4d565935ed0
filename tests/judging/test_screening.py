"""The screen: what ends there, what passes, and what it says about constants of little effect."""

from __future__ import annotations

import numpy as np
import pytest
from judge_parts import REAL, TWO, Limits, paired, screened

from srbench_lite.judging.screening import NO_CONSTANTS, Screen, Unsettled, further_vanishing, screen
from srbench_lite.judging.verdict import Ruling, VerdictWord


def looked_at(found: str, truth: str, limits: Limits = REAL) -> Screen | Ruling | Unsettled:
    with np.errstate(all="ignore"):
        return screen(paired(found, truth, limits))


@pytest.mark.parametrize(
    ("found", "truth", "limits"),
    [
        ("sin(x)", "cos(x)", REAL),
        ("x**2 + x", "x**3 + x", REAL),
        ("2*x + 3*y", "2*x - 3*y", TWO),
        ("x + 1e-5*x**2", "sin(x) - x**2", REAL),  # far with the small term and without it
        ("x*y", "x/y", TWO),
    ],
)
def test_what_is_far_ends_here(found: str, truth: str, limits: Limits) -> None:
    assert looked_at(found, truth, limits) == Ruling(VerdictWord.DIFFERENT, NO_CONSTANTS)


@pytest.mark.parametrize("found", ["log(x)", "sqrt(x - 2.5)", "x/0"])
def test_what_has_no_value_where_the_truth_has_ends_here(found: str) -> None:
    assert looked_at(found, "x") == Ruling(VerdictWord.DIFFERENT, "undefined where the truth is defined")


def test_a_truth_without_values_is_left_to_sympy() -> None:
    answer = looked_at("x", "log(-1 - x**2)")
    assert answer == Unsettled("the truth is defined nearly nowhere on its domain")


def test_a_formula_that_nobody_can_write_down_is_left_to_sympy() -> None:
    answer = looked_at("x + 9**9**9**9", "x")
    assert isinstance(answer, Screen | Unsettled)


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("2.01*x", "2*x"),
        ("sin(x)**2 + cos(x)**2", "1"),
        ("x + 5", "x"),  # a free summand brings it there
        ("3*x", "-2*x"),
        ("1.1*sin(1.2*x)", "sin(x)"),
    ],
)
def test_what_may_be_equal_passes(found: str, truth: str) -> None:
    answer = looked_at(found, truth)
    assert isinstance(answer, Screen)
    assert answer.is_affinely_near
    assert answer.check.pair is answer.reference.pair
    assert answer.check.size == answer.reference.size


def test_what_a_factor_and_a_summand_cannot_mend_is_known() -> None:
    assert not screened("1.1*sin(x)", "sin(x) + 2e-6*x**2").is_affinely_near
    assert screened("1.1*sin(x)", "sin(x) + 3e-9*x**2").is_affinely_near


def test_very_many_constants_are_looked_at_within_their_tolerance() -> None:
    found = " + ".join(f"{i}.25*x" for i in range(250))
    assert looked_at(found, "sin(x)") == Ruling(VerdictWord.DIFFERENT, NO_CONSTANTS)
    answer = screened(found, "32000*x")
    assert answer.vanishing == (frozenset(),)
    assert answer.is_affinely_near


@pytest.mark.parametrize(
    ("found", "vanishing"),
    [
        ("x", [set()]),
        ("1.5*x", [set()]),
        ("x + 1e-5*x**2", [{0}, set()]),
        ("x + 1e-12*x**2", [{0}, set()]),  # the same set twice is one
        ("x + 1e-5*x**2 + 1e-12*x**3", [{0, 2}, {2}, set()]),
    ],
)
def test_constants_to_be_tried_at_zero(found: str, vanishing: list[set[int]]) -> None:
    truth = "1.5*x" if found == "1.5*x" else "x"
    assert [set(zeros) for zeros in screened(found, truth).vanishing] == vanishing


def test_further_sets_are_each_alone_and_all_but_each() -> None:
    def sets(*groups: str) -> tuple[frozenset[int], ...]:
        return tuple(frozenset(map(int, group)) for group in groups)

    assert further_vanishing(sets("")) == ()
    assert further_vanishing(sets("3", "")) == ()
    assert further_vanishing(sets("12", "")) == sets("1", "2")
    assert further_vanishing(sets("123", "2", "")) == sets("1", "3", "23", "13", "12")
    assert len(further_vanishing(sets("123456789", ""))) == 8


def test_holes_are_handed_on() -> None:
    answer = screened("x + 0*log(x + 2.9999)", "x")
    assert len(answer.check.holes) >= 1
    assert len(screened("x", "x + 0*x").check.holes) == 0
