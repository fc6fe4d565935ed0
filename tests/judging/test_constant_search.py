"""What a search for constants starts from, and its first stage in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
from judge_parts import ABOVE, REAL, TWO, Limits, parsed, settled

from srbench_lite.judging.constant_search import (
    MAX_CONSTANTS,
    MAX_RELATIVE_CHANGE,
    ConstantSearch,
    closeness,
    fit_nearby,
    hold_short_constants,
    is_rounding,
    prepare_search,
)


def prepared(found: str, truth: str, limits: Limits = REAL, **options: float) -> ConstantSearch:
    return prepare_search(settled(found, truth, limits), parsed(found), **options)  # type: ignore[arg-type]


def fitted(
    found: str, truth: str, limits: Limits = REAL, *, held: bool = False, **options: float
) -> list[float] | None:
    reference = settled(found, truth, limits)
    search = prepare_search(reference, parsed(found), **options)  # type: ignore[arg-type]
    if held:
        search = hold_short_constants(search)
    with np.errstate(all="ignore"):
        start = fit_nearby(reference, search)
    return None if start is None else start.constants.tolist()


def test_every_constant_is_one_and_moves_by_its_own_size() -> None:
    search = prepared("2.5*x - 1.25*sin(3*x)", "x")
    assert list(search.places) == [0, 1, 2]
    assert search.start.tolist() == [2.5, 1.25, 3.0]
    assert search.scales.tolist() == [2.5, 1.25, 3.0]
    assert search.max_changes.tolist() == [MAX_RELATIVE_CHANGE] * 3
    assert search.with_constants(np.array([1.0, 2.0, 4.0])) == parsed("1*x - 2*sin(4*x)")


def test_constants_of_few_digits_may_be_held() -> None:
    search = prepared("2.5*x + 1.2345*x**2", "x", ABOVE)
    held = hold_short_constants(search)
    assert held.scales.tolist() == [0.0, 1.2345, 0.0]
    assert search.scales.tolist() == [2.5, 1.2345, 2.0]
    assert held.start is search.start


def test_exponents_of_what_may_be_negative_are_held() -> None:
    assert prepared("2.345*x**3.0", "x").scales.tolist() == [2.345, 0.0]
    assert prepared("2.345*x**3.0", "x", ABOVE).scales.tolist() == [2.345, 3.0]


def test_nearly_equal_constants_may_be_one() -> None:
    search = prepared("1.2345*x + 1.2355*x**2.2222", "x", ABOVE, alike_are_one=True)
    assert list(search.places) == [0, 0, 1]
    assert search.start.tolist() == pytest.approx([1.235, 2.2222])
    assert search.with_constants(np.array([7.0, 2.0])) == parsed("7*x + 7*x**2")


def test_the_last_constant_may_move_without_bound() -> None:
    search = hold_short_constants(prepared("2.5*x + 5", "x", free_step=30.0))
    assert search.scales.tolist() == [0.0, 30.0]
    assert search.max_changes.tolist() == [MAX_RELATIVE_CHANGE, math.inf]


def test_very_many_constants_stay_as_they_are() -> None:
    found = " + ".join(f"{i}.25*x" for i in range(MAX_CONSTANTS + 1))
    assert not prepared(found, "x").scales.any()


@pytest.mark.parametrize(
    ("found", "truth", "limits", "close"),
    [
        ("sin(x)**2 + cos(x)**2", "1", REAL, True),
        ("2.000000001*x", "2*x", REAL, True),
        ("2.0001*x", "2*x", REAL, False),
        ("x", "x + 1e-3", REAL, False),
        ("x + 1e8 - 1e8", "x", REAL, True),  # off by 1e-8 of itself in float64, and by nothing in truth
        ("x*y + (y + 1e100 - 1e100)", "x*y", TWO, True),  # nothing can be told: digits must decide
    ],
)
def test_closeness(found: str, truth: str, limits: Limits, close: bool) -> None:
    reference = settled(found, truth, limits)
    answer = closeness(reference, prepare_search(reference, parsed(found)))
    assert answer.is_close is close


def test_the_residual_is_relative() -> None:
    reference = settled("2.02e9*x", "2e9*x")
    assert closeness(reference, prepare_search(reference, parsed("2.02e9*x"))).residual == pytest.approx(0.01, rel=0.3)


@pytest.mark.parametrize(
    ("found", "truth", "wanted"),
    [
        ("2.1*sin(1.6*x)", "2*sin(1.5*x)", [2.0, 1.5]),
        ("1.1*x + 0.9", "x + 1", [1.0, 1.0]),
        ("2.5*x", "2.5*x", [2.5]),
    ],
)
def test_constants_nearby_are_found(found: str, truth: str, wanted: list[float]) -> None:
    assert fitted(found, truth) == pytest.approx(wanted, rel=1e-7)


def test_where_float64_is_rounding_many_digits_find_them() -> None:
    found = "1.05*(exp(1e-12*x) - 1)"
    assert settled(found, "exp(1e-12*x) - 1").is_precise
    constants = fitted(found, "exp(1e-12*x) - 1", held=True)
    assert constants == pytest.approx([1.0, 1e-12, 1.0], rel=1e-9)


@pytest.mark.parametrize(
    ("found", "truth"),
    [("2*sin(x)", "2*cos(x)"), ("x", "x + 1"), ("2*x", "3*x"), ("x**2 + 0.5", "x**2 + x")],
)
def test_where_there_are_none_nearby(found: str, truth: str) -> None:
    assert fitted(found, truth) is None


def test_rounding_is_told_from_a_difference() -> None:
    reference = settled("x", "x")
    assert is_rounding(reference, parsed("x + 1e8 - 1e8"), 1e-8)
    assert not is_rounding(reference, parsed("x + 1e-3"), 1e-3)
    assert not is_rounding(reference, parsed("x + 1e8 - 1e8"), math.inf)
    assert not is_rounding(settled("exp(1e-12*x) - 1", "exp(1e-12*x) - 1"), parsed("x"), 1.0)  # 50 digits do not round
