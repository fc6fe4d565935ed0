"""The suite `poly2`: 100 polynomials as its docstring describes them, the same for ever."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import sympy
from srbench_poly2 import N_TASKS, srbench_suites

from srbench_lite.problems.task import Task

(SUITE,) = srbench_suites()
_X = sympy.Symbol("x", real=True)


def coefficients(task: Task) -> tuple[sympy.Rational, ...]:
    """Exact coefficients (c2, c1, c0), found by SymPy from the formula."""
    assert task.truth is not None
    poly = sympy.Poly(task.truth.to_sympy(), _X)
    assert poly.degree() <= 2
    return tuple(poly.coeff_monomial(_X**power) for power in (2, 1, 0))


ALL = [coefficients(task) for task in SUITE.tasks]


def test_there_are_a_hundred_different_polynomials() -> None:
    assert SUITE.name == "poly2"
    assert len(SUITE.tasks) == N_TASKS == 100
    assert len(set(ALL)) == 100
    assert [task.name for task in SUITE.tasks] == [f"poly2/poly-{i:03d}" for i in range(1, 101)]


def test_coefficients_are_tenths_between_minus_five_and_five() -> None:
    for row in ALL:
        for c in row:
            assert abs(c) <= 5
            assert (10 * c).is_Integer
    assert any(abs(c) > 4 for row in ALL for c in row)
    assert any(c < 0 for row in ALL for c in row)
    assert (0, 0, 0) not in ALL


def test_terms_are_missing_as_often_as_described() -> None:
    missing = [sum(row[i] == 0 for row in ALL) for i in range(3)]
    assert all(5 <= count <= 40 for count in missing), missing
    shapes = {tuple(c != 0 for c in row) for row in ALL}
    constant, square, line = (False, False, True), (True, False, False), (False, True, True)
    assert {constant, square, line} <= shapes


def test_formulas_are_written_without_idle_parts() -> None:
    """No 1*x, no 0*x, no + (-2), no double sign: complexity is compared with that of the truth."""
    for task in SUITE.tasks:
        text = str(task.truth)
        assert not any(idle in text for idle in ("(", "--", " 1*", " 0*", " 0 ")), text
        assert not text.startswith(("1*", "0", "-1*", "-0 ")) or text.startswith(("0.", "-0.")), text


def test_the_formulas_are_golden() -> None:
    assert [str(task.truth) for task in SUITE.tasks[:6]] == FIRST
    text = "\n".join(str(task.truth) for task in SUITE.tasks)
    assert hashlib.sha256(text.encode()).hexdigest() == ALL_TEXTS


FIRST = [
    "3.1*x**2 - 4.7*x + 1.3",
    "-2*x**2 - 0.1*x",
    "-1.7*x**2 + 0.2*x + 4.4",
    "-0.6*x**2 - 1.3*x - 1.1",
    "-2.9*x**2 - 2.8*x + 1.3",
    "-1.6*x**2 - 2.4",
]
ALL_TEXTS = "4f57cb06d60c00428a02468a9c347bf1d31561395d0bf22890ea26b0ece0e97e"


def test_the_suite_is_the_same_every_time() -> None:
    (again,) = srbench_suites()
    assert [task.fingerprint for task in again.tasks] == [task.fingerprint for task in SUITE.tasks]


@pytest.mark.parametrize("seed", range(3))
def test_every_task_draws_finite_datasets(seed: int) -> None:
    for task in SUITE.tasks:
        data = task.dataset(seed=seed)
        assert data.far is not None
        for part, n in ((data.train, 200), (data.test, 1000), (data.far, 1000)):
            assert part.x.shape == (n, 1)
            assert np.isfinite(part.y).all()
        assert np.abs(data.train.x).max() <= 1
        assert np.abs(data.far.x).min() >= 1
