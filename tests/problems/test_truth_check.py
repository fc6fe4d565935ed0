"""Truths of which points say nothing: undefined, constant, rounding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import DataError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.discovery import discover
from srbench_lite.problems.data import Samples
from srbench_lite.problems.sampling import Sampling
from srbench_lite.problems.task import Task
from srbench_lite.problems.truth_check import truth_fault


def task(truth: str, low: float = 1.0, high: float = 2.0, **parts: Samples) -> Task:
    domain = {"x": Sampling(low=low, high=high)}
    return Task(name="s/t", suite="s", truth=Expression.parse(truth), variables=domain, n_train=20, n_test=20, **parts)


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ("log(-x)", "undefined on nearly all of its domain"),
        ("sqrt(1.0001 - x)", "undefined on nearly all of its domain"),
        ("3", "has one value on its domain, 3"),
        ("x - x", "has one value on its domain, 0"),
        ("sin(x)**2 + cos(x)**2", "has one value on its domain, 1"),
        ("1 + 1e-20*x", "has one value on its domain, 1"),
        ("(x + 1e300) - 1e300", "has one value on its domain, 0"),
        ("(x + 1e16) - 1e16 - x", "are rounding in float64"),
        ("(x + 1)**2 - x**2 - 2*x - 1", "are rounding in float64"),
        ("sin(1e25*x)", "are rounding in float64"),
    ],
)
def test_truths_that_points_cannot_show(truth: str, words: str) -> None:
    fault = truth_fault(task(truth))
    assert fault is not None
    assert fault.startswith("task s/t: the truth" if "rounding" not in words else "task s/t: the values of the truth")
    assert words in fault


@pytest.mark.parametrize(
    "truth",
    [
        "x",
        "sqrt(1.1 - x)",
        "1 + 1e-10*x",
        "1e-300*x",
        "1e300*x",
        "sin(1e6*x)",
        "exp(50*x)",
        "1/(x - 1.5)",
        "sign(x - 1.5)",
        "erf(x)",
        "gamma(x)",
        "digamma(x + 1) - exp(x)",
    ],
)
def test_truths_that_points_show(truth: str) -> None:
    assert truth_fault(task(truth)) is None


@given(st.floats(1e-6, 0.2))
def test_what_is_refused_as_undefined_cannot_be_drawn(share: float) -> None:
    """Oracle: `dataset`, with which a run begins."""
    defined = task(f"sqrt({1 + share} - x)")
    try:
        defined.dataset(seed=0)
    except DataError:
        assert truth_fault(defined) is not None
    else:
        assert truth_fault(defined) is None


def test_a_task_of_measured_data_is_not_drawn() -> None:
    points = Samples.from_columns({"x": np.linspace(1, 2, 40)}, np.linspace(1, 2, 40))
    assert truth_fault(task("log(-x)", data=points)) is None


def test_of_the_tasks_that_ship_only_constant_polynomials_would_be_refused_in_a_file() -> None:
    refused = {one.truth for one in discover().tasks.values() if truth_fault(one) is not None}
    assert all(truth is not None and truth.is_constant for truth in refused)
