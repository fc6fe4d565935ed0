"""From points to formulas: sketches, dense networks, what is offered and what is reported."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from srbench_lies.network import Architecture, Space
from srbench_lies.network_search import NetworkReport, fit_network
from srbench_lies.schedule import Schedule, Stage
from srbench_lies.sketching import draw, sketch
from srbench_lies.training import Points

from srbench_lite import Expression, Samples
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.problem import Problem

DENSE = Schedule(
    sketches=0, restarts=64, survivors=16, finalists=4, stages=(Stage(steps=300), Stage(steps=400, weight=5e-3))
)


def posed(x: np.ndarray, y: np.ndarray) -> Problem:
    return Problem.of(Samples(variables=tuple(f"x{i + 1}" for i in range(x.shape[1])), x=x, y=y))


def gaussian() -> Problem:
    """Return what the published code fails on."""
    x = np.linspace(1.0, 3.0, 60)[:, None]
    return posed(x, np.exp(-(x[:, 0] ** 2) / 2) / math.sqrt(2.0 * math.pi))


def search(problem: Problem, schedule: Schedule, seconds: float = 60.0) -> tuple[NetworkReport, list[Expression]]:
    offered: list[Expression] = []
    report = fit_network(problem, schedule, seed=0, deadline=Deadline(math.inf, work=seconds), offer=offered.append)
    assert report.offered == len(set(offered)) == len(offered) <= 25
    json.dumps(dataclasses.asdict(report), allow_nan=False)
    return report, offered


def test_dense_networks_find_the_gaussian_twice_the_same() -> None:
    problem = gaussian()
    report, offered = search(problem, DENSE)
    assert (report.mode, report.layers, report.restarts, report.steps) == ("log", 3, 64, 700)
    assert report.loss_sketch is None
    assert not report.cut
    assert any(problem.is_exact(problem.rss(formula)) for formula in offered)
    assert search(problem, DENSE)[1] == offered


def test_sketches_find_a_sum_and_no_dense_network_is_trained() -> None:
    """Signed data, an exponential and a line: the linear mode."""
    x = np.random.default_rng(0).uniform(-2.0, 2.0, (80, 2))
    problem = posed(x, 2.1 * x[:, 1] + 2.8 * np.exp(-0.5 * x[:, 1]) - 4.0)
    schedule = replace(DENSE, sketches=2048)
    report, offered = search(problem, schedule)
    assert (report.mode, report.restarts, report.loss_free) == ("linear", 0, None)
    assert report.loss_sketch is not None
    assert report.loss_sketch < 1e-20
    exact = [formula for formula in offered if problem.is_exact(problem.rss(formula))]
    assert min(formula.complexity for formula in exact) <= 14
    assert search(problem, schedule)[1] == offered


def test_the_published_setting_runs() -> None:
    report, offered = search(gaussian(), Schedule.published(1, steps=400, restarts=4))
    assert (report.layers, report.sketches, report.restarts, report.steps) == (2, 0, 4, 400)
    assert offered


@pytest.mark.parametrize(
    "off",
    [
        {"penalty": "none"},
        {"prune": False},
        {"oversample": False},
        {"refit": "lbfgs"},
        {"refit": "none"},
        {"layers": 1},
    ],
    ids=str,
)
def test_switches(off: dict[str, object]) -> None:
    small = replace(DENSE, restarts=8, survivors=4, finalists=2, layers=2, stages=(Stage(steps=30), Stage(steps=30)))
    problem = gaussian()
    report, offered = search(problem, replace(small, **off))  # type: ignore[arg-type]
    assert report.loss_refit is not None
    assert all(math.isfinite(problem.rss(formula)) for formula in offered)


@pytest.mark.parametrize("y", [0.0, 3.0, -2.0])
def test_constants(y: float) -> None:
    problem = posed(np.random.default_rng(0).uniform(1.0, 2.0, (12, 2)), np.full(12, y))
    small = replace(DENSE, sketches=64, restarts=4, survivors=2, finalists=2, stages=(Stage(steps=20),))
    _, offered = search(problem, small)
    assert min(problem.rss(formula) for formula in offered) < 1e-20


def test_no_time_is_cut_and_says_so() -> None:
    for schedule in (DENSE, replace(DENSE, sketches=64)):
        assert search(gaussian(), schedule, seconds=0.0)[0].cut


@pytest.mark.parametrize("schedule", [Schedule(), Schedule.published(20)], ids=["default", "published"])
def test_many_variables_and_little_time(schedule: Schedule) -> None:
    """There, steps are long and networks large; still something is pruned, fitted and offered."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, (150, 20))
    problem = posed(x, x @ rng.normal(size=20) + np.sin(3.0 * x[:, 0]) * x[:, 1])
    report, offered = search(problem, replace(schedule, restarts=64), seconds=1.0)
    assert report.cut
    assert offered
    assert report.loss_refit is not None


def test_pruning_can_be_switched_off() -> None:
    small = replace(DENSE, restarts=8, survivors=4, finalists=2, layers=1, stages=(Stage(steps=30), Stage(steps=30)))
    pruned, dense = (search(gaussian(), replace(small, prune=prune))[1] for prune in (True, False))
    assert max(len(f.constants) for f in pruned) < max(len(f.constants) for f in dense)


def test_sketches_are_offered_before_dense_networks_are_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise InterruptedError

    monkeypatch.setattr("srbench_lies.network_search.train", stop)
    offered: list[Expression] = []
    problem = posed(np.linspace(-1.0, 1.0, 30)[:, None], np.random.default_rng(0).normal(size=30))
    with pytest.raises(InterruptedError):
        fit_network(problem, replace(DENSE, sketches=64), seed=0, deadline=Deadline(60.0), offer=offered.append)
    assert 1 <= len(set(offered)) == len(offered) <= 5


def test_sketches_are_sparse_connected_and_the_best_come_first() -> None:
    problem = gaussian()
    space, a = Space.of(problem), Architecture(1, 3)
    for seed in range(50):
        weights = draw(a, space, 0.5, np.random.default_rng(seed))
        assert not weights[~a.structure().numpy()].any()
        used = {a.units} | {unit for unit in range(a.units) if weights[:, a.first + unit].any()}
        assert {row for row in range(a.rows) if weights[row].any()} <= used
    inputs, target = space.inputs(problem.x), space.target(problem.y)
    points = Points(inputs, target, torch.zeros(60, dtype=torch.int64))
    best = sketch(a, space, points, count=512, keep=5, seed=0, deadline=Deadline(60.0))
    again = sketch(a, space, points, count=512, keep=5, seed=0, deadline=Deadline(60.0))
    assert best.shape == (5, a.rows, a.columns)
    assert torch.equal(best, again)
    assert len(sketch(a, space, points, count=512, keep=5, seed=0, deadline=Deadline(0.0))) == 0
