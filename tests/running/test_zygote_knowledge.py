"""What a method could find out in its process: no task, no truth, and a seed that draws no points."""

from __future__ import annotations

import os

import numpy as np
import pytest
from looking_methods import Reads, count_in_memory
from places import SUPPORT

from srbench_lite.methods.discovery import discover
from srbench_lite.methods.method import Budget
from srbench_lite.problems import drawn_task, task
from srbench_lite.problems.data import Samples
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.seeds import derive_seed
from srbench_lite.running.messages import FitRequest
from srbench_lite.running.supervisor import Supervisor

SAMPLES = Samples(variables=("x",), x=np.array([[0.0], [1.0]]), y=np.array([1.0, 3.0]))


@pytest.mark.parametrize("scores", [False, True])
def test_the_process_of_a_fit_holds_no_task_and_no_truth(scores):
    request = FitRequest(method="looks", parameters={}, seed=1, budget=Budget(), samples=SAMPLES)
    with Supervisor(plugins=[SUPPORT / "looking_methods.py"], scores=scores) as supervisor:
        answer = supervisor.run(request, seconds=60.0, memory_mb=4096.0).answer
    assert answer is not None
    assert answer.extras == {"objects": [], "modules": []}


def test_the_memory_that_a_fit_was_forked_from_has_no_truth():
    """Even where one process may read another: what the same look finds in this one, which has the suites."""
    assert str(discover().task("sin/phase").truth) == Reads().backwards[::-1]
    request = FitRequest(method="reads", parameters={}, seed=1, budget=Budget(), samples=SAMPLES)
    with Supervisor(plugins=[SUPPORT / "looking_methods.py"], scores=True) as supervisor:
        answer = supervisor.run(request, seconds=60.0, memory_mb=4096.0).answer
    assert answer is not None
    if "refused" in answer.extras:
        pytest.skip(f"this system lets no process read its parent: {answer.extras['refused']}")
    assert "srbench_lite.running" in answer.extras["command"]
    assert answer.extras["hits"] == 0
    assert count_in_memory(os.getpid(), Reads().backwards[::-1].encode()) > 0


def test_the_seed_of_a_fit_draws_no_points(monkeypatch):
    """Whatever is drawn of a task, its seed is none that a method is given, and does not follow from it."""
    drawn: list[int] = []

    def noted(**parts):
        drawn.append(derive_seed(**parts))
        return drawn[-1]

    for module in (task, drawn_task):
        monkeypatch.setattr(module, "derive_seed", noted)
    chosen = discover().task("nguyen-7")
    perturbation = Perturbation(train_size=10, dummies=2, input_noise=0.1, rescale=True, outliers=0.2)
    given = set()
    for seed in range(3):
        drawn_task.DrawnTask.of(chosen, seed=seed, noise=0.1, perturbation=perturbation)
        for method in ("lasso", "lies"):
            given.add(derive_seed(task=chosen.fingerprint, method=method, seed=seed, part="fit"))
    assert len(given) == 6
    assert len(drawn) > 15
    assert not given & {seed % 2**bits for seed in drawn for bits in (31, 32, 63)}
