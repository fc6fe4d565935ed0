"""Pairs of functions that explain the target are the first of millions."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.constants.inner_pairs import OneOfTwo, pairs, rise_between
from srbench_portfolio.constants.inner_shapes import Sight
from srbench_portfolio.constants.inner_units import UNITS
from srbench_portfolio.constants.inner_views import product_view, sum_views
from srbench_portfolio.constants.insides import constant, monomials

from srbench_lite import Samples
from srbench_lite.fitting import Deadline, Problem

X = np.random.default_rng(0).uniform(1.0, 5.0, (64, 2))
ROWS = np.arange(64)


def _problem(y):
    return Problem.of(Samples(variables=("a", "b"), x=X, y=y))


def _names(shape):
    return {f"{inner.unit.name} {inner.inside.formula}" for inner in shape.inners}


def test_two_factors():
    problem = _problem(3 * X[:, 0] * np.log1p(0.7 * X[:, 0]) * np.exp(-0.3 * X[:, 1] ** 2))
    wanted = [OneOfTwo(u, m) for m in monomials(problem, 6) for u in UNITS if u.as_factor]
    view = product_view(problem)
    assert view is not None
    with np.errstate(all="ignore"):
        shapes = pairs(Sight(view, ROWS), wanted, 3_000, 40, Deadline(60.0))
    assert "exp b**2" in _names(shapes[0])
    assert shapes[0].left < 1e-3


def test_two_terms():
    problem = _problem(np.exp(-0.6 * X[:, 0]) + 2 * np.tanh(0.8 * X[:, 1]))
    one = constant(problem)
    wanted = [OneOfTwo(u, m, one) for m in monomials(problem, 2) for u in UNITS if u.as_one_of_two]
    with np.errstate(all="ignore"):
        shapes = pairs(Sight(sum_views(problem, (one,))[0], ROWS), wanted, 3_000, 40, Deadline(60.0))
    assert {"exp a", "tanh b"} in [_names(shape) for shape in shapes]


def test_a_parabola_through_three_values_rises_above_them():
    k = np.array([2.0])
    places = np.log(np.array([1.0, 2.0, 3.5])) - np.log(2.2)
    f, top, g = (np.array([v]) for v in 5.0 - places**2)
    rise, by = rise_between(top, f, g, k, np.array([1.0]), np.array([3.5]))
    np.testing.assert_allclose(rise, 5.0 - top)
    np.testing.assert_allclose(k * by, 2.2)


@pytest.mark.parametrize("k", [1.0, 3.5])
def test_no_parabola_at_the_end_of_a_grid(k):
    rise, by = rise_between(*(np.array([v]) for v in (2.0, 1.0, 1.5, k, 1.0, 3.5)))
    assert rise[0] == 0.0
    assert by[0] == 1.0
