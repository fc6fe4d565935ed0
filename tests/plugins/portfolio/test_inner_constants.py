"""One free constant inside a unit is found, whatever its size."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.constants.inner_constants import InnerConstants
from srbench_portfolio.constants.inner_units import UNITS, arguments

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, ParetoFront, Problem


@pytest.mark.parametrize(
    "text",
    [
        "b*(exp(0.7246*q) - 1)", "1.3 + 2.2*b*cos(0.77*q)", "2.5*b*sqrt(1 - 0.031*q**2)", "q/(1 + exp(1.7*(b - q)))",
        "b*tanh(1.1*q - 2.6)", "b**1.5*cos(2.1*q + 1)",
        *(pytest.param(text, marks=pytest.mark.slow) for text in (
            "sin(1.5*b)*cos(0.5*q)", "(b + 1)*exp(-0.2*(q - 2)**2)", "b**2 + 1/b + 2*q*exp(-0.3*b)",
        )),
    ],
)  # fmt: skip
def test_inner_constants_are_found(text):
    truth = Expression.parse(text)
    x = np.random.default_rng(0).uniform(1.0, 5.0, (80, len(truth.variables)))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=truth(dict(zip(truth.variables, x.T, strict=True)))))
    front = ParetoFront(problem)
    with np.errstate(all="ignore"):
        for proposal in InnerConstants(seed=0).propose(problem, Deadline(60.0)):
            front.offer(proposal.formula)
            if front.is_exact:
                break
    assert front.is_exact
    fresh = np.random.default_rng(1).uniform(1.0, 5.0, (50, len(truth.variables)))
    columns = dict(zip(truth.variables, fresh.T, strict=True))
    np.testing.assert_allclose(front.best().expression(columns), truth(columns), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_computes_what_it_writes(unit):
    t = np.linspace(0.1 if "log(t)" in unit.name or unit.name == "log" else -0.9, 0.9, 10)
    written = unit.write(Expression.variable("t"))
    np.testing.assert_allclose(unit.values(t), written({"t": t}), rtol=1e-12)


@pytest.mark.parametrize("size", [1e-25, 1.0, 1e25])
def test_constants_that_are_tried_have_the_size_of_the_data(size):
    m = size * np.linspace(1.0, 2.0, 11)
    for unit in UNITS:
        k = arguments(unit, np.array([m, np.zeros(11)]))
        sizes = np.abs(k[0] * np.median(m))
        assert sizes.min() > 1e-5
        assert sizes.max() < 2000
        assert np.isnan(k[1]).all()
