"""Which tasks nobody recovered, and which only one method did."""

from __future__ import annotations

from typing import Any

from records import failure, record

from srbench_lite.comparing.breakdown import judged_runs
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.solvers import only_by_one, solvers_of, unsolved
from srbench_lite.recording.record import Record

COLUMNS = ("suite", "task", "method", "noise", "perturbation", "truth", "recovered", "nmse_test")


def run(task: str, method: str, solved: bool, nmse: float | None = 0.5, seed: int = 0) -> Record:
    verdict: dict[str, Any] = {} if solved else {"verdict": "different", "recovered": False}
    return record(task=f"sin/{task}", method=method, seed=seed, nmse_test=0.0 if solved else nmse, **verdict)


RUNS = [
    run("all", "a", True), run("all", "b", True), run("one", "a", False), run("one", "b", False),
    run("one", "b", True, seed=1), run("none", "a", False, 0.25), run("none", "b", False, 0.75),
    run("alone", "a", True), failure(task="sin/hopeless", method="a"),
]  # fmt: skip


def found(records: list[Record]) -> dict[str, Any]:
    runs, _ = judged_runs(RunTable.from_records(records, COLUMNS).runs)
    return {one.task: one for one in solvers_of(runs)}


def test_a_task_is_recovered_by_a_method_that_did_so_in_some_run():
    tasks = found(RUNS)
    assert {name: one.solved for name, one in tasks.items()} == {
        "sin/all": ("a", "b"), "sin/alone": ("a",), "sin/hopeless": (), "sin/none": (), "sin/one": ("b",),
    }  # fmt: skip
    assert tasks["sin/alone"].tried == ("a",)
    assert tasks["sin/none"].truth == "sin(x)"


def test_nobody_recovered_some_and_one_came_closest():
    none = {one.task: (one.closest, one.nmse_test) for one in unsolved(found(RUNS).values())}
    assert none == {"sin/hopeless": (None, None), "sin/none": ("a", 0.25)}


def test_only_one_method_recovered_what_others_tried():
    only = only_by_one(found(RUNS).values())
    assert {method: [one.task for one in tasks] for method, tasks in only.items()} == {"b": ["sin/one"]}


def test_the_order_of_runs_does_not_matter():
    assert found(RUNS) == found(RUNS[::-1])
