"""What noise has added to a fit goes again."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_transformer.program import Program
from srbench_transformer.shortening import shorten
from srbench_transformer.tokens import parse

from srbench_lite import Expression, Samples, Sampling
from srbench_lite.fitting.pareto_front import ParetoFront
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.variable_projection import fit_separable
from srbench_lite.judging.judge import judge


@pytest.mark.parametrize(
    ("truth", "skeleton_text"),
    [
        ("2*sin(3*x)", "+ x1 + pow2 x1 sin + x1 pow3 x1"),
        ("x**2 - 3*x", "+ x1 + pow2 x1 + pow3 x1 pow4 x1"),
        ("exp(-0.5*x) + 2", "+ exp x1 sin x1"),
    ],
)
def test_what_noise_has_made_goes_until_the_rest_is_missed(truth, skeleton_text):
    rng = np.random.default_rng(8)
    x = np.linspace(-2, 3, 150)
    y = Expression.parse(truth)({"x": x})
    y = y + 0.01 * np.std(y) * rng.standard_normal(150)
    program = Program(parse(skeleton_text.split()))
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
    found = fit_separable(program, problem.x, y, program.draw(problem.x, 32, rng), 40)
    forms = list(shorten(program, problem.x, y, found.theta, found.linear, found.rss, misfit=problem.misfit, price=8.0))
    sizes = [np.count_nonzero(linear) for _, linear in forms]
    assert sizes == sorted(sizes, reverse=True)
    front = ParetoFront(problem)
    for theta, linear in forms:
        front.offer(program.express(theta, linear, ["x"]))
    assert judge(front.best().expression, Expression.parse(truth), {"x": Sampling(low=-2, high=3)}).recovered
