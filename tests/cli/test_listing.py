"""`srbench list`: methods, suites and tasks, for people and as JSON."""

from __future__ import annotations

import json

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


def test_methods_have_their_source_and_parameters_in_json_only(srbench):
    (lasso,) = [m for m in json.loads(srbench("list", "methods", "--json").out) if m["method"] == "lasso"]
    text = srbench("list", "methods").out

    assert set(lasso) == {"method", "version", "plugin", "summary", "source", "parameters", "capabilities"}
    assert lasso["capabilities"]["weighted"] is True
    assert lasso["parameters"] == discover().method("lasso").parameters()
    assert text.splitlines()[0].split() == ["METHOD", "VERSION", "PLUGIN", "SUMMARY"]
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
