"""The suite `strogatz`: the truth is the derivative of the trajectories, starts lie where the published ones do."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
import srbench_strogatz
from published_formulas import published

(SUITE,) = srbench_strogatz.srbench_suites()
TASKS = {task.name.removeprefix("strogatz/"): task for task in SUITE.tasks}
SYSTEMS = ("bacres", "barmag", "glider", "lv", "predprey", "shearflow", "vdp")
#: Steps between two points of a trajectory as it is drawn.
_FINER = 100


def test_there_are_two_rates_of_seven_systems() -> None:
    assert sorted(TASKS) == sorted(f"{system}{number}" for system in SYSTEMS for number in (1, 2))
    for system in SYSTEMS:
        first, second = TASKS[f"{system}1"], TASKS[f"{system}2"]
        assert first.trajectories == second.trajectories
        assert first.variables == second.variables
        assert first.trajectories is not None
        assert [first.truth, second.truth] == list(first.trajectories.rates.values())
        assert len(first.trajectories.starts) == 4
        assert (first.n_train, first.n_test) == (300, 100)


@pytest.mark.parametrize("system", SYSTEMS)
def test_rates_are_the_derivatives_of_the_trajectories(system: str) -> None:
    """Oracle: differences of points that lie a hundred times as close."""
    trajectories = TASKS[f"{system}1"].trajectories
    assert trajectories is not None
    fine = replace(trajectories, steps=_FINER * (trajectories.steps - 1) + 1)
    times = np.linspace(0.0, fine.duration, fine.steps)
    start = trajectories.starts[0]
    points = fine.points(start)
    np.testing.assert_allclose(points[::_FINER], trajectories.points(start), rtol=1e-7, atol=1e-8)
    for index, name in enumerate(trajectories.rates):
        truth = TASKS[f"{system}{index + 1}"].truth
        assert truth is not None
        wanted = np.gradient(points[:, index], times, edge_order=2)
        found = truth(dict(zip(trajectories.rates, points.T, strict=True)))
        assert np.max(np.abs(found - wanted)) < 2e-3 * np.max(np.abs(wanted)), name


@pytest.mark.parametrize("name", TASKS)
def test_points_lie_in_the_stated_ranges_and_starts_in_the_published_ones(name: str) -> None:
    task = TASKS[name]
    assert task.trajectories is not None
    data = task.dataset(seed=0)
    for variable, sampling in task.variables.items():
        values = np.concatenate([data.train.columns[variable], data.test.columns[variable]])
        assert sampling.low <= values.min()
        assert values.max() <= sampling.high
        assert np.ptp(values) > 0.8 * (sampling.high - sampling.low)
    ranges = re.findall(r"(\w) in \[([^,]+),([^]]+)]", published()[f"strogatz/{name}"].train)
    for index, (_, low, high) in enumerate(ranges):
        assert all(float(low) <= start[index] <= float(high) for start in task.trajectories.starts)


def test_whole_trajectories_test() -> None:
    task = TASKS["lv1"]
    assert task.trajectories is not None
    starts = set()
    for seed in range(4):
        test = task.dataset(seed=seed).test
        starts.add((float(test.x[0, 0]), float(test.x[0, 1])))
        whole = task.trajectories.points(task.trajectories.starts[task.trajectories.starts.index((*test.x[0],))])
        np.testing.assert_array_equal(test.x, whole)
    assert len(starts) > 1
    assert starts <= set(task.trajectories.starts)


def test_cotangent_is_written_out() -> None:
    truth = TASKS["shearflow1"].truth
    assert truth is not None
    assert truth({"x": np.array([0.5]), "y": np.array([0.25])})[0] == pytest.approx(np.cos(0.5) / np.tan(0.25))
