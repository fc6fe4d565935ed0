"""`DeferredTasks`: nothing is read before it is asked for, and what was announced is compared with what is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from srbench_lite.errors import SuiteError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.deferred_tasks import DeferredTasks
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.suite_file import load_suite
from srbench_lite.problems.task import Task

FILE = """
[suite]
name = "mine"
summary = "two"
version = 2
source = "a book"
licence = "MIT"
tags = ["physics"]
variables = [1, 2]
n_train = 9

[[tasks]]
name = "a"
truth = "x"
variables.x = { low = 0, high = 1 }

 [[ tasks ]]
name = "b"
truth = "x + z"
variables = { x = { low = 0, high = 1 }, z = { low = 0, high = 1 } }
"""


def made(*names: str) -> Iterator[Task]:
    for name in names:
        suite = name.partition("/")[0]
        yield Task(name=name, suite=suite, truth=Expression.variable("x"), variables={"x": Sampling(low=0, high=1)})


def deferred(*names: str, count: int = 2, counts: tuple[int, int] | None = (1, 1)) -> DeferredTasks:
    return DeferredTasks("mine", lambda: made(*names), count=count, counts=counts)


def test_tasks_are_read_once_and_when_asked_for() -> None:
    tasks = deferred("mine/a", "mine/b")
    suite = Suite(name="mine", summary="", tasks=tasks)
    assert len(suite.tasks) == 2
    assert suite.variable_counts == (1, 1)
    assert not suite.are_read
    assert [task.name for task in suite.tasks] == ["mine/a", "mine/b"]
    assert suite.are_read
    assert suite.tasks[1] is suite.tasks[-1]
    assert suite.tasks[:1] == (suite.tasks[0],)


def test_numbers_of_variables_that_nobody_has_said_are_read() -> None:
    tasks = deferred("mine/a", "mine/b", counts=None)
    assert tasks.variable_counts == (1, 1)
    assert tasks.are_read


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (deferred("mine/a"), "suite mine: 2 tasks were announced, but it has 1"),
        (deferred("mine/a", "mine/b", counts=(1, 2)), r"variables = \[1, 2\] was announced, .* 1 to 1 variables"),
        (deferred("mine/a", "mine/a"), "two tasks are called mine/a"),
        (deferred("mine/a", "other/a"), r"suite mine: task other/a must be called mine/\.\.\."),
    ],
    ids=["count", "variables", "twins", "a stranger"],
)
def test_what_was_announced_must_be_true(tasks: DeferredTasks, message: str) -> None:
    for _ in range(2):
        with pytest.raises(SuiteError, match=message):
            list(tasks)


def test_a_file_is_announced_by_its_first_table(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE)
    suite, read = Suite.from_file(path), load_suite(path)
    assert not suite.are_read
    assert (len(suite.tasks), suite.variable_counts) == (2, (1, 2))
    for name in ("name", "summary", "version", "source", "licence", "tags"):
        assert getattr(suite, name) == getattr(read, name)
    assert not suite.are_read
    assert tuple(suite.tasks) == read.tasks


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[1, 2]", "[1, 3]", r"mine.toml: \[suite\] variables must be \[1, 2\], as its tasks have, got \[1, 3\]"),
        ('truth = "x"', 'truth = "x +"', "mine.toml: task 'a' truth: the formula ends"),
        ('"two"', '"""\n[[tasks]]"""', r"mine.toml is no TOML file"),
    ],
)
def test_faults_of_tasks_are_found_when_they_are_read(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FILE.replace(old, new))
    with pytest.raises(SuiteError, match=message):
        list(Suite.from_file(path).tasks)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot read the suite file .*mine.toml: No such file"),
        ("x =", "mine.toml is no TOML file"),
        ('[suite]\nname = "mine"\n', r"there must be at least one \[\[tasks\]\] table"),
        ('[suite]\nname = "a/b"\n[[tasks]]\n', "name must be letters"),
        ('[suite]\nname = "mine"\nvariables = 2\n[[tasks]]\n', r"variables must be the smallest .* such as \[1, 5\]"),
    ],
)
def test_faults_of_the_first_table_are_found_at_once(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(SuiteError, match=message):
        Suite.from_file(path)


@pytest.mark.parametrize("name", sorted(discover().suites))
def test_an_installed_suite_is_what_it_announces(name: str) -> None:
    suite = discover().suites[name]
    assert not suite.are_read, "srbench list suites reads no tasks"
    count, counts = len(suite.tasks), suite.variable_counts
    assert not suite.are_read
    tasks = list(suite.tasks)
    assert len(tasks) == count
    assert counts == (min(len(t.variables) for t in tasks), max(len(t.variables) for t in tasks))
    for task in tasks:
        assert set(suite.tags) <= set(task.tags)
