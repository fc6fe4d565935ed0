"""Two terms out of a table are found with their coefficients, beside a polynomial."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.pairs import Pairs

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


def found(text, noise=0.0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 2.5, (120, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y * (1 + noise * rng.normal(size=len(y)))))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in Pairs("pairs", 300, 3_000, False, seed=0).propose(problem, Deadline(60.0)):
            front.offer(proposal.formula)
            if front.is_exact:
                return truth, front.best().expression
    return truth, None


@pytest.mark.parametrize(
    "text",
    [
        "2.3*a*exp(-b) + 1.7*sin(a)/b",
        "0.7*sqrt(a + b) - 2.1*log(b)*a + 0.3*a*b - 4",
        "1/(0.9*exp(a) + 1.3*sin(b) + 0.2)",
        "sqrt(0.9*exp(a*b) + 1.3*sin(a) + 1)",
        "(1.3*sin(a) - 0.7*exp(b))/(1 + b)",
        "3.1*b**2*(1 + a)**0.7*log(a + b)**1.3",
        "-sqrt(0.9*exp(a) + 1.3/(1 + b))",
    ],
)
def test_two_terms_are_found(text):
    truth, formula = found(text)
    assert formula is not None
    fresh = np.random.default_rng(1).uniform(0.5, 2.5, (50, 2))
    columns = dict(zip(truth.variables, fresh.T, strict=True))
    np.testing.assert_allclose(formula(columns), truth(columns), rtol=1e-8)


def test_nothing_is_made_up():
    assert found("exp(sin(1.37*a))*tanh(1.234*b*a) + 0.1*a**b")[1] is None
    assert found("2.3*a*exp(-b) + 1.7*sin(a)/b", noise=1e-5)[1] is None
