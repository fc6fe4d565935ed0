"""Among formulas of noisy points the shortest description wins, without numbers that only trade digits for nodes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_portfolio.noise.evidence import is_surely_noisy, leaves_errors
from srbench_portfolio.noise.noisy_choice import NoisyChoice
from srbench_portfolio.noise.simpler_forms import factored_forms, simpler_forms

from srbench_lite import Expression, Samples
from srbench_lite.fitting import Deadline, Problem

UNHURRIED = Deadline(math.inf)


def problem_of(text, noise, seed=0):
    truth = Expression.parse(text)
    rng = np.random.default_rng(seed)
    x = rng.uniform(1.0, 5.0, (200, len(truth.variables)))
    y = truth(dict(zip(truth.variables, x.T, strict=True)))
    y = y + noise * np.sqrt(np.mean(y * y)) * rng.normal(size=len(y))
    return Problem.of(Samples(variables=truth.variables, x=x, y=y))


@pytest.mark.parametrize("seed", range(4))
def test_a_number_that_saves_another_a_digit_is_left_out(seed):
    problem = problem_of("12.566*a/b**2", 0.01, seed)
    best = NoisyChoice(problem).best(Expression.parse("a*(12.5/b + 0.02)/b"), problem, UNHURRIED)
    assert best.complexity <= Expression.parse("12.57*a/b**2").complexity
    assert max(best.constants) == pytest.approx(12.566, rel=0.003)


def test_a_promising_formula_is_rounded_though_its_constants_came_long():
    problem = problem_of("2*a*exp(-b/3)", 0.01)
    choice = NoisyChoice(problem)
    choice.offer(Expression.parse("2.0134523*a*exp(-0.3328172*b)"))
    best = choice.best(Expression.parse("a"), problem, UNHURRIED)
    np.testing.assert_allclose(best(problem.columns), Expression.parse("2*a*exp(-b/3)")(problem.columns), rtol=0.01)


def test_simpler_forms_lack_one_number():
    forms = {str(form) for form in simpler_forms(Expression.parse("0.16*a*b**2.1 - 0.01"))}
    assert {"0.16*a*b**2.1", "a*b**2.1 - 0.01", "0.16*a*b**2 - 0.01"} <= forms


def test_errors_are_told_from_what_a_formula_misses():
    noisy, exact = problem_of("a*b", 0.01), problem_of("a*b + sin(a)/10", 0.0)
    formula = Expression.parse("a*b")
    assert leaves_errors(noisy, formula)
    assert not leaves_errors(exact, formula)


@pytest.mark.parametrize(("text", "noise"), [("a*b**2/(exp(c/(b*d)) - 1)", 0.01), ("a*sqrt(b**2 + c**2)", 0.1)])
def test_errors_are_sure_where_models_of_higher_degree_help_no_more(text, noise):
    assert is_surely_noisy(problem_of(text, noise), None)
    assert not is_surely_noisy(problem_of(text, 0.0), None)


def test_errors_are_sure_where_a_formula_leaves_them_and_models_do_as_well():
    assert is_surely_noisy(problem_of("a/(b + c)", 0.01), Expression.parse("a/(b + c)"))


def test_few_points_make_nothing_sure():
    few = problem_of("a*b + sin((a - 1)*(b - 1))", 0.0).some(20, 0)
    assert not is_surely_noisy(few, Expression.parse("a*b"))


def test_a_term_of_a_sum_may_stand_in_front_of_it():
    forms = {str(form) for form in factored_forms(Expression.parse("(r - k**2/r)**2/r**2"))}
    assert "(1 - k**2/r/r)**2" in forms


def test_two_numbers_become_one_where_a_factor_stands_in_front():
    problem = problem_of("3*(1 - a)**2", 0.01)
    best = NoisyChoice(problem).best(Expression.parse("(1.7330867 - 1.7298319*a)**2"), problem, UNHURRIED)
    assert best.complexity <= Expression.parse("3*(1 - a)**2").complexity
