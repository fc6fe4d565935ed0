"""Constants moved in float64: to a solution within bounds, and along the solutions next to it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from judge_parts import NEVER, OVER, parsed

from srbench_lite.expressions.gradient import Gradient
from srbench_lite.judging.cpu_deadline import OutOfTimeError
from srbench_lite.judging.least_squares import (
    LeastSquaresFit,
    levenberg_marquardt,
    minimise_largest_change,
    root_mean_square,
    scaled_slopes,
)


def nearest(text: str, own: Sequence[float], solution: Sequence[float], scales: Sequence[float]) -> Any:
    x = np.linspace(0.3, 3.0, 40)
    gradient = Gradient(parsed(text), {"x": x})
    return minimise_largest_change(gradient, np.ones(40), np.array(own), np.array(solution), np.array(scales))


def test_one_large_change_is_shared() -> None:
    own = (1.5, 2.5, 3.5)
    result = nearest("1.5*2.5*3.5*x", own, (1.5 * 1.03, 2.5, 3.5), own)
    shares = result / np.array(own) - 1
    assert np.allclose(shares, 0.01, atol=4e-4)  # to first order: 3 % become three times 1 %
    assert np.prod(result) == pytest.approx(np.prod(own) * 1.03, rel=2e-3)


def test_sharing_leaves_alone_what_must_stay_and_what_is_no_help() -> None:
    result = nearest("1.5*2.5*x + 3.5", (1.5, 2.5, 3.5), (1.5 * 1.02, 2.5, 3.5 * 1.005), (1.5, 2.5, 3.5))
    assert np.allclose(result / np.array([1.5, 2.5, 3.5]) - 1, [0.01, 0.01, 0.005], atol=4e-4)
    result = nearest("1.5*2.5*3.5*x", (1.5, 2.5, 3.5), (1.5 * 1.02, 2.5, 3.5), (1.5, 0.0, 3.5))
    assert result[1] == 2.5
    assert np.allclose(result[[0, 2]] / np.array([1.5, 3.5]) - 1, 0.01, atol=4e-4)


def test_where_there_is_no_other_solution_nearby() -> None:
    assert nearest("1.5*sin(2.5*x)", (1.5, 2.5), (1.51, 2.51), (1.5, 2.5)) is None
    assert nearest("1.5*2.5*x", (1.5, 2.5), (1.51, 2.5), (1.5, 0.0)) is None  # one that may move


def test_the_root_mean_square() -> None:
    assert root_mean_square(np.array([3.0, -4.0])) == pytest.approx(math.sqrt(12.5))
    assert root_mean_square(np.array([3e200, -4e200])) == pytest.approx(math.sqrt(12.5) * 1e200)
    assert root_mean_square(np.array([3e-200, -4e-200])) == pytest.approx(math.sqrt(12.5) * 1e-200)
    assert root_mean_square(np.zeros(0)) == root_mean_square(np.zeros(3)) == 0.0
    assert root_mean_square(np.array([1.0, np.inf])) == math.inf
    assert math.isnan(root_mean_square(np.array([1.0, np.nan])))


# --- the descent --------------------------------------------------------------------------------------------------


def descended(
    text: str,
    truth: str,
    *,
    scales: Sequence[float] | None = None,
    max_change: float = 0.3,
    n: int = 60,
) -> LeastSquaresFit:
    x = np.linspace(0.3, 3.0, n)
    start = np.array(parsed(text).constants)
    with np.errstate(all="ignore"):
        target = np.array(np.broadcast_to(parsed(truth)({"x": x}), n))
        return levenberg_marquardt(
            Gradient(parsed(text), {"x": x}), target, np.ones(n), start,
            np.abs(start) if scales is None else np.array(scales), np.full(len(start), max_change), deadline=NEVER,
        )  # fmt: skip


def test_constants_nearby_are_reached() -> None:
    fit = descended("2.1*sin(1.6*x) + 0.6*exp((-0.4)*x)", "2*sin(1.5*x) + 0.7*exp(-0.35*x)")
    assert fit.constants == pytest.approx([2.0, 1.5, 0.7, -0.35], rel=1e-9)
    assert fit.residual < 1e-12


def test_no_constant_goes_beyond_its_bound() -> None:
    fit = descended("2.0*x + 1.5", "3*x + 1.5", max_change=0.1)
    assert (fit.constants <= [2.2, 1.65]).all()
    assert fit.constants == pytest.approx([2.2, 1.65], rel=2e-3)  # the second makes up for the first, to its own bound
    assert fit.residual > 0.1


def test_constants_without_a_scale_stay() -> None:
    fit = descended("2.1*x + 1.6", "2*x + 1.5", scales=[2.1, 0.0])
    assert fit.constants[1] == 1.6
    assert fit.constants[0] != 2.1
    still = descended("2.1*x", "2*x", scales=[0.0])
    assert still.constants.tolist() == [2.1]
    assert still.residual == pytest.approx(root_mean_square(0.1 * np.linspace(0.3, 3.0, 60)))


def test_of_many_solutions_the_one_with_the_smallest_relative_changes() -> None:
    fit = descended("1.5*(2.5*x)", "3.9*x")
    assert np.prod(fit.constants) == pytest.approx(3.9, rel=1e-9)
    assert fit.constants[0] / 1.5 == pytest.approx(fit.constants[1] / 2.5, rel=1e-3)


def test_where_small_changes_turn_the_value_around() -> None:
    fit = descended("cos(199*x)", "cos(200*x)", n=300)
    assert fit.constants == pytest.approx([200.0], rel=1e-9)


def test_what_has_no_value_at_the_start_is_endlessly_far() -> None:
    fit = descended("log(x - 2.5)", "x")
    assert fit.residual == math.inf
    assert fit.constants.tolist() == [2.5]


def test_many_constants_go_by_the_normal_equations() -> None:
    text = " + ".join(f"{1 + 0.01 * i}*cos({i}*x)" for i in range(45))  # 90 constants
    scales = [c if i % 2 == 0 else 0.0 for i, c in enumerate(parsed(text).constants)]
    truth = " + ".join(f"{1.1 + 0.01 * i}*cos({i}*x)" for i in range(45))
    fit = descended(text, truth, scales=scales, n=200)
    assert fit.residual < 1e-6


def test_the_descent_ends_in_time() -> None:
    x = np.linspace(0.3, 3.0, 9)
    with pytest.raises(OutOfTimeError):
        levenberg_marquardt(
            Gradient(parsed("2.5*x"), {"x": x}), 2 * x, np.ones(9), np.array([2.5]), np.array([2.5]), np.array([0.3]),
            deadline=OVER,
        )  # fmt: skip


def test_slopes_that_are_not_finite_do_not_count() -> None:
    slopes = np.ones((4, 3))
    slopes[0, 0] = np.nan  # one point without a derivative: it is left out
    slopes[:3, 1] = np.inf  # a constant without one at most points: it does not move
    matrix = scaled_slopes(slopes, np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 1.0, 0.5]))
    assert matrix.tolist() == [[0, 0, 0], [1, 0, 3], [1, 0, 3], [0.5, 0, 1.5]]
