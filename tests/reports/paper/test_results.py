"""What a paper says of all runs: who stands where, short names, how runs ended."""

from __future__ import annotations

from papers import MISSED, grid, results_of
from records import claimed, failure, record

from srbench_lite.recording.record import Status
from srbench_lite.reports.paper.results import short_names


def test_the_best_is_first_and_those_that_lack_tasks_are_last():
    results = results_of([*grid("cb"), *grid("a", **MISSED), record(task="sin/0", method="d")])
    assert results.methods == ("b", "c", "a", "d")
    assert [standing.method for standing in results.overall[0].standings] == ["b", "c", "a"]


def test_where_no_method_ran_everywhere_shared_tasks_count():
    runs = [record(task=f"sin/{k}", method=m) for m, tasks in (("a", (0, 1, 2)), ("b", (1, 2, 3))) for k in tasks]
    (overall,) = results_of([*runs, record(task="sin/0", method="few")]).overall
    assert overall.tasks == 2
    assert [standing.method for standing in overall.standings] == ["a", "b"]
    (alone,) = results_of([record(task=f"sin/{k}", method=m) for k, m in enumerate("abc")]).overall
    assert alone.standings == ()


def test_long_names_of_variants_are_numbered():
    long = ["lies [effort=10, penalty=0.5, restarts=192]", "lies [effort=2, penalty=0.5, restarts=192]", "lies"]
    assert short_names(long) == {"lies": "lies", long[1]: "lies (1)", long[0]: "lies (2)"}
    assert len(set(short_names([*long, "lies (1)", "n" * 60, "n" * 61]).values())) == 6
    variants = [
        record(task=f"sin/{k}", method="m", parameters={"a_long_name_of_it": value, "another_name": value})
        for k in range(2) for value in (1, 2)
    ]  # fmt: skip
    results = results_of(variants)
    assert set(results.methods) == {"m (1)", "m (2)"}
    assert results.long_names["m (1)"] == "m [a_long_name_of_it=1, another_name=1]"


def test_the_base_of_variants_keeps_its_name_and_others_say_what_differs():
    base = {"a_name_of_some_length": 1, "another_of_them": 1, "rate": 1}
    changes = ({}, {"rate": 2}, {"a_name_of_some_length": 2})
    variants = [
        record(task=f"sin/{k}", method="m", parameters=base | change) for k in range(2) for change in changes
    ]  # fmt: skip
    results = results_of(variants)
    assert set(results.methods) == {"m", "m rate=2", "m (1)"}
    assert "rate=1" in results.long_names["m"]
    other = results_of(variants, {"m": base | {"rate": 2}})
    assert set(other.methods) == {"m", "m rate=1", "m (1)"}
    assert "rate=2" in other.long_names["m"]


def test_ends_are_counted():
    runs = [
        *grid("a"),
        failure(Status.SKIPPED, task="sin/3", method="a"),
        failure(Status.TIMEOUT, task="sin/4", method="a"),
    ]
    results = results_of(runs)
    ends = results.ends(results.run_table.runs)["a"]
    assert (ends.runs, ends.by_clock, ends.said) == (5, 1, "1 skipped, 1 timeout")


def test_claims_are_said_once_where_all_are():
    results = results_of(claimed(grid()))
    assert results.all_claims
    assert all(row.claims is None for row in results.board.rows)
    some = results_of([*claimed(grid("a")), *grid("b")])
    assert not some.all_claims
    assert [row.claims for row in some.board.rows] == [3, 0]
