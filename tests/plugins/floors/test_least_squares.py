"""`LeastSquares`: as numpy solves it, for any of the columns, with some coefficients given."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from srbench_floors.least_squares import LeastSquares


def drawn(seed: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return columns of many sizes, a target and weights."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, k)) * 10.0 ** rng.integers(-4, 5, k), rng.normal(size=n) * 50, rng.uniform(0.1, 4.0, n)


@given(st.integers(0, 10**6), st.integers(4, 40), st.integers(1, 4), st.booleans())
def test_coefficients_of_some_columns_are_those_of_numpy(seed: int, n: int, k: int, weighted: bool) -> None:
    columns, y, weights = drawn(seed, n, k)
    root = np.sqrt(weights) if weighted else np.ones(n)
    system = LeastSquares(columns, y, weights if weighted else None)
    places = range(0, k, 2)
    expected = np.linalg.lstsq(columns[:, places] * root[:, None], y * root, rcond=None)[0]

    np.testing.assert_allclose(
        system.unscaled(system.solve(places)) * columns[0, places], expected * columns[0, places]
    )


@given(st.integers(0, 10**6), st.floats(-1e3, 1e3))
def test_given_coefficients_are_taken_from_the_target(seed: int, value: float) -> None:
    columns, y, _ = drawn(seed, 20, 3)
    columns /= np.abs(columns).max(axis=0)
    given_one = LeastSquares(columns, y)
    without = LeastSquares(columns[:, 1:], y - value * columns[:, 0])
    found = given_one.unscaled(given_one.solve([1, 2], {0: value}))

    np.testing.assert_allclose(found, without.unscaled(without.solve([0, 1])), rtol=1e-8, atol=1e-8)


def test_errors_are_those_of_the_covariance() -> None:
    columns, y, _ = drawn(3, 30, 3)
    system = LeastSquares(columns, y)
    solution = system.solve(range(3))
    rest = y - columns @ system.unscaled(solution)
    covariance = np.linalg.inv(columns.T @ columns) * (rest @ rest) / 27
    squares = solution.scaled**2 / (solution.errors**2 * system.variance(solution))

    np.testing.assert_allclose(squares, system.unscaled(solution) ** 2 / np.diag(covariance), rtol=1e-8)


def test_columns_that_are_sums_of_those_before_them_are_seen() -> None:
    columns, y, _ = drawn(0, 20, 3)
    system = LeastSquares(np.column_stack([columns[:, :2], columns[:, 0] - columns[:, 1], columns[:, 2]]), y)

    assert system.independent(range(4)) == (0, 1, 3)
    assert system.independent([2, 0, 1]) == (2, 0)
    assert LeastSquares(columns[:2], y[:2]).independent(range(3)) == (0, 1)


def test_pruning_drops_what_rounding_made_and_keeps_what_counts() -> None:
    columns, _, _ = drawn(1, 50, 4)
    columns /= np.abs(columns).max(axis=0)
    system = LeastSquares(columns, 3 * columns[:, 1] - 1e-9 * columns[:, 3])
    solution = system.prune(range(4), price=4.0)

    assert solution.places == (1, 3)
    assert system.is_exact(solution)
    np.testing.assert_array_equal(system.shortened(solution), [3.0, -1e-9])
    assert not system.is_exact(system.solve([1]))
