"""Sums of monomials, some of them times a function, come out exactly."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.closed_forms.unit_sums import UnitSums

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


def found(text, low=1.0, high=3.0, seconds=300.0, *, decades=False):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    size = (120, len(truth.variables))
    x = np.exp(rng.uniform(np.log(low), np.log(high), size)) if decades else rng.uniform(low, high, size)
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in UnitSums().propose(problem, Deadline(seconds)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    return front.is_exact


@pytest.mark.parametrize(
    "text",
    [
        "0.7*(a + 2*b)*exp(a/c) - b*c",
        "a*b - 0.3*b*sin(a*c + 0.4) + c",
        "(a + 1)*atan(b*c) + 2*c**2",
        "1/(a + b*tanh(c))",
        "exp(a/b)*sqrt(0.4*b**2/c + a)",
        "sqrt(a**2 + b**2 - 2*a*b*cos(c - d))",
        "a + b*log(0.3*c**2/d)",
        "a*sin(b) + c*cos(d)",
    ],
)
def test_a_sum_with_a_unit_is_found(text):
    assert found(text)


def test_points_that_span_decades_weigh_alike():
    assert found("a + a*b*cos(c*d)", 0.1, 10.0, decades=True)


def test_nothing_is_made_up():
    assert not found("exp(0.37*a)*b + tanh(sqrt(a) + 0.2*b)", seconds=0.6)
