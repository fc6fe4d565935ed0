"""Orthonormal bases: they span the columns, and dependent columns get none."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite.fitting.orthonormal import orthonormal_columns, orthonormal_rows

RNG = np.random.default_rng(4)


@pytest.mark.parametrize("scale", [1e-150, 1.0, 1e150])
def test_columns_are_orthonormal_and_span_the_same(scale: float) -> None:
    Z = RNG.normal(size=(30, 4)) * np.array([1.0, scale, 1.0, 1e-3])
    Q = orthonormal_columns(Z)
    np.testing.assert_allclose(Q.T @ Q, np.eye(4), atol=1e-14)
    lengths = np.linalg.norm(Z, axis=0)
    np.testing.assert_allclose(Q @ (Q.T @ (Z / lengths)), Z / lengths, atol=1e-14)


def test_dependent_columns_are_left_out_where_asked() -> None:
    Z = RNG.normal(size=(30, 3))
    Z = np.column_stack([Z, Z[:, 0] - 2 * Z[:, 1], np.zeros(30)])
    assert orthonormal_columns(Z).shape == (30, 5)
    assert orthonormal_columns(Z, least=1e-9).shape == (30, 3)


def test_rows_give_the_least_squares_solution_of_each_set() -> None:
    columns = RNG.normal(size=(5, 3, 40)) * np.array([1.0, 1e6, 1e-6])[:, None]
    y = RNG.normal(size=40)
    Q, R, lengths = orthonormal_rows(columns)
    solution = np.linalg.solve(R, (Q @ y)[:, :, None])[:, :, 0] / lengths
    for found, each in zip(solution, columns, strict=True):
        np.testing.assert_allclose(found, np.linalg.lstsq(each.T, y, rcond=None)[0], rtol=1e-8)


def test_a_dependent_row_gets_zeros_and_the_answer_zero() -> None:
    columns = RNG.normal(size=(2, 3, 40))
    columns[1, 2] = 3 * columns[1, 0]
    Q, R, _ = orthonormal_rows(columns)
    np.testing.assert_array_equal(Q[1, 2], np.zeros(40))
    np.testing.assert_array_equal(R[1, 2], [0.0, 0.0, 1.0])
    np.testing.assert_allclose(Q[0] @ Q[0].T, np.eye(3), atol=1e-14)
