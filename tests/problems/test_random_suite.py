"""Suites that are drawn: good tasks, the same for a name everywhere, and errors where there are none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from srbench_lite import Expression, Suite, random_suite
from srbench_lite.errors import SuiteError
from srbench_lite.fitting.canonical_form import tidy
from srbench_lite.problems.random_suite import rebuilt_suites
from srbench_lite.problems.truth_check import truth_fault

NAMES = (
    "random:count=50,seed=3", "random:variables=1,size=5", "random:size=9,low=-2,high=2,count=10",
    "random:operators=all,count=10",
    "polynomial:variables=2,terms=4", "polynomial:degree=1,terms=1", "sum:variables=2,terms=3", "physics:",
    "physics:variables=5", "random:variables=6,size=15,count=5",
)  # fmt: skip


@pytest.fixture(scope="module", params=NAMES)
def suite(request: pytest.FixtureRequest) -> Suite:
    return random_suite(request.param)


def columns(suite: Suite, n: int = 400) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(5)
    return {name: sampling.draw_fresh(n, rng) for name, sampling in suite.tasks[0].variables.items()}


def test_every_truth_is_defined_varies_and_is_no_giant(suite: Suite) -> None:
    points = columns(suite)
    for task in suite.tasks:
        assert task.truth is not None
        y = task.truth(points)
        assert np.isfinite(y).all(), task.truth
        assert np.std(y) > 1e-4 * np.max(np.abs(y)), task.truth
        assert 1e-3 < np.max(np.abs(y)) < 1e6, task.truth
        assert truth_fault(task) is None


def test_every_variable_of_a_truth_has_an_effect(suite: Suite) -> None:
    points = columns(suite)
    for task in suite.tasks:
        assert task.truth is not None
        assert task.truth.variables == tuple(task.variables)
        y = task.truth(points)
        for name in task.variables:
            moved = {**points, name: np.roll(points[name], 1)}
            assert np.std(task.truth(moved) - y) > 1e-5 * np.std(y), (task.truth, name)


def test_no_two_truths_are_one_function_under_renaming(suite: Suite) -> None:
    points = columns(suite, 5)
    names = list(points)
    seen: list[np.ndarray] = []
    for task in suite.tasks:
        assert task.truth is not None
        orders = [*itertools.islice(itertools.permutations(names), 24)]
        values = [task.truth(dict(zip(order, points.values(), strict=True))) for order in orders]
        for other in seen:
            assert not any(np.allclose(v, other, rtol=1e-9, atol=0) for v in values), task.truth
        seen.append(values[0])


def test_no_truth_has_an_evidently_shorter_form(suite: Suite) -> None:
    """Oracle: the tidying of fitted formulas, which writes 1/x**2 as x**(-2)."""
    for task in suite.tasks:
        assert task.truth is not None
        shorter = tidy(task.truth)
        assert shorter.complexity >= task.truth.complexity or "**(-" in str(shorter), (task.truth, shorter)


def test_a_name_says_the_whole_suite() -> None:
    suite = random_suite("random: size=5,variables=1,count=3")
    assert suite.name == "random:count=3,high=5,low=1,operators=usual,seed=0,size=5,variables=1"
    assert [task.name for task in suite.tasks] == [f"{suite.name}/{number:03d}" for number in (1, 2, 3)]
    assert random_suite(suite.name) is suite
    assert suite.source == "drawn by srbench-lite, generator random, version 1"


def test_a_larger_suite_begins_with_the_smaller_one() -> None:
    few, many = (random_suite(f"sum:count={n}").tasks for n in (5, 9))
    assert [task.truth for task in few] == [task.truth for task in many[:5]]
    assert not {task.fingerprint for task in few} & {task.fingerprint for task in many}


def test_every_parameter_changes_the_tasks() -> None:
    base = random_suite("random:count=5")
    for change in ("seed=1", "size=8", "operators=basic", "low=0.5", "high=4", "variables=1"):
        other = random_suite(f"random:count=5,{change}")
        assert not {task.fingerprint for task in base.tasks} & {task.fingerprint for task in other.tasks}
        assert [str(task.truth) for task in base.tasks] != [str(task.truth) for task in other.tasks]


def test_tasks_are_the_same_on_every_machine() -> None:
    """Where this changes, `_VERSION` must be raised: names would say other tasks than before."""
    texts = {
        name: [str(task.truth) for task in random_suite(f"{name}:count=4,seed=7").tasks]
        for name in ("random", "polynomial", "sum", "physics")
    }
    assert texts == {
        "random": ["sqrt(x2)*log(x1)/x1", "log(x2) - x2 - cos(x1)", "sqrt(x1)*log(x1/x2)", "sqrt(x2)*sin(x1)/3"],
        "polynomial": [
            "3.2*x1**2 - 2.6*x1**3 - 3.7*x1",
            "3.3*x1 - 1.7*x1**3 - 3.8",
            "0.2*x1**3 + 2.6*x1 - 3",
            "3.9*x1**3 + 4.2*x1**2 + 1.4*x1",
        ],
        "sum": [
            "2.1*sin(0.5*x1) + 1.4 - 1.7*exp(-0.7*x1)",
            "3.5*sin(1.8*x1) + 3.4*x1**2",
            "-1.5*cos(2.3*x1) - 4.2*x1**2",
            "4.2*cos(1.2*x1) + 4.3*x1**2 - 0.4",
        ],
        "physics": ["x2*sqrt(x3)/x1", "x1**2/(x2**3*sqrt(x3))", "1.5*x1*x2*sqrt(x3)", "4.31*x1*exp(-x2/x3)"],
    }
    assert (
        random_suite("random:count=4,seed=7").tasks[0].fingerprint
        == "2a9a363410c567de7429b0f2f77705fc2172bb44056572e66b4b62cde8a8000c"
    )


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("random:size=4", None), ("random:size=2", "2 variables need a size of at least 3, got 2"),
        ("random:size=6,operators=basic", "with operators of two arguments only, size must be odd, got 6"),
        ("polynomial:degree=2,terms=4", "of degree 2 in 1 variable has at most 3 terms, got 4"),
        ("polynomial:degree=1,terms=2,variables=3", "2 terms of degree 1 cannot hold 3 variables"),
        ("sum:variables=3", "terms must be at least variables, got 2 and 3"),
        ("random:size=2,variables=1", "only 5 different formulas were found that are defined"),
        ("sin", "unknown generator 'sin' in 'sin'"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(name: str, words: str | None) -> None:
    if words is None:
        assert len(random_suite(name).tasks) == 20
        return
    with pytest.raises(SuiteError, match=words):
        random_suite(name)


def test_recorded_names_are_drawn_again() -> None:
    names = [random_suite("sum:count=2").name, "sin", "sum:count=2", "sum:count=2,unknown=3", "other:x=1"]
    assert list(rebuilt_suites(names)) == [names[0]]
    assert isinstance(rebuilt_suites(names)[names[0]].tasks[0].truth, Expression)
