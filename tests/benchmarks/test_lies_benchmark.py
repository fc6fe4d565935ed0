"""What a batch buys: steps of single networks per second with 256 of them in one tensor, and one at a time.

A step is what training does: a batch of points, forward, backward, penalty, optimiser, everything at its default.
Target: 15 times as many. With all 200 points in each step there is less to gain, so that is shown too.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import torch
from srbench_lies.network import Architecture
from srbench_lies.schedule import Schedule, Stage
from srbench_lies.training import Points, Trainer

from srbench_lite.fitting.deadline import Deadline

RESTARTS = 256
POINTS = 200
VARIABLES = 3


def _trainer(restarts: int, schedule: Schedule) -> Trainer:
    rng = np.random.default_rng(0)
    inputs = np.vstack([np.ones(POINTS), rng.uniform(-1.0, 1.0, (VARIABLES, POINTS))])
    points = Points(
        torch.from_numpy(inputs), torch.from_numpy(rng.normal(size=POINTS)), torch.zeros(POINTS, dtype=torch.int64)
    )
    rngs = [np.random.default_rng([0, i]) for i in range(restarts)]
    return Trainer(Architecture(VARIABLES, schedule.depth(VARIABLES)), points, schedule, rngs, 0)


def _speed(restarts: int, steps: int, schedule: Schedule) -> float:
    """Return steps of single networks per second."""
    trainer = _trainer(restarts, schedule)
    trainer.run(Stage(steps=10, weight=5e-3), Deadline(60.0))
    start = time.perf_counter()
    done = trainer.run(Stage(steps=steps, weight=5e-3), Deadline(60.0))
    return restarts * done / (time.perf_counter() - start)


def test_steps_of_a_batch_and_of_one(benchmark):
    """256 networks of three variables in one tensor against one network."""
    schedule = Schedule()
    together = benchmark.pedantic(_speed, args=(RESTARTS, 200, schedule), rounds=3, iterations=1)
    alone = max(_speed(1, 1000, schedule) for _ in range(3))
    whole = replace(schedule, batch=0)
    together_whole, alone_whole = _speed(RESTARTS, 100, whole), _speed(1, 500, whole)
    assert min(together, alone, together_whole, alone_whole) > 0.0
    benchmark.extra_info |= {
        "batch": schedule.batch,
        "steps_per_second_256": together,
        "steps_per_second_1": alone,
        "ratio": together / alone,
        "ratio_all_200_points": together_whole / alone_whole,
    }
    print(f"\n{together:,.0f} steps a second with 256 networks, {alone:,.0f} with one: {together / alone:.1f} times")
    print(f"with all {POINTS} points a step: {together_whole:,.0f} and {alone_whole:,.0f}")
