"""`Suite`: made from formulas, and refused where its parts do not fit."""

from __future__ import annotations

import pytest

from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task


def test_suites_are_made_from_formulas() -> None:
    suite = Suite.from_formulas(
        "mine", summary="two", formulas={"a": ("x + e", {"x": (0, 1)}), "b": ("e", {"e": (-1, 1)})}, n_train=5
    )
    assert [t.name for t in suite.tasks] == ["mine/a", "mine/b"]
    assert suite.tasks[0].truth == Expression.variable("x") + Expression.named("e")
    assert suite.tasks[1].truth == Expression.variable("e")
    assert {t.n_train for t in suite.tasks} == {5}


def test_formulas_can_be_read_later() -> None:
    formulas = {"a": ("x +", {"x": (0, 1)}), "b": ("x*y", {"x": (-1.0, 1), "y": (0, 1)})}
    suite = Suite.from_formulas("mine", summary="two", formulas=formulas, licence="MIT", tags=["easy"], deferred=True)
    assert (len(suite.tasks), suite.variable_counts, suite.are_read) == (2, (1, 2), False)
    with pytest.raises(SuiteError, match="task mine/a truth: the formula ends"):
        list(suite.tasks)
    with pytest.raises(SuiteError, match="task mine/a truth: the formula ends"):
        Suite.from_formulas("mine", summary="two", formulas=formulas)
    del formulas["a"]
    (task,) = Suite.from_formulas("mine", summary="", formulas=formulas, licence="MIT", tags=["easy"]).tasks
    assert (task.licence, task.tags) == ("MIT", ("easy",))
    with pytest.raises(SuiteError, match="suite mine has no tasks"):
        Suite.from_formulas("mine", summary="", formulas={}, deferred=True)


@pytest.mark.parametrize(
    ("truth", "tags", "wanted"),
    [
        ("x**2 + 3*x + 1", ["physics"], ("physics", "easy")),
        ("x**4 + x**3 + x**2 + x + 1", [], ("medium",)),
        ("x**6 + x**5 + x**4 + x**3 + x**2 + x + 1.5*exp(x)", ["made-up"], ("made-up", "hard")),
        ("x", ["hard"], ("hard",)),
    ],
)
def test_tasks_are_tagged_with_a_difficulty(truth: str, tags: list[str], wanted: tuple[str, ...]) -> None:
    (task,) = Suite.from_formulas("mine", summary="", formulas={"a": (truth, {"x": (0.0, 1.0)})}, tags=tags).tasks
    assert task.tags == wanted


def test_errata_are_said_of_their_tasks() -> None:
    formulas = {"a": ("x", {"x": (0.0, 1.0)}), "b": ("2*x", {"x": (0.0, 1.0)})}
    first, second = Suite.from_formulas("mine", summary="", formulas=formulas, errata={"b": "Some say 3*x."}).tasks
    assert (first.erratum, second.erratum) == ("", "Some say 3*x.")


def one(name: str, suite: str = "mine") -> Task:
    return Task(name=name, suite=suite, truth=Expression.variable("x"), variables={"x": Sampling(low=0, high=1)})


def test_a_suite_refuses_what_is_not_its_own() -> None:
    with pytest.raises(SuiteError, match="suite mine: two tasks are called mine/a"):
        Suite(name="mine", summary="", tasks=(one("mine/a"), one("mine/a")))
    with pytest.raises(SuiteError, match=r"task other/a must be called mine/\.\.\."):
        Suite(name="mine", summary="", tasks=(one("other/a", "other"),))
    with pytest.raises(SuiteError, match="suite mine has no tasks"):
        Suite(name="mine", summary="", tasks=())
    with pytest.raises(SuiteError, match="suite mine: version must be a whole number of at least 1, got '2'"):
        Suite(name="mine", summary="", tasks=(one("mine/a"),), version="2")  # type: ignore[arg-type]
