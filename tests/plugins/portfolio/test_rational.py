"""Rational relations come out in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.closed_forms.rational import RationalRelations

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


def found(text, low=1.0, high=3.0, noise=0.0, seconds=300.0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(low, high, (150, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y + noise * rng.normal(size=len(y))))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in RationalRelations().propose(problem, Deadline(seconds)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    return front.is_exact, front


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("(u + v)/(1 + 0.11*u*v)", 1.0, 3.0),
        ("(a*b + c)/(a + b)", 1.0, 3.0),
        ("sqrt(1 - v**2)/(1 + v*cos(t))", 0.1, 0.9),
        ("acos((cos(t) - b)/(1 - b*cos(t)))", 0.1, 0.9),
        ("1/sqrt(r**2 + d**2 - 2*r*d*cos(q))", 1.0, 3.0),
        ("(x**6 + x**5)/(x**4 + x**3 + x**2 + x + 1)", 1.0, 3.0),
        ("a*b/(a + exp(b)) + 0.7*a", 1.0, 3.0),
        ("((3*a + sqrt(b))/(sqrt(c) + 1))**2", 1.0, 3.0),
    ],
)
def test_a_rational_relation_is_found(text, low, high):
    exact, front = found(text, low, high)
    assert exact
    truth, formula = Expression.parse(text), front.best().expression
    fresh = np.random.default_rng(1).uniform(low, high, (50, len(truth.variables)))
    columns = dict(zip(truth.variables, fresh.T, strict=True))
    np.testing.assert_allclose(formula(columns), truth(columns), rtol=1e-9)


def test_what_is_no_relation_is_not_offered_as_one():
    assert not found("exp(sin(3*a)) + tanh(2*b)*a", seconds=1.5)[0]


def test_noise_hides_relations():
    assert not found("(u + v)/(1 + 0.11*u*v)", noise=1e-3, seconds=1.5)[0]
