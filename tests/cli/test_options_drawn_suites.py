"""Suites that are drawn from their names, wherever a command takes a suite or a task, and where records are read."""

from __future__ import annotations

import json

import pytest

from srbench_lite import random_suite
from srbench_lite.cli.options import matching_tasks, selected_suites
from srbench_lite.errors import SuiteError, UnknownNameError, UsageError
from srbench_lite.methods.discovery import discover

#: A method that answers x1 + 1.
METHOD = """
from dataclasses import dataclass
from srbench_lite import Expression, Fit, Method, hookimpl

@dataclass(frozen=True, kw_only=True)
class Line(Method):
    name, summary, source = "line", "a line", "folklore"

    def fit(self, samples, *, seed, budget, report):
        return Fit(expression=Expression.parse("x1 + 1"))

@hookimpl
def srbench_methods():
    return [Line()]
"""
NAME = "sum:terms=1,count=2"
SUITE = "sum:count=2,high=3,low=-3,seed=0,terms=1,variables=1"


@pytest.fixture(name="registry", scope="module")
def _registry():
    return discover()


def test_a_name_is_drawn(registry):
    assert selected_suites(registry, [NAME, "sin"]) == {SUITE: random_suite(NAME), "sin": registry.suite("sin")}
    assert list(selected_suites(registry, ["sum"])) == ["sum:count=20,high=3,low=-3,seed=0,terms=2,variables=1"]


def test_the_suite_of_a_task_that_is_drawn_is_known(registry):
    chosen = selected_suites(registry, ["sin"], tasks=[f"{NAME}/001", "sin/plain"])
    assert list(chosen) == ["sin", SUITE]
    assert {*selected_suites(registry, [], tasks=[f"{NAME}/001"])} == {*registry.suites, SUITE}
    known = [task.name for suite in chosen.values() for task in suite.tasks]
    assert matching_tasks(f"{NAME}/002", known) == [f"{SUITE}/002"]
    assert matching_tasks(f"{NAME}/0*", known) == [f"{SUITE}/001", f"{SUITE}/002"]


def test_names_that_are_wrong_say_what_is_right(registry):
    with pytest.raises(SuiteError, match=r"'sum:term=1': unknown key 'term'. Did you mean: terms\?"):
        selected_suites(registry, ["sum:term=1"])
    with pytest.raises(SuiteError, match=r"unknown generator 'sun' in 'sun:terms=1'. Did you mean: sum\?"):
        selected_suites(registry, ["sun:terms=1"])
    with pytest.raises(UsageError, match=r"sum:terms=1/001 is a task; give --task sum:terms=1/001"):
        selected_suites(registry, ["sum:terms=1/001"])
    with pytest.raises(UnknownNameError, match="unknown task"):
        matching_tasks(f"{NAME}/003", [f"{SUITE}/001"])


def test_list_shows_the_tasks_and_the_generators(srbench):
    rows = json.loads(srbench("list", "tasks", "--suite", NAME, "--json").out)
    assert [(row["task"], row["truth"]) for row in rows] == [
        (task.name, str(task.truth)) for task in random_suite(NAME).tasks
    ]
    assert json.loads(srbench("list", "suites", "--suite", NAME, "--json").out)[0]["tasks"] == 2
    said = srbench("list", "generators")
    assert said.code == 0
    assert "polynomial  degree" in said.out


def test_what_was_run_can_be_read_again_by_its_name(srbench, tmp_path, monkeypatch):
    """The suite is in no file: show, plot, report, rescore and leaderboard draw it again from the records' names."""
    (tmp_path / "line.py").write_text(METHOD)
    task, plugin = f"{SUITE}/001", ("--plugin", "line.py")
    said = srbench("run", *plugin, "-m", "line", "--task", f"{NAME}/001", "-q")
    assert said.code == 0, said.err
    truth = str(random_suite(NAME).tasks[0].truth)
    for asked in (f"{NAME}/001", "001"):
        shown = srbench("show", asked).out
        assert f"{task}\n  truth      {truth}\n" in shown
        assert "drawn by srbench-lite" in shown
        assert "another definition" not in shown
    drawn, rendered = [], []
    monkeypatch.setattr("srbench_lite.reports.candidates.draw_panels", lambda *given: drawn.append(given) or ())
    assert srbench("plot", f"{NAME}/001", *plugin).code == 0
    assert (str(drawn[0][1].truth), drawn[0][-1]) == (truth, f"{SUITE}-001-line".replace(":", "-"))
    assert srbench("leaderboard", "--suite", NAME).out.startswith(f"{SUITE}, noise 0, 1 task")
    latex = srbench("leaderboard", "--suite", NAME, "--format", "latex").out
    assert "sum:count=2,high=3" in latex
    again = srbench("rescore", "--all", *plugin)
    assert again.code == 0, again.err
    assert "rescored       1" in again.out
    assert "not installed" not in again.out
    monkeypatch.setattr("srbench_lite.reports.page.render", lambda content, title: rendered.append(content) or "")
    assert srbench("report", "--out", "page.html").code == 0
    assert json.dumps(truth) in json.dumps(rendered[0])
