"""`srbench check --within`: which runs it makes, and what it says of them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from compared_runs import flat, store
from gate_answers import assert_answered
from gate_runs import Runner, record_of

import srbench_lite.reports.check as reports
from srbench_lite.environments.environment import Environment
from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Budget
from srbench_lite.problems.suite_file import load_suite
from srbench_lite.running.plan import plan

SCHEMA = json.loads((Path(reports.__file__).parent / "check.schema.json").read_text())
SUITE = '[suite]\nname = "lines"\n' + "".join(f"""
[[tasks]]
name = "line-{k}"
truth = "{k + 2}*x + 0.5"
variables.x = {{ low = -1, high = 1 }}
""" for k in range(12))  # fmt: skip


def number(one) -> int:
    return int(one.task.name.rpartition("-")[2])


@pytest.fixture(name="gate")
def _gate(call, monkeypatch):
    """The check against 12 tasks with 3 seeds of `mean`, all solved in 10 s; what it runs is made up."""
    monkeypatch.setattr("srbench_lite.comparing.gate_power.REPETITIONS", 5)
    Path("lines.toml").write_text(SUITE)
    method = discover().method("mean")
    planned = plan(
        [method], load_suite(Path("lines.toml")).tasks, seeds=range(3), noises=[0.0], budget=Budget(seconds=20)
    )
    store("good.db", *(record_of(one, lambda one: True, seconds=10.0) for one in planned))
    assert call("baseline", "--store", "good.db", "--out", "base.json").code == 0

    def gate(runner, *options, within="10min"):
        monkeypatch.setattr("srbench_lite.running.runner.run", runner)
        asked = ["--baseline", "base.json", "--store", "now.db", "--suite", "lines.toml"]
        return call("check", *asked, "--within", within, *options)

    return gate


def test_all_runs_are_made_where_there_is_time(gate):
    same = Runner(lambda one: True)
    said = gate(same, "--json", "r.json")
    assert (said.code, len(same.done)) == (0, 36)
    assert {one.budget.seconds for one in same.done} == {20.0}
    assert said.out.startswith(
        "passed: no regression was found\n36 of 36 runs of the baseline, on 12 tasks\nof drops by "
    )
    content = json.loads(Path("r.json").read_text())
    jsonschema.validate(content, SCHEMA)
    assert len(content["scope"]) == 2


def test_fewer_runs_are_made_where_there_is_not_and_they_are_compared_alone(gate):
    lost = Runner(lambda one: number(one) >= 6)
    said = gate(lost, within="3min")
    assert said.code == 1
    assert len(lost.done) == 13  # (180 s * 0.85 - 15 s) / 10.3 s
    assert "13 of 36 runs of the baseline, on " in said.out
    assert {one.seed for one in lost.done} == {1, 2}  # seed 0 chooses, and is not compared


def test_more_jobs_make_more_runs(gate):
    same = Runner(lambda one: True)
    assert gate(same, "--jobs", "2", within="3min").code == 0
    assert len(same.done) == 24  # all seeds that are compared


def test_runs_that_were_made_are_not_made_again_but_crashed_ones_are(gate):
    first = Runner(lambda one: None if (number(one), one.seed) == (3, 1) else True)
    assert gate(first).code == 3
    again = Runner(lambda one: True)
    assert gate(again).code == 0
    assert [(number(one), one.seed) for one in again.done] == [(3, 1)]


def test_the_baselines_own_runs_are_made_again(gate, call):
    Path("good.db").rename("now.db")
    same = Runner(lambda one: True)
    assert gate(same).code == 0
    assert len(same.done) == 36


def test_where_the_time_was_too_short_it_says_so(gate):
    said = gate(Runner(lambda one: True, most=30))
    assert said.code == 0
    assert "30 of 36 runs of the baseline, on 12 tasks; 6 more were chosen, and there was no time for them" in flat(
        said.out
    )


def test_where_it_was_much_too_short_nothing_passes(gate):
    said = gate(Runner(lambda one: True, most=10), "--markdown", "r.md")
    assert said.code == 4
    assert_answered("a slower runner", said)
    assert said.out.startswith("invalid: only 10 of 36 runs could be done within 10:00 min\nGive more time, ")
    assert "only 10 of 36 runs" in Path("r.md").read_text()
    none = gate(Runner(lambda one: True), within="20s")
    assert (none.code, "no run of the baseline can be done within 20 s" in none.err) == (2, True)


def test_nothing_runs_where_only_asked(gate):
    nothing = Runner(lambda one: True)
    said = gate(nothing, "--dry-run", within="3min")
    assert (said.code, nothing.done, said.out) == (0, [], "")
    assert said.err.startswith("13 of 36 runs of the baseline, on ")
    assert "about 2:29 min at the speed of the baseline's machine, 1 at a time" in said.err
    assert max(map(len, said.err.splitlines())) <= 80
    assert not Path("now.db").exists()


def test_tasks_and_suites_may_be_chosen(gate):
    some = Runner(lambda one: True)
    assert gate(some, "--task", "line-1*").code == 0
    assert {number(one) for one in some.done} == {1, 10, 11}


def test_a_task_that_is_gone_is_refused_or_left_out(gate):
    Path("lines.toml").write_text(SUITE.replace("line-11", "line-12"))
    runner = Runner(lambda one: True)
    said = gate(runner)
    assert (said.code, runner.done) == (4, [])
    assert_answered("a removed task", said)
    assert said.out.startswith("invalid: 1 task of the baseline cannot be run any more: lines/line-11\n")
    common = gate(runner, "--common")
    assert (common.code, len(runner.done)) == (0, 33)
    assert "tasks that are not there any more, left out: lines/line-11" in common.out


def test_another_definition_is_refused_before_anything_runs(gate):
    Path("lines.toml").write_text(SUITE.replace("low = -1", "low = -2", 1))
    runner = Runner(lambda one: True)
    said = gate(runner)
    assert (said.code, runner.done) == (4, [])
    assert_answered("a task defined otherwise", said)
    assert said.out.startswith("invalid: 1 task of the baseline is defined differently now: lines/line-0\n")


def test_a_renamed_method_is_run_by_its_new_name(gate):
    renamed = Runner(lambda one: True)
    assert gate(renamed, "--renamed", "mean=linear").code == 0
    assert {one.method.name for one in renamed.done} == {"linear"}
    gone = gate(renamed, "--renamed", "mean=linea")
    assert gone.code == 2
    assert_answered("a renamed method", gone)
    assert "Did you mean: linear" in flat(gone.err)
    assert "add --renamed OLD=NEW" in flat(gone.err)


def test_hyper_parameters_are_todays_or_those_that_are_set(gate):
    runner = Runner(lambda one: True)
    assert gate(runner, "--renamed", "mean=lasso", "--set", "lasso.max_terms=2", "--task", "line-0").code == 0
    assert {one.method.parameters()["max_terms"] for one in runner.done} == {2}
    wrong = gate(runner, "--set", "lasso.max_terms=2")
    assert (wrong.code, "unknown method in --set 'lasso'" in wrong.err) == (2, True)


def test_a_method_is_run_in_the_python_that_is_named(gate, monkeypatch):
    there = Environment(
        name="/there/python", python="/there/python", python_version="3.12.1", requirements=(), locked=(), created=""
    )
    monkeypatch.setattr("srbench_lite.cli.gate_runs.chosen_environments", lambda methods, told: {"mean": there})
    runner = Runner(lambda one: True, environment={"environment": "/there/python"})

    said = gate(runner, "--python", "mean=/there/python", "--task", "line-0")

    assert {one.where.environment for one in runner.done} == {there}
    assert (said.code, "is not known" in flat(said.out)) == (0, False)  # whose code it is: this command ran it


@pytest.mark.parametrize("option", [["--dry-run"], ["--jobs", "2"], ["--set", "mean.a=1"], ["--python", "mean=python"]])
def test_how_runs_are_made_needs_a_time(call, option):
    said = call("check", "--baseline", "base.json", *option)
    assert (said.code, "which needs a time: --within 10min" in said.err) == (2, True)
