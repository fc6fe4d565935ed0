"""How fast the transformer answers, on one thread: samples, the first candidate, drawn functions, fits of constants.

What was aimed at: 256 samples in 1.5 s; the first candidate, reading the weights included, in 1 s; 2,000 functions a
second.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from srbench_transformer import Transformer
from srbench_transformer.encoding import encode_points, spectrum
from srbench_transformer.generator import Generator
from srbench_transformer.search import Search
from srbench_transformer.shipped import load_model

from srbench_lite import Budget, Expression, Samples, torch_threads
from srbench_lite.fitting.deadline import Deadline
from srbench_lite.fitting.pareto_front import ParetoFront
from srbench_lite.fitting.problem import Problem

FUNCTIONS = 500


@pytest.fixture(name="samples", scope="module")
def _samples() -> Samples:
    x = np.linspace(0.2, 3.0, 200)[:, None]
    return Samples(variables=("x",), x=x, y=np.sin(2 * x[:, 0]) * np.exp(-x[:, 0]) + np.sqrt(x[:, 0]))


def test_256_samples(benchmark, samples):
    model = load_model("base")
    x, y = samples.x[None, ::4], samples.y[None, ::4]

    def draw() -> torch.Tensor:
        memory = model.read(torch.from_numpy(encode_points(x, y)), torch.from_numpy(spectrum(x, y)))
        return model.write(memory, 256, temperature=1.0, generator=torch.Generator().manual_seed(0))[0]

    with torch_threads(1), torch.no_grad():
        tokens = benchmark(draw)
    assert len(tokens) == 256


def test_first_formula_that_is_no_constant(benchmark, samples):
    class Found(Exception):  # noqa: N818 - no error, an end
        pass

    def first() -> float:
        begun = time.perf_counter()

        def report(expression: Expression) -> None:
            if expression.variables:
                raise Found

        try:
            Transformer().fit(samples, seed=0, budget=Budget(seconds=10), report=report)
        except Found:
            return time.perf_counter() - begun
        raise AssertionError("nothing was reported")

    assert benchmark.pedantic(first, setup=load_model.cache_clear, rounds=5) > 0


def test_functions_drawn(benchmark):
    def draw() -> int:
        drawing = Generator(variables=1).accepted(np.random.default_rng(0))
        return sum(next(drawing) is not None for _ in range(FUNCTIONS))

    assert benchmark(draw) == FUNCTIONS


def test_a_fit_of_constants(benchmark, samples):
    problem = Problem.of(samples)

    def fit() -> int:
        search = Search(problem, ParetoFront(problem), Deadline(60), 10_000, 0)
        search.propose([("+", "x1", "exp", "x1"), ("sin", "+", "x1", "pow2", "x1"), ("*", "x1", "log", "x1")])
        return search.fits

    assert benchmark(fit) == 3
