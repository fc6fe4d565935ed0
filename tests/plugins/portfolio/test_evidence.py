"""Errors of the data are told from what a model misses of an exact law."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.noise.evidence import looks_noisy

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Problem


def problem_of(text, noise):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 3.0, (200, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    y = y + noise * np.sqrt(np.mean(y**2)) * rng.normal(size=len(y))
    return truth, Problem.of(Samples(variables=truth.variables, x=x, y=y))


LAWS = ["a*b**2/c", "exp(-a)*sin(3*b)", "sqrt(a**2 + b**2)*c", "a/(1 + b) + log(c)"]


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("noise", [0.01, 0.1])
def test_errors_are_seen_beside_a_law(law, noise):
    truth, problem = problem_of(law, noise)
    assert looks_noisy(problem, truth)


def test_exact_laws_are_seldom_taken_for_noisy_ones():
    assert sum(looks_noisy(problem_of(law, 0.0)[1], None) for law in LAWS) <= 1


def test_a_polynomial_shows_the_errors_where_no_formula_is_known():
    _, problem = problem_of("a*b**2 + sin(a)", 0.02)
    assert looks_noisy(problem, None)
    assert looks_noisy(problem, Expression.parse("a"))


def test_a_wrong_formula_shows_no_errors():
    _, problem = problem_of("a*b**2 + sin(a)", 0.0)
    assert not looks_noisy(problem, Expression.parse("3*a*b"))
