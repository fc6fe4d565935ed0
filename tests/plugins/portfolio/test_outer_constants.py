"""A constant that is added outside, or an amplitude of a bounded function, is found."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.constants.inner_views import logarithms
from srbench_portfolio.constants.insides import Inside, constant, monomials
from srbench_portfolio.constants.outer_constants import outer_formulas

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem

X = np.random.default_rng(0).uniform(1.0, 5.0, (80, 2))
ROWS = np.arange(60)


def _formulas(y):
    problem = Problem.of(Samples(variables=("a", "b"), x=X, y=y))
    simple: list[Inside] = [constant(problem), *monomials(problem, 9)]
    products = [logarithms(problem), (*logarithms(problem), *simple[1:])]
    with np.errstate(all="ignore"):
        formulas = list(outer_formulas(problem, ROWS, products, [tuple(simple[:3]), tuple(simple)], Deadline(60.0)))
    return problem, formulas


@pytest.mark.parametrize(
    "text",
    [
        "1.7 + 0.4*a**0.8/b**1.3", "7 - 2*exp(-0.3*a*b)*sqrt(a)", "3*tanh(0.2*a - 0.1*b)", "2.5*sin(0.1*a + 0.2*b)",
        "1.4*cos(0.3*a + 0.2*b)",
    ],
)  # fmt: skip
def test_it_is_found(text):
    y = Expression.parse(text)({"a": X[:, 0], "b": X[:, 1]})
    problem, formulas = _formulas(y)
    front = ParetoFront(problem)
    for formula in formulas:
        front.offer(formula)
    assert front.is_exact


def test_nothing_is_said_of_what_is_no_such_formula():
    assert _formulas(np.sin(9 * X[:, 0]) * np.cos(7 * X[:, 1] ** 2))[1] == []
