"""Sums of few terms are found in noisy points of several variables."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.noise.noisy_sums import NoisySums

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem, refit


@pytest.mark.parametrize("text", ["a*b + b*c*sin(d)", "sqrt(a**2 + b**2 + c**2)"])
def test_a_sum_is_found_through_noise(text):
    truth = Expression.parse(text)
    rng = np.random.default_rng(1)
    x = rng.uniform(1.0, 5.0, (200, len(truth.variables)))
    values = truth(dict(zip(truth.variables, x.T, strict=True)))
    y = values + 0.01 * np.sqrt(np.mean(values**2)) * rng.normal(size=len(values))
    problem = Problem.of(Samples(variables=truth.variables, x=x, y=y))
    found = [refit(proposal.formula, problem).expression for proposal in NoisySums().propose(problem, Deadline(300.0))]
    assert any(np.abs(formula(problem.columns) - values).max() < 0.02 * np.ptp(values) for formula in found)
