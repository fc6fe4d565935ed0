"""Pairing, lines and changes of a comparison."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import failure, record
from scipy import stats

from srbench_lite.comparing.baseline import COLUMNS as BASELINE
from srbench_lite.comparing.comparison import COLUMNS, Comparison, compare
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.errors import ComparisonError, UnknownNameError
from srbench_lite.recording.record import Status

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}


def run(task: int, *, solved: bool = True, **changes):
    return record(suite="s", task=f"s/{task}", truth="x", **({} if solved else MISSED), **changes)


def run_table(records) -> RunTable:
    return RunTable.from_records(records, tuple(dict.fromkeys((*COLUMNS, *BASELINE))))


def compared(before, after, **settings) -> Comparison:
    return compare(run_table(before).runs, run_table(after).runs, ("before", "after"), **settings)


def side(rates, seeds: int = 5, **changes):
    """Runs of as many tasks as there are rates, of each the first so many solved."""
    return [
        run(task, solved=seed < round(rate * seeds), seed=seed, **changes)
        for task, rate in enumerate(rates)
        for seed in range(seeds)
    ]


# --- pairing --------------------------------------------------------------------------------------------------------


def test_seeds_are_averaged_inside_a_task_first():
    before = [run(0, seed=s) for s in range(3)] + [run(1, solved=False)]
    after = [run(0, seed=s, solved=False) for s in range(3)] + [run(1)]
    line = compared(before, after).overall("recovery")
    assert (line.before, line.after, line.difference, line.tasks, line.runs) == (0.5, 0.5, 0.0, 2, 4)


def test_what_has_no_partner_is_refused_by_name_or_left_out_on_demand():
    before, after = [run(k) for k in range(3)], [run(k) for k in range(2)] + [run(1, seed=7)]
    with pytest.raises(ComparisonError) as raised:
        compared(before, after)
    assert "2 runs are without a partner" in str(raised.value)
    assert "only before has s/2 (noise 0, seed 0)" in str(raised.value)
    assert "only after has s/1 (noise 0, seed 7)" in str(raised.value)
    found = compared(before, after, common=True)
    assert (found.unpaired, found.overall("recovery").tasks) == (2, 2)
    with pytest.raises(ComparisonError, match="no task, noise, perturbation and seed in common"):
        compared([run(0)], [run(1)], common=True)


def test_runs_of_different_perturbations_never_mix():
    few, wide = {"train_size": 20}, {"dummies": 3}
    before = [run(k, perturbation=p) for k in range(6) for p in ({}, few, wide)]
    after = [run(k, perturbation=p, solved=p != wide) for k in range(6) for p in ({}, few, wide)]
    found = compared(before, after)
    lines = [line for line in found.lines if line.metric == "recovery"]
    assert [(line.suite, line.perturbation, line.tasks, line.difference) for line in lines] == [
        (None, None, 6, pytest.approx(-1 / 3)), ("s", "none", 6, 0.0), ("s", "3 dummies", 6, -1.0),
        ("s", "train 20", 6, 0.0),
    ]  # fmt: skip
    changed = {(change.task, change.perturbation) for change in found.changes}
    assert changed == {(f"s/{k}", "3 dummies") for k in range(6)}
    with pytest.raises(ComparisonError, match=r"only before has s/0 \(noise 0, seed 0, train 20\)"):
        compared([run(0), run(0, perturbation=few)], [run(0)])


def test_a_long_list_of_lonely_runs_is_cut():
    with pytest.raises(ComparisonError, match="and 4992 more") as raised:
        compared([run(k) for k in range(5001)], [run(0)])
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"task_fingerprint": "another"}, "1 task is defined differently on the two sides: s/0"),
        ({"scoring_version": "9"}, "before was scored by version 1.1 and after by version 9 of the judge"),
        ({"budget_seconds": 10.0}, "the limits differ: budget_seconds is 60 for before and 10 for after on s/0"),
        ({"budget_threads": 2}, "budget_threads is 1 for before and 2 for after"),
    ],
)
def test_what_cannot_be_compared_is_refused(changes, said):
    with pytest.raises(ComparisonError, match=said.replace("(", r"\(")):
        compared([run(0)], [run(0, **changes)])
    if "budget_seconds" in changes:
        assert compared([run(0)], [run(0, **changes)], different_limits=True).overall("recovery").tasks == 1


def test_a_metric_that_is_not_there():
    with pytest.raises(UnknownNameError, match="unknown metric 'recover'"):
        compared([run(0)], [run(0)], metrics=["recover"])


# --- metrics --------------------------------------------------------------------------------------------------------


def test_a_formula_that_one_side_lacks_counts_for_recovery_and_not_for_size():
    before = [run(k, complexity=5) for k in range(3)]
    after = [run(0, complexity=10), run(1, complexity=5), failure(Status.TIMEOUT, suite="s", task="s/2", truth="x")]
    found = compared(before, after)
    assert found.overall("recovery").after == pytest.approx(2 / 3)
    assert found.overall("complexity").tasks == 2
    assert found.overall("complexity").difference == pytest.approx(math.log10(2) / 2, abs=1e-6)
    assert found.failures == (0, 0)  # a timeout is no crash


def test_a_line_is_what_its_parts_say():
    rng = np.random.default_rng(0)
    one, other = np.round(rng.random(30) * 5) / 5, np.round(rng.random(30) * 5) / 5
    line = compared(side(one), side(other)).overall("recovery")
    difference = other - one
    assert line.difference == pytest.approx(difference.mean())
    wanted = stats.wilcoxon(np.round(difference, 9), zero_method="pratt", method="asymptotic").pvalue
    assert line.p_value == pytest.approx(wanted, abs=0.01)
    assert line.interval.low < line.difference < line.interval.high


def test_noise_levels_of_a_task_are_one_cluster():
    """Twenty levels of the same six tasks are no 120 tasks."""
    levels = [k / 100 for k in range(20)]
    before = [run(task, noise=a) for task in range(6) for a in levels]
    after = [run(task, noise=a, solved=task > 1) for task in range(6) for a in levels]
    found = compared(before, after)
    line = found.overall("recovery")
    assert (line.tasks, line.runs) == (6, 120)
    assert line.p_value == 0.5
    assert line.interval.high - line.interval.low > 0.5
    assert sum(x.metric == "recovery" for x in found.lines) == 21


def test_who_is_better_depends_on_what_is_better():
    slow, quick = [run(k, seconds=10.0) for k in range(20)], [run(k, seconds=1.0) for k in range(20)]
    line = compared(slow, quick).overall("time")
    assert (line.verdict, line.effect) == (Judgement.BETTER, 1.0)
    assert compared(quick, slow).overall("time").verdict is Judgement.WORSE
    assert compared(quick, quick).overall("time").verdict is Judgement.IDENTICAL
    nearly = [run(k, seconds=10.0 + 0.01 * (k % 3)) for k in range(20)]
    assert compared(slow, nearly).overall("time").verdict is Judgement.EQUIVALENT
    assert compared(slow, quick, margins={"time": 1.5}).overall("time").verdict is Judgement.EQUIVALENT


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_changing_places_mirrors_everything(rates):
    one, other = side([a / 3 for a, _ in rates], 3), side([b / 3 for _, b in rates], 3)
    there, back = compared(one, other).overall("recovery"), compared(other, one).overall("recovery")
    mirrored = {Judgement.WORSE: Judgement.BETTER, Judgement.BETTER: Judgement.WORSE}
    assert back.verdict is mirrored.get(there.verdict, there.verdict)
    assert back.difference == pytest.approx(-there.difference)
    assert (back.p_less, back.p_greater) == pytest.approx((there.p_greater, there.p_less))


def test_changes_are_named_the_largest_losses_first():
    found = compared(side([1.0, 0.4, 0.6, 0.2]), side([0.0, 0.2, 0.6, 1.0])).changes
    assert [(c.task, c.before, c.after, c.seeds) for c in found] == [
        ("s/0", 5, 0, 5), ("s/1", 2, 1, 5), ("s/3", 1, 5, 5),
    ]  # fmt: skip


# --- what is odd ----------------------------------------------------------------------------------------------------


ONCE = [record(suite="s", task=f"s/{task}", seed=0) for task in range(3)]


def test_a_run_that_stands_twice_is_refused():
    with pytest.raises(ComparisonError, match=r"before has s/0 \(noise 0, seed 0\) more than once"):
        compared([*ONCE, *ONCE], ONCE)


def test_a_metric_that_is_named_twice_counts_once():
    found = compare(*(run_table(ONCE).runs for _ in range(2)), ("a", "b"), metrics=("recovery", "recovery"))
    assert [line.metric for line in found.lines] == ["recovery"]


def test_one_task_has_no_interval():
    line = compared(ONCE[:1], ONCE[:1]).overall("recovery")
    assert (line.interval, line.narrow, line.error, line.detectable) == (None, None, None, None)


@pytest.mark.parametrize(("tasks", "seeds"), [(100, 1), pytest.param(60, 3, marks=pytest.mark.slow)])
def test_what_is_said_to_be_detectable_is_detected(tasks, seeds):
    """On these very tasks, with few seeds: the gate's test, in 80 of 100 cases."""
    rng = np.random.default_rng(3)

    def runs(chances):
        solved = rng.random((seeds, tasks)) < chances
        return run_table([
            record(suite="s", task=f"s/{task}", seed=seed, recovered=bool(hit), verdict="exact" if hit else "different")
            for seed, row in enumerate(solved) for task, hit in enumerate(row)
        ]).runs  # fmt: skip

    found = []
    for _ in range(40):
        chances = rng.beta(0.35, 0.35, tasks)
        said = compare(runs(chances), runs(chances), ("a", "b"), metrics=("recovery",), these_tasks=True).lines[0]
        lower = chances * (1 - said.detectable / chances.mean())
        after = compare(runs(chances), runs(lower), ("a", "b"), metrics=("recovery",), these_tasks=True).lines[0]
        found.append(after.verdict is Judgement.WORSE)
    assert 0.65 <= sum(found) / len(found) <= 0.95
