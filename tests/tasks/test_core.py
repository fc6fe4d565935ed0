"""The suite `core`: copies of tasks of other suites, one a formula."""

from __future__ import annotations

import csv
import dataclasses

from choose_core import distinct
from places import ROOT

from srbench_lite.comparing.formula_class import formula_classes
from srbench_lite.methods.discovery import discover

TASKS = discover().tasks
CORE = [task for task in TASKS.values() if task.suite == "core"]
with (ROOT / "tasks" / "srbench_core_tasks" / "tasks.csv").open(newline="") as file:
    CHOSEN = [row["task"] for row in csv.DictReader(file)]


def test_every_task_is_that_of_its_suite_under_another_name():
    assert len(CORE) == len(CHOSEN) == 40
    for task, name in zip(CORE, CHOSEN, strict=True):
        original = TASKS[name]
        assert task.name.endswith(original.name.split("/")[1])
        assert dataclasses.replace(task, name=original.name, suite=original.suite) == original
        assert task.fingerprint != original.fingerprint


def test_every_suite_with_a_formula_of_its_own_has_a_part_and_no_formula_stands_twice():
    others = [task for task in TASKS.values() if task.suite != "core"]
    assert {TASKS[name].suite for name in CHOSEN} == {task.suite for task in distinct(others)}
    classes = formula_classes(str(task.truth) for task in CORE)
    assert len({classes[str(task.truth)] for task in CORE}) == 40
    assert not any(task.unidentifiable for task in CORE)
