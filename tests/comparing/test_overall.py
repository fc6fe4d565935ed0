"""`Overall`: a small table worked out by hand, and what must change nothing."""

from __future__ import annotations

import dataclasses
import random

import pytest
from records import claimed, failure, record

from srbench_lite.comparing.overall import Overall, OverallTables
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store

#: Suite r: sin(x) and x**2; suite s: cos(x), x**3, x**5 and sin(x) in another letter.
TRUTHS = {"r/sin": "sin(x)", "r/two": "x**2", "s/cos": "cos(x)", "s/three": "x**3", "s/five": "x**5", "s/sin": "sin(q)"}
SOLVED = {
    "ace": {"r/sin", "r/two", "s/cos", "s/three", "s/five", "s/sin"},
    "mid": {"r/sin", "s/cos", "s/sin"},
    "low": {"s/three"},
}


def runs(solved: dict[str, set[str]], tasks: dict[str, str] = TRUTHS, **changes: object) -> list[Record]:
    return [
        record(
            method=method, suite=task.split("/")[0], task=task, truth=truth, recovered=task in own,
            verdict="exact" if task in own else "different", **changes,
        )
        for method, own in solved.items() for task, truth in tasks.items()
    ]  # fmt: skip


def only(records: list[Record], **options: object) -> Overall:
    (table,) = OverallTables.from_records(records, **options).tables
    return table


def test_a_table_by_hand():
    """r gives 1/2 a task, s 1/4; sin(x) is in both: 1/4 in r and 1/8 in s. In all 1/4 + 1/2 + 3/4 + 1/8 = 13/8.

    mid solves sin in both and cos: (1/4 + 1/8 + 1/4) / (13/8) = 5/13. low solves one of s: (1/4) / (13/8) = 2/13.
    """
    table = only(runs(SOLVED))
    assert [(s.name, s.tasks, s.shared) for s in table.suites] == [("r", 2, 1), ("s", 4, 1)]
    assert [s.weight for s in table.suites] == pytest.approx([6 / 13, 7 / 13])
    assert (table.tasks, table.formulas, table.metric) == (6, 5, "recovery")
    assert [s.method for s in table.standings] == ["ace", "mid", "low"]
    assert [s.value for s in table.standings] == pytest.approx([1, 5 / 13, 2 / 13])
    assert [[c.value for c in s.cells] for s in table.standings] == [[1, 1], [0.5, 0.5], [0, 0.25]]
    assert table.standings[1].cells[1].interval == wilson_interval(0.5, 4)
    assert [s.rank for s in table.standings] == [1, 2, 3]
    ace, mid, _ = table.standings
    assert ace.interval.low < 1 == ace.interval.high, "all solved is no certainty"
    assert (mid.runs, mid.statuses) == (6, {"ok": 6})
    duel = table.duels[1][2]
    assert (duel.wins, duel.losses, duel.ties) == (2, 1, 2), "sin(x) and sin(q) are one formula"
    assert duel.difference == pytest.approx(3 / 13)
    assert table.duels[0][1].wins == 3
    assert table.duels[1][0].losses == 3
    assert table.remarks == (
        "2 tasks of 6 have a formula that stands in several suites; there it counts once, its weight shared among "
        "them.",
    )


def test_a_task_of_which_one_suite_has_two_is_one_formula_in_a_duel():
    tasks = {"r/a": "sin(x)", "r/b": "sin(z)", "r/c": "x**2"}
    table = only(runs({"a": {"r/a", "r/b"}, "b": {"r/c"}}, tasks))
    assert (table.duels[0][1].wins, table.duels[0][1].losses) == (1, 1)
    assert table.standings[0].value == pytest.approx(2 / 3)


def test_who_did_not_run_on_all_is_named_and_not_ranked():
    records = runs(SOLVED)
    cut = [r for r in records if (r.method, r.task) != ("mid", "r/two")]
    table = only(cut)
    assert [s.method for s in table.standings] == ["ace", "low"]
    assert [(lack.method, lack.tasks, lack.suites) for lack in table.lacks] == [("mid", 1, {"r": (1, 2)})]
    assert {(d.method, d.other) for row in table.duels for d in row if d} == {("ace", "low"), ("low", "ace")}
    common = only(cut, common=True)
    assert [s.method for s in common.standings] == ["ace", "mid", "low"]
    assert [(s.name, s.tasks) for s in common.suites] == [("r", 1), ("s", 4)]
    assert common.lacks == ()
    assert "Only tasks that all methods ran on are counted; 1 task is left out." in common.remarks


def test_if_nobody_ran_on_all_nobody_is_ranked():
    table = only([record(method="a", task="sin/x"), record(method="b", task="sin/y")])
    assert (table.standings, table.duels) == ((), ())
    assert [lack.method for lack in table.lacks] == ["a", "b"]
    assert table.verdict == "No method ran on every task in sin, so none is ranked."
    assert table.suites[0].weight == 1.0


def test_a_copy_of_all_suites_changes_nothing():
    records = runs(SOLVED)
    copies = [
        dataclasses.replace(r, suite=f"{r.suite}2", task=r.task.replace("/", "2/", 1)) for r in records
    ]  # fmt: skip
    once, twice = only(records), only([*records, *copies])
    assert [s.weight for s in twice.suites] == pytest.approx([3 / 13, 3 / 13, 7 / 26, 7 / 26])
    for before, after in zip(once.standings, twice.standings, strict=True):
        assert after.value == pytest.approx(before.value)
        assert (after.rank, after.ranks, after.method) == (before.rank, before.ranks, before.method)
    assert [[d and (d.wins, d.losses, d.p_value) for d in row] for row in twice.duels] == [
        [d and (d.wins, d.losses, d.p_value) for d in row] for row in once.duels
    ]
    assert twice.formulas == once.formulas


def test_the_order_of_records_changes_nothing():
    records = runs(SOLVED)
    first = OverallTables.from_records(records)
    for seed in range(3):
        random.Random(seed).shuffle(records)
        assert OverallTables.from_records(records) == first


def test_a_new_name_changes_nothing_else():
    names = {"ace": "zoo", "mid": "alpha", "low": "mid"}
    before, after = only(runs(SOLVED)), only(runs({names[k]: v for k, v in SOLVED.items()}))
    for one, other in zip(before.standings, after.standings, strict=True):
        assert (names[one.method], one.value, one.ranks, one.interval) == (
            other.method, other.value, other.ranks, other.interval,
        )  # fmt: skip


def test_measured_data_are_ranked_by_accuracy():
    unknown = {"truth": None, "recovered": None, "verdict": None}
    records = runs(SOLVED) + [
        record(method=method, suite="m", task=f"m/{k}", nmse_test=error, **unknown)
        for method, error in (("ace", 0.1), ("mid", 0.001), ("low", 0.01)) for k in range(8)
    ]  # fmt: skip
    recovery, accuracy = OverallTables.from_records(records).tables
    assert [s.name for s in recovery.suites] == ["r", "s"]
    assert [(s.method, s.value) for s in accuracy.standings] == [("mid", 3.0), ("low", 2.0), ("ace", 1.0)]
    assert accuracy.verdict.startswith("mid is best: it has 3.00 digits of accuracy")
    assert accuracy.standings[0].cells[0].interval == pytest.approx((3.0, 3.0))
    alone = only([one for one in records if one.task == records[-1].task], metric="accuracy").standings[0]
    assert (alone.interval, alone.cells[0].interval) == ((-2, 12), (-2, 12)), "one task says nothing of others"


def test_runs_without_a_formula_and_other_limits_are_told():
    records = [
        *runs({"ace": SOLVED["ace"]}),
        *runs({"mid": SOLVED["mid"]}, {"r/sin": "sin(x)"}, budget_seconds=12.0),
        *(failure(Status.SKIPPED, method="mid", suite=t.split("/")[0], task=t, truth=TRUTHS[t], budget_seconds=12.0)
          for t in TRUTHS if t != "r/sin"),
    ]  # fmt: skip
    table = only(records)
    assert table.remarks[1:] == (
        "Runs that did not end ok: mid 5 skipped of 6. Those without a formula count as not recovered.",
        "Time limits differ: ace 60 s; mid 12 s.",
    )
    assert table.standings[1].value == pytest.approx(2 / 13)


def test_from_a_store(tmp_path):
    records = runs(SOLVED)
    with Store(tmp_path / "store.db") as store:
        store.add_all(records)
        assert OverallTables.from_store(store) == OverallTables.from_records(records)
        assert [s.name for s in OverallTables.from_store(store, suites=["r"]).tables[0].suites] == ["r"]
        assert len(OverallTables.from_store(store, methods=["ace", "low"]).tables[0].standings) == 2
        assert OverallTables.from_store(store, metric="accuracy").tables[0].metric == "accuracy"
    with Store(tmp_path / "empty.db") as store:
        assert OverallTables.from_store(store) == OverallTables(tables=())


def test_claims_are_told():
    said = OverallTables.from_records(claimed(runs(SOLVED))).remarks
    assert said[0].startswith("18 verdicts are claims")


@pytest.mark.parametrize("at", [None, 5.0])
def test_runs_stopped_at_a_second(at):
    """ace found its formulas after 7 seconds."""
    at_5 = entry(5.0, "x", verdict="different", nmse_test=0.5, r2_test=0.5, complexity=1)
    at_7 = entry(7.0, "sin(x)", verdict="exact", nmse_test=0.0, r2_test=1.0, complexity=2)
    records = runs({"ace": SOLVED["ace"]}, seconds=7.0, progress=(at_5, at_7))
    assert only(records, at=at).standings[0].value == (1.0 if at is None else 0.0)
