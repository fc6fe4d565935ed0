"""What the gate advises where runs cannot be compared."""

from __future__ import annotations

import shlex

import pytest
from compared_runs import runs

from srbench_lite.cli.run import run_command
from srbench_lite.comparing.baseline import COLUMNS
from srbench_lite.comparing.gate_advice import COMMAND, NEW_BASELINE, on_absent_method, on_refused, run_commands
from srbench_lite.comparing.runs import RunTable


def table(records):
    return RunTable.from_records(records, COLUMNS).runs


def test_a_command_makes_what_is_missing_and_nothing_else():
    every = table(runs(12, seeds=3))
    chosen = every[(every["seed"] == 2) & every["task"].isin(["s/1", "s/4"])]
    assert run_commands(chosen, whole=every) == [
        "srbench run --method good --suite s --task s/1 --task s/4 --noise 0 --seeds 1 --first-seed 2 --time-limit 60"
    ]
    assert run_commands(every[every["seed"] < 2], whole=every) == [
        "srbench run --method good --suite s --noise 0 --seeds 2 --time-limit 60"
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"budget_memory_mb": 512.0, "budget_threads": 2},
        {"method": "command:./my method"},
        {"perturbation": {"train_size": 20, "rescale": True}},
        {"noise": 0.1},
    ],
)
def test_the_command_line_takes_every_command(changes):
    for command in run_commands(table(runs(2, **changes))):
        _, name, *rest = shlex.split(command)
        with run_command.make_context(name, rest) as context:
            assert context.params["methods"] == (changes.get("method", "good"),)
            assert context.params["memory_limit"] == changes.get("budget_memory_mb", 4096.0)
            assert context.params["threads"] == changes.get("budget_threads", 1)


def test_other_limits_are_made_again_with_those_of_the_baseline():
    advice = on_refused(table(runs(12)), table(runs(12, budget_seconds=5.0)))
    assert advice[0] == "Make them again with the time limit of the baseline:"
    assert advice[1].endswith(" --time-limit 60")
    assert advice[-1] == NEW_BASELINE


def test_a_changed_task_needs_a_new_baseline_and_no_runs():
    advice = on_refused(table(runs(12)), table(runs(12, task_fingerprint="other")))
    assert advice == (NEW_BASELINE,)


def test_every_method_that_may_be_the_new_name_is_named():
    advice = on_absent_method("good", table(runs(12)), {"better", "best"})
    assert [line for line in advice if "--renamed" in line] == [
        f"If good is called {name} now, add --renamed good={name}." for name in ("best", "better")
    ]
    assert sum(line.startswith(COMMAND) for line in advice) == 1
