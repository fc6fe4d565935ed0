"""The suite `sin`: what it promises, and that every task can be drawn."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_sin import srbench_suites

from srbench_lite.task import Task

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
        "frequency-3": "sin(3*x)",
        "frequency-2.5": "sin(2.5*x)",
        "amplitude": "2.5*sin(x)",
        "phase": "sin(x + 0.5)",
        "amplitude-frequency-phase": "1.7*sin(2.3*x + 0.8)",
        "offset": "0.5*sin(4*x) + 1",
        "two-frequencies": "sin(x) + 0.5*sin(3*x)",
        "square": "sin(x**2)",
        "times-x": "x*sin(x)",
        "product": "sin(x)*cos(2*x)",
        "squared": "sin(x)**2",
    }


@pytest.mark.parametrize("task", SUITE.tasks, ids=lambda task: task.name)
@pytest.mark.parametrize("seed", range(3))
def test_every_task_draws_finite_datasets(task: Task, seed: int) -> None:
    data = task.dataset(seed=seed, noise=0.01)
    assert data.far is not None
    assert [len(part) for part in (data.train, data.test, data.far)] == [200, 1000, 1000]
    assert all(np.isfinite(part.x).all() and np.isfinite(part.y).all() for part in (data.train, data.test, data.far))
    assert np.std(data.train.y) > 0.1
