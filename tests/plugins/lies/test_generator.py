"""The tasks of `lies_generator`: the same every time, tame, of five families, and in no suite."""

from __future__ import annotations

from collections import Counter
from functools import cache

import lies_generator as generator
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from srbench_lite import Expression, Sampling, Task
from srbench_lite.methods.discovery import discover

SETS: dict[str, tuple[Task, ...]] = {
    "choosing": generator.CHOOSING,
    "ablation": generator.ABLATION,
    "reporting": generator.REPORTING,
}
ALL = [task for tasks in SETS.values() for task in tasks]


def test_three_sets_of_sixty_without_a_common_formula() -> None:
    assert {name: len(tasks) for name, tasks in SETS.items()} == dict.fromkeys(SETS, 60)
    assert len({(str(task.truth), *task.variables.items()) for task in ALL}) == 180
    for tasks in SETS.values():
        families = Counter(task.name.split("/")[1].rsplit("-", 1)[0] for task in tasks)
        assert families == dict.fromkeys(generator.FAMILIES, 12)


def test_the_tasks_are_golden() -> None:
    assert [str(task.truth) for task in generator.CHOOSING[:5]] == FIRST
    assert all(generator.draw_task(n).fingerprint == generator.CHOOSING[n].fingerprint for n in (0, 3, 4))


FIRST = [
    "a**3*sqrt(n)/(b*v*f)",
    "1/g/(exp(r/(w*sqrt(g))) - 1)",
    "c**2/a/(q/k + sqrt(w))",
    "h*(3*h + 2) + exp(-(h + h))",
    "d + sin(sin(t))",
]


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_task_is_tame(task: Task) -> None:
    data = task.dataset(seed=0)
    assert task.truth is not None
    assert set(task.truth.variables) == set(task.variables)
    assert 20 <= len(data.train) <= 200
    for part in (data.train, data.test):
        assert np.isfinite(part.y).all()
        assert np.max(np.abs(part.y)) < 1e6
    assert np.std(data.test.y) > 1e-4 * np.max(np.abs(data.test.y))
    rng = np.random.default_rng(5)
    fresh = {name: sampling.draw_fresh(1000, rng) for name, sampling in task.variables.items()}
    assert np.isfinite(task.truth(fresh)).all()


@pytest.mark.parametrize("task", ALL, ids=lambda task: task.name)
def test_a_task_is_in_no_suite(task: Task) -> None:
    assert task.truth is not None
    assert generator.is_elementary(task.truth) or generator.skeleton(task.truth) not in installed()


@cache
def installed() -> frozenset[str]:
    """Return the skeletons of all tasks that are installed."""
    truths = [t.truth for suite in discover().suites.values() for t in suite.tasks if t.truth is not None]
    return frozenset(map(generator.skeleton, truths))


def test_all_suites_are_looked_at() -> None:
    assert len(generator.taken()) >= 90
    for name in ("feynman", "nguyen", "sin", "composite"):
        for task in discover().suite(name).tasks:
            assert generator.skeleton(task.truth) in generator.taken()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2*x*sin(y)", "sin(b)*(a*0.5)"),
        ("x + y**2", "p**3 + q"),
        ("1/2*m*v", "pi*a*b"),
        ("exp(-x**2)*sin(3*x)", "sin(2*z)*exp(-z**2)"),
    ],
)
def test_a_skeleton_is_that_of_the_form(one: str, other: str) -> None:
    """Names, values of constants and the order of two factors do not count."""
    first, second = (generator.skeleton(Expression.parse(text)) for text in (one, other))
    assert first == second


@pytest.mark.parametrize(("one", "other"), [("x + y", "x*y"), ("x*sin(x)", "x*sin(y)"), ("x/y", "y/(x + 1)")])
def test_other_forms_have_other_skeletons(one: str, other: str) -> None:
    assert generator.skeleton(Expression.parse(one)) != generator.skeleton(Expression.parse(other))


@given(st.sampled_from(ALL), st.permutations("abcdfghkmnpqrstuvwz"))
@settings(max_examples=60, deadline=None)
def test_a_skeleton_does_not_know_names(task: Task, names: list[str]) -> None:
    assert task.truth is not None
    mapping = {old: Expression.variable(new) for old, new in zip(sorted(task.variables), names, strict=False)}
    assert generator.skeleton(task.truth.substitute(mapping)) == generator.skeleton(task.truth)


@given(st.sampled_from(ALL), st.floats(1e-4, 0.5))
@settings(max_examples=60, deadline=None)
def test_a_function_is_the_same_as_itself_and_as_no_other(task: Task, by: float) -> None:
    assert task.truth is not None
    assert generator.same_function(task.truth, task)
    assert generator.same_function(2 * task.truth - task.truth, task)
    assert not generator.same_function(task.truth * (1 + by), task)
    assert not generator.same_function(task.truth + by * Expression.variable(next(iter(task.variables))) ** 3, task)


def test_what_agrees_on_the_domain_only_is_not_the_same() -> None:
    x = Sampling(low=0.01, high=0.02)
    task = Task(name="t/t", suite="t", truth=Expression.parse("sin(x)"), variables={"x": x})
    series = Expression.parse("x - x**3/6 + x**5/120")
    assert generator.same_function(series, task)
    assert not generator.same_function(Expression.parse("x*0.99985"), task)
    undefined = Expression.parse("log(x - 0.015)")
    assert not generator.same_function(undefined, task)
