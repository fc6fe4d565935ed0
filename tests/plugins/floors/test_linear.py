"""The method `linear`: the line of least squares, exact lines in short numbers, odd data with a clear answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_floors import Linear

from srbench_lite import Budget, Expression, Fit, FitError, Samples

linear_model = pytest.importorskip("sklearn.linear_model")


def fitted(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None, seed: int = 0) -> Fit:
    samples = Samples(variables=tuple(f"x{i}" for i in range(x.shape[1])), x=x, y=y, weights=weights)
    return Linear().fit(samples, seed=seed, budget=Budget(), report=lambda expression: None)


def values(formula: Expression, x: np.ndarray) -> np.ndarray:
    return formula({f"x{i}": column for i, column in enumerate(x.T)})


@given(n=st.integers(5, 60), d=st.integers(1, 4), seed=st.integers(0, 10**6), weighted=st.booleans())
def test_it_is_the_line_of_scikit_learn(n: int, d: int, seed: int, weighted: bool) -> None:
    rng = np.random.default_rng(seed)
    x = rng.uniform(-3, 8, (n, d)) * 10.0 ** rng.integers(-1, 2, d)
    y = rng.normal(size=n) + x[:, 0]
    weights = rng.uniform(0.1, 10, n) if weighted else None
    expected = linear_model.LinearRegression().fit(x, y, sample_weight=weights).predict(x)

    np.testing.assert_allclose(values(fitted(x, y, weights).expression, x), expected, rtol=1e-8, atol=1e-8)


@given(
    slopes=st.lists(st.integers(-999, 999).filter(bool), min_size=1, max_size=4),
    constant=st.integers(-999, 999),
    places=st.integers(0, 3),
    seed=st.integers(0, 10**6),
)
def test_drawn_lines_are_written_with_their_own_numbers(
    slopes: list[int], constant: int, places: int, seed: int
) -> None:
    numbers = [float(f"{number}e-{places}") for number in (*slopes, constant)]
    x = np.random.default_rng(seed).uniform(-4, 9, (40, len(slopes)))
    fit = fitted(x, x @ numbers[:-1] + numbers[-1])

    assert {abs(c) for c in fit.expression.constants} - {1.0} == {abs(c) for c in numbers if c} - {1.0}
    assert fit.extras["exact"]


@pytest.mark.parametrize(
    ("truth", "x"),
    [
        ("2*x0 + 1", np.linspace(-1, 1, 60)[:, None]),
        ("-x0", np.linspace(3, 4, 20)[:, None]),
        ("-0.5*x0 + x1", np.random.default_rng(0).normal(size=(50, 2))),
        ("2*x0 + 1", np.random.default_rng(0).uniform(1e6, 1e6 + 1, (60, 1))),
        ("x1 - 7.25", np.random.default_rng(0).uniform(size=(30, 3))),
        ("3*x0", np.array([[0.0], [1.0]])),
    ],
)
def test_exact_lines_have_short_numbers(truth: str, x: np.ndarray) -> None:
    expected = Expression.parse(truth)

    assert str(fitted(x, values(expected, x)).expression) == str(expected)


def test_where_a_line_explains_not_all_its_numbers_have_all_digits() -> None:
    x = np.linspace(0.0, 1.0, 9)[:, None]
    expected = np.polyfit(x[:, 0], np.exp(x[:, 0]), 1)

    np.testing.assert_allclose(fitted(x, np.exp(x[:, 0])).expression.constants, expected, rtol=1e-13)


def test_columns_that_say_the_same_are_left_out() -> None:
    x = np.random.default_rng(1).normal(size=(30, 2))
    same = np.column_stack([x[:, 0], 2 * x[:, 0], np.full(30, 5.0), x[:, 1]])
    fit = fitted(same, 3 * x[:, 0] + x[:, 1])

    assert str(fit.expression) == "3*x0 + x3"
    assert fit.extras["dependent"] == 1


def test_with_fewer_points_than_variables_the_points_are_met() -> None:
    x = np.random.default_rng(2).normal(size=(4, 9))

    np.testing.assert_allclose(values(fitted(x, x[:, 8]).expression, x), x[:, 8], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("offset", [1e6, 1e12, -1e13])
def test_inputs_far_from_zero_are_written_as_distances_where_digits_would_be_lost(offset: float) -> None:
    x = offset + np.arange(20.0)[:, None]
    y = 3 * (x[:, 0] - offset) + 2

    np.testing.assert_allclose(values(fitted(x, y).expression, x), y, atol=1e-7)


@pytest.mark.parametrize("x_size", [1e-200, 1.0, 1e100, 1e250])
@pytest.mark.parametrize("y_size", [1e-60, 1e100, 1e280])
def test_huge_and_tiny_values_are_fitted_or_refused_with_what_to_do(x_size: float, y_size: float) -> None:
    x = np.random.default_rng(3).uniform(0.5, 5.0, (50, 1)) * x_size
    y = (2 * x[:, 0] / x_size + 1) * y_size
    if y_size / x_size > 1e300 or y_size / x_size < 1e-305:
        with pytest.raises(FitError, match="out of float64's range: rescale"):
            fitted(x, y)
        return
    np.testing.assert_allclose(values(fitted(x, y).expression, x), y, rtol=1e-13)


def test_odd_data_have_an_answer() -> None:
    x = np.linspace(0, 1, 30)[:, None]

    assert str(fitted(x, np.full(30, 4.25)).expression) == "4.25"
    assert str(fitted(x[:1], np.array([2.0])).expression) == "2"
    assert str(fitted(np.full((2, 1), 3.0), np.array([1.0, 2.0])).expression) == "1.5"
    assert str(fitted(x, np.zeros(30)).expression) == "0"
    assert str(fitted(np.zeros((2, 0)), np.array([1.0, 2.0])).expression) == "1.5"


def test_the_seed_has_no_effect() -> None:
    x = np.random.default_rng(0).normal(size=(40, 2))

    assert fitted(x, x[:, 0] ** 2, seed=1).expression == fitted(x, x[:, 0] ** 2, seed=2).expression
