"""The search among skeletons finds the formula."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from srbench_transformer.conversion import skeleton
from srbench_transformer.neighbours import neighbours_of, power
from srbench_transformer.search import Search
from srbench_transformer.tokens import parse

from srbench_lite import Expression, Samples, Sampling
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.pareto_front import ParetoFront
from srbench_lite.fitting.problem import Problem
from srbench_lite.judging.judge import judge
from srbench_lite.methods.discovery import discover


def test_constants_of_a_noisy_square_are_those_of_its_sum():
    rng = np.random.default_rng(3)
    x = rng.uniform(-2, 2, (200, 2))
    truth = Expression.parse("(b + a**3 + 0.1*a)**2")
    y = truth({"a": x[:, 0], "b": x[:, 1]})
    problem = Problem.of(Samples(variables=("a", "b"), x=x, y=y + 0.01 * np.std(y) * rng.standard_normal(200)))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    search.propose([("pow2", "+", "x1", "+", "x2", "pow3", "x1")])
    search.finish(4, Deadline(60))
    assert front.best().expression.complexity <= truth.complexity
    assert judge(front.best().expression, truth, {k: Sampling(low=-2, high=2) for k in ("a", "b")}).recovered


def test_rates_that_are_equal_are_found():
    x = np.linspace(-0.7, 0.7, 60)
    y = 13.4 * (x + 2) * np.exp(-x) - 1
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    front = ParetoFront(problem)
    assert Search(problem, front, Deadline(60), 1).propose([("+", "exp", "x1", "*", "x1", "exp", "x1")])
    truth = Expression.parse("13.4*(x + 2)*exp(-x) - 1")
    assert judge(front.best().expression, truth, {"x": Sampling(low=-1, high=1)}).recovered


def test_a_skeleton_near_a_proposed_one_is_found():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.sin(x + 0.4 * x**2) - 2 * np.exp(-x)))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    assert not search.propose([("exp", "x1"), ("sin", "+", "x1", "pow2", "x1")])
    assert search.propose(search.neighbours())


def test_of_an_exact_fit_terms_that_do_nothing_go():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=3 * np.sin(2 * x + 1)))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    assert search.propose([("+", "x1", "+", "pow3", "x1", "sin", "+", "x1", "pow2", "x1")])
    assert front.best().expression == Expression.parse("3*sin(2*x + 1)")


def test_in_the_end_offsets_are_tried_at_zero():
    rng = np.random.default_rng(5)
    x = np.linspace(0, 4, 150)
    y = 2 * np.sin(3 * x)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y + 0.02 * rng.standard_normal(150)))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    assert not search.propose([("sin", "x1")])
    search.finish(4, Deadline(0))  # no time is left
    with_offsets = front.leader
    assert len(with_offsets.constants) == 4
    search.finish(4, Deadline(60))
    assert front.best().expression == Expression.parse("2*sin(3*x)")


@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_a_sparse_polynomial_is_found_among_the_full_ones_and_noise_is_noticed(noise):
    rng = np.random.default_rng(6)
    x = rng.uniform(-2, 2, 200)
    truth = Expression.parse("exp(1.5*x) + log(x + 3)" if noise == 0 else "x**5 - 4*x**3")
    y = truth({"x": x})
    y = y + noise * np.std(y) * rng.standard_normal(200)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    assert not search.is_noisy  # nothing was tried
    assert not search.propose(search.polynomials())
    search.propose(node.tokens for node in neighbours_of([parse(["+", "pow3", "x1", "pow5", "x1"])], [], 1))
    assert search.is_noisy == (noise > 0)
    search.finish(0, Deadline(60))  # the polynomials alone
    if noise:
        assert judge(front.best().expression, truth, {"x": Sampling(low=-2, high=2)}).recovered


def test_work_ends_a_search_at_the_same_fit_however_slow_the_machine_is():
    x = np.linspace(0.3, 3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.exp(-(x**2)) + np.sin(5 * np.sqrt(x))))
    fits = []
    for _ in range(2):
        search = Search(problem, ParetoFront(problem), Deadline(600, work=0.004), 1)
        search.propose([("sin", "pow2", "x1"), ("exp", "sqrt", "x1"), ("log", "x1")] * 20)
        assert search.deadline.outcome == "work used up"
        fits.append(search.fits)
    assert fits[0] == fits[1] < 6


def test_a_long_formula_does_not_end_the_search_and_each_length_keeps_its_best():
    x = np.linspace(-0.3, 0.3, 80)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.exp(np.sin(x)) / (2 + x)))
    front = ParetoFront(problem)
    search = Search(problem, front, Deadline(60), 1)
    powers = [power(parse(["x1"]), k).tokens for k in range(1, 6)]
    terms = [*powers, ("sin", "x1"), ("exp", "x1"), ("*", "x1", "sin", "x1")]
    long = [token for term in terms[:-1] for token in ("+", *term)] + list(terms[-1])
    assert not search.propose([("x1",), ("exp", "x1"), long])
    lengths = sorted((len(fit.node.tokens), fit.rss) for fit in search.leaders)
    assert len(lengths) >= 2
    assert all(after[1] < before[1] for before, after in itertools.pairwise(lengths))


def test_constants_of_the_suites_are_found_when_the_skeleton_is_known():
    suites = discover().suites
    missed = []
    for name in ("nguyen", "sin", "composite"):
        for task in suites[name].tasks:
            problem = Problem.of(task.dataset(seed=1).train)
            front = ParetoFront(problem)
            search = Search(problem, front, Deadline(60), 1)
            exact = search.propose([skeleton(task.truth, tuple(task.variables))] * 3)
            if not exact or not judge(front.best().expression, task.truth, task.variables).recovered:
                missed.append(task.name)
    assert len(missed) <= 1, missed
