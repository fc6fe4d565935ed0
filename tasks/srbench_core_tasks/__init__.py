"""The suite `core`: tasks of the other suites that rank methods as all of them together do, in minutes.

They are chosen by `tests/tools/choose_core.py` from the committed results; `tasks.csv` has their names.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import srbench_classics
import srbench_composite
import srbench_feynman
import srbench_nguyen
import srbench_poly2
import srbench_sin
import srbench_srsd
import srbench_strogatz

from srbench_lite import DeferredTasks, Suite, Task, hookimpl

_FILE: Final = Path(__file__).with_name("tasks.csv")
_PACKAGES: Final = (
    srbench_classics, srbench_composite, srbench_feynman, srbench_nguyen, srbench_poly2, srbench_sin, srbench_srsd,
    srbench_strogatz,
)  # fmt: skip


def _chosen() -> dict[str, int]:
    """Return the names of the tasks, with the number of variables of each."""
    with _FILE.open(newline="", encoding="utf-8") as file:
        return {row["task"]: int(row["variables"]) for row in csv.DictReader(file)}


def _core_name(name: str) -> str:
    """Return what a task is called here: `core/nguyen-7`, or `core/srsd-I.6.20` for `srsd/I.6.20`."""
    suite, _, own = name.partition("/")
    return f"core/{own if own.startswith(suite) else f'{suite}-{own}'}"


def _tasks() -> Iterator[Task]:
    wanted = _chosen()
    needed = {name.partition("/")[0] for name in wanted}
    suites = [suite for package in _PACKAGES for suite in package.srbench_suites() if suite.name in needed]
    originals = {task.name: task for suite in suites for task in suite.tasks}
    for name in wanted:
        yield dataclasses.replace(originals[name], name=_core_name(name), suite="core")


@hookimpl
def srbench_suites() -> Iterable[Suite]:
    """Add `core`."""
    counts = _chosen().values()
    tasks = DeferredTasks("core", _tasks, count=len(counts), counts=(min(counts), max(counts)))
    summary = f"{len(tasks)} tasks of the other suites that rank methods as all of them do, in minutes"
    licence = "as the suites that the tasks are taken from"
    return [Suite(name="core", summary=summary, tasks=tasks, source="each task names its own", licence=licence)]
