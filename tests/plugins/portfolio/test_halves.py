"""Formulas whose halves are in a table are found with their constants, whatever joins them."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.halves.halves import Halves

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


def found(text, size=3_000, wide=False, low=0.5, high=2.5, noise=0.0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (120, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y * (1 + noise * rng.normal(size=len(y)))))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in Halves("halves", size, wide, seed=0).propose(problem, Deadline(60.0)):
            front.offer(proposal.formula)
            if front.is_exact:
                return truth, front.best().expression
    return truth, None


@pytest.mark.parametrize(
    "text",
    [
        "(1.7*sin(a) + b**2 - 0.3)/(exp(b) + 2.61)",  # quotients
        "sqrt((2.3*log(a) + 0.7*b + 2.4)/(cos(b) + 1.9))",
        "-exp(0.4*a + 1.3/b)/(1 + a)",
        "2.2*(1 + a)**0.5*exp(-0.37*b**2)*b**3",  # powers
        "-log(a + 1)*tanh(b)**2.5/a**1.25",
        "sin(a)*sqrt(0.31*b**2 + 1.7*a)",  # inverses
        "exp(-a) + sqrt(0.31*sin(b) + 1.7*a*b)",
        "0.5*(a - b)*exp(0.7*a*b) + a*b**2",
        "b/(1 + a) - exp(0.45*a*b - 1.2/b)",
        "b*sin(0.31*a + 0.2)",
    ],
)
def test_halves_meet(text):
    truth, formula = found(text)
    assert formula is not None
    fresh = np.random.default_rng(1).uniform(0.5, 2.5, (50, len(truth.variables)))
    columns = dict(zip(truth.variables, fresh.T, strict=True))
    np.testing.assert_allclose(formula(columns), truth(columns), rtol=1e-8)


@pytest.mark.parametrize(
    "text",
    [
        "2.1*sin(a) - 0.7*exp(b) + 0.3*a*b - 1.2*log(b) + 4",
        "(2.1*sin(a) - 0.7*sqrt(b) + 1.3*a/b)/(exp(a) + b + 3)",
        "a**2*exp(0.4*cos(a) - 1.3*sqrt(b))*(1 + sin(a*b))**0.7",
    ],
)
def test_more_columns_may_stand_beside_the_halves(text):
    truth, formula = found(text, wide=True)
    assert formula is not None
    fresh = np.random.default_rng(1).uniform(0.5, 2.5, (50, len(truth.variables)))
    columns = dict(zip(truth.variables, fresh.T, strict=True))
    np.testing.assert_allclose(formula(columns), truth(columns), rtol=1e-8)


def test_signs_that_change_are_no_hindrance():
    truth, formula = found("(0.7*a**2 - 1.3)/(cos(b) + 4)", low=-2.0, high=3.0)
    fresh = np.random.default_rng(1).uniform(-2.0, 3.0, (50, 2))
    columns = dict(zip("ab", fresh.T, strict=True))
    np.testing.assert_allclose(formula(columns), truth(columns), rtol=1e-8, atol=1e-10)


def test_nothing_is_made_up():
    assert found("exp(sin(1.37*a))*tanh(1.234*b*a) + 0.1*a**b")[1] is None
    assert found("(a*b + 1.3)/(exp(a) + 2.7)", noise=1e-6)[1] is None


def test_few_points_are_not_searched():
    rng = np.random.default_rng(0)
    x = rng.uniform(size=(9, 2))
    problem = Problem.of(Samples(variables=("a", "b"), x=x, y=rng.normal(size=9)))
    with np.errstate(all="ignore"):
        assert list(Halves("halves", 500, False, seed=0).propose(problem, Deadline(60.0))) == []


def test_variables_out_of_range_are_left_to_others():
    rng = np.random.default_rng(0)
    x = 1e-30 * rng.uniform(1, 2, (60, 2))
    problem = Problem.of(Samples(variables=("a", "b"), x=x, y=np.sin(1e30 * x[:, 0])))
    with np.errstate(all="ignore"):
        assert list(Halves("halves", 500, False, seed=0).propose(problem, Deadline(60.0))) == []
