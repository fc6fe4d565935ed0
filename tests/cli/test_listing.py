"""`srbench list`: methods, suites and tasks, for people and as JSON."""

from __future__ import annotations

import json

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

    assert set(lasso) == {"method", "version", "plugin", "summary", "source", "parameters"}
    assert lasso["parameters"] == discover().method("lasso").parameters()
    assert text.splitlines()[0].split() == ["METHOD", "VERSION", "PLUGIN", "SUMMARY"]
    assert lasso["source"] not in text


def test_tasks_of_a_file_are_listed_with_their_ranges(srbench):
    lines = srbench("list", "tasks", "--suite", "toy.toml").out.splitlines()

    assert [line.split()[0] for line in lines] == ["TASK", "toy/line", "toy/curve"]
    assert "2*x + 1" in lines[1]
    assert "-1:1" in lines[1]
