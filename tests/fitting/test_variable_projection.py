"""Variable projection: linear constants eliminated, from many starts, in any units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from srbench_lite.fitting.variable_projection import fit_separable

Array = NDArray[np.float64]
X = np.random.default_rng(6).uniform(0.0, 3.0, 80)


@dataclass(frozen=True)
class Waves:
    """1, and sin(b*x) and cos(b*x) for each of so many rates."""

    size: int = 1

    @property
    def width(self) -> int:
        return 1 + 2 * self.size

    def columns(self, points: Array, theta: Array, slopes: bool) -> tuple[Array, list[Array]]:
        values = np.ones((len(theta), self.width, len(points)))
        derivatives = []
        for k in range(self.size):
            z = theta[:, k, None] * points
            values[:, 1 + 2 * k], values[:, 2 + 2 * k] = np.sin(z), np.cos(z)
            derivatives.append(np.stack([points * np.cos(z), -points * np.sin(z)])[:, None])
        return values, derivatives


TRUTH = 0.5 + 2.0 * np.sin(2.5 * X) - 1.5 * np.cos(2.5 * X)


def test_all_constants_are_found_from_one_good_start() -> None:
    found = fit_separable(Waves(), X, TRUTH, np.array([[2.2]]), 30)
    assert found is not None
    assert found.theta == pytest.approx([2.5], rel=1e-12)
    assert found.linear == pytest.approx([0.5, 2.0, -1.5], rel=1e-10)
    assert found.rss < 1e-25


@pytest.mark.parametrize("unit", [1e-100, 1e-30, 3.0, 1e60])
def test_units_do_not_matter(unit: float) -> None:
    found = fit_separable(Waves(), X, unit * TRUTH, np.array([[2.2]]), 30)
    assert found is not None
    assert found.theta == pytest.approx([2.5], rel=1e-12)
    assert found.linear == pytest.approx(unit * np.array([0.5, 2.0, -1.5]), rel=1e-10)


def test_the_best_of_many_starts_wins_and_undefined_ones_are_left_out() -> None:
    y = TRUTH + 0.8 * np.sin(7.0 * X)
    starts = np.array([[a, b] for a in np.arange(0.5, 8.0) for b in np.arange(0.7, 8.0)] + [[np.nan, 1.0]])
    found = fit_separable(Waves(2), X, y, starts, 40)
    assert found is not None
    assert sorted(found.theta) == pytest.approx([2.5, 7.0], rel=1e-9)
    assert fit_separable(Waves(), X, y, np.array([[np.nan]]), 40) is None


def test_a_column_that_depends_on_others_has_no_share() -> None:
    found = fit_separable(Waves(2), X, TRUTH, np.array([[2.5, 2.5]]), 0)
    assert found is not None
    assert np.count_nonzero(found.linear) == 3
    assert found.rss < 1e-20


def test_constants_as_many_as_points_are_refused() -> None:
    assert fit_separable(Waves(), X[:4], TRUTH[:4], np.array([[2.2]]), 5) is None
    assert fit_separable(Waves(), X[:5], TRUTH[:5], np.array([[2.2]]), 5) is not None


def _steps(**limits: float) -> int:
    """Return the number of steps after which a fit under noise does not change any more."""
    y = TRUTH + 0.1 * np.random.default_rng(1).standard_normal(len(X))
    fits = [fit_separable(Waves(), X, y, np.array([[1.9]]), steps, **limits) for steps in range(40)]
    return len({fit.rss for fit in fits if fit is not None})


def test_a_small_gain_ends_a_start_and_above_the_bar_a_larger_one_does() -> None:
    assert _steps(min_gain=0.5) < _steps(min_gain=1e-4) < _steps()
    assert _steps(bar=0.0) < _steps() == _steps(bar=1e9)


def test_points_of_small_scale_hardly_count() -> None:
    scale = np.ones(80)
    scale[::10] = 1e-4
    wrong = TRUTH + np.where(scale < 1, 5.0, 0.0)
    found = fit_separable(Waves(), X, wrong, np.array([[2.2]]), 40, scale=scale)
    assert found is not None
    assert found.theta == pytest.approx([2.5], rel=1e-5)
    assert found.linear == pytest.approx([0.5, 2.0, -1.5], rel=1e-5)
    assert found.rss == pytest.approx(float(np.sum((scale * (wrong - TRUTH)) ** 2)), rel=1e-3)
