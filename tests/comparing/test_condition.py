"""Conditions: which noise level and perturbation a table is about."""

from __future__ import annotations

import pytest
from records import record

from srbench_lite.comparing.condition import Condition, choose_condition, runs_under, with_formulas
from srbench_lite.comparing.runs import RunTable
from srbench_lite.errors import UsageError
from srbench_lite.problems.perturbation import Perturbation

COLUMNS = ("suite", "task", "method", "noise", "perturbation", "truth")
RUNS = RunTable.from_records(
    [
        record(noise=0.01),
        record(noise=0.01, perturbation={"dummies": 3}),
        record(noise=0.1, perturbation={"dummies": 3}),
        record(noise=0.0, perturbation={"dummies": 3}),
        record(noise=0.0, perturbation={"train_size": 50, "dummies": 1}),
    ],
    COLUMNS,
).runs


@pytest.mark.parametrize(
    ("choice", "noise", "perturbation"),
    [
        ({}, 0.0, {"dummies": 3}),
        ({"noise": 0.01}, 0.01, {}),
        ({"perturbation": "none"}, 0.01, {}),
        ({"perturbation": "train 50, 1 dummy"}, 0.0, {"train_size": 50, "dummies": 1}),
        ({"noise": 0.1, "perturbation": "3 dummies"}, 0.1, {"dummies": 3}),
    ],
)
def test_it_is_the_one_asked_for_or_the_least(choice, noise, perturbation):
    assert choose_condition(RUNS, **choice) == Condition(noise, Perturbation.of(perturbation))


def test_what_is_not_there_is_an_error_that_lists_what_is():
    with pytest.raises(UsageError, match=r"no run here has noise 0\.5; they have 0, 0\.01, 0\.1"):
        choose_condition(RUNS, 0.5)
    with pytest.raises(UsageError, match=r"no run here has the perturbation '3 dummy'\. Did you mean: 3 dummies"):
        choose_condition(RUNS, None, "3 dummy")
    with pytest.raises(UsageError, match=r"no run here has noise 0; they have 0\.01"):
        choose_condition(RUNS, 0.0, "none")


def test_other_runs_are_counted():
    own, said = runs_under(RUNS, Condition(0.01, Perturbation()))
    assert len(own) == 1
    assert said == ("4 runs at other noise levels or perturbations: --noise and --perturbation choose them.",)
    assert runs_under(own, Condition(0.01, Perturbation()))[1] == ()


def test_it_reads_as_tables_write_it():
    assert str(Condition(0.01, Perturbation())) == "noise 0.01"
    assert str(Condition(0.0, Perturbation(dummies=3))) == "noise 0, 3 dummies"


def test_of_several_suites_tasks_of_one_formula_are_one():
    tasks = [("a", "a/1", "x**2"), ("a", "a/2", "sin(x)"), ("b", "b/1", "z**2"), ("b", "b/2", "2*z")]
    records = [record(suite=suite, task=task, truth=truth) for suite, task, truth in tasks]
    numbers = with_formulas(RunTable.from_records(records, COLUMNS).runs)["formula"].tolist()
    assert numbers[0] == numbers[2]
    assert len(set(numbers)) == 3
    alone = [record(task=f"sin/{k}", truth="x") for k in range(3)]
    assert with_formulas(RunTable.from_records(alone, COLUMNS).runs)["formula"].nunique() == 3
