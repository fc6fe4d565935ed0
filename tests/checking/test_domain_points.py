"""Points of a task's domains."""

from __future__ import annotations

import numpy as np

from srbench_lite.checking.domain_points import corners_of, domain_points, domains_of, draw
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task

LOG = Sampling(low=1e-3, high=10.0, sampling="log", sign="both")
LINE = Sampling(low=-1.0, high=1.0)


def task(**changes):
    parts = {"name": "s/t", "suite": "s", "truth": Expression.parse("x*y"), "variables": {"x": LOG, "y": LINE}}
    return Task(**(parts | changes))


def test_points_are_those_of_both_domains_and_the_same_every_time():
    tested = task(test_variables={"y": Sampling(low=5.0, high=6.0)})
    x = domain_points(tested)
    assert len(domains_of(tested)) == 2
    assert len(domains_of(task())) == 1
    assert (np.abs(x[:, 0]) >= 1e-3).all()
    assert x[:, 1].min() < -0.99
    assert x[:, 1].max() > 5.99
    assert not ((x[:, 1] > 1) & (x[:, 1] < 5)).any()
    assert (domain_points(tested) == x).all()
    assert (draw(tested.variables, 50) == draw(tested.variables, 50)).all()
    assert (draw(tested.variables, 50, part=1) != draw(tested.variables, 50)).any()


def test_corners_are_where_every_variable_is_at_an_end():
    corners = np.abs(corners_of(task()))
    assert len(corners) == 100
    assert (corners[:, 0] > 9.9).all()  # of both signs
    assert (corners[:, 1] > 0.99).all()
    assert len(np.unique(corners_of(task()), axis=0)) == 4


def test_of_measured_data_they_are_the_rows():
    data = Samples.from_columns({"x": [1.0, 2.0], "y": [3.0, 4.0]}, [3.0, 8.0])
    assert (domain_points(task(data=data, n_train=1, n_test=1)) == data.x).all()
    assert corners_of(task(data=data, n_train=1, n_test=1)).shape == (0, 2)
