"""What columns would gain: the difference that least squares makes with and without them."""

from __future__ import annotations

import numpy as np
import pytest

from srbench_lite.fitting import gains_of_columns, orthonormal_columns

RNG = np.random.default_rng(8)
BASE = orthonormal_columns(RNG.normal(size=(60, 3)))
Y = RNG.normal(size=60)


def _rss(columns: np.ndarray) -> float:
    residual = Y - columns @ np.linalg.lstsq(columns, Y, rcond=None)[0]
    return float(residual @ residual)


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_gains_are_those_of_least_squares(k: int) -> None:
    columns = RNG.normal(size=(k, 20, 60))
    columns /= np.linalg.norm(columns, axis=2, keepdims=True)
    gains = gains_of_columns(columns, BASE, Y - BASE @ (BASE.T @ Y))
    expected = [_rss(BASE) - _rss(np.column_stack([BASE, *columns[:, m]])) for m in range(20)]
    np.testing.assert_allclose(gains, expected, rtol=1e-5)


def test_what_is_in_the_model_already_gains_nothing() -> None:
    inside = (BASE @ RNG.normal(size=3))[None, None]
    inside /= np.linalg.norm(inside)
    assert gains_of_columns(inside, BASE, Y - BASE @ (BASE.T @ Y)) == pytest.approx([0.0], abs=1e-12)


def test_of_two_dependent_columns_one_gains() -> None:
    one = RNG.normal(size=60)
    one /= np.linalg.norm(one)
    residual = Y - BASE @ (BASE.T @ Y)
    both = gains_of_columns(np.stack([one, -one])[:, None], BASE, residual)
    assert both == pytest.approx(gains_of_columns(one[None, None], BASE, residual))
