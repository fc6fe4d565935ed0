"""Recovery on the generator's reporting set (slow): `pytest -m slow -rP tests/plugins/lasso/test_recovery.py`."""

from __future__ import annotations

import time

import lasso_generator as generator
import numpy as np
import pytest
from srbench_lasso import Lasso

from srbench_lite import Budget


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "noise", "floor"),
    [("simple", 0.0, 0.9), ("generated", 0.0, 0.6), ("simple", 0.01, 0.5), ("generated", 0.01, 0.15)],
)
def test_reporting_set(suite: str, noise: float, floor: float) -> None:
    hits, seconds, r2 = [], [], []
    for task in generator.REPORTING:
        if task.suite != suite:
            continue
        data = task.dataset(seed=0, noise=noise)
        start = time.perf_counter()
        fit = Lasso().fit(data.train, seed=0, budget=Budget(seconds=60), report=lambda expression: None)
        seconds.append(time.perf_counter() - start)
        hits.append(generator.same_function(fit.expression, task))
        r2.append(1 - np.mean((fit.expression(data.test.columns) - data.test.y) ** 2) / np.var(data.test.y))
    print(
        f"| {suite} | {noise:g} | {sum(hits)} of {len(hits)} | {np.median(seconds):.1f} | {np.max(seconds):.1f} | "
        f"{np.median(r2):.6f} | {np.min(r2):.5f} |"
    )
    assert sum(hits) / len(hits) >= floor
