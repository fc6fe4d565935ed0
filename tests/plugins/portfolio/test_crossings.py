"""Zeros of factors are seen where y changes its sign."""

from __future__ import annotations

import numpy as np
from srbench_portfolio.constants.crossings import crossings
from srbench_portfolio.constants.insides import monomials

from srbench_lite import Samples
from srbench_lite.fitting import Problem

X = np.random.default_rng(0).uniform(0.5, 9.0, (150, 2))


def _problem(y):
    return Problem.of(Samples(variables=("a", "b"), x=X, y=y))


def _with(inners, unit, inside):
    return [i for i in inners if i.unit.name == unit and str(i.inside.formula) == inside]


def test_a_single_zero_sets_the_scale_of_a_logarithm():
    problem = _problem(X[:, 1] * np.log(X[:, 0] / 3))
    (found, *_) = _with(crossings(problem, monomials(problem, 20)), "log", "a")
    np.testing.assert_allclose(found.theta, [1 / 3], rtol=0.05)


def test_many_zeros_set_frequency_and_phase():
    problem = _problem(X[:, 1] * np.cos(2.3 * X[:, 0] + 0.7))
    (found,) = _with(crossings(problem, monomials(problem, 20)), "cos", "a")
    np.testing.assert_allclose(found.theta[0], 2.3, rtol=0.05)
    assert abs(np.sin(found.theta[1] - 0.7)) < 0.3


def test_nothing_is_said_of_a_target_that_keeps_its_sign():
    problem = _problem(np.exp(X[:, 0]))
    assert crossings(problem, monomials(problem, 20)) == []


def test_nothing_is_said_where_signs_depend_on_both_variables():
    problem = _problem(np.sin(7 * X[:, 0] * X[:, 1] ** 2))
    assert crossings(problem, monomials(problem, 6)) == []
