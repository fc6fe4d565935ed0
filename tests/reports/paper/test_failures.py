"""Where methods fail and what they cost, as plain rows and sentences."""

from __future__ import annotations

from papers import MEASURED, MISSED, failures_of, grid, results_of
from records import record


def runs():
    """Yield runs of `a`, which recovers all but the last six of 16 tasks, and of `b`, which recovers none."""
    for k in range(16):
        truth = "x*y" if k >= 10 else "sin(x)"
        yield record(task=f"sin/{k}", method="a", truth=truth, **(MISSED if k >= 10 else {}))
        yield record(task=f"sin/{k}", method="b", truth=truth, **MISSED)


def test_rows_have_every_kind_of_task_and_how_runs_ended():
    results = results_of(list(runs()))
    tags = {str(mark): ("easy",) for mark in results.run_table.runs["task_fingerprint"].unique()}
    rows = failures_of(results, tags).rows(["a", "b"])
    assert {row["by"] for row in rows} == {"variables", "size", "operators", "tags", "miss"}
    found = {(row["by"], row["level"], row["method"]): row["rate"] for row in rows}
    assert found["variables", "1", "a"] == 1
    assert found["operators", "mul", "a"] == 0
    assert found["miss", "wrong form", "b"] == 1
    assert found["tags", "easy", "a"] == 10 / 16


def test_the_leader_is_said_to_be_weak_where_it_is_and_what_it_costs():
    results = results_of(list(runs()))
    weak, cost = failures_of(results).answers("a")
    assert weak.startswith("a recovers least of the tasks with 2 variables: 0 % of 6")
    assert cost.startswith("A fit of a takes ")


def test_of_measured_data_only_the_cost_is_said():
    failures = failures_of(results_of(grid(**MEASURED)))
    (cost,) = failures.answers("a")
    assert cost.startswith("A fit of a takes ")
    assert failures.rows(["a", "b"]) == []
    assert failures.remarks == ("No task has a known truth.",)


def test_tasks_whose_tags_nobody_knows_are_said():
    failures = failures_of(results_of(grid()))
    assert failures.remarks == (
        "3 tasks are of no installed suite as it is defined now, so that the tags are not known.",
    )
    assert failures.nobody == ()
