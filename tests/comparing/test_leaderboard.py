"""`Leaderboard`: every number worked out by hand."""

from __future__ import annotations

import math
import random
from collections import Counter
from statistics import mean, median

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records import failure, many, record

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.comparing.statistics import wilson_interval
from srbench_lite.judging.verdict import scoring_age
from srbench_lite.recording.record import Record, Status
from srbench_lite.recording.store import Store

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False, "solved_r2": False}


def only(*records: Record) -> Row:
    """Return the single row of these records."""
    (row,) = Leaderboard.from_records(records).rows
    return row


def t(number: int, **changes: object) -> Record:
    return record(task=f"sin/{number}", **changes)


def test_nothing_is_no_rows():
    assert Leaderboard.from_records([]).rows == ()
    assert Leaderboard.from_records([]).suites == ()


def test_an_empty_store_has_no_rows(tmp_path):
    with Store(tmp_path / "store.db") as store:
        assert Leaderboard.from_store(store).rows == ()
        assert Leaderboard.from_store(store, keys=[]).rows == ()


def test_one_good_run():
    row = only(record())
    assert (row.suite, row.noise, row.method) == ("sin", 0.0, "good")
    assert (row.tasks, row.runs, row.ok, row.judged, row.undecided) == (1, 1, 1, 1, 0)
    assert (row.recovery, row.recovery_srbench, row.solved_r2) == (1.0, 1.0, 1.0)
    assert row.recovery_interval == wilson_interval(1.0, 1)
    assert (row.r2_test, row.nmse_test, row.r2_far, row.nmse_far) == (1.0, 0.0, 1.0, 0.0)
    assert row.r2_test_interval == (1.0, 1.0)
    assert (row.complexity, row.complexity_simplified, row.complexity_truth, row.seconds) == (2.0, 2.0, 2.0, 1.5)
    assert row.failures == {}


def test_seeds_are_averaged_inside_their_task_first():
    """Task 1: 1 of 4 seeds; task 2: 1 of 1. Over tasks (1/4 + 1)/2 = 5/8, not over runs 2/5. The interval is over 2."""
    row = only(t(1, seed=0), *(t(1, seed=s, **MISSED) for s in (1, 2, 3)), t(2))
    assert row.recovery == row.recovery_srbench == row.solved_r2 == 0.625
    assert row.recovery_interval == wilson_interval(0.625, 2)
    assert (row.tasks, row.runs) == (2, 5)


def test_errors_are_medians_over_tasks_of_medians_over_seeds():
    """Task 1: median of 0.1, 0.2, 0.9 is 0.2; task 2: of 0.5, 0.7 is 0.6; task 3: 0.3. Their median is 0.3."""
    r2s = {1: [0.1, 0.9, 0.2], 2: [0.7, 0.5], 3: [0.3]}
    row = only(*(
        t(task, seed=seed, r2_test=r2, nmse_test=1 - r2, r2_far=r2 - 1, nmse_far=2 - r2)
        for task, values in r2s.items() for seed, r2 in enumerate(values)
    ))  # fmt: skip
    assert row.r2_test == pytest.approx(0.3)
    assert row.nmse_test == pytest.approx(0.7)
    assert row.r2_far == pytest.approx(-0.7)
    assert row.nmse_far == pytest.approx(1.7)


def test_a_failed_run_is_no_recovery_and_ranks_last():
    """Of tasks with R² 0.9, 0.8 and a crash, the median is 0.8; of 0.9 and two crashes there is none."""
    two = only(t(1, r2_test=0.9, nmse_test=0.1), t(2, r2_test=0.8, nmse_test=0.2), failure(task="sin/3"))
    assert (two.recovery, two.runs, two.ok) == (pytest.approx(2 / 3), 3, 2)
    assert (two.r2_test, two.nmse_test) == (0.8, 0.2)
    assert two.r2_test_interval.low == -math.inf
    one = only(t(1, r2_test=0.9), failure(task="sin/2"), failure(Status.TIMEOUT, task="sin/3"))
    assert (one.r2_test, one.nmse_test, one.r2_far, one.nmse_far) == (None, None, None, None)
    assert one.failures == {"crashed": 1, "timeout": 1}


def test_two_of_four_seeds_that_failed_sink_their_task():
    """The median of -inf, -inf, 0.9, 0.9 is half of minus infinity."""
    failed = [failure(task="sin/1", seed=s) for s in (2, 3)]
    assert only(t(1, seed=0, r2_test=0.9), t(1, seed=1, r2_test=0.9), *failed).r2_test is None
    assert only(t(1, seed=0, r2_test=0.9), t(1, seed=1, r2_test=0.9), failed[0]).r2_test == 0.9


def test_a_formula_that_is_undefined_somewhere_ranks_last_in_that_error_only():
    holes = {"mse_far": None, "nmse_far": None, "r2_far": None}
    row = only(t(1, **holes), t(2, **holes), t(3))
    assert (row.r2_test, row.r2_far, row.nmse_far) == (1.0, None, None)


def test_constant_truths_have_no_r2_and_are_left_out_of_it():
    """The error exists, its ratio to the variance does not: neither good nor bad."""
    constant = {
        "nmse_test": None, "r2_test": None, "solved_r2": None, "r2_far": None, "nmse_far": None, "y_constant": True,
    }  # fmt: skip
    row = only(t(1, **constant), t(2, **constant), t(3, r2_test=0.5, nmse_test=0.5, r2_far=0.25, nmse_far=0.75))
    assert (row.r2_test, row.nmse_test, row.r2_far, row.nmse_far) == (0.5, 0.5, 0.25, 0.75)
    assert row.solved_r2 == 1.0
    assert (row.tasks, row.judged, row.recovery) == (3, 3, 1.0)
    alone = only(t(1, **constant))
    assert (alone.r2_test, alone.r2_test_interval, alone.solved_r2) == (None, None, None)


def test_tasks_without_far_points_are_left_out_of_far():
    nowhere = {"mse_far": None, "nmse_far": None, "r2_far": None, "n_far": 0}
    row = only(t(1, **nowhere), t(2, **nowhere), t(3, r2_far=0.5, nmse_far=0.5))
    assert (row.r2_far, row.nmse_far) == (0.5, 0.5)


def test_without_a_truth_there_is_no_recovery():
    unknown = {
        "truth": None, "verdict": None, "recovered": None, "recovered_srbench": None, "complexity_truth": None,
        "edit_distance": None,
    }  # fmt: skip
    row = only(t(1, **unknown), t(2, **unknown))
    assert (row.judged, row.recovery, row.recovery_interval, row.recovery_srbench) == (0, None, None, None)
    assert (row.complexity_truth, row.r2_test) == (None, 1.0)
    mixed = only(t(1, **unknown), t(2, **unknown), t(3), t(4, **MISSED))
    assert (mixed.judged, mixed.recovery, mixed.tasks) == (2, 0.5, 4)
    assert mixed.recovery_interval == wilson_interval(0.5, 2)


def test_undecided_is_no_recovery_and_is_counted():
    undecided = {"verdict": "undecided", "recovered": False, "recovered_srbench": False}
    row = only(t(1, **undecided), t(2))
    assert (row.undecided, row.recovery, row.ok, row.failures) == (1, 0.5, 2, {})


def test_affine_counts_by_the_published_rule_only():
    affine = {"verdict": "affine", "recovered": False, "recovered_srbench": True}
    row = only(t(1, **affine), t(2))
    assert (row.recovery, row.recovery_srbench) == (0.5, 1.0)


def test_a_run_cut_off_with_a_formula_is_scored():
    row = only(t(1, status=Status.TIMEOUT, stopped="budget", r2_test=0.5))
    assert (row.ok, row.runs, row.recovery, row.r2_test, row.failures) == (0, 1, 1.0, 0.5, {"timeout": 1})


def test_skipped_runs_count_but_their_time_does_not():
    skipped = failure(Status.SKIPPED, task="sin/3", seconds=0.0)
    row = only(t(1, seconds=2.0), t(2, seconds=4.0), skipped)
    assert (row.seconds, row.runs, row.ok, row.failures) == (3.0, 3, 2, {"skipped": 1})
    assert row.recovery == pytest.approx(2 / 3)
    assert only(skipped).seconds is None


def test_medians_of_sizes_are_over_formulas():
    sizes = [(3, 2), (11, None), (5, 4)]
    found = [t(i, complexity=size, complexity_simplified=simple) for i, (size, simple) in enumerate(sizes)]
    row = only(*found, *(failure(task=f"sin/{i}") for i in range(10, 20)))
    assert (row.complexity, row.complexity_simplified) == (5.0, 3.0)


def test_all_failed():
    row = only(*(failure(status, task=f"sin/{i}") for i, status in enumerate(Status) if status is not Status.OK))
    assert (row.recovery, row.solved_r2, row.r2_test, row.complexity) == (0.0, 0.0, None, None)
    assert row.r2_test_interval == (-math.inf, -math.inf)
    assert list(row.failures.items()) == [(str(s), 1) for s in Status if s is not Status.OK]


def test_versions_of_the_scoring_are_in_order():
    in_order = ["", "0.9", "1", "1.1", "1.2", "1.10", "2.0", "10"]
    assert sorted(reversed(in_order), key=scoring_age) == in_order
    assert scoring_age("9" * 5000) > scoring_age("1")


# --- order and names ------------------------------------------------------------------------------------------------


def test_lines_are_ordered_by_suite_and_noise_and_the_best_comes_first():
    rows = Leaderboard.from_records([
        record(method="worse", **MISSED),
        record(method="b-good"), record(method="a-good"),
        record(method="as-good-with-lower-r2", r2_test=0.9),
        failure(method="broken"),
        record(method="good", noise=0.1),
        record(method="good", suite="a", task="a/x", noise=0.5),
        record(method="unjudged", suite="a", task="a/y", noise=0.5, truth=None, recovered=None),
    ]).rows  # fmt: skip
    assert [(row.suite, row.noise, row.method) for row in rows] == [
        ("a", 0.5, "good"), ("a", 0.5, "unjudged"),
        ("sin", 0.0, "a-good"), ("sin", 0.0, "b-good"), ("sin", 0.0, "as-good-with-lower-r2"), ("sin", 0.0, "worse"),
        ("sin", 0.0, "broken"), ("sin", 0.1, "good"),
    ]  # fmt: skip


def shares(method: str, *recovered: int, of: int = 7) -> list[Record]:
    """Return runs of one method: of the seeds of each task, so many recover."""
    return [
        record(method=method, task=f"sin/{task}", seed=seed, recovered=seed < hits)
        for task, hits in enumerate(recovered) for seed in range(of)
    ]  # fmt: skip


def test_equal_rates_are_equal_whatever_they_are_made_of():
    """Sums of floats differ in the last bit: that must decide no rank. So the names do."""
    records = [*shares("a", 0, 0, 3, of=5), *shares("b", 1, 1, 1, of=5)]
    rows = Leaderboard.from_records(records).rows
    assert [row.method for row in rows] == ["a", "b"]
    assert rows[0].recovery < rows[1].recovery < rows[0].recovery + 1e-15, "the sums no longer differ: take others"


def test_the_order_of_runs_changes_no_bit():
    runs = shares("m", 1, 2, 3, 4, 5, 6, 1, 2, 3, 5)
    board = Leaderboard.from_records(runs)
    for seed in range(20):
        random.Random(seed).shuffle(runs)
        assert Leaderboard.from_records(runs) == board


def test_suites_are_listed_once():
    board = Leaderboard.from_records([record(method=m, noise=n) for m in "ab" for n in (0.1, 0.0)])
    assert board.suites == (("sin", 0.0), ("sin", 0.1))


# --- from a store ---------------------------------------------------------------------------------------------------


@pytest.fixture(name="store")
def _store(tmp_path):
    with Store(tmp_path / "store.db") as store:
        store.add_all(many(2000))
        yield store


def test_a_store_and_its_records_give_the_same_in_every_order(store):
    everything = list(store)
    board = Leaderboard.from_store(store)
    assert len(board.rows) == 5 * 5 * 4
    for seed in range(3):
        random.Random(seed).shuffle(everything)
        assert Leaderboard.from_records(everything) == board


def test_some_suites_methods_and_keys(store):
    board = Leaderboard.from_store(store, suites=["suite1", "suite2"], methods=["method-3"])
    assert {(row.suite, row.method) for row in board.rows} == {("suite1", "method-3"), ("suite2", "method-3")}
    keys = [r.key for r in store if r.method == "method-1" and r.noise == 0.1]
    chosen = Leaderboard.from_store(store, keys=iter(keys))
    assert {(row.noise, row.method) for row in chosen.rows} == {(0.1, "method-1")}
    assert sum(row.runs for row in chosen.rows) == len(keys)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4), st.none() | st.floats(-10, 1)), max_size=40))
def test_medians_as_statistics_has_them(runs):
    """An oracle in plain Python: medians of medians with failures last."""
    by_task: dict[int, list[float]] = {}
    records = []
    for number, (task, seed, r2) in enumerate(runs):
        by_task.setdefault(task, []).append(-math.inf if r2 is None else r2)
        shared = {"task": f"sin/{task}", "seed": 100 * number + seed}
        records.append(failure(**shared) if r2 is None else record(r2_test=r2, **shared))
    rows = Leaderboard.from_records(records).rows
    if not runs:
        assert rows == ()
        return
    expected = median(median(values) for values in by_task.values())
    assert rows[0].r2_test == (None if math.isinf(expected) else pytest.approx(expected))


_runs = st.tuples(
    st.sampled_from(["p/a", "p/b", "q/a"]), st.sampled_from("mn"), st.sampled_from([0.0, 0.1]),
    st.sampled_from([*Status]), st.booleans(), st.integers(1, 50),
)  # fmt: skip


@given(st.lists(_runs, min_size=1, max_size=40))
def test_every_line_as_plain_python_has_it(runs):
    """One suite and all suites: rates over tasks, or formulas of which there is one a task; medians, and counts."""
    records = []
    for seed, (task, method, noise, status, good, size) in enumerate(runs):
        shared = {
            "suite": task[0], "task": task, "method": method, "noise": noise, "seed": seed, "seconds": float(size),
            "truth": {"p/a": "x", "p/b": "x**2", "q/a": "x**3"}[task],
        }  # fmt: skip
        verdict = {} if good else MISSED
        ok = status is Status.OK
        records.append(record(**shared, **verdict, complexity=size) if ok else failure(status, **shared))
    board = Leaderboard.from_records(records)
    expected = {(r.suite, r.noise, r.method): [*filter(_same_line(r), records)] for r in records}
    for noise in {r.noise for r in records}:
        level = [r for r in records if r.noise == noise]
        for method in {r.method for r in level if len({r.suite for r in level}) > 1}:
            own = [r for r in level if r.method == method]
            if {r.task for r in own} == {r.task for r in level}:
                expected["all suites", noise, method] = own
    assert {(row.suite, row.noise, row.method) for row in (*board.rows, *board.overall)} == set(expected)
    for row in (*board.rows, *board.overall):
        _check_line(row, expected[row.suite, row.noise, row.method])


def _same_line(one: Record):
    return lambda other: (other.suite, other.noise, other.method) == (one.suite, one.noise, one.method)


def _check_line(row: Row, own: list[Record]) -> None:
    by_task = {r.task: [s.scores.recovered is True for s in own if s.task == r.task] for r in own}
    assert row.recovery == pytest.approx(mean(mean(solved) for solved in by_task.values()))
    assert (row.tasks, row.runs) == (len(by_task), len(own))
    assert row.formulas == (len(by_task) if row.suite == "all suites" else None)
    assert row.ok == sum(r.status is Status.OK for r in own)
    assert row.failures == Counter(str(r.status) for r in own if r.status is not Status.OK)
    sizes = [r.scores.complexity for r in own if r.scores.complexity is not None]
    assert row.complexity == (median(sizes) if sizes else None)
    seconds = [r.seconds for r in own if r.status is not Status.SKIPPED]
    assert row.seconds == (median(seconds) if seconds else None)


def test_runs_of_different_code_that_stand_together_are_named():
    old = [record(seed=k, method="a", method_source=code) for k, code in enumerate(["f" * 16, None, "f" * 16])]
    new = [record(seed=k, method="b") for k in range(2)]
    (remark,) = Leaderboard.from_records([*old, *new]).remarks
    assert remark.startswith("a: runs of different code of the method stand together; ")
    assert Leaderboard.from_records([*old[:1], *old[2:], *new]).remarks == ()


def test_the_records_of_a_file_are_claims_that_are_said_once():
    claims = [record(seed=k, judged_here=False) for k in range(3)]
    board = Leaderboard.from_file(claims)
    assert board.remarks == ("3 verdicts as in the file, not judged here; `srbench import --verify` judges them.",)
    assert [row.claims for row in board.rows] == [None]
    (row,) = Leaderboard.from_records([*claims, record(seed=3)]).rows
    assert (row.claims, row.runs) == (3, 4)


def test_over_all_suites_each_formula_counts_once():
    """x + 1 stands in two suites: 1 of 1 and 0 of 1 make 1/2; x*y: 1 of 2 seeds; x: 1. Their mean is 2/3, of 3."""
    records = [
        record(suite="p", task="p/a", truth="x + 1"),
        record(suite="q", task="q/a", truth="1 + t", **MISSED),
        record(suite="q", task="q/b", truth="x*y", seed=0),
        record(suite="q", task="q/b", truth="x*y", seed=1, **MISSED),
        record(suite="q", task="q/c", truth="x"),
    ]
    board = Leaderboard.from_records(records)
    (row,) = board.overall
    assert (row.suite, row.noise, row.method) == ("all suites", 0.0, "good")
    assert (row.tasks, row.formulas, row.runs, row.judged) == (4, 3, 5, 5)
    assert row.recovery == row.recovery_srbench == row.solved_r2 == pytest.approx(2 / 3)
    assert row.recovery_interval == wilson_interval(2 / 3, 3)
    assert [r.formulas for r in board.rows] == [None, None]
    assert board.tables == ((board.rows[0],), (board.rows[1],), (row,))
    assert board.remarks == (
        "all suites: averages over formulas; one that stands in several tasks, whatever its variables are called, "
        "counts once (noise 0: 3 formulas of 4 tasks).",
    )


def test_errors_over_all_suites_are_medians_over_formulas():
    """Of x + 1, the median of 0.1 and 0.3 is 0.2; the median of 0.2, 0.6 and 0.8 is 0.6, that of the tasks 0.45."""
    r2s = {"p/a": ("x + 1", 0.1), "q/a": ("1 + t", 0.3), "q/b": ("x*y", 0.6), "q/c": ("x", 0.8)}
    (row,) = Leaderboard.from_records([
        record(suite=name[0], task=name, truth=truth, r2_test=r2) for name, (truth, r2) in r2s.items()
    ]).overall  # fmt: skip
    assert row.r2_test == pytest.approx(0.6)


def test_tasks_without_a_truth_are_formulas_of_their_own():
    unknown = {
        "truth": None, "verdict": None, "recovered": None, "recovered_srbench": None, "complexity_truth": None,
        "edit_distance": None,
    }  # fmt: skip
    measured = [record(suite=s, task=f"{s}/a", **unknown) for s in "pq"]
    (row,) = Leaderboard.from_records([*measured, record(suite="p", task="p/b")]).overall
    assert (row.tasks, row.formulas, row.judged, row.recovery) == (3, 3, 1, 1.0)
    assert row.recovery_interval == wilson_interval(1.0, 1)


def test_over_all_suites_only_methods_that_ran_on_all_tasks_are_shown():
    both = [record(suite=s, task=f"{s}/a", method="both") for s in "pq"]
    failed = [failure(Status.SKIPPED, suite="p", task="p/a", method="c"), record(suite="q", task="q/a", method="c")]
    board = Leaderboard.from_records([*both, *failed, record(suite="p", task="p/a", method="one")])
    assert [row.method for row in board.overall] == ["both", "c"]
    assert (
        "all suites, noise 0: one did not run on all 2 tasks and is left out; --suite chooses suites." in board.remarks
    )
    assert Leaderboard.from_records([*both[:1], record(suite="q", task="q/a", method="one")]).overall == ()
    assert Leaderboard.from_records(both[:1]).overall == ()


def test_each_noise_level_has_its_own_average_over_suites():
    board = Leaderboard.from_records([
        *(record(suite=s, task=f"{s}/a", noise=n) for s in "pq" for n in (0.0, 0.1)),
        record(suite="p", task="p/a", noise=0.2),
    ])  # fmt: skip
    assert [row.noise for row in board.overall] == [0.0, 0.1]


def test_perturbed_runs_have_rows_of_their_own_in_the_order_of_what_is_changed():
    settings = [{}, {"train_size": 200}, {"train_size": 20}, {"dummies": 3}, {"rescale": True}]
    records = [
        record(task=f"sin/{k}", method=method, perturbation=one, truth=f"{k}*sin({number + 2}*x)")
        for number, one in enumerate(settings)
        for k in range(2)
        for method in ("a", "b")
    ]
    rows = Leaderboard.from_records(records).rows
    assert [(str(row.perturbation), row.method, row.tasks, row.runs) for row in rows] == [
        (text, method, 2, 2)
        for text in ("none", "rescaled", "3 dummies", "train 20", "train 200")
        for method in ("a", "b")
    ]


def test_over_all_suites_a_formula_is_that_of_the_task_whatever_the_units():
    """In other units the truth is another one for each seed, and the task is one all the same."""
    records = [
        record(suite=suite, task=f"{suite}/one", seed=seed, perturbation=settings, truth=truth)
        for suite in ("s", "t")
        for seed in range(2)
        for settings, truth in (({}, "sin(x)"), ({"rescale": True}, f"0.{seed + 3}*sin({seed + 7}*x)"))
    ]
    rows = Leaderboard.from_records(records).overall
    assert [(str(row.perturbation), row.formulas, row.tasks, row.runs) for row in rows] == [
        ("none", 1, 2, 4), ("rescaled", 1, 2, 4),
    ]  # fmt: skip
