"""How `lstm` writes numbers as digits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_lstm.encoding import Encoding


def _encoding(low: float = 1.0, high: float = 5.0, digits: int = 8, *, placed: bool = True) -> Encoding:
    return Encoding.of(np.array([[low], [high]]), digits=digits, placed=placed)


def _of(encoding: Encoding, value: float) -> np.ndarray:
    return encoding(np.array([[value]]))[:, 0]  # (m, 3)


def test_the_example_of_the_documentation() -> None:
    expected = [[0.2, -1, 1], [0.14, -1 / 3, 0.1], [0.01, 1 / 3, 0.01], [0, 1, 0.001]]
    np.testing.assert_allclose(_of(_encoding(digits=4), 3.7), expected, atol=1e-15)


def test_the_same_example_in_plain_digits() -> None:
    encoding = _encoding(digits=4, placed=False)
    expected = np.array([[1 / 9, -1, 1], [7 / 9, -1 / 3, 0.1], [5 / 9, 1 / 3, 0.01], [0, 1, 0.001]])
    np.testing.assert_allclose(_of(encoding, 3.7), expected, atol=1e-15)
    np.testing.assert_allclose(_of(encoding, 2.3), expected * [1, 1, -1], atol=1e-15)  # as far below the middle


@pytest.mark.parametrize(
    ("value", "digits"),
    [
        (1.0, [-1, 0, 0, 0]), (5.0, [1, 0, 0, 0]), (3.0, [0, 0, 0, 0]), (2.9999, [0, 0, 0, 0]),
        (2.3, [-0.2, -0.14, -0.01, 0]), (6.2, [1.6, 0, 0, 0]), (7.1, [1.8, 0.18, 0.018, 0.0018]),
        (1e9, [1.8, 0.18, 0.018, 0.0018]), (-1e9, [-1.8, -0.18, -0.018, -0.0018]),
    ],
)  # fmt: skip
def test_ends_middle_and_points_outside(value: float, digits: list[float]) -> None:
    np.testing.assert_allclose(_of(_encoding(digits=4), value)[:, 0], digits, atol=1e-14)


def test_variables_stand_side_by_side() -> None:
    x = np.random.default_rng(0).uniform(-3, 2, (20, 2))
    both = Encoding.of(x, digits=8, placed=True)(x)
    assert both.shape == (8, 20, 6)
    for j in range(2):
        alone = Encoding.of(x[:, [j]], digits=8, placed=True)(x[:, [j]])
        np.testing.assert_array_equal(both[:, :, 3 * j : 3 * j + 3], alone)


def test_a_variable_that_does_not_vary_is_all_zeros() -> None:
    x = np.array([[2.0], [2.0]])
    encoding = Encoding.of(x, digits=8, placed=True)
    assert not encoding(x)[:, :, 0].any()


def test_the_largest_interval_there_is() -> None:
    encoding = _encoding(-1.7e308, 1.7e308)
    assert _of(encoding, 1.7e308)[0, 0] == 1.0
    assert np.isfinite(_of(encoding, -1.7e308)).all()


@settings(max_examples=200, deadline=None)
@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-3, 1e6), share=st.floats(-0.4, 1.4), digits=st.integers(1, 15))
def test_digits_in_their_places_add_up_to_the_number(low: float, width: float, share: float, digits: int) -> None:
    value = low + share * width
    encoding = _encoding(low, low + width, digits)
    middle = low + 0.5 * width
    rounding = 1e-15 * max(abs(low), abs(low + width)) / width
    total = _of(encoding, value)[:, 0].sum()
    assert total == pytest.approx((value - middle) / (0.5 * width), abs=1.01 * 10.0**-digits + 100 * rounding + 1e-14)


@pytest.mark.parametrize("value", [0.0, -0.0, 1e-9, -1e-9, -5e-324])
def test_what_rounds_to_zero_has_no_minus(value: float) -> None:
    for placed in (True, False):
        encoding = _encoding(-2.0, 2.0, placed=placed)
        np.testing.assert_array_equal(_of(encoding, value), _of(encoding, 0.0))
        assert _of(encoding, value)[0, 2] == 1.0


@settings(max_examples=100, deadline=None)
@given(value=st.floats(-2, 2), placed=st.booleans())
def test_the_mirror_image_has_the_opposite_sign_and_the_same_digits(value: float, placed: bool) -> None:
    encoding = _encoding(-2.0, 2.0, placed=placed)
    here, there = _of(encoding, value), _of(encoding, -value)
    signed = 0 if placed else 2
    np.testing.assert_array_equal(here[:, 1], there[:, 1])
    np.testing.assert_array_equal(here[:, 2 - signed], there[:, 2 - signed])
    if abs(value) > 1e-7:
        np.testing.assert_array_equal(here[:, signed], -there[:, signed])


@settings(max_examples=100, deadline=None)
@given(value=st.floats(-3, 9), seed=st.integers(0, 99))
def test_a_point_is_written_the_same_alone_and_among_others(value: float, seed: int) -> None:
    others = np.random.default_rng(seed).uniform(-3, 9, (5, 1))
    for placed in (True, False):
        encoding = _encoding(placed=placed)
        among = encoding(np.concatenate([others, [[value]]]))
        np.testing.assert_array_equal(among[:, -1], _of(encoding, value))
