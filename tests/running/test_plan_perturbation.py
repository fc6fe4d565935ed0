"""`plan` with perturbations: each multiplies the runs, is part of the key, and is refused where it makes no sense."""

from __future__ import annotations

import numpy as np
import pytest
from places import HOSTILE

from srbench_lite import Budget, Samples, Sampling, Task, UsageError
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.problems.suite import Suite
from srbench_lite.running.plan import PlannedRun, plan

DOMAIN = {"x": Sampling(low=0.0, high=1.0)}
DRAWN = Suite.from_formulas("toy", summary="s", formulas={"line": ("x", {"x": (0.0, 1.0)})}, n_train=10).tasks[0]
MEASURED = Task(
    name="own/data", suite="own", truth=None, variables=DOMAIN, n_train=10, n_test=5,
    data=Samples(variables=("x",), x=np.linspace(0, 1, 20)[:, None], y=np.linspace(0, 1, 20)),
)  # fmt: skip


def planned(task: Task, *perturbations: Perturbation, noises: tuple[float, ...] = (0.0,)) -> tuple[PlannedRun, ...]:
    method = discover(files=[HOSTILE]).method("good")
    return plan([method], [task], seeds=[0, 1], noises=noises, budget=Budget(), perturbations=perturbations)


def test_perturbations_multiply_the_runs_and_are_part_of_the_key():
    several = Perturbation(), Perturbation(dummies=3), Perturbation(train_size=5), Perturbation(dummies=3)
    runs = planned(DRAWN, *several, noises=(0.0, 0.1))
    assert len(runs) == 3 * 2 * 2
    assert len({one.key for one in runs}) == len(runs)
    plain = planned(DRAWN, several[0], noises=(0.0, 0.1))
    assert [one.key for one in runs if not one.perturbation] == [one.key for one in plain]
    assert {one.run_key.perturbation.get("dummies") for one in runs} == {None, 3}


def test_without_perturbations_the_plan_is_as_ever():
    method = discover(files=[HOSTILE]).method("good")
    plain = plan([method], [DRAWN], seeds=[0, 1], noises=[0.0], budget=Budget())
    assert [one.key for one in plain] == [one.key for one in planned(DRAWN, Perturbation())]


def test_more_points_than_are_measured_are_refused_before_anything_runs():
    assert len(planned(MEASURED, Perturbation(train_size=10, dummies=2, input_noise=0.1, rescale=True))) == 2
    with pytest.raises(UsageError, match="task own/data has 10 training points and no more can be drawn"):
        planned(MEASURED, Perturbation(train_size=11))
