"""Where methods fail, as the page has it."""

from __future__ import annotations

import json

import pytest
from records import failure, record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.progress import entry
from srbench_lite.recording.store import Store
from srbench_lite.reports.page.content import COLUMNS
from srbench_lite.reports.page.weaknesses import weaknesses_of

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


@pytest.fixture(name="found")
def _found(tmp_path):
    shared = {"suite": "s", "peak_mb": 100.0}
    seen = (entry(1.0, "x", recovered=True, verdict="exact"),)
    records = [
        *(record(**shared, task=f"s/{k}", method="a", truth="x*sin(y)", progress=seen) for k in range(3)),
        *(record(**shared, task=f"s/{k}", method="b", truth="x*sin(y)", expression="2*x*sin(y)", **MISSED)
          for k in range(3)),
        *(record(**shared, task="s/3", method=m, truth="exp(x)", expression="x", nmse_test=e, **MISSED)
          for m, e in (("a", 0.5), ("b", 0.25))),
        *(record(**shared, task="s/0", method="a", noise=0.1, truth="x*sin(y)", seed=seed, **more)
          for seed, more in ((0, {}), (1, MISSED))),
        failure(**shared, task="s/4", method="b", truth="exp(x)"),
        record(**shared, task="s/4", method="a", truth="exp(x)", perturbation=Perturbation(dummies=2).settings),
    ]  # fmt: skip
    with Store(tmp_path / "runs.db") as store:
        store.add_all(records)
        yield [*weaknesses_of(store, RunTable.from_store(store, COLUMNS), {})]


def test_each_condition_has_its_own(found):
    assert [(one["noise"], one["perturbation"]) for one in found] == [(0.0, "none"), (0.0, "2 dummies"), (0.1, "none")]
    json.dumps(found, allow_nan=False)


def test_breakdowns_have_rates_by_kind_and_method(found):
    plain = found[0]
    tables = {table["by"]: table for table in plain["breakdowns"]}
    cells = {(level, method): rate for level, method, rate, *_ in tables["variables"]["cells"]}
    assert (cells["2", "a"], cells["2", "b"], cells["1", "a"]) == (1.0, 0.0, 0.0)
    assert tables["variables"]["total"]["a"][3] == 4  # tasks
    ends = {(level, method): rate for level, method, rate, *_ in tables["miss"]["cells"]}
    assert (ends["right form", "b"], ends["crashed", "b"], ends["wrong form", "a"]) == (0.6, 0.2, 0.25)


def test_tasks_that_nobody_or_one_method_recovered(found):
    plain = found[0]
    assert [(one["task"], one["closest"]) for one in plain["nobody"]] == [("s/3", "b"), ("s/4", None)]
    assert (plain["nobody_in_all"], plain["only"]) == (2, {"a": ["s/0", "s/1", "s/2"]})


def test_a_curve_has_every_level_and_settings_with_one_level_are_said(found):
    plain = found[0]
    (noise,) = [curve for curve in plain["curves"] if curve["by"] == "noise"]
    assert noise["levels"] == ["0", "0.1"]
    assert [(point["level"], point["recovery"], point["tasks"]) for point in noise["points"]] == [
        ("0", 1.0, 1), ("0.1", 0.5, 1),
    ]  # fmt: skip
    assert any(remark.startswith("share of outliers") for remark in plain["not_drawn"])


def test_costs_are_of_the_runs_that_began(found):
    costs = {cost["method"]: cost for cost in found[0]["costs"]}
    assert (costs["a"]["seconds"], costs["a"]["cpu"], costs["a"]["memory"]) == (1.5, 1.25, 100.0)
    assert costs["a"]["reach"]["50"] == 1.0


def test_too_many_formulas_are_not_looked_at(tmp_path, monkeypatch):
    monkeypatch.setattr("srbench_lite.reports.page.weaknesses._MAX_FORMULAS", 1)
    with Store(tmp_path / "runs.db") as store:
        store.add_all(record(suite="s", task=f"s/{k}", truth="x", **MISSED) for k in range(2))
        (found,) = weaknesses_of(store, RunTable.from_store(store, COLUMNS), {})
    assert found["unread"] == 2
    assert "miss" not in [table["by"] for table in found["breakdowns"]]
