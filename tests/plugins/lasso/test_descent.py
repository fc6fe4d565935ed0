"""Coordinate descent against scikit-learn, and the conditions that a minimum must fulfil."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Lasso as SklearnLasso
from sklearn.linear_model import lasso_path as sklearn_path
from srbench_lasso.descent import lasso, lasso_path, penalties


def _problem(seed: int, n: int = 60, p: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) @ (np.eye(p) + 0.4 * rng.normal(size=(p, p)))
    b = np.where(rng.random(p) < 0.4, rng.normal(size=p), 0.0)
    return x, x @ b + 0.1 * rng.normal(size=n)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("penalty", [0.001, 0.05, 0.5])
def test_equals_scikit_learn(seed: int, penalty: float) -> None:
    x, y = _problem(seed)
    n, p = x.shape
    ours = lasso(x.T @ x / n, x.T @ y / n, penalty, np.zeros(p), 20_000)
    theirs = SklearnLasso(alpha=penalty, fit_intercept=False, tol=1e-12, max_iter=200_000).fit(x, y).coef_
    np.testing.assert_allclose(ours, theirs, atol=1e-6)


def test_path_equals_scikit_learn() -> None:
    x, y = _problem(11)
    x = x * np.geomspace(1e-3, 1e3, x.shape[1]) + 5.0  # standardised inside
    path = lasso_path(x, y, count=20, smallest=1e-3, sweeps=20_000, most=99)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    centred = y - y.mean()
    largest = np.max(np.abs(standard.T @ centred)) / len(y)
    alphas = largest * np.array([penalty for penalty, _ in path])
    _, coefficients, _ = sklearn_path(standard, centred, alphas=alphas, tol=1e-12, max_iter=200_000)
    ours = np.array([b * x.std(axis=0) for _, b in path])
    np.testing.assert_allclose(ours, coefficients.T, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000), n=st.integers(3, 40), p=st.integers(1, 15),
    share=st.floats(1e-3, 1.2, allow_nan=False),
)  # fmt: skip
@example(seed=1, n=6, p=6, share=1e-3)  # ends slowly
def test_minimum_fulfils_kkt(seed: int, n: int, p: int, share: float) -> None:
    """X'(y - X b)/n equals penalty * sign(b) where b is not zero, and is at most the penalty elsewhere.

    The last sweep moves no b by more than 1e-9 of the largest, in units of its column, and each moves all gradients.
    """
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(n, p)), rng.normal(size=n)
    moments = x.T @ y / n
    penalty = share * float(np.max(np.abs(moments)))
    b, sooner = (lasso(x.T @ x / n, moments, penalty, np.zeros(p), sweeps) for sweeps in (10_000, 9_999))
    assume(np.array_equal(b, sooner))  # it ended by itself
    gradient = x.T @ (y - x @ b) / n
    on = b != 0
    spread = np.sqrt(np.mean(x**2, axis=0))
    moved = 1e-9 * p * spread * np.max(np.abs(b) * spread) + 1e-13 * float(np.max(np.abs(moments)))
    assert (np.abs(gradient - penalty * np.sign(b))[on] <= moved[on]).all()
    assert (np.abs(gradient[~on]) <= penalty * (1 + 1e-5)).all()
    if share >= 1:
        assert not on.any()


def test_start_is_left_alone_and_zero_columns_stay_out() -> None:
    x, y = _problem(3)
    x[:, 4] = 0.0
    start = np.full(x.shape[1], 0.25)
    start[4] = 0.0
    before = start.copy()
    b = lasso(x.T @ x / len(y), x.T @ y / len(y), 0.01, start, 5_000)
    np.testing.assert_array_equal(start, before)
    assert b[4] == 0


def test_path_survives_degenerate_columns() -> None:
    y = np.linspace(0, 1, 9)
    columns = np.column_stack([np.ones(9), np.full(9, 1e300), y**2, y**2])
    path = lasso_path(columns, y, count=5, smallest=0.1, sweeps=50, most=4)
    assert all(np.isfinite(b).all() and b[0] == b[1] == 0 for _, b in path)
    assert lasso_path(columns, np.ones(9), count=5, smallest=0.1, sweeps=50, most=4)[0][1].tolist() == [0.0] * 4
    assert lasso_path(np.ones((9, 2)), y, count=5, smallest=0.1, sweeps=50, most=4)[0][1].tolist() == [0.0] * 2


def test_a_column_whose_squares_are_out_of_range_does_not_spoil_the_others() -> None:
    y = np.linspace(0, 1, 9)
    columns = np.column_stack([y * 1e200, y, np.where(y > 0.5, np.inf, 1.0)])
    path = lasso_path(columns, y, count=5, smallest=0.1, sweeps=50, most=4)
    assert all(np.isfinite(b).all() and b[0] == b[2] == 0 for _, b in path)
    assert path[-1][1][1] == pytest.approx(0.9)


def test_penalties_fall_geometrically() -> None:
    found = penalties(2.0, 5, 1e-4)
    assert found[0] == 2.0
    assert found[-1] == pytest.approx(2e-4)
    np.testing.assert_allclose(found[1:] / found[:-1], 0.1)
