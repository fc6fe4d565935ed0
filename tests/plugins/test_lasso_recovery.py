"""Recovery on generated formulas and the suites (slow): `pytest -m slow -rP tests/plugins/test_lasso_recovery.py`."""

from __future__ import annotations

import importlib
import importlib.util
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from srbench_lasso import Lasso

from srbench_lite import Budget, Task

_SPEC = importlib.util.spec_from_file_location("lasso_generator", Path(__file__).with_name("lasso_generator.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
generator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generator)


def _rate(what: str, tasks: Sequence[Task], seeds: Sequence[int], noise: float) -> float:
    """Return the share of runs that find the very function; print it with times and accuracy."""
    hits, seconds, r2 = [], [], []
    for task in tasks:
        for seed in seeds:
            data = task.dataset(seed=seed, noise=noise)
            start = time.perf_counter()
            fit = Lasso().fit(data.train, seed=seed, budget=Budget(seconds=60), report=lambda expression: None)
            seconds.append(time.perf_counter() - start)
            hits.append(generator.same_function(fit.expression, task))
            error = fit.expression(data.test.columns) - data.test.y
            r2.append(1 - np.mean(error**2) / max(float(np.var(data.test.y)), float(np.mean(data.test.y**2)) * 1e-12))
    print(
        f"| {what} | {noise:g} | {sum(hits)} of {len(hits)} | {np.median(seconds):.1f} | {np.max(seconds):.1f} | "
        f"{np.median(r2):.6f} | {np.min(r2):.5f} |"
    )
    return sum(hits) / len(hits)


def _suite(name: str) -> tuple[Task, ...]:
    (suite,) = importlib.import_module(f"srbench_{name}").srbench_suites()
    return tuple(suite.tasks)


@pytest.mark.slow
@pytest.mark.parametrize(("noise", "floor"), [(0.0, 0.75), (0.01, 0.3)])
def test_generated_formulas(noise: float, floor: float) -> None:
    tasks = [generator.draw_task(number) for number in range(100, 140)]  # tuned on 0 to 39
    assert _rate("generated", tasks, [0], noise) >= floor


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suite", "every", "noise", "floor"),
    [
        ("poly2", 1, 0.0, 0.95), ("sin", 1, 0.0, 0.75), ("composite", 1, 0.0, 0.5),
        ("poly2", 4, 0.01, 0.8), ("sin", 1, 0.01, 0.75), ("composite", 1, 0.01, 0.5),
    ],
)  # fmt: skip
def test_suites(suite: str, every: int, noise: float, floor: float) -> None:
    assert _rate(suite, _suite(suite)[::every], [0, 1, 2], noise) >= floor
