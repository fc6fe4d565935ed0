"""`resolution`: units of the last digit given, and what is exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.fitting.resolution import is_setting, resolution


def units(*values: float) -> list[float] | None:
    found = resolution(np.array(values))
    return None if found is None else found.tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.24, 0.62, 1.0, 11.86), [0.01, 0.01, 0.01, 0.01]),  # decimals
        ((0.2408, 0.6152, 1.0, 11.86, 29.46), [1e-4, 1e-4, 1e-3, 1e-2, 1e-2]),  # four significant digits
        ((149000.0, 24900.0, 2290.0, 22.7), [1000.0, 100.0, 10.0, 0.1]),
        ((855.0, 665.0, 503.0, 38.0), [1.0, 1.0, 1.0, 1.0]),  # counts
        ((100.0, 200.0, 300.0), [1.0, 1.0, 1.0]),  # the zeros may be digits
        ((-1.25, 0.0, 3.5), [0.01, 0.01, 0.01]),
        ((0.1 + 0.2, 0.75, 0.61), [0.01, 0.01, 0.01]),  # float64 sums
    ],
)
def test_the_unit_is_that_of_the_last_digit(values: tuple[float, ...], expected: list[float]) -> None:
    assert units(*values) == pytest.approx(expected)


@pytest.mark.parametrize(
    "values",
    [
        (0.123456789, 0.5, 0.25),  # one number with many digits
        (1 / 3, 2 / 3),
        (0.0, 0.0),
        (1.0, 4.0, 9.0, 16.0),  # small whole numbers
        (0.0, 1.0, 1.0),
    ],
)
def test_numbers_that_are_not_rounded_have_none(values: tuple[float, ...]) -> None:
    assert units(*values) is None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=20))
def test_units_are_positive_and_no_larger_than_the_number(values: list[float]) -> None:
    found = resolution(np.array(values))
    if found is not None:
        assert (found > 0).all()
        assert all(u <= abs(v) * (1 + 1e-9) for u, v in zip(found.tolist(), values, strict=True) if v)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((0.0, 0.1, 0.2, 0.3), True),  # an even grid
        ((300.0, 310.0, 320.0), True),
        ((1.0, 2.0, 5.0, 20.0), True),  # small whole numbers
        ((0.5, 0.5, 1.5, 1.5, 4.5, 4.5), True),  # levels
        ((0.387, 0.723, 1.0, 1.524), False),
        ((814.0, 1273.0, 1332.0, 590.0), False),
    ],
)
def test_settings_are_told_from_measurements(values: tuple[float, ...], expected: bool) -> None:
    assert is_setting(np.array(values)) is expected
