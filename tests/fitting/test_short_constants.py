"""Short ways to write a number: within the radius, priced by their length, believed only where that is warranted."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from srbench_lite import Expression
from srbench_lite.fitting.short_constants import (
    formula_digits,
    known_digits,
    number_digits,
    shortest_decimal,
    significant_digits,
    spellings,
)


@given(value=st.floats(-1e12, 1e12, allow_nan=False), share=st.floats(1e-15, 2.0), plain=st.booleans())
def test_spellings_lie_within_and_say_what_they_are_worth(value: float, share: float, plain: bool) -> None:
    assume(abs(value) > 1e-12)
    radius = share * abs(value)
    found = spellings(value, radius, plain=plain)
    assert [s.digits for s in found] == sorted(s.digits for s in found)
    for spelling in found:
        assert spelling.expression({})[0] == spelling.value
        if share < 0.5:
            assert abs(spelling.value - value) <= 1.000001 * radius + 1e-15 * abs(value) or spelling.digits > 3


def test_of_a_number_that_is_not_known_anything_short_will_do() -> None:
    found = spellings(3.7123, math.inf)
    assert {s.value for s in found} == {0.0, 1.0, -1.0, 4.0}
    assert known_digits(3.7, math.inf) == -math.inf
    assert known_digits(3.7, 0.0) == math.inf
    assert known_digits(100.0, 0.1) == pytest.approx(3.0)


def test_prices_rise_with_length() -> None:
    prices = [number_digits(v) for v in (0.0, 1.0, 2.0, 5.0, 0.25, 2.37, 0.123457, math.pi)]
    assert prices == sorted(prices)
    assert number_digits(-3.0) == number_digits(3.0)
    assert formula_digits(Expression.parse("x/(4*pi)")) < 2 < formula_digits(Expression.parse("0.0795774715*x"))


def test_a_multiple_of_pi_must_be_warranted() -> None:
    def has_pi(radius: float) -> bool:
        return any("pi" in str(s.expression) for s in spellings(2 * math.pi, radius))

    assert has_pi(1e-6)
    assert not has_pi(0.03)


# --- decimals ---------------------------------------------------------------------------------------------------------


@given(value=st.floats(-1e12, 1e12, allow_nan=False), share=st.floats(1e-15, 2.0))
def test_the_shortest_decimal_lies_within_and_none_shorter_does(value: float, share: float) -> None:
    assume(abs(value) > 1e-12)
    radius = abs(value) * share
    found = shortest_decimal(value, radius)
    assert abs(found - value) <= radius
    for places in range(max(significant_digits(found) - 1, 0)):
        assert abs(float(f"{value:.{places}e}") - value) > radius


@pytest.mark.parametrize(
    ("value", "count"), [(0.0, 0), (2.3, 2), (-0.05, 1), (1200.0, 2), (1e-7, 1), (math.pi, 16), (100.5, 4)]
)
def test_significant_digits(value: float, count: int) -> None:
    assert significant_digits(value) == count


def test_what_is_within_the_radius_of_zero_is_zero() -> None:
    assert shortest_decimal(-0.3, 0.3) == 0.0
    assert shortest_decimal(0.3, 0.29) != 0.0
    assert shortest_decimal(math.pi, 0.0) == math.pi
