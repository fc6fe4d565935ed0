"""Short values, terms written as formulas, and derivatives of terms."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_lasso.library import groups, powers
from srbench_lasso.model import Data, Design, refine
from srbench_lasso.snapping import digits, snap
from srbench_lasso.terms import Factor, Monomials, Shape
from srbench_networks.decimals import shortest

from srbench_lite import Expression

numbers = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda v: abs(v) > 1e-12)


@given(value=numbers, share=st.floats(1e-15, 2.0))
def test_shortest_lies_within_and_nothing_shorter_does(value: float, share: float) -> None:
    radius = abs(value) * share
    found = shortest(value, radius)
    assert abs(found - value) <= radius
    if digits(found) > 1:
        assert abs(float(f"{value:.{digits(found) - 2}e}") - value) > radius


@pytest.mark.parametrize(
    ("value", "count"), [(0.0, 0), (2.3, 2), (-0.05, 1), (1200.0, 2), (1e-7, 1), (math.pi, 16), (100.5, 4)]
)
def test_digits(value: float, count: int) -> None:
    assert digits(value) == count


def _points(d: int = 2, n: int = 40) -> Monomials:
    return Monomials(np.random.default_rng(0).uniform(0.5, 2.5, (n, d)))


def test_library_is_defined_on_its_points_and_bounded() -> None:
    for d in (1, 2, 5):
        points = _points(d)
        found = groups(points, 4_000)
        assert 0 < sum(group.size for group in found) <= 4_000
        for group in found:
            for shape in group.shapes:
                values, _ = shape.value(points, list(group.grid.T))
                assert np.isfinite(values).all()
        assert all(np.isfinite(shape.value(points, [])[0]).all() for shape in powers(points, 4, 50))


def test_slopes_equal_finite_differences_and_text_evaluates_the_same() -> None:
    points = _points()
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
            text = str(shape.expression(-2.5, theta.tolist(), names))
            np.testing.assert_allclose(Expression.parse(text)(columns), -2.5 * value[:, 0], rtol=1e-9, atol=1e-9)
            assert "+ -" not in text
            assert "**1 " not in text + " "


def test_snap_finds_short_constants_and_only_where_allowed() -> None:
    x = np.random.default_rng(1).uniform(-2, 2, (100, 1))
    sine, cosine = (Shape((0.0,), (Factor(kind, ((1.0,),)),)) for kind in ("sin0", "cos0"))
    design = Design((sine, cosine), ((0,), (0,)), 1)
    for rate, phase, size, text in (
        (1.5, 0.25, 2.0, "2*sin(1.5*x + 0.25)"),
        (1.5, 0.0, -3.0, "-3*sin(1.5*x)"),
    ):
        data = Data.of(x, size * np.sin(rate * x[:, 0] + phase), 2.0)
        model = refine(design, np.array([1.4]), data, 50)
        assert model is not None
        assert str(snap(model, data).expression(["x"])) == text
    data = Data.of(x, math.sqrt(2) * np.sin(math.sqrt(3) * x[:, 0] + 1 / 7), 2.0)
    model = refine(design, np.array([1.7]), data, 50)
    assert model is not None
    found = snap(model, data)
    assert found.coefficients[0] == pytest.approx(math.sqrt(2), rel=1e-12)
    assert sorted(found.theta) == pytest.approx([1 / 7, math.sqrt(3)], rel=1e-10)


def test_snap_drops_a_sine_that_noise_put_beside_its_cosine() -> None:
    """Far from zero the rate makes up for a phase, so the fit alone leaves 0.02*sin(7.7*x)."""
    rng = np.random.default_rng(1)
    x = rng.uniform(1.6, 3.6, (200, 1))
    sine, cosine = (Shape((0.0,), (Factor(kind, ((1.0,),)),)) for kind in ("sin0", "cos0"))
    data = Data.of(x, 3.4 * np.cos(7.7 * x[:, 0]) + rng.normal(0, 0.02, 200), 2.0)
    model = refine(Design((sine, cosine), ((0,), (0,)), 1), np.array([7.6]), data, 50)
    assert model is not None
    assert str(snap(model, data).expression(["x"])) == "3.4*cos(7.7*x)"


def test_snap_settles_the_most_certain_constant_first() -> None:
    """The constant term is known to about 0.1: rounded first, to -0.9, it would cost the slope a digit."""
    rng = np.random.default_rng(14)
    x = rng.uniform(0.6, 6.2, (200, 1))
    data = Data.of(x, -4.7 * x[:, 0] - 0.8 + rng.normal(0, 0.17, 200), 2.0)
    model = refine(Design((Shape((0.0,)), Shape((1.0,))), ((), ()), 0), np.zeros(0), data, 0)
    assert model is not None
    assert str(snap(model, data).expression(["x"])) == "-4.7*x - 0.8"
