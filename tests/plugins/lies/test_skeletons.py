"""The search over small sums: exact on generated tasks, one answer for one seed, ended by deadline or caller."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import lasso_generator as generator
import numpy as np
import pytest
from lies_fits import searched
from srbench_lies.catalogue import entries
from srbench_lies.skeletons import Effort, _powers_up_to, search_skeletons

from srbench_lite import Expression, Samples, Sampling, Task
from srbench_lite.fitting import Monomials
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.problem import Problem


def _task(truth: str, **intervals: tuple[float, float]) -> Task:
    variables = {name: Sampling(low=low, high=high) for name, (low, high) in intervals.items()}
    return Task(name="test/t", suite="test", truth=Expression.parse(truth), variables=variables)


def _problem(task: Task, noise: float = 0.0) -> Problem:
    return Problem.of(task.dataset(seed=0, noise=noise).train)


@pytest.mark.parametrize(
    "task",
    [
        *map(generator.draw_simple, (400, 401, 403, 404, 407, 413, 430)),
        *map(generator.draw_task, (400, 407, 409, 414, 419)),
    ],
    ids=lambda task: task.name,
)
def test_quick_search_is_exact_on_generated_tasks(task: Task) -> None:
    found = searched(_problem(task), Effort.quick())
    assert found.is_exact
    assert found.in_time
    assert generator.same_function(found.formulas[0], task)
    assert found.formulas[0].complexity <= task.truth.complexity + 10 if task.truth else False


@pytest.mark.parametrize(
    ("truth", "intervals"),
    [
        ("2.5*log(2.7 + sin(1.7*x))", {"x": (-1.0, 3.0)}),
        ("1.1*exp(0.9*sin(2.2*x))", {"x": (0.0, 4.0)}),
        ("1.3*x**(0.7*y)", {"x": (0.5, 3.0), "y": (-1.0, 2.0)}),
    ],
)
def test_full_search_finds_compositions(truth: str, intervals: dict[str, tuple[float, float]]) -> None:
    task = _task(truth, **intervals)
    effort = replace(Effort.full(), pairs=0, columns=(6_000, 1_500, 10_000))
    found = searched(_problem(task), effort)
    assert found.is_exact
    assert generator.same_function(found.formulas[0], task)


def test_needless_parts_are_not_written() -> None:
    found = searched(_problem(_task("1.7*cos(1.7*x) + 0.5", x=(-2.0, 2.0))), Effort.quick())
    assert [f.complexity for f in found.formulas] == [8]


def test_same_seed_same_formulas() -> None:
    problem = _problem(_task("0.7*sin(1.3*x)*sqrt(x + 1.1) + log(x + 2.2)/x", x=(0.5, 3.0)), noise=0.01)
    effort = replace(Effort.quick(), points=80, parts=1, depth=2, pairs=2)
    first, second = searched(problem, effort), searched(problem, effort)
    assert first == second
    assert len(first.formulas) > 2
    assert not first.is_exact


def test_noise_leaves_a_formula_close_to_the_truth() -> None:
    task = _task("1.4*exp(-0.8*x) + 0.9*x", x=(-1.0, 3.0))
    problem = _problem(task, noise=0.05)
    found = searched(problem, replace(Effort.quick(), parts=2))
    assert not found.is_exact
    assert len(found.formulas) <= Effort.quick().offers + 6
    assert task.truth is not None
    truth = task.truth(problem.columns)
    simple = [f for f in found.formulas if f.complexity <= task.truth.complexity + 4]
    errors = [np.sqrt(np.mean((f(problem.columns) - truth) ** 2)) for f in simple]
    assert min(errors) < 0.02 * np.std(truth)


def test_the_caller_ends_the_search_and_the_clock_does() -> None:
    problem = _problem(_task("3*x**2 + sin(2*x)", x=(-2.0, 2.0)))
    seen: list[Expression] = []

    def offer(expression: Expression) -> bool:
        seen.append(expression)
        return True

    search_skeletons(problem, effort=Effort.quick(), seed=0, deadline=Deadline(60), offer=offer)
    assert len(seen) == 1
    assert problem.is_exact(problem.rss(seen[0]))
    late = searched(_problem(_task("sin(3*x)/(x + 2.5)", x=(-2.0, 2.0))), Effort.quick(), seconds=0.0)
    assert not late.in_time
    assert late.formulas == ()


def test_a_sum_is_written_with_its_own_constants() -> None:
    found = searched(_problem(_task("1.3*sin(2.1*x) + 0.4*x", x=(-2.0, 2.0))), Effort.quick())
    assert found.is_exact
    assert str(found.formulas[0]).startswith("0.4")


def test_a_constant_has_no_formula() -> None:
    x = np.linspace(-2.0, 2.0, 50)
    constant = Problem.of(Samples(variables=("x",), x=x[:, None], y=np.full(50, 2.0)))
    assert searched(constant, Effort.quick()).formulas == ()


@pytest.mark.parametrize(("degree", "d"), [(0, 3), (1, 1), (3, 2), (2, 4), (4, 1)])
def test_exponents_are_those_of_a_walk_over_all_numbers(degree: int, d: int) -> None:
    every = [tuple(map(float, e)) for e in product(range(degree + 1), repeat=d) if sum(e) <= degree]
    assert list(_powers_up_to(degree, d)) == every


def test_thirty_variables_are_not_walked_over() -> None:
    """The numbers below 2**30 took minutes that no deadline cut off."""
    assert len(_powers_up_to(1, 30)) == 31
    x = np.random.default_rng(0).normal(size=(120, 30))
    samples = Samples(variables=tuple(f"x{i}" for i in range(30)), x=x, y=x[:, 3] * x[:, 17] + np.sin(x[:, 29]))
    search_skeletons(
        Problem.of(samples), effort=Effort.quick(), seed=0, deadline=Deadline(0.3), offer=lambda formula: False
    )


def test_no_term_is_looked_at_when_time_is_over() -> None:
    points = Monomials(np.column_stack([np.linspace(1, 2, 30), np.zeros((30, 29))]))
    assert entries(points, 1, 9_000, Deadline(0.0)) == []
