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


@pytest.mark.parametrize("size", [5e-324, 1e-310, 1e-80, 1e80, 1.7e308])
def test_the_advice_brings_numbers_into_the_range(size: float) -> None:
    y = np.array([size, 0.0, -size / 2])
    with pytest.raises(FitError) as refused:
        check_range(Samples(variables=(), x=np.zeros((3, 0)), y=y))
    factor = float(str(refused.value).split("by ")[1].split()[0])
    check_range(Samples(variables=(), x=np.zeros((3, 0)), y=y * factor))


def test_zeros_are_in_range() -> None:
    check_range(Samples(variables=("x",), x=np.zeros((3, 1)), y=np.zeros(3)))


def weighed(sd: np.ndarray, y: np.ndarray) -> Problem:
    return Problem.of(Samples(variables=("x",), x=X, y=y, weights=sd**-2.0))


def test_residuals_count_in_units_of_given_errors() -> None:
    sd = np.random.default_rng(1).uniform(0.1, 3.0, 50)
    posed = weighed(sd, X[:, 0] ** 2 + sd)  # each point is off by one standard deviation
    assert posed.rss(SQUARE) == pytest.approx(50 * posed.noise.least**2)
    assert posed.is_within_noise(posed.rss(SQUARE))
    assert posed.assumed_noise(posed.rss(SQUARE), 0) == {"sd": pytest.approx(posed.noise.least), "source": "weights"}


def test_the_misfit_under_given_errors_is_chi_square_up_to_n_and_grows_slowly_beyond() -> None:
    posed = weighed(np.full(50, 0.2), X[:, 0] ** 2)
    unit = 0.2**2
    assert posed.misfit(30 * unit) - posed.misfit(10 * unit) == pytest.approx(20)
    assert posed.misfit(51 * unit) - posed.misfit(50 * unit) == pytest.approx(1, rel=0.02)
    assert posed.misfit(5000 * unit) - posed.misfit(50 * unit) == pytest.approx(50 * math.log(100))


def test_some_points_keep_their_weights() -> None:
    sd = np.random.default_rng(1).uniform(0.1, 3.0, 50)
    few = weighed(sd, X[:, 0] ** 2).some(20, seed=3)
    places = [X[:, 0].tolist().index(x) for x in few.x[:, 0].tolist()]
    assert few.noise.sd == pytest.approx(sd[places])
    assert weighed(np.full(50, 2.0), X[:, 0]).some(20, seed=3).noise.least == pytest.approx(2.0)


def test_rounded_data_pay_for_no_more_than_their_digits_but_for_an_exact_formula() -> None:
    x = np.linspace(1, 3, 50)
    posed = problem(np.round(x**2, 2), x[:, None])
    least = 50 * 0.01**2 / 12
    assert posed.noise.least == pytest.approx(math.sqrt(least / 50), rel=0.01)
    assert posed.misfit(0.1 * least) == pytest.approx(posed.misfit(0.9 * least))
    assert posed.misfit(2 * least) - posed.misfit(least) == pytest.approx(50 * math.log(2), rel=0.01)
    assert posed.misfit(0.0) < posed.misfit(least) - 1000
    assert posed.assumed_noise(least, 1)["source"] == "digits"
    assert posed.assumed_noise(100 * least, 1)["source"] == "residuals"
    assert posed.assumed_noise(0.0, 1) == {"sd": 0.0, "source": "none"}


def test_errors_are_seen_again_through_a_formula_where_data_are_rounded() -> None:
    x = np.round(np.random.default_rng(5).uniform(0, 9, (40, 2)), 2)
    y = np.round(np.sin(3 * x[:, 0]) * x[:, 1], 2)
    posed = Problem.of(Samples(variables=("x", "z"), x=x, y=y))
    seen = posed.with_errors_of(Expression.parse("sin(3*x)*z"))
    slopes = np.column_stack([3 * np.cos(3 * x[:, 0]) * x[:, 1], np.sin(3 * x[:, 0])])
    expected = 0.01 * np.sqrt((1 + np.sum(slopes**2, axis=1)) / 12)
    assert seen.noise.sd == pytest.approx(expected, rel=0.3)
    plain = problem(X[:, 0] ** 2)
    assert plain.with_errors_of(SQUARE) is plain
