"""Terms: their derivatives by inner constants, and their text."""

from __future__ import annotations

import numpy as np
from srbench_lasso.library import groups

from srbench_lite import Expression
from srbench_lite.fitting import Monomials, leading_multiple


def test_slopes_equal_finite_differences_and_text_evaluates_the_same() -> None:
    points = Monomials(np.random.default_rng(0).uniform(0.5, 2.5, (40, 2)))
    names = ("x", "y")
    columns = dict(zip(names, points.x.T, strict=True))
    for group in groups(points, 12_000):
        theta = group.grid[len(group.grid) // 2]
        for shape in group.shapes:
            value, slopes = shape.value(points, list(theta), slopes=True)
            for k, slope in enumerate(slopes):
                step = 1e-6 * max(1.0, abs(theta[k]))
                above, below = (shape.value(points, list(theta + s * step * np.eye(len(theta))[k]))[0] for s in (1, -1))
                top = np.abs(slope).max() + np.abs(value).max()
                np.testing.assert_allclose((above - below) / (2 * step), slope, atol=1e-5 * top)
            text = str(leading_multiple(-2.5, shape.expression(theta.tolist(), names)))
            np.testing.assert_allclose(Expression.parse(text)(columns), -2.5 * value[:, 0], rtol=1e-9, atol=1e-9)
            assert "+ -" not in text
            assert "**1 " not in text + " "
