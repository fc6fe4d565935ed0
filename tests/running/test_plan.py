"""`plan`: every combination once, in order, each with the key that its record will have."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from places import HOSTILE

from srbench_lite import Budget, Sampling, Task, UsageError
from srbench_lite.expressions.expression import Expression
from srbench_lite.judging.scoring import SCORING_VERSION
from srbench_lite.methods.discovery import Registry, discover
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.recording.run_key import RunKey
from srbench_lite.running.plan import Plan, plan


@pytest.fixture(name="registry", scope="module")
def _registry() -> Registry:
    return discover(files=[HOSTILE])


def _tasks(n: int = 4) -> list[Task]:
    return [
        Task(
            name=f"toy/line-{i}", suite="toy", truth=Expression.parse(f"{i}*x + 1"), n_train=10, n_test=20,
            variables={"x": Sampling(low=-1.0, high=1.0)},
        )
        for i in range(1, n + 1)
    ]  # fmt: skip


def test_a_plan_has_every_combination_once(registry):
    methods = [registry.method("good"), registry.method("random")]
    planned = plan(methods, _tasks(), seeds=[0, 1, 1], noises=[0.0, 0.1, 0], budget=Budget())

    assert len(planned) == 2 * 4 * 2 * 2
    assert len({one.key for one in planned}) == len(planned)


def test_the_key_depends_on_what_the_result_depends_on(registry):
    def key(method: str = "good", task: int = 0, seed: int = 0, noise: float = 0.0, **changes: Any) -> str:
        chosen = registry.method(method).with_parameters(changes.pop("parameters", {}))
        budget = Budget(**changes)
        return plan([chosen], [_tasks()[task]], seeds=[seed], noises=[noise], budget=budget)[0].key

    keys = [
        key(), key(method="random"), key(task=1), key(seed=1), key(noise=0.1), key(seconds=5.0), key(memory_mb=5.0),
        key(threads=2), key(parameters={"pids": "elsewhere"}),
    ]  # fmt: skip

    assert len(set(keys)) == len(keys)
    assert key() == keys[0]


@pytest.mark.parametrize(("seeds", "noises"), [([-1], [0.0]), ([0], [-0.1]), ([0], [float("nan")])])
def test_nonsense_is_refused(registry, seeds, noises):
    with pytest.raises(UsageError, match="got"):
        plan([registry.method("good")], _tasks(), seeds=seeds, noises=noises, budget=Budget())


def test_the_order_is_method_task_noise_seed(registry):
    methods = [registry.method("random"), registry.method("good")]
    planned = plan(methods, _tasks(2), seeds=[5, 3], noises=[0.1, 0.0], budget=Budget())
    order = [(one.method.name, one.task.name, one.noise, one.seed) for one in planned]
    assert order == [
        (method, task, noise, seed)
        for method in ("random", "good")
        for task in ("toy/line-1", "toy/line-2")
        for noise in (0.1, 0.0)
        for seed in (5, 3)
    ]


def test_the_key_is_that_of_the_ten_facts(registry):
    task, method, budget = _tasks()[0], registry.method("good"), Budget(seconds=5.0, memory_mb=100.0, threads=2)
    (one,) = plan([method], [task], seeds=[7], noises=[0.5], budget=budget)
    assert one.run_key == RunKey(
        task_fingerprint=task.fingerprint, method="good", method_version=method.version,
        parameters=method.parameters(), seed=7, noise=0.5, budget_seconds=5.0, budget_memory_mb=100.0,
        budget_threads=2, scoring_version=SCORING_VERSION,
    )  # fmt: skip
    assert one.key == one.run_key.digest


def test_a_plan_that_nobody_could_do_is_refused_at_once(registry):
    with pytest.raises(UsageError, match=r"at most 100,000,000 runs, this one has 4,000,000,000; use fewer seeds"):
        plan([registry.method("good")], _tasks(), seeds=range(10**9), noises=[0.0], budget=Budget())


@pytest.fixture(name="runs", scope="module")
def _runs(registry) -> Plan:
    methods = [registry.method("random"), registry.method("good")]
    perturbations = [Perturbation(), Perturbation(dummies=2)]
    return plan(
        methods, _tasks(3), seeds=[5, 3], noises=[0.1, 0.0], budget=Budget(seconds=3.0), perturbations=perturbations
    )  # fmt: skip


def test_a_run_is_the_same_however_it_is_looked_at(runs):
    listed = list(runs)
    assert len(listed) == len(runs) == 2 * 3 * 2 * 2 * 2
    assert [runs[number] for number in range(len(runs))] == listed
    assert [runs[number] for number in range(-len(runs), 0)] == listed
    assert list(runs[5:17:3]) == listed[5:17:3]
    with pytest.raises(IndexError):
        runs[len(runs)]


def test_keys_are_those_of_the_runs(runs):
    expected = [(one.key, one.method.name, one.method_source) for one in runs]
    assert list(runs.keyed()) == expected
    assert list(runs.keys()) == [key for key, _, _ in expected]


@given(st.data())
def test_a_part_of_a_part_has_the_runs_that_were_chosen(runs, data):
    """Whether few are chosen or many, and of one plan or of two behind each other."""
    both = runs + [dataclasses.replace(one, seed=one.seed + 100) for one in runs]
    numbers = sorted(data.draw(st.sets(st.integers(0, len(both) - 1))))
    part = both.part(numbers)
    listed = [both[number] for number in numbers]
    assert list(part) == listed
    assert list(part.keys()) == [one.key for one in listed]
    fewer = [number for number in range(len(part)) if data.draw(st.booleans())]
    assert list(part.part(fewer)) == [listed[number] for number in fewer]


def test_what_two_plans_share_is_there_once(registry):
    def one(*seeds: int) -> Plan:
        return plan([registry.method("good")], _tasks(1), seeds=seeds, noises=[0.0], budget=Budget())

    assert [run.seed for run in Plan.joined([one(1, 2), one(2, 3), one(1, 4)])] == [1, 2, 3, 4]
    assert [run.seed for run in one(1, 2) + list(one(0, 1))] == [1, 2, 0]
    assert len(Plan.joined([])) == 0


def test_a_plan_of_millions_takes_no_room(registry):
    tracemalloc.start()
    runs = plan([registry.method("good")], _tasks(4), seeds=range(5_000_000), noises=[0.0], budget=Budget())
    last = runs[-1]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (len(runs), last.task.name, last.seed) == (20_000_000, "toy/line-4", 4_999_999)
    assert peak < 100_000_000
