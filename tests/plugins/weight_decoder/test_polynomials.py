"""Families of polynomials: their splits, and the formulas they are written as."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_weight_decoder.polynomials import family, polynomial, split_of

POLY2 = family("poly2")


def test_no_polynomial_stands_in_two_splits():
    held = POLY2.draw(500, np.random.default_rng(1), split="held-out")
    assert set(split_of(held)) == {"held-out"}
    assert not {tuple(c) for c in held} & {tuple(c) for c in POLY2.draw(5000, np.random.default_rng(2))}


@pytest.mark.parametrize(
    ("coefficients", "text"),
    [
        ([1.5, 0.0, -0.5], "1.5*x**2-0.5"), ([-1.0, 1.0, 2.0], "-x**2+x+2"), ([0.0, -2.5, 0.0], "-2.5*x"),
        ([0.0, 0.0, -3.0], "-3"), ([0.0, 0.0, 0.0], "0"), ([1.0, -1.0, 0.25, 0.0, 1.0], "x**4-x**3+0.25*x**2+1"),
    ],
)  # fmt: skip
def test_a_polynomial_is_written_as_people_write_it(coefficients, text):
    formula = polynomial(np.array(coefficients), "x")
    assert str(formula).replace(" ", "") == text
    x = np.linspace(-2, 2, 9)
    np.testing.assert_allclose(formula({"x": x}) * np.ones(9), np.polyval(coefficients, x))
