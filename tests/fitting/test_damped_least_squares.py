"""Damped steps, against NumPy's least squares."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.fitting.damped_least_squares import Decomposition, decompose, decompose_normal_equations

SHARE = 1e-12


def problem(seed: int, n: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, k)) * 10.0 ** rng.uniform(-2, 2, k), rng.normal(size=n)


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 8), st.floats(1e-6, 1e3))
def test_a_step_solves_the_damped_problem(seed: int, n: int, k: int, damping: float) -> None:
    matrix, residual = problem(seed, n, k)
    step = decompose(matrix, residual).step(damping, min_share=SHARE)
    wider = np.vstack([matrix, np.sqrt(damping) * np.eye(k)])
    wanted = np.linalg.lstsq(wider, np.append(residual, np.zeros(k)), rcond=None)[0]
    assert np.allclose(step, wanted, rtol=1e-6, atol=1e-9 * np.max(np.abs(wanted)))


def test_without_damping_it_is_least_squares() -> None:
    matrix, residual = problem(1, 20, 4)
    wanted = np.linalg.lstsq(matrix, residual, rcond=None)[0]
    assert np.allclose(decompose(matrix, residual).step(0.0, min_share=SHARE), wanted, rtol=1e-9)


def test_of_dependent_columns_the_shortest_step() -> None:
    column = np.array([1.0, 2.0, 3.0])
    step = decompose(np.column_stack([column, column]), 4 * column).step(0.0, min_share=SHARE)
    assert np.allclose(step, [2.0, 2.0])


def test_a_column_of_zeros_does_not_move() -> None:
    matrix = np.column_stack([np.zeros(3), np.ones(3)])
    assert np.allclose(decompose(matrix, np.full(3, 5.0)).step(1e-9, min_share=SHARE), [0.0, 5.0])
    assert decompose(np.zeros((3, 2)), np.ones(3)).step(1.0, min_share=SHARE).tolist() == [0.0, 0.0]


def test_the_unit_is_what_damping_is_relative_to() -> None:
    decomposition = decompose(*problem(2, 20, 4))
    largest = float(decomposition.singular[0])
    relative = decomposition.step(1e-3, min_share=SHARE, unit=largest)
    assert np.allclose(relative, decomposition.step(1e-3 * largest**2, min_share=SHARE), rtol=1e-10)


def test_small_singular_values_are_left_alone() -> None:
    matrix = np.diag([1.0, 1e-6])
    decomposition = decompose(matrix, np.ones(2))
    assert np.allclose(decomposition.step(0.0, min_share=1e-9), [1.0, 1e6])
    assert np.allclose(decomposition.step(0.0, min_share=1e-3), [1.0, 0.0])
    assert np.allclose(decomposition.step(0.0, min_share=1e-6), [1.0, 0.0])  # at the share itself too


def test_the_normal_equations_say_the_same() -> None:
    matrix, residual = problem(3, 200, 50)
    direct, normal = decompose(matrix, residual), decompose_normal_equations(matrix, residual)
    assert np.allclose(normal.singular, direct.singular, rtol=1e-6)
    steps = [d.step(1e-2, min_share=SHARE) for d in (direct, normal)]
    assert np.allclose(*steps, rtol=1e-5, atol=1e-8 * np.max(np.abs(steps[0])))


def test_what_is_not_finite_is_an_error_or_shows() -> None:
    matrix = np.array([[np.nan, 1.0], [1.0, 2.0]])
    with pytest.raises(np.linalg.LinAlgError):
        decompose(matrix, np.ones(2))
    assert not np.isfinite(decompose_normal_equations(matrix, np.ones(2)).singular).any()


def test_a_decomposition_is_a_value() -> None:
    decomposition = decompose(*problem(4, 5, 2))
    assert isinstance(decomposition, Decomposition)
    with pytest.raises(AttributeError):
        decomposition.singular = np.zeros(2)  # type: ignore[misc]
    before = decomposition.step(0.1, min_share=SHARE)
    decomposition.step(10.0, min_share=SHARE)
    assert np.array_equal(decomposition.step(0.1, min_share=SHARE), before)
