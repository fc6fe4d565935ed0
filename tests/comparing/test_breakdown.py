"""Breakdowns: rates on one kind of tasks after another, counted by hand; and what holds of all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import record

from srbench_lite.comparing.breakdown import TRAITS, Breakdown, break_down, judged_runs
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.recording.record import Record

COLUMNS = ("suite", "task", "task_fingerprint", "method", "noise", "perturbation", "truth", "recovered", "verdict")
MISSED = {"verdict": "different", "recovered": False}
#: Task -> truth.
TRUTHS = {"s/line": "2*x + 1", "s/wave": "sin(x)", "s/both": "sin(x) + x*y", "s/long": "+".join(["sin(x*y)"] * 8)}


def run(task: str, solved: bool, method: str = "good", seed: int = 0, **changes: Any) -> Record:
    suite = task.partition("/")[0]
    given = {"truth": TRUTHS.get(task), "suite": suite, "task": task, "method": method, "seed": seed} | changes
    return record(**given, **({} if solved else MISSED))


def broken(records: list[Record], by: str, tags: Any = None) -> Breakdown:
    judged, _ = judged_runs(RunTable.from_records(records, COLUMNS).runs)
    return break_down(judged, by, tags)


RUNS = [
    run("s/line", True), run("s/line", False, seed=1), run("s/wave", True), run("s/both", False),
    run("s/long", True), run("s/line", False, "bad"), run("s/wave", True, "bad"),
]  # fmt: skip


def numbers(table: Breakdown, method: str = "good") -> dict[str, tuple[float, int, int]]:
    return {cell.level: (cell.rate, cell.formulas, cell.runs) for cell in table.cells if cell.method == method}


def test_by_number_of_variables():
    table = broken(RUNS, "variables")
    assert table.levels == ("1", "2")
    assert table.methods == ("good", "bad")  # (1/2 + 1 + 0 + 1)/4 against 1/2
    assert numbers(table) == {"1": (0.75, 2, 3), "2": (0.5, 2, 2)}
    assert numbers(table, "bad") == {"1": (0.5, 2, 2)}
    assert table.cell("2", "bad") is None
    assert table.cell("1", "good").interval == wilson_interval(0.75, 2)
    assert [(cell.method, cell.rate, cell.formulas) for cell in table.total] == [("good", 0.625, 4), ("bad", 0.5, 2)]
    assert table.cell("all", "bad").rate == 0.5
    assert "Not on all 4 that others ran on: bad (2)." in table.remarks[0]


def test_methods_that_ran_on_as_many_other_tasks_are_named():
    table = broken([run("s/line", True), run("s/wave", True, "bad")], "variables")
    assert table.remarks[0].startswith("Not on all 2 that others ran on: bad (1), good (1).")


def test_by_size():
    assert numbers(broken(RUNS, "size")) == {"1-6": (0.5, 3, 4), "25-48": (1.0, 1, 1)}


def test_by_operators_a_task_stands_in_several():
    table = broken(RUNS, "operators")
    assert table.overlapping
    assert table.levels == ("add", "mul", "sin")
    assert numbers(table) == {"add": (0.5, 3, 4), "mul": (0.5, 3, 4), "sin": (2 / 3, 3, 3)}


def test_by_tags_which_records_do_not_have():
    tags = {
        f"fingerprint of {task} 1": tags
        for task, tags in (("s/line", ("easy",)), ("s/wave", ()), ("s/both", ("easy", "odd")))
    }
    table = broken(RUNS, "tags", tags)
    assert numbers(table) == {"easy": (0.25, 2, 3), "none": (1.0, 1, 1), "odd": (0.0, 1, 1)}
    assert "1 task is of no installed suite" in table.remarks[0]
    nothing = broken(RUNS, "tags")
    assert (nothing.levels, nothing.cells) == ((), ())
    assert "4 tasks are of no installed suite" in nothing.remarks[0]


def test_over_suites_a_formula_counts_once_where_its_shortest_truth_is():
    long = "x*x*x*x*x*x*x"  # 13 nodes
    shared = [run("a/1", True, truth="x**7"), run("b/1", False, truth=long), run("b/2", True, truth="x")]
    assert numbers(broken(shared, "size")) == {"1-6": (0.75, 2, 3)}
    assert broken(shared, "size").total[0].tasks == 3
    alone = [run("b/1", False, truth=long), run("b/2", True, truth="x")]
    assert numbers(broken(alone, "size")) == {"1-6": (1.0, 1, 1), "13-24": (0.0, 1, 1)}


def test_tasks_without_a_truth_are_left_out_and_said():
    unknown = {"truth": None, "verdict": None, "recovered": None}
    records = [run("s/line", True), record(suite="s", task="s/data", **unknown)]
    judged, said = judged_runs(RunTable.from_records(records, COLUMNS).runs)
    assert judged["task"].tolist() == ["s/line"]
    assert "1 task has no truth (measured data) and is left out of rates of recovery" in said[0]
    none, _ = judged_runs(RunTable.from_records(records[1:], COLUMNS).runs)
    assert len(none) == 0


def test_a_run_without_a_verdict_is_no_recovery():
    table = broken([run("s/line", True, recovered=None, verdict=None), run("s/wave", True)], "variables")
    assert numbers(table) == {"1": (0.5, 2, 2)}


_CELLS = st.lists(
    st.tuples(st.sampled_from(sorted(TRUTHS)), st.sampled_from(["good", "bad"]), st.integers(0, 2), st.booleans()),
    min_size=1, max_size=20, unique_by=lambda cell: cell[:3],
)  # fmt: skip


@settings(max_examples=8)
@given(_CELLS, st.randoms(use_true_random=False))
def test_levels_add_up_to_the_total_and_the_order_of_runs_does_not_matter(cells, random):
    records = [run(task, solved, method, seed) for task, method, seed, solved in cells]
    shuffled = random.sample(records, len(records))
    for by in TRAITS:
        table, other = broken(records, by), broken(shuffled, by)
        assert (table.levels, table.methods, table.cells, table.total) == (
            other.levels, other.methods, other.cells, other.total
        )  # fmt: skip
        if by in ("variables", "size"):
            for total in table.total:
                own = [cell for cell in table.cells if cell.method == total.method]
                assert sum(cell.formulas for cell in own) == total.formulas
                assert sum(cell.runs for cell in own) == total.runs
                assert sum(cell.rate * cell.formulas for cell in own) == pytest.approx(total.rate * total.formulas)
        for cell in (*table.cells, *table.total):
            assert cell.interval.low <= cell.rate <= cell.interval.high
