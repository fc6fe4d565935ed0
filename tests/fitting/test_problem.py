"""`Problem`: its yardsticks follow the units of y, and repeated points count once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from srbench_lite import Expression, FitError, Samples
from srbench_lite.fitting.problem import DIGIT_PRICE, NODE_PRICE, Problem, check_range

X = np.random.default_rng(2).uniform(1, 3, (50, 1))
SQUARE = Expression.parse("x**2")


def problem(y: np.ndarray, x: np.ndarray = X) -> Problem:
    return Problem.of(Samples(variables=("x",), x=x, y=y))


@pytest.mark.parametrize("scale", [1e-60, 1.0, 1e60])
def test_the_size_is_the_deviation_of_y_in_its_units(scale: float) -> None:
    y = scale * (X[:, 0] ** 2 + 10.0)
    assert problem(y).size == pytest.approx(float(np.std(y)))
    assert problem(np.full(50, 2.5 * scale)).size == pytest.approx(2.5 * scale)
    assert problem(np.zeros(50)).size == 1.0


def test_sums_of_squares_are_those_of_the_residuals() -> None:
    assert problem(X[:, 0] ** 2).rss(SQUARE) == 0.0
    assert problem(X[:, 0] ** 2 + 0.5).rss(SQUARE) == pytest.approx(50 * 0.25)
    assert problem(X[:, 0]).rss(Expression.parse("log(x - 2)")) == math.inf


def test_only_rounding_is_exact() -> None:
    posed = problem(X[:, 0] ** 2)
    assert posed.is_exact(50 * (1e-12 * posed.size) ** 2)
    assert not posed.is_exact(50 * (1e-11 * posed.size) ** 2)


def test_the_misfit_has_a_floor_and_the_criterion_prices_nodes_and_digits() -> None:
    posed = problem(X[:, 0] ** 2)
    assert posed.misfit(0.0) == posed.misfit(50 * (1e-14 * posed.size) ** 2)
    assert posed.misfit(2.0) - posed.misfit(1.0) == pytest.approx(50 * math.log(2))
    difference = posed.criterion(1.0, SQUARE, 2.0) - posed.misfit(1.0)
    assert difference == pytest.approx(3 * NODE_PRICE + 2 * DIGIT_PRICE)


def test_repeated_points_count_once() -> None:
    x = np.repeat(X[:10], 5, axis=0)
    assert problem(x[:, 0], x).points == 10
    assert problem(X[:, 0]).points == 50


def test_some_points_are_drawn_once_and_the_same_for_one_seed() -> None:
    posed = problem(X[:, 0] ** 2)
    few = posed.some(20, seed=3)
    assert len(few.y) == 20
    assert set(few.x[:, 0]) <= set(X[:, 0])
    np.testing.assert_array_equal(few.y, few.x[:, 0] ** 2)
    np.testing.assert_array_equal(few.x, posed.some(20, seed=3).x)
    assert posed.some(50, seed=3) is posed


@pytest.mark.parametrize(("x", "y", "name"), [(1.0, 1e80, "the target"), (1.0, 1e-80, "the target"), (1e90, 1.0, "x")])
def test_numbers_whose_powers_are_no_numbers_are_refused(x: float, y: float, name: str) -> None:
    with pytest.raises(FitError, match=f"the largest size of {name} is .*: rescale {name}"):
        check_range(Samples(variables=("x",), x=x * X, y=y * X[:, 0]))


def test_zeros_are_in_range() -> None:
    check_range(Samples(variables=("x",), x=np.zeros((3, 1)), y=np.zeros(3)))
