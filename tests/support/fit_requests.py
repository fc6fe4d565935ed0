"""Requests to fit two points, as a supervisor sends them."""

from __future__ import annotations

import numpy as np

from srbench_lite import Budget, Samples
from srbench_lite.running.messages import FitRequest


def fit_request(method: str, *, threads: int = 1) -> FitRequest:
    """Return a request to fit two points."""
    samples = Samples(variables=("x",), x=np.array([[0.0], [1.0]]), y=np.array([0.0, 1.0]))
    budget = Budget(seconds=60.0, memory_mb=500.0, threads=threads)
    return FitRequest(method=method, parameters={}, seed=1, budget=budget, samples=samples)
