"""A diagnosis has the parts that are asked for, and says what it leaves out."""

from __future__ import annotations

import pytest
from records import failure, record

from srbench_lite.comparing.diagnosis import PARTS, Diagnosis, TaskFacts
from srbench_lite.errors import UsageError
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store

MISSED = {"verdict": "different", "recovered": False, "expression": "2.5*sin(x)"}
RUNS = [
    record(task="sin/a"), record(task="sin/b", **MISSED), record(task="sin/a", method="other"),
    record(task="sin/a", noise=0.1, **MISSED), record(task="sin/b", noise=0.1, **MISSED),
    failure(task="sin/c", method="other"),
]  # fmt: skip
UNKNOWN = {"truth": None, "verdict": None, "recovered": None}
FACTS = {f"fingerprint of sin/{task} 1": TaskFacts(tags=("easy",), n_train=200) for task in "abc"}


def made(records: list[Record], *parts: str, **choice: object) -> Diagnosis:
    return Diagnosis.from_records(records, parts or tuple(PARTS), **choice)


def test_everything_is_about_the_least_noise_but_the_curves():
    found = made(RUNS, facts=FACTS)
    assert str(found.condition) == "noise 0"
    assert [one.by for one in found.breakdowns] == ["variables", "size", "operators", "tags", "miss"]
    assert {cell.runs for cell in found.breakdowns[0].total} == {2}
    assert [one.by for one in found.degradations] == ["noise"]
    assert [one.method for one in found.costs] == ["good", "other"]
    assert {one.task: one.solved for one in found.tasks} == {"sin/a": ("good", "other"), "sin/b": (), "sin/c": ()}
    assert "2 runs at other noise levels or perturbations: --noise and --perturbation choose them." in found.remarks
    assert found.remarks[-1] == (
        "No curves: training points: one level only (own); dummy variables: one level only (0); noise of the inputs: "
        "one level only (0); share of outliers: one level only (0); other units: one level only (no)."
    )


@pytest.mark.parametrize("part", PARTS)
def test_only_the_parts_that_are_asked_for(part):
    found = made(RUNS, part, facts=FACTS)
    names = [one.by for one in (*found.breakdowns, *found.degradations)]
    names += ["cost"] * bool(found.costs) + ["tasks"] * bool(found.tasks)
    expected = [] if part in ("train-size", "dummies", "input-noise", "outliers", "rescale") else [part]
    assert names == expected


def test_a_store_says_the_same_as_its_records(tmp_path):
    with Store(tmp_path / "runs.db") as store:
        store.add_all(RUNS)
        assert Diagnosis.from_store(store, facts=FACTS) == made(RUNS, facts=FACTS)
        assert made(RUNS, "miss").breakdowns[0].levels == ("recovered", "right form", "crashed")
        only = Diagnosis.from_store(store, ("variables",), methods=["other"], noise=0.0)
    assert only.breakdowns[0].methods == ("other",)


def test_another_noise_level_can_be_chosen():
    found = made(RUNS, "variables", noise=0.1)
    assert found.breakdowns[0].total[0].rate == 0.0
    with pytest.raises(UsageError, match=r"no run here has noise 0\.5; they have 0, 0\.1"):
        made(RUNS, noise=0.5)


def test_common_leaves_out_tasks_that_some_method_did_not_run_on():
    found = made(RUNS, "variables", "tasks", common=True)
    assert [one.task for one in found.tasks] == ["sin/a"]
    assert "2 tasks that some method did not run on are left out." in found.remarks
    assert not [remark for remark in found.remarks if "Not on all" in remark]
    assert made(RUNS[:1], "tasks", common=True).remarks == ()
    with pytest.raises(UsageError, match="--common: no task was run by all 2 methods at noise 0; choose with --method"):
        made([RUNS[1], RUNS[2]], "variables", common=True)


def test_measured_data_have_costs_and_a_plain_sentence():
    found = made([record(task="sin/data", **UNKNOWN), record(task="sin/more", **UNKNOWN)])
    assert (found.breakdowns, found.tasks) == ((), ())
    assert "2 tasks have no truth (measured data) and are left out of rates of recovery" in found.remarks[0]
    assert found.costs[0].runs == 2


def test_nothing_is_made_of_nothing():
    assert made([]) == Diagnosis(condition=None)


def test_tasks_that_cannot_be_shown_are_left_out_where_asked():
    found = made([*RUNS, record(task="sin/hidden", identifiable=False)], "tasks", not_shown=())
    assert "sin/hidden" not in {one.task for one in found.tasks}
    assert any("cannot show" in remark for remark in found.remarks)
