"""Recovery on generated formulas (slow)."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from srbench_lasso import Lasso

from srbench_lite import Budget

_SPEC = importlib.util.spec_from_file_location("lasso_generator", Path(__file__).with_name("lasso_generator.py"))
assert _SPEC is not None
assert _SPEC.loader is not None
generator = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generator)

COUNT = 40


def _rate(noise: float) -> float:
    hits = 0
    for number in range(100, 100 + COUNT):  # tuned on 0 to 99
        task = generator.draw_task(number)
        train = task.dataset(seed=0, noise=noise).train
        fit = Lasso().fit(train, seed=0, budget=Budget(seconds=60), report=lambda expression: None)
        hits += generator.same_function(fit.expression, task)
    return hits / COUNT


@pytest.mark.slow
def test_recovers_generated_formulas() -> None:
    assert _rate(0.0) >= 0.7
