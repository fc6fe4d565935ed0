"""A task as JSON: what is read back draws the same points, whatever kind of task it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from srbench_lite import Samples, Sampling, Task, discover
from srbench_lite.running.cluster.task_text import described_task, read_task
from srbench_lite.running.wire import WireError

REGISTRY = discover()


def sent(task: Task) -> Task:
    return read_task(json.loads(json.dumps(described_task(task), allow_nan=False)), task.fingerprint)


@pytest.mark.parametrize("suite", sorted(REGISTRY.suites))
def test_every_installed_task_arrives_as_it_was(suite):
    for task in REGISTRY.suites[suite].tasks:
        there = sent(task)
        assert there.fingerprint == task.fingerprint
        assert (there.truth, there.variables, there.unidentifiable) == (task.truth, task.variables, task.unidentifiable)


@pytest.mark.parametrize("name", ["sin/plain", "nguyen/nguyen-7", "strogatz/vdp1"])
def test_the_points_are_the_same(name):
    task = REGISTRY.task(name)
    here, there = task.dataset(seed=3, noise=0.1), sent(task).dataset(seed=3, noise=0.1)
    for part in ("train", "test"):
        np.testing.assert_array_equal(getattr(here, part).x, getattr(there, part).x)
        np.testing.assert_array_equal(getattr(here, part).y, getattr(there, part).y)


@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 0.5, 4.0]])
def test_measured_points_arrive_to_the_last_bit(weights):
    rng = np.random.default_rng(0)
    data = Samples(variables=("a", "b"), x=rng.normal(size=(4, 2)) * 1e-300, y=rng.normal(size=4), weights=weights)
    task = Task(
        name="own/rows", suite="own", truth=None, variables={n: Sampling(low=0, high=1) for n in "ab"}, n_train=3,
        n_test=1, data=data, units={"a": "m"}, target_unit="s",
    )  # fmt: skip
    there = sent(task)
    np.testing.assert_array_equal(there.data.x, data.x)
    assert there.data.units == {"a": "m"}
    assert (there.data.weights is None) == (weights is None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"truth": "x +"}, "cannot be read"),
        ({"truth": "2*x"}, "has the fingerprint"),
        ({"truth": 3}, "truth must be a text or null"),
        ({"variables": []}, "variables must be an object"),
        ({"variables": {"x": {"low": 0}}}, "cannot be read"),
        ({"variables": {"x": 1}}, "cannot be read"),
        ({"n_train": "many"}, "cannot be read"),
        ({"data": {"x": "?", "y": "?", "weights": None}}, "base64"),
        ({"data": {"x": "AAAA", "y": "AAAA", "weights": None}}, "base64"),
        ({"trajectories": {"rates": {"x": "x"}}}, "lacks starts"),
        ({"trajectories": 1}, "cannot be read"),
        ({"name": "other"}, "cannot be read"),
    ],
)
def test_what_is_no_task_is_refused(change, said):
    task = REGISTRY.task("sin/plain")
    with pytest.raises(WireError, match=said):
        read_task(described_task(task) | change, task.fingerprint)


def test_what_lacks_a_part_is_refused():
    described = described_task(REGISTRY.task("sin/plain"))
    del described["units"]
    with pytest.raises(WireError, match="a task lacks units"):
        read_task(described, "")
