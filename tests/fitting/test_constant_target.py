"""The answer where nothing is left to search for: a constant target, or inputs that do not vary."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite import Expression, Samples
from srbench_lite.fitting import constant_formula, varying_columns

RNG = np.random.default_rng(3)
X = RNG.uniform(1, 5, (20, 2))


def samples(x: np.ndarray, y: np.ndarray) -> Samples:
    return Samples(variables=tuple("ab")[: x.shape[1]], x=x, y=y)


@given(value=st.floats(-1e100, 1e100))
def test_a_constant_target_is_answered_digit_for_digit(value: float) -> None:
    assert constant_formula(samples(X, np.full(20, value))) == Expression.constant(value)


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_a_target_that_varies_by_rounding_is_its_mean(size: float) -> None:
    y = size * np.where(np.arange(20) % 2, 3.0, np.nextafter(3.0, 4.0))
    found = constant_formula(samples(X, y))
    assert found is not None
    assert found.value == pytest.approx(3.0 * size, rel=1e-15)


@pytest.mark.parametrize("size", [1.7e308, 1e-310, 5e-324])
def test_a_target_at_the_end_of_the_range_has_a_mean(size: float) -> None:
    y = np.full(20, size)
    y[3] = np.nextafter(size, 0.0) if size > 1 else size
    found = constant_formula(samples(X, y))
    assert found is not None
    assert found.value == pytest.approx(size, rel=1e-15)


def test_a_range_beyond_the_largest_number_varies() -> None:
    y = np.where(np.arange(20) % 2, 1.7e308, -1.7e308)
    assert constant_formula(samples(X, y)) is None
    assert varying_columns(y[:, None]).tolist() == [0]
    found = constant_formula(samples(np.ones((20, 1)), y))
    assert found is not None
    assert found.value == pytest.approx(0.0, abs=1e293)


def test_inputs_that_do_not_vary_explain_nothing() -> None:
    y = RNG.normal(size=20)
    for x in (np.full((20, 2), 2.5), 2.5 * (1 + 1e-15 * RNG.normal(size=(20, 2))), np.empty((20, 0))):
        assert len(varying_columns(x)) == 0
        assert constant_formula(samples(x, y)) == Expression.constant(float(y.mean()))


def test_where_target_and_an_input_vary_there_is_something_to_search() -> None:
    x = np.column_stack([np.ones(20), X[:, 0]])
    assert varying_columns(x).tolist() == [1]
    assert constant_formula(samples(x, X[:, 0])) is None
    assert constant_formula(samples(x, 1 + 1e-12 * X[:, 0])) is None
