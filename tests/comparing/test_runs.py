"""`RunTable`: which runs count, and what variants of a method are called."""

from __future__ import annotations

from dataclasses import replace

from records import record

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.comparing.runs import RunTable, counted, current_rows, plain_number, required_columns
from srbench_lite.recording.record import Record
from srbench_lite.recording.store import Store

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False, "solved_r2": False}


def only(*records: Record) -> Row:
    """Return the single row of these records."""
    (row,) = Leaderboard.from_records(records).rows
    return row


def t(number: int, **changes: object) -> Record:
    return record(task=f"sin/{number}", **changes)


def test_old_versions_of_a_task_are_dropped():
    old = [t(1, task_version=1, seed=s, **MISSED) for s in range(3)]
    row = only(*old, t(1, task_version=2), t(2, task_version=1))
    assert (row.runs, row.tasks, row.recovery) == (2, 2, 1.0)
    with_old_only = Leaderboard.from_records([*old, t(1, task_version=2, method="newer")])
    assert [row.method for row in with_old_only.rows] == ["newer"]


def test_verdicts_of_two_judges_never_stand_in_one_leaderboard():
    """The newest version of the scoring is shown, 1.10 after 1.9; runs by older ones are counted until rescored."""
    old = [t(number, scoring_version="1.9", **MISSED) for number in range(3)]
    board = Leaderboard.from_records([*old, t(0, scoring_version="1.10"), t(7, scoring_version="1.10")])
    (row,) = board.rows
    assert (row.method, row.runs, row.recovery) == ("good", 2, 1.0)
    assert board.remarks == ("3 runs scored by an older version are left out; `srbench rescore` judges them again.",)
    assert Leaderboard.from_records(old).remarks == ()


def test_what_counts_does_not_depend_on_what_is_chosen(tmp_path):
    gone = [t(1, task_version=1, method="old"), t(2, scoring_version="1.0", method="old")]
    with Store(tmp_path / "store.db") as store:
        store.add_all([*gone, t(1, task_version=2), t(2)])
        board = Leaderboard.from_store(store, methods=["old"])
        assert board.rows == ()
        assert [remark.split(" left out")[0] for remark in board.remarks] == [
            "1 run on an older definition of its task is", "1 run scored by an older version is",
        ]  # fmt: skip
        assert Leaderboard.from_store(store, methods=["good"]).remarks == ()
        assert Leaderboard.from_store(store, keys=[gone[0].key]).rows == ()


def test_old_definitions_scored_by_an_old_version_are_counted_once():
    records = [
        t(1, task_version=1, scoring_version="1"), t(1, task_version=2, scoring_version="1"),
        t(1, task_version=2, scoring_version="2"),
    ]  # fmt: skip
    board = Leaderboard.from_records(records)
    assert board.rows[0].runs == 1
    assert [remark.split(" left out")[0] for remark in board.remarks] == [
        "1 run on an older definition of its task is", "1 run scored by an older version is",
    ]  # fmt: skip
    newer_but_gone = [t(1, task_version=1, scoring_version="3"), *records]
    assert Leaderboard.from_records(newer_but_gone).rows == board.rows


def names(*records: Record) -> list[str]:
    return sorted(row.method for row in Leaderboard.from_records(records).rows)


def test_variants_of_a_method_stand_apart_and_say_what_differs():
    same = record(method="plain")
    assert names(record(), record(parameters={"degree": 4}), same) == ["good [degree=3]", "good [degree=4]", "plain"]
    assert names(record(), record(parameters={})) == ["good [degree=3]", "good [no degree]"]
    new = [record(parameters={}), record(parameters={"k": None}), record(parameters={"k": True})]
    assert names(*new) == ["good [k=None]", "good [k=True]", "good [no k]"]
    assert names(record(), record(method_version="2")) == ["good [version 1]", "good [version 2]"]
    assert names(record(), record(budget_seconds=0.5)) == ["good [0.5 s]", "good [60 s]"]
    assert names(record(), record(budget_memory_mb=512.0)) == ["good [4096 MiB]", "good [512 MiB]"]
    assert names(record(), record(budget_threads=2)) == ["good [1 threads]", "good [2 threads]"]


def test_only_what_differs_is_said():
    a = record(parameters={"degree": 3, "alpha": 0.5, "same": 1}, budget_seconds=1.0)
    b = record(parameters={"degree": 4, "alpha": 0.25, "same": 1}, budget_seconds=2.0)
    assert names(a, b) == ["good [alpha=0.25, degree=4, 2 s]", "good [alpha=0.5, degree=3, 1 s]"]


def test_budgets_that_look_alike_stand_apart():
    assert len(names(record(budget_seconds=60.0), record(budget_seconds=60.00000001))) == 2


# --- the table --------------------------------------------------------------------------------------------------------

NAMES = ("suite", "task", "noise", "seed", "started_at", "recovered")


def test_rows_records_and_a_store_give_the_same_table(tmp_path):
    records = [t(k, method=m, noise=0.1) for k in range(3) for m in ("a", "b")]
    with Store(tmp_path / "store.db") as store:
        store.add_all(records)
        tables = [RunTable.from_store(store, NAMES), RunTable.from_records(records, NAMES)]
    rows = [tuple(r.to_row()[name] for name in required_columns(NAMES)) for r in records]
    tables.append(RunTable.from_rows(rows, NAMES))
    plain = [run_table.runs.drop(columns="id").astype(object) for run_table in tables]
    assert plain[0].equals(plain[1])
    assert plain[1].equals(plain[2])
    assert {*NAMES, "method", "variant_of"} == set(plain[0])
    assert len(RunTable.from_rows([], NAMES).runs) == 0


def test_the_variant_that_ran_last_is_the_newest():
    old = [t(k, started_at="2026-01-01T00:00:00+00:00") for k in range(3)]
    new = [t(0, method_version="2", started_at="2026-01-02T00:00:00+00:00")]
    other = t(0, method="other", started_at="2025-01-01T00:00:00+00:00")
    newest = RunTable.from_records([*new, *old, other], NAMES).newest().runs
    assert sorted(newest["method"]) == ["good [version 2]", "other"]
    assert sorted(newest["variant_of"]) == ["good", "other"]


def test_remarks_are_sentences_about_one_or_several_runs():
    empty = RunTable.from_rows([], NAMES)
    assert empty.remarks == ()
    assert replace(empty, left_out=1, scored_otherwise=1).remarks == (
        "1 run on an older definition of its task is left out.",
        "1 run scored by an older version is left out; `srbench rescore` judges it again.",
    )
    assert replace(empty, left_out=2000, scored_otherwise=2).remarks == (
        "2,000 runs on older definitions of their tasks are left out.",
        "2 runs scored by an older version are left out; `srbench rescore` judges them again.",
    )


def test_the_rows_of_a_task_are_those_of_its_definition_and_of_the_newest_scoring(tmp_path):
    now = t(1)
    records = [now, t(1, seed=1, scoring_version="1.0"), t(1, seed=2, task_version=2), t(2), t(1, method="other")]
    with Store(tmp_path / "store.db") as store:
        store.add_all(records)
        columns = ("method", "seed")
        assert current_rows(store, columns, "sin/1", now.task_fingerprint, []) == ([("good", 0), ("other", 0)], 1, 1)
        assert current_rows(store, columns, "sin/1", now.task_fingerprint, ["other"]) == ([("other", 0)], 0, 0)
        rows, defined_otherwise, scored_otherwise = current_rows(store, columns, "sin/1", None, [])
        assert (len(rows), defined_otherwise, scored_otherwise) == (3, 0, 1)
        assert current_rows(store, columns, "sin/9", None, []) == ([], 0, 0)


def test_numbers_are_as_short_as_they_can_be():
    assert plain_number(60.0) == "60"
    assert plain_number(1 / 3) == 1 / 3
    assert plain_number("x") == "x"
    assert plain_number(0.1) == "0.1"
    assert [counted(n, "run") for n in (0, 1, 2, 1000)] == ["0 runs", "1 run", "2 runs", "1,000 runs"]


def test_tasks_that_points_cannot_show_can_be_left_out():
    """Records say it, or the fingerprint of an installed task; what is not known stays."""
    records = [t(1, identifiable=False), t(1, identifiable=False, seed=1), t(2, identifiable=True), t(3), t(4)]
    run_table = RunTable.from_records(records, (*NAMES, "task_fingerprint", "identifiable"))
    left = run_table.identifiable([records[-1].task_fingerprint])
    assert list(left.runs["task"]) == ["sin/2", "sin/3"]
    assert left.remarks == ("2 tasks whose truth points in float64 cannot show are left out.",)
    assert run_table.identifiable().remarks == ("1 task whose truth points in float64 cannot show is left out.",)
    assert run_table.remarks == ()
    (row,) = Leaderboard.from_records(records, choose=RunTable.identifiable).rows
    assert (row.tasks, row.runs) == (3, 3)
