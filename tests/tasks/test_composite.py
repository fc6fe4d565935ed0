"""The suite `composite`: the combinations it promises, and that every task can be drawn."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from srbench_composite import srbench_suites

from srbench_lite.problems.task import Task

(SUITE,) = srbench_suites()
Array = NDArray[np.float64]

#: Oracle: the functions that must be there, written in NumPy.
_WANTED: dict[str, Callable[[Array, Array], Array]] = {
    "sin(x) + 0.5x^2": lambda x, y: np.sin(x) + 0.5 * x**2,
    "exp(x)": lambda x, y: np.exp(x),
    "sin(x)/x": lambda x, y: np.sin(x) / x,
    "sin(x) + cos(y)": lambda x, y: np.sin(x) + np.cos(y),
    "exp(-x^2) sin(3x)": lambda x, y: np.exp(-(x**2)) * np.sin(3 * x),
    "exp(x)/(1 + x^2)": lambda x, y: np.exp(x) / (1 + x**2),
    "x sin(x) + log(x + 2)": lambda x, y: x * np.sin(x) + np.log(x + 2),
}


def test_the_suite_has_at_least_ten_tasks_that_differ() -> None:
    assert SUITE.name == "composite"
    assert len(SUITE.tasks) >= 10
    assert len({task.fingerprint for task in SUITE.tasks}) == len(SUITE.tasks)
    assert {len(task.variables) for task in SUITE.tasks} == {1, 2}
    assert SUITE.summary.startswith(f"{len(SUITE.tasks)} ")


@pytest.mark.parametrize("function", _WANTED.values(), ids=_WANTED.keys())
def test_the_promised_functions_are_there(function: Callable[[Array, Array], Array]) -> None:
    x, y = np.linspace(0.1, 3, 40), np.linspace(2, 1, 40)
    found = [
        task.name
        for task in SUITE.tasks
        if task.truth is not None and np.allclose(task.truth({"x": x, "y": y}), function(x, y), rtol=1e-12, atol=0)
    ]
    assert len(found) == 1


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
@pytest.mark.parametrize("seed", range(3))
def test_every_task_draws_finite_datasets(task: Task, seed: int) -> None:
    data = task.dataset(seed=seed, noise=0.01)
    assert data.far is not None
    assert [len(part) for part in (data.train, data.test, data.far)] == [200, 1000, 1000]
    assert all(np.isfinite(part.x).all() and np.isfinite(part.y).all() for part in (data.train, data.test, data.far))
    assert np.std(data.train.y) > 0.05


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
def test_every_truth_is_defined_on_its_whole_domain(task: Task) -> None:
    """Nothing has to be drawn again: the domains were chosen so (x = 0 of sin(x)/x has probability zero)."""
    rng = np.random.default_rng(0)
    assert task.truth is not None
    points = {name: sampling.draw_fresh(10_000, rng) for name, sampling in task.variables.items()}
    assert np.isfinite(task.truth(points)).all()
