"""The suite `nguyen`: the dozen formulas, their domains and their 20 points."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_nguyen import srbench_suites

from srbench_lite.problems.task import Task

(SUITE,) = srbench_suites()
TASKS = {task.name: task for task in SUITE.tasks}

#: Facts of DSO's benchmarks.csv: task number, (low, high) of every variable.
INTERVALS = {
    **{number: {"x1": (-1.0, 1.0)} for number in range(1, 7)},
    7: {"x1": (0.0, 2.0)},
    8: {"x1": (0.0, 4.0)},
    **{number: {"x1": (0.0, 1.0), "x2": (0.0, 1.0)} for number in range(9, 13)},
}
#: Worked out by hand: task number, point (x1, x2), value.
VALUES = [
    (1, (0.5, 0), 0.875),
    (1, (-1, 0), -1),
    (2, (0.5, 0), 0.9375),
    (3, (0.5, 0), 0.96875),
    (3, (-1, 0), -1),
    (4, (1, 0), 6),
    (4, (-1, 0), 0),
    (5, (0, 0), -1),
    (5, (1, 0), math.sin(1) * math.cos(1) - 1),
    (6, (-1, 0), -math.sin(1)),
    (6, (1, 0), math.sin(1) + math.sin(2)),
    (7, (1, 0), 2 * math.log(2)),
    (7, (2, 0), math.log(15)),
    (8, (2.25, 0), 1.5),
    (9, (0, 1), math.sin(1)),
    (9, (0.5, 0.5), math.sin(0.5) + math.sin(0.25)),
    (10, (1, 0), 2 * math.sin(1)),
    (10, (0.5, 0.5), math.sin(1)),
    (11, (0.25, 0.5), 0.5),
    (11, (0.5, 1), 0.5),
    (12, (0.5, 1), 0.0625 - 0.125 - 0.5),
    (12, (1, 0.5), -0.375),
]


def test_there_is_the_dozen() -> None:
    assert SUITE.name == "nguyen"
    assert list(TASKS) == [f"nguyen/nguyen-{number}" for number in range(1, 13)]
    assert len({task.fingerprint for task in SUITE.tasks}) == 12
    assert all("Nguyen" in task.source for task in SUITE.tasks)


@pytest.mark.parametrize(("number", "wanted"), INTERVALS.items())
def test_the_domains_are_those_of_the_source(number: int, wanted: dict[str, tuple[float, float]]) -> None:
    task = TASKS[f"nguyen/nguyen-{number}"]
    assert {name: s.interval for name, s in task.variables.items()} == wanted
    assert {s.sampling for s in task.variables.values()} == {"uniform"}
    assert task.truth is not None
    assert task.truth.variables == tuple(wanted)
    assert (task.n_train, task.n_test) == (20, 1000)


@pytest.mark.parametrize(("number", "point", "value"), VALUES)
def test_values_worked_out_by_hand(number: int, point: tuple[float, float], value: float) -> None:
    truth = TASKS[f"nguyen/nguyen-{number}"].truth
    assert truth is not None
    found = truth({"x1": np.array([float(point[0])]), "x2": np.array([float(point[1])])})
    assert found[0] == pytest.approx(value, rel=1e-14, abs=1e-15)


def test_every_formula_has_values_to_be_checked_by() -> None:
    assert {number for number, _, _ in VALUES} == set(INTERVALS) == set(range(1, 13))


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
def test_every_truth_is_defined_on_its_whole_domain(task: Task) -> None:
    rng = np.random.default_rng(0)
    assert task.truth is not None
    points = {name: sampling.draw_fresh(1000, rng) for name, sampling in task.variables.items()}
    values = task.truth(points)
    assert np.isfinite(values).all()
    assert np.std(values) > 0.05
    data = task.dataset(seed=0, noise=0.01)
    assert [len(part) for part in (data.train, data.test)] == [20, 1000]
