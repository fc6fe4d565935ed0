"""`srbench list`: methods, suites and tasks, for people and as JSON."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from commands import LINES

from srbench_lite.methods.discovery import discover


def test_suites_and_tasks_as_json_are_those_that_are_installed(srbench):
    suites = json.loads(srbench("list", "suites", "--json").out)
    tasks = json.loads(srbench("list", "tasks", "--suite", "sin", "--json").out)
    registry = discover()

    assert {suite["suite"]: suite["tasks"] for suite in suites} == {
        name: len(suite.tasks) for name, suite in registry.suites.items()
    }
    assert [task["task"] for task in tasks] == [task.name for task in registry.suite("sin").tasks]
    assert all(str(registry.tasks[task["task"]].truth) == task["truth"] for task in tasks)


FACTS = """
[suite]
name = "facts"
summary = "two of a book"
source = "a book, and a very long title of it, that goes on and on until nobody would want to read it in a table"
licence = "CC-BY-4.0"
tags = ["physics"]
[[tasks]]
name = "drop"
truth = "g*t**2/2"
unit = "m"
tags = ["easy", "1-d"]
erratum = "The first print lacks the square."
[tasks.variables]
g = { low = 9, high = 10, unit = "m/s^2" }
t = { sampling = "integer", low = 1, high = 9, unit = "s" }
[tasks.test]
t = { sampling = "integer", low = 1, high = 20 }
[[tasks]]
name = "spring"
truth = "-3*x"
tags = ["hard"]
variables = { x = { low = -2, high = 2 }, v = { low = -2, high = 2 }, m = { low = 1, high = 2 } }
[tasks.trajectories]
rates = { x = "v", v = "-3*x", m = "0" }
starts = [[1, 0, 1], [0, 1.5, 1], [2, 0, 2]]
duration = 6
steps = 11
train = 2
"""


def test_suites_are_listed_with_what_they_say_of_themselves(srbench, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")
    Path("facts.toml").write_text(FACTS)
    text = srbench("list", "suites", "-s", "facts.toml").out.splitlines()
    (row,) = json.loads(srbench("list", "suites", "-s", "facts.toml", "--json").out)

    assert text[0].split() == ["SUITE", "VERSION", "TASKS", "VARIABLES", "TAGS", "LICENCE", "SOURCE", "SUMMARY"]
    assert text[1].split()[:6] == ["facts", "1", "2", "2-3", "physics", "CC-BY-4.0"]
    assert text[1].endswith("  a book, and a very long title of it,...  two of a book")
    assert (row["variables"], row["tags"], row["licence"]) == ([2, 3], ["physics"], "CC-BY-4.0")
    assert row["source"].endswith("in a table")


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ("--tag physics", ["facts/drop", "facts/spring"]),
        ("--tag easy", ["facts/drop"]),
        ("--tag easy --tag physics", ["facts/drop"]),
        ("--variables 3", ["facts/spring"]),
        ("--variables 1-2", ["facts/drop"]),
        ("--variables 2-3 --tag hard", ["facts/spring"]),
        ("--variables 1-9 -t 'facts/d*'", ["facts/drop"]),
    ],
)
def test_tasks_are_chosen_by_tag_and_number_of_variables(srbench, options, names):
    Path("facts.toml").write_text(FACTS)
    said = srbench("list", "tasks", "-s", "facts.toml", *shlex.split(options))
    assert [line.split()[0] for line in said.out.splitlines()[1:]] == names


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ("tasks -s facts.toml --tag eassy", "unknown tag 'eassy'. Did you mean: easy?"),
        ("tasks -s facts.toml --tag easy --tag hard", "no task has all that was asked for"),
        ("tasks -s facts.toml --variables 7", "no task has all that was asked for"),
        *((f"tasks --variables {text}", f"such as 1 or 1-2; got '{text}'") for text in ("x", "2-1", "0", "1-", "-1")),
        ("suites --tag easy", "--tag chooses among tasks; write srbench list tasks, not srbench list suites"),
        ("methods --variables 1", "--variables chooses among tasks"),
    ],
)
def test_what_fits_no_task_is_refused(srbench, arguments, complaint):
    Path("facts.toml").write_text(FACTS)
    said = srbench("list", *shlex.split(arguments))
    assert said.code == 2
    assert complaint in said.err


def test_tasks_as_json_say_everything(srbench):
    Path("facts.toml").write_text(FACTS)
    drop, spring = json.loads(srbench("list", "tasks", "-s", "facts.toml", "--json").out)
    assert drop == {
        "task": "facts/drop", "truth": "g*t**2/2", "variables": "g 9:10, t integer:1:9",
        "tags": ["physics", "easy", "1-d"], "test_variables": {"g": "9:10", "t": "integer:1:20"}, "trajectories": None,
        "n_train": 200, "n_test": 1000, "units": {"g": "m/s^2", "t": "s"}, "target_unit": "m",
        "source": drop["source"], "licence": "CC-BY-4.0", "erratum": "The first print lacks the square.",
        "unidentifiable": "",
    }  # fmt: skip
    assert spring["trajectories"]["rates"] == {"x": "v", "v": "-3*x", "m": "0"}


def test_methods_have_their_source_and_parameters_in_json_only(srbench):
    (lasso,) = [m for m in json.loads(srbench("list", "methods", "--json").out) if m["method"] == "lasso"]
    text = srbench("list", "methods").out

    assert set(lasso) == {
        "method", "version", "plugin", "environment", "summary", "environment_missing", "requirements", "source",
        "parameters", "capabilities",
    }  # fmt: skip
    assert (lasso["environment"], lasso["environment_missing"], lasso["requirements"]) == (None, False, [])
    assert lasso["capabilities"]["weighted"] is True
    assert lasso["parameters"] == discover().method("lasso").parameters()
    assert text.splitlines()[0].split() == ["METHOD", "VERSION", "PLUGIN", "ENVIRONMENT", "SUMMARY"]
    assert lasso["source"] not in text


def test_tasks_that_run_would_refuse_are_said(srbench, tmp_path):
    text = LINES.replace('"x**2"', '"x - x"').replace('"2*x + 1"', '"x +"')
    third = '[[tasks]]\nname = "third"\ntruth = "x"\nvariables.x = { low = -1, high = 1 }\n'
    (tmp_path / "toy.toml").write_text(text + third)

    said, strict = srbench("list", "tasks", "-s", "toy.toml"), srbench("list", "tasks", "-s", "toy.toml", "--strict")

    assert said.code == 3
    assert [line.split()[0] for line in said.out.splitlines()] == ["TASK", "toy/third"]
    first, second = said.err.splitlines()
    assert first.startswith("warning: suite toy: left out: task 'line' truth: the formula ends where")
    assert second == "warning: suite toy: left out: task toy/curve: the truth x - x has one value on its domain, 0"
    assert strict.code == 2
    assert strict.err.splitlines()[0] == "Error: toy.toml: 2 faults:"
    assert [line[:5] for line in strict.err.splitlines()[1:]] == ["  1. ", "  2. "]


def test_tasks_of_a_file_are_listed_with_their_ranges(srbench):
    lines = srbench("list", "tasks", "--suite", "toy.toml").out.splitlines()

    assert [line.split()[0] for line in lines] == ["TASK", "toy/line", "toy/curve"]
    assert "2*x + 1" in lines[1]
    assert "-1:1" in lines[1]


def test_tasks_can_be_chosen_by_name_and_pattern(srbench):
    one, several, none, wrong = (
        srbench("list", *words)
        for words in (
            ["tasks", "-t", "phase"],
            ["tasks", "-t", "sin/p*"],
            ["tasks", "-t", "z*"],
            ["methods", "-t", "x"],
        )
    )
    assert [line.split()[0] for line in one.out.splitlines()] == ["TASK", "sin/phase"]
    assert [line.split()[0] for line in several.out.splitlines()] == ["TASK", "sin/plain", "sin/phase", "sin/product"]
    assert (none.code, wrong.code) == (2, 2)
    assert "no task fits the pattern 'z*'" in none.err
    assert "write srbench list tasks, not srbench list methods" in wrong.err
