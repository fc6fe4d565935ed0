"""Values of monomials: those of NumPy, computed once."""

from __future__ import annotations

import numpy as np

from srbench_lite.fitting import Monomials

X = np.random.default_rng(0).uniform(0.5, 2.0, (30, 3))


def test_values_are_products_of_powers() -> None:
    points = Monomials(X)
    assert len(points) == 30
    np.testing.assert_array_equal(points((0.0, 0.0, 0.0)), np.ones(30))
    np.testing.assert_allclose(points((2.0, -1.0, 0.5)), X[:, 0] ** 2 / X[:, 1] * np.sqrt(X[:, 2]), rtol=1e-15)


def test_each_is_computed_once() -> None:
    points = Monomials(X)
    assert points((1.0, 2.0, 0.0)) is points((1.0, 2.0, 0.0))


def test_what_is_not_defined_is_not_finite() -> None:
    points = Monomials(np.array([[-1.0], [0.0], [4.0]]))
    assert np.isnan(points((0.5,))[0])
    assert np.isinf(points((-1.0,))[1])
    assert points((0.5,))[2] == 2.0
