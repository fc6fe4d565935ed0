"""The suite `sin`: what it promises, and that every task can be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_sin import srbench_suites

from srbench_lite.problems.task import Task

(SUITE,) = srbench_suites()


def test_the_suite_has_at_least_eight_sines_of_one_variable() -> None:
    assert SUITE.name == "sin"
    assert len(SUITE.tasks) >= 8
    for task in SUITE.tasks:
        assert list(task.variables) == ["x"]
        assert "sin" in str(task.truth)
    assert len({task.fingerprint for task in SUITE.tasks}) == len(SUITE.tasks)
    assert SUITE.summary.startswith(f"{len(SUITE.tasks)} ")


def test_the_formulas_are_golden() -> None:
    """A changed formula needs a new version of its task: stored results stand on these."""
    assert {task.name.removeprefix("sin/"): str(task.truth) for task in SUITE.tasks} == {
        "plain": "sin(x)",
        "frequency-5": "sin(5*x)",
        "frequency-0.7": "sin(0.7*x)",
        "amplitude": "3.4*sin(x)",
        "phase": "sin(x - 1.2)",
        "amplitude-frequency-phase": "0.8*sin(3.7*x + 2.1)",
        "offset": "1.6*sin(2.2*x) - 0.9",
        "two-frequencies": "sin(1.5*x) + 0.4*sin(4*x)",
        "square": "sin(1.3*x**2)",
        "times-x": "x*sin(2*x)",
        "product": "sin(2*x)*cos(3*x)",
        "squared": "sin(1.5*x)**2",
    }


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
@pytest.mark.parametrize("seed", range(3))
def test_every_task_draws_finite_datasets(task: Task, seed: int) -> None:
    data = task.dataset(seed=seed, noise=0.01)
    assert data.far is not None
    assert [len(part) for part in (data.train, data.test, data.far)] == [200, 1000, 1000]
    assert all(np.isfinite(part.x).all() and np.isfinite(part.y).all() for part in (data.train, data.test, data.far))
    assert np.std(data.train.y) > 0.1
