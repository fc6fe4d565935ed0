"""`Trajectories`: solutions of differential equations, against closed forms; faults are named."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from srbench_lite.errors import DataError, SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.trajectories import Trajectories


def system(rates: dict[str, str], *starts: tuple[float, ...], **changes: Any) -> Trajectories:
    parts = {"duration": 2.0, "steps": 21, "train": 1} | changes
    return Trajectories(rates={n: Expression.parse(text) for n, text in rates.items()}, starts=starts, **parts)


@pytest.mark.parametrize(
    ("rates", "start", "solution"),
    [
        ({"x": "x"}, (3.0,), lambda t: [3 * np.exp(t)]),
        ({"x": "y", "y": "-x"}, (1.0, 0.0), lambda t: [np.cos(t), -np.sin(t)]),
        ({"x": "1 - x**2"}, (0.0,), lambda t: [np.tanh(t)]),
        ({"x": "1000*(cos(y) - x)", "y": "1"}, (1.0, 0.0), None),
        ({"x": "2"}, (0.0,), lambda t: [2 * t]),
    ],
    ids=["growth", "spring", "logistic", "stiff", "constant"],
)
def test_a_trajectory_is_the_solution(rates: Any, start: Any, solution: Any) -> None:
    points = system(rates, start, (7.0,) * len(start)).points(start)
    t = np.linspace(0, 2, 21)
    assert points.shape == (21, len(start))
    assert points[0].tolist() == list(start)
    if solution is None:  # x follows the cosine: the stationary solution of a linear equation
        rate = 1000.0
        wanted = rate * (rate * np.cos(t) + np.sin(t)) / (rate**2 + 1) + np.exp(-rate * t) / (rate**2 + 1)
        np.testing.assert_allclose(points[:, 0], wanted, atol=1e-8)
    else:
        np.testing.assert_allclose(points.T, solution(t), rtol=1e-8, atol=1e-9)


def test_trajectories_are_the_same_every_time_and_split_by_the_seed() -> None:
    s = system({"x": "-x"}, (1.0,), (2.0,), (3.0,), (4.0,), train=3)
    assert (s.n_train, s.n_test) == (63, 21)
    train, test = s.split(np.random.default_rng(0))
    again, _ = s.split(np.random.default_rng(0))
    np.testing.assert_array_equal(train, again)
    assert {*train[::21, 0], *test[::21, 0]} == {1, 2, 3, 4}
    assert len({s.split(np.random.default_rng(seed))[1][0, 0] for seed in range(12)}) > 1


@pytest.mark.parametrize("rate", ["x**2", "1/(2 - x)", "1 + sqrt(1.5 - x)", "exp(exp(x))"])
def test_a_trajectory_that_blows_up_is_refused(rate: str) -> None:
    with pytest.raises(DataError, match="the trajectory from x = 1 does not come to its end at t = 2: a rate grows"):
        system({"x": rate}, (1.0,), (0.0,)).points((1.0,))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rates": {}}, "trajectories need the rate of at least one variable"),
        ({"rates": {"x": Expression.parse("x + z"), "y": Expression.parse("1")}}, "the rate of x uses z, which has no"),
        ({"starts": ((1.0,), (2.0, 3.0))}, r"a start must be 2 numbers, of x, y in this order, got \(1.0,\)"),
        ({"starts": ((1.0, "2"), (2.0, 3.0))}, "a start must be 2 numbers"),
        ({"starts": ((1.0, math.inf), (2.0, 3.0))}, "a start must be 2 numbers"),
        ({"starts": (1.0, 2.0)}, "a start must be 2 numbers"),
        ({"starts": ((1.0, 2.0), (1, 2))}, "two trajectories have the same start"),
        ({"starts": ((1.0, 2.0),)}, "train must be a whole number from 1 to 0, so that one is left to test, got 1"),
        ({"train": 2}, "train must be a whole number from 1 to 1"),
        ({"train": 0}, "train must be"),
        ({"steps": 1}, "steps must be a whole number from 2 to 100,000, got 1"),
        ({"steps": 2.5}, "steps must be"),
        ({"duration": 0}, "duration must be a positive number, got 0"),
        ({"duration": "1"}, "duration must be a positive number"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: Any, message: str) -> None:
    good = {
        "rates": {"x": Expression.parse("y"), "y": Expression.parse("-x")}, "starts": ((1.0, 0.0), (2.0, 0.0)),
        "duration": 1.0, "train": 1,
    }  # fmt: skip
    with pytest.raises(SuiteError, match=message):
        Trajectories(**{**good, **changes})
