"""Tables of a paper."""

from __future__ import annotations

from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.paper import tables


def test_perturbed_runs_have_lines_and_tables_of_their_own():
    few = {"perturbation": {"train_size": 20, "dummies": 3}}
    records = [record(task=f"sin/{k}", method=m, **more) for k in range(3) for m in "ab" for more in ({}, few)]
    run_table = RunTable.from_records(records, COLUMNS)
    summary, overview, macros = (make(run_table) for make in (tables.summary, tables.overview, tables.macros))
    assert summary.count("train 20, 3 dummies") == 2
    assert summary.count("\\bfseries") == 4
    assert "noise 0, train 20, 3 dummies." in overview
    assert "tab:recovery-0-train-20-3-dummies" in overview
    assert "srb@a/sin/0/recovery" in macros
    assert "srb@a/sin/0/train 20, 3 dummies/recovery" in macros


def test_all_suites_together_have_a_column_and_macros():
    """x + 1 stands in both suites: a finds it once in two tasks, so of two formulas 3/4; c did not run on all tasks."""
    missed = {"verdict": "different", "recovered": False, "recovered_srbench": False}
    tasks = {"p/a": "x + 1", "q/a": "1 + t", "q/b": "x*y"}
    records = [
        record(suite=name[0], task=name, truth=truth, method=m, **(missed if (name, m) == ("q/a", "a") else {}))
        for name, truth in tasks.items()
        for m in "ab"
    ]
    run_table = RunTable.from_records([*records, record(suite="p", task="p/a", truth="x + 1", method="c")], COLUMNS)
    overview, macros = tables.overview(run_table), tables.macros(run_table)
    assert "{all suites}" in overview
    assert "an average over formulas" in overview
    lines = {line[0]: line.rpartition("&")[2].strip() for line in overview.splitlines() if line[1:3] == " &"}
    assert lines["a"].startswith("75.0")
    assert lines["b"].startswith(r"\bfseries 100.0")
    assert lines["c"].startswith("{--}")
    assert r"srb@a/all suites/0/recovery\endcsname{\num{75.0}}" in macros
