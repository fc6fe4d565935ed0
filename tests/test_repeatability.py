"""Formulas depend on data, parameters, seed and budget alone: not on the clock, the hash seed or the turn.

`srbench conform` asks each method for the same formula on noisy data at two speeds of the clock; here the clock is so
fast that it cuts, and processes differ in what may differ between machines.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from srbench_lite import Budget, discover
from srbench_lite.running.checks import noisy_samples
from srbench_lite.running.slow_clock import slowed

REGISTRY = discover()
#: Those whose search has no end of its own on noisy data within the budget of these tests.
SEARCHING = [
    "diffusion", "goals", "lasso", "lies", "lies-fast", "lies-paper", "lstm", "planning", "prior-sampling", "refined",
    "symbolnet", "transformer",
]  # fmt: skip

SCRIPT = """
import json, sys
from srbench_lite import Budget, discover
from srbench_lite.running.checks import noisy_samples
from srbench_lite.running.slow_clock import slowed
from srbench_lite.running.speed import machine_speed
method = discover().method(sys.argv[1])
with slowed(float(sys.argv[2]) * machine_speed()):
    fit = method.fit(noisy_samples(), seed=2, budget=Budget(seconds=float(sys.argv[3])), report=lambda _: None)
print(json.dumps([str(fit.expression), list(map(str, fit.candidates)), fit.stopped]))
"""


@pytest.mark.parametrize("name", SEARCHING)
def test_a_machine_ten_times_slower_is_cut_by_the_clock_and_still_answers(name: str) -> None:
    samples = noisy_samples()
    with slowed(10.0):
        fit = REGISTRY.method(name).fit(samples, seed=1, budget=Budget(seconds=2.0), report=lambda _: None)
    assert (fit.stopped, fit.extras["plan"]) == ("budget", "cut by the clock")
    assert np.isfinite(fit.expression(samples.columns)).all()


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [4.0, 12.0])
@pytest.mark.parametrize("name", list(REGISTRY.methods))
def test_processes_with_other_hash_seeds_and_a_faster_clock_find_the_same(name: str, seconds: float) -> None:
    found = []
    for hash_seed, factor in (("1", 1.0), ("2", 1.0), ("3", 2.0)):
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT, name, str(factor), str(seconds)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        found.append(json.loads(done.stdout))
    assert found[0] == found[1] == found[2]
    assert found[0][2] == "done"
