"""Curves over one setting, counted by hand."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from records import failure, record

from srbench_lite.comparing.condition import Condition
from srbench_lite.comparing.degradation import SETTINGS, Degradation, NoCurve, degradation
from srbench_lite.comparing.runs import RunTable
from srbench_lite.comparing.statistics import median_interval, wilson_interval
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.record import Record

COLUMNS = (
    "suite", "task", "task_fingerprint", "method", "noise", "perturbation", "truth", "recovered", "nmse_test",
    "y_constant",
)  # fmt: skip
PLAIN = Condition(0.0, Perturbation())


def run(task: str, noise: float, solved: bool, nmse: float = 0.0, **changes: Any) -> Record:
    verdict: dict[str, Any] = {} if solved else {"verdict": "different", "recovered": False}
    return record(task=f"sin/{task}", noise=noise, nmse_test=nmse, **verdict, **changes)


def curve(
    records: list[Record], by: str = "noise", condition: Condition = PLAIN, own: Any = None, **options: Any
) -> Any:
    return degradation(RunTable.from_records(records, COLUMNS).runs, by, condition, own, **options)


RUNS = [
    run("a", 0.0, True), run("a", 0.0, False, 0.2, seed=1), run("a", 0.1, False, 0.5),
    run("b", 0.0, True), run("b", 0.1, True, 0.1),
    run("c", 0.0, True),  # not at 0.1
    run("a", 0.0, True, method="other"), run("a", 0.1, True, method="other"),
    run("a", 0.0, True, method="single"),
]  # fmt: skip


def test_a_point_is_an_average_over_tasks_that_the_method_ran_on_at_every_level():
    found = curve(RUNS)
    assert isinstance(found, Degradation)
    assert (found.levels, found.methods) == (("0", "0.1"), ("other", "good"))
    good = [point for point in found.points if point.method == "good"]
    assert [(one.level, one.value, one.tasks, one.runs, one.recovery) for one in good] == [
        ("0", 0.0, 2, 3, 0.75), ("0.1", 0.1, 2, 2, 0.5),
    ]  # fmt: skip
    assert [one.interval for one in good] == [wilson_interval(0.75, 2), wilson_interval(0.5, 2)]
    assert [one.nmse_test for one in good] == pytest.approx([0.05, 0.3])
    assert found.remarks == (
        "noise: single ran at one level only and is left out.",
        "noise: only tasks that a method ran on at each of its levels count: good 2 of 3.",
    )


def test_common_curves_are_about_the_same_tasks():
    found = curve(RUNS, common=True)
    assert [(one.method, one.tasks, one.recovery) for one in found.points] == [
        ("other", 1, 1.0), ("other", 1, 1.0), ("good", 1, 0.5), ("good", 1, 0.0),
    ]  # fmt: skip
    assert found.remarks[-1] == "noise: 1 task that some method did not run on is left out."
    apart = [run("a" if method == "one" else "b", noise, True, method=method) for method in ("one", "two")
             for noise in (0.0, 0.1)]  # fmt: skip
    assert curve(apart, common=True).why == "no task was run by all methods at each of their levels"


def test_errors_have_bootstrap_intervals_and_a_run_without_a_formula_has_the_worst():
    import numpy as np

    found = curve([run("a", 0.0, True, 0.1), failure(task="sin/a", noise=0.1)])
    assert [one.nmse_test for one in found.points] == [0.1, math.inf]
    assert found.points[0].nmse_interval == median_interval(np.array([0.1]))
    assert found.points[1].recovery == 0.0


@pytest.mark.parametrize("by", SETTINGS)
def test_one_level_is_no_curve_and_is_said(by):
    said = curve([run("a", 0.0, True), run("b", 0.0, True)], by)
    level = {"noise": "0", "train-size": "own", "rescale": "no"}.get(by, "0")
    assert said == NoCurve(SETTINGS[by], f"one level only ({level})")
    assert str(said) == f"{SETTINGS[by]}: one level only ({level})"


def test_without_a_task_or_a_method_at_several_levels_there_is_no_curve():
    apart = curve([run("a", 0.0, True), run("a", 0.1, True, method="other")])
    assert apart == NoCurve("noise", "no method ran at several levels")
    assert curve([run("a", 0.0, True), run("b", 0.1, True)]).why == "no method ran on a task at several levels"


def perturbed(**settings: Any) -> list[Record]:
    return [run("a", 0.0, True, perturbation=settings), run("b", 0.0, not settings, perturbation=settings)]


@pytest.mark.parametrize(
    ("by", "settings", "levels"),
    [
        ("dummies", [{}, {"dummies": 3}, {"dummies": 10}], [("0", 0.0), ("3", 3.0), ("10", 10.0)]),
        ("input-noise", [{"input_noise": 0.01}, {}], [("0", 0.0), ("0.01", 0.01)]),
        ("outliers", [{"outliers": 0.05}, {}], [("0", 0.0), ("0.05", 0.05)]),
        ("rescale", [{"rescale": True}, {}], [("no", 0.0), ("yes", 1.0)]),
        ("train-size", [{}, {"train_size": 50}, {"train_size": 20}], [("20", 20.0), ("50", 50.0), ("own", None)]),
    ],
)
def test_each_setting_is_varied_alone(by, settings, levels):
    both = {"dummies": 1, "outliers": 0.25, "train_size": 7}
    found = curve([one for each in settings for one in perturbed(**each)] + perturbed(**both), by)
    assert [(one.level, one.value) for one in found.points] == levels
    assert [one.recovery for one in found.points] == [0.5 if value else 1.0 for _, value in levels[:-1]] + [
        1.0 if by == "train-size" else 0.5
    ]


def test_what_holds_of_all_else_is_the_condition():
    records = [*perturbed(dummies=3), *perturbed(dummies=3, outliers=0.1), *perturbed()]
    assert curve([*perturbed(dummies=3), *perturbed()], "outliers").why == "one level only (0)"
    found = curve(records, "outliers", Condition(0.0, Perturbation(dummies=3)))
    assert [one.level for one in found.points] == ["0", "0.1"]
    noisy = [run("a", 0.1, True, perturbation=settings) for settings in ({}, {"dummies": 3})]
    assert curve(noisy, "dummies").why == "no run"
    assert [one.runs for one in curve(noisy, "dummies", Condition(0.1, Perturbation())).points] == [1, 1]


def test_the_tasks_own_number_of_points_has_its_place_where_it_is_known():
    records = [*perturbed(), *perturbed(train_size=50), *perturbed(train_size=400)]
    known = {f"fingerprint of sin/{task} 1": 200 for task in "ab"}
    found = curve(records, "train-size", own=known)
    assert [(one.level, one.value) for one in found.points] == [("50", 50.0), ("200 (own)", 200.0), ("400", 400.0)]
    differing = curve(records, "train-size", own=known | {"fingerprint of sin/b 1": 100})
    assert differing.levels == ("50", "400", "own")


def test_measured_data_have_errors_and_no_recovery():
    unknown = {"truth": None, "verdict": None, "recovered": None, "suite": "q"}
    found = curve([record(task="q/1", noise=noise, nmse_test=0.5, **unknown) for noise in (0.0, 0.1)])
    assert [(one.recovery, one.interval, one.nmse_test) for one in found.points] == [(None, None, 0.5)] * 2


@settings(max_examples=8)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([0.0, 0.1]), st.integers(0, 2), st.booleans()),
             min_size=1, max_size=12, unique_by=lambda cell: cell[:3]),
    st.randoms(use_true_random=False),
)  # fmt: skip
def test_the_order_of_runs_does_not_matter_and_each_point_is_about_the_same_tasks(cells, random):
    records = [run(task, noise, solved, seed=seed) for task, noise, seed, solved in cells]
    found = curve(records)
    assert found == curve(random.sample(records, len(records)))
    if isinstance(found, Degradation):
        assert len({one.tasks for one in found.points}) == 1
        assert {one.level for one in found.points} == set(found.levels)
