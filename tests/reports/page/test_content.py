"""What the page shows: rows, curves, ranks, fronts and tasks."""

from __future__ import annotations

import numpy as np
from records import failure, record

from srbench_lite.comparing.ranking import cliques
from srbench_lite.comparing.runs import RunTable
from srbench_lite.expressions.expression import Expression
from srbench_lite.reports.page.content import COLUMNS, content_of, groups_of, shown_records

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def test_time_ranks_and_fronts():
    records = [
        record(
            suite="s", task=f"s/{k}", method=m, seconds=1.0 + k, nmse_test=e, complexity=c, **({} if k < n else MISSED)
        )
        for m, n, e, c in (("a", 10, 1e-3, 9), ("b", 10, 1e-6, 5), ("c", 0, 1e-9, 20))
        for k in range(10)
    ]
    run_table = RunTable.from_records(records, COLUMNS)
    found = content_of(run_table, {}, {})
    ends = {m: [t for t in found["time"] if t["method"] == m] for m in "abc"}
    assert ends["a"][0] == {
        "suite": "s", "noise": 0.0, "perturbation": "none", "method": "a", "seconds": 1.0, "solved": 0.1,
    }  # fmt: skip
    assert ends["a"][-1]["solved"] == 1.0
    assert ends["c"] == [
        {"suite": "s", "noise": 0.0, "perturbation": "none", "method": "c", "seconds": 60.0, "solved": 0.0}
    ]
    assert {f["method"]: f["front"] for f in found["front"]} == {"a": False, "b": True, "c": True}
    (diagram,) = found["ranks"]
    assert [m["rank"] for m in diagram["means"]] == [1.5, 1.5, 3.0]
    scores = np.array([[1.0, 1.0, 0.0]] * 10)
    assert len(diagram["bars"]) == len(cliques(scores)) == 1


def test_every_number_beside_a_formula_is_that_formulas():
    """The best run found nine nodes where the others found three; it is no median of anything."""
    shared = {"suite": "s", "task": "s/0", "method": "a"}
    best = record(
        **shared, seed=2, expression="x0 + x1*sin(x2)*exp(x3)", complexity=9, nmse_test=1e-20, seconds=40.0,
        cpu_seconds=10.0, stopped="budget", judged_here=False, replay_gap=2.0,
    )  # fmt: skip
    others = [record(**shared, seed=k, complexity=3, nmse_test=0.5, seconds=1.0, **MISSED) for k in (0, 1, 3, 4)]
    run_table = RunTable.from_records([best, *others], COLUMNS)
    (number,) = shown_records(run_table.runs)
    found = content_of(run_table, {}, {number: (best.expression, None)})
    (group,) = found["groups"]
    formula = Expression.parse(group["text"])
    assert (group["hits"], group["n"], group["seed"]) == (1, 5, 2)
    assert (group["size"], group["nmse"], group["seconds"]) == (formula.complexity, 1e-20, 40.0)
    assert (group["stopped"], group["core"], group["claim"], group["odd"]) == ("budget", 0.25, True, "unlike")
    (row,) = found["rows"]
    assert (row["cpu"], row["memory"]) == (1.25, 200.0)
    assert (row["complexity"], row["seconds"], row["clock"], row["busy"], row["claims"]) == (3.0, 1.0, 1, True, 1)
    assert any("are claims" in remark or "is a claim" in remark for remark in found["remarks"])


def test_the_numbers_of_a_run_without_a_formula_are_its_own_too():
    shared = {"suite": "s", "task": "s/0", "method": "a"}
    runs = [failure(**shared, seed=0, seconds=7.0), failure(**shared, seed=1, seconds=9.0)]
    (group,) = content_of(RunTable.from_records(runs, COLUMNS), {}, {})["groups"]
    assert (group["size"], group["nmse"], group["seconds"], group["odd"]) == (None, None, 7.0, "")


def test_too_many_tasks_are_cut_whole(monkeypatch):
    monkeypatch.setattr("srbench_lite.reports.page.content._MAX_GROUPS", 10)
    records = [record(suite="s", task=f"s/{k}", method=m) for k in range(6) for m in "abc"]
    run_table = RunTable.from_records(records, COLUMNS)
    assert len(shown_records(run_table.runs)) == 9
    found = content_of(run_table, {}, {})
    assert (len(found["groups"]), found["left_out"]) == (9, 3)


def test_perturbed_runs_have_rows_series_and_groups_of_their_own():
    settings = {"perturbation": {"rescale": True}, "truth": "3*sin(7*x)", "expression": "3*sin(7*x)"}
    records = [
        record(suite="s", task=f"s/{k}", method=method, **more)
        for k in range(4)
        for method in ("a", "b")
        for more in ({}, settings)
    ]
    run_table = RunTable.from_records(records, COLUMNS)
    formulas = {number: (one.expression, None) for number, one in enumerate(records)}
    found = content_of(run_table, {}, formulas)
    assert found["perturbations"] == ["none", "rescaled"]
    for name in ("rows", "front", "time", "ranks", "failures", "groups"):
        assert {row["perturbation"] for row in found[name]} == {"none", "rescaled"}, name
    assert found["tasks"]["s/0"]["truth"] == "sin(x)"
    groups = [group for group in found["groups"] if group["task"] == "s/0" and group["method"] == "a"]
    assert [(group["text"], group.get("truth")) for group in groups] == [
        ("sin(x)", None), ("3*sin(7*x)", "3*sin(7*x)"),
    ]  # fmt: skip


def test_points_of_perturbed_runs_only_are_not_drawn():
    perturbed = record(perturbation={"dummies": 1}, truth="sin(k)", expression="sin(k)")
    found = content_of(RunTable.from_records([perturbed], COLUMNS), {}, {0: ("sin(k)", None)})
    assert "differ from run to run" in found["tasks"]["sin/plain"]["note"]


def test_tasks_stand_in_natural_order():
    records = [record(suite="s", task=f"s/s-{k}") for k in (1, 10, 11, 2)]
    groups = groups_of(RunTable.from_records(records, COLUMNS).runs)
    assert [group["task"] for group in groups] == ["s/s-1", "s/s-2", "s/s-10", "s/s-11"]
