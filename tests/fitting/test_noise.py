"""`Noise`: errors of y from given weights, from digits, and from how residuals of simple models grow."""

from __future__ import annotations

import numpy as np
import pytest
from measured_tables import DEVELOPMENT, MeasuredTable

from srbench_lite import Samples
from srbench_lite.fitting.noise import Noise

RNG = np.random.default_rng(4)
X = np.sort(RNG.uniform(0.5, 9.5, 30))


def noise(x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> Noise:
    return Noise.of(Samples(variables=("x",), x=x[:, None], y=y, weights=weights))


def table(name: str) -> MeasuredTable:
    return next(table for table in DEVELOPMENT if table.name == name)


def test_of_unrounded_data_nothing_is_known() -> None:
    found = noise(X, np.sqrt(X) + RNG.normal(0, 0.1, 30))
    assert (found.sd, found.scale, found.least, found.is_given) == (None, None, 0.0, False)


def test_given_weights_are_the_errors() -> None:
    sd = RNG.uniform(0.1, 2.0, 30)
    found = noise(X, np.round(X, 2), sd**-2.0)
    assert found.is_given
    np.testing.assert_allclose(found.sd, sd)
    np.testing.assert_allclose(found.scale * sd, found.least)
    alike = noise(X, X, np.full(30, 4.0))
    assert (alike.scale, alike.least) == (None, pytest.approx(0.5))


def test_the_rounding_of_y_is_the_least_error() -> None:
    assert noise(np.linspace(0, 5, 30), np.round(3 * np.linspace(0, 5, 30) + 1 / 3, 2)).least == pytest.approx(
        0.01 / 12**0.5, rel=1e-6
    )


def test_the_rounding_of_an_input_acts_through_the_slope() -> None:
    x = np.round(X, 2)
    assert noise(x, np.round(40 * X, 2)).least == pytest.approx(40 * 0.01 / 12**0.5, rel=0.1)


def test_whole_numbers_of_a_formula_are_exact() -> None:
    x = np.arange(4.0)
    assert noise(x, x**2).least == 0.0


@pytest.mark.parametrize("name", ["illuminance", "adsorption", "saturation", "braking"])
def test_errors_that_grow_with_y_are_seen(name: str) -> None:
    found = Noise.of(table(name).samples)
    assert found.sd is not None
    share = found.sd / table(name).errors
    assert 0.8 < share.min() < share.max() < 1.3


@pytest.mark.parametrize("name", ["discharge", "tide", "barometer"])
def test_errors_that_are_alike_are_left_alike(name: str) -> None:
    assert Noise.of(table(name).samples).sd is None


@pytest.mark.parametrize("size", [1e-300, 1e-80, 1e80, 1e300])
def test_sizes_out_of_range_tell_nothing(size: float) -> None:
    found = noise(np.round(X, 2), np.round(X, 2) * size)
    assert np.isfinite(found.least)
    assert noise(np.round(X, 2) * size, np.round(X, 2)).least >= 0.0
