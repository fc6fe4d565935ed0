"""The polynomial through the points: exact on polynomials, its slopes those of the function, its error honest."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio.division.surrogate import fit_surrogate, unit_scaled

RNG = np.random.default_rng(0)


def test_a_polynomial_is_met_with_its_slopes():
    x = RNG.uniform(-1.0, 3.0, (80, 2))
    y = 1.0 + x[:, 0] ** 2 * x[:, 1] - 0.5 * x[:, 1]
    fitted = fit_surrogate(x, y, slopes=True)
    assert fitted is not None
    assert fitted.slopes is not None
    assert fitted.error < 1e-10
    np.testing.assert_allclose(fitted.slopes[:, 0], 2 * x[:, 0] * x[:, 1], atol=1e-8)
    np.testing.assert_allclose(fitted.slopes[:, 1], x[:, 0] ** 2 - 0.5, atol=1e-8)
    np.testing.assert_allclose(fitted.columns(x) @ fitted.coefficients, y, atol=1e-8)


def test_the_error_is_that_of_new_points():
    x, new = RNG.uniform(1.0, 3.0, (200, 3)), RNG.uniform(1.2, 2.8, (500, 3))

    def f(x):
        return np.exp(-x[:, 0]) * np.sqrt(1 + x[:, 1] * x[:, 2])

    fitted = fit_surrogate(x, f(x))
    assert fitted is not None
    joined = fit_surrogate(np.vstack([x, new]), np.concatenate([f(x), f(new)]))
    assert joined is not None
    assert 1e-9 < fitted.error < 1e-2
    assert joined.error < fitted.error


def test_groups_leave_products_out():
    x = RNG.uniform(-1.0, 1.0, (100, 2))
    apart, together = np.exp(x[:, 0]) + x[:, 1] ** 2, np.exp(x[:, 0]) * x[:, 1] ** 2
    groups = ((0,), (1,))
    good, bad = fit_surrogate(x, apart, groups=groups), fit_surrogate(x, together, groups=groups)
    assert good is not None
    assert bad is not None
    assert good.error < 1e-9
    assert bad.error > 0.1


def test_too_few_points_give_none():
    assert fit_surrogate(np.ones((3, 5)), np.arange(3.0)) is None


@pytest.mark.parametrize("width", [1e-30, 1.0, 1e30])
def test_inputs_of_any_size_are_scaled(width):
    u, half = unit_scaled(width * RNG.uniform(1.0, 2.0, (20, 2)))
    assert np.abs(u).max() == pytest.approx(1.0)
    assert (half > 0).all()
