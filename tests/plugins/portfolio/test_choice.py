"""Of formulas that explain noisy points about as well, one of usual functions is chosen."""

from __future__ import annotations

import numpy as np
from srbench_portfolio.noise.choice import Choice
from srbench_portfolio.noise.polish import Polish

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem


def problem_of(text, noise):
    truth = Expression.parse(text)
    rng = np.random.default_rng(0)
    x = rng.uniform(0.5, 2.0, (200, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    return Problem.of(Samples(variables=truth.variables, x=x, y=y + noise * rng.normal(size=len(y))))


def test_usual_functions_are_likelier():
    problem = problem_of("1/(1 + a)", 0.3)
    usual, rare = Expression.parse("1/(1 + a)"), Expression.parse("atan(1/a) - 0.3")
    choice = Choice(problem)
    choice.offer(usual)
    assert choice.best(rare, problem) == usual


def test_what_explains_the_points_better_is_chosen():
    problem = problem_of("tanh(a)", 0.01)
    choice = Choice(problem)
    for text in ("a", "sqrt(a)", "log(1 + a)"):
        choice.offer(Expression.parse(text))
    assert choice.best(Expression.parse("tanh(a)"), problem) == Expression.parse("tanh(a)")


def test_constants_are_fitted_and_rounded_once():
    polish = Polish(problem_of("2*a/(1 + b)", 0.02), Deadline(300.0))
    fitted, rounded = polish(Expression.parse("1.7*a/(0.8 + 1.2*b)"))
    assert rounded.complexity < fitted.complexity
    assert list(polish(Expression.parse("1.8*a/(0.9 + 1.1*b)"))) == []
