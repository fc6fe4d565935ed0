"""Maps and the views through them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_invertible.maps import MAPS, views

from srbench_lite import Expression


@pytest.mark.parametrize("name", MAPS)
def test_a_map_is_undone_by_its_inverse_and_has_its_slope_and_formula(name):
    one = MAPS[name]
    u = np.linspace(0.2, 0.9, 7)
    assert MAPS[one.inverse].inverse == name
    assert MAPS[one.inverse].apply(one.apply(u)) == pytest.approx(u, rel=1e-12)
    step = 1e-6
    assert one.slope(u) == pytest.approx((one.apply(u + step) - one.apply(u - step)) / (2 * step), rel=1e-6)
    assert one.write(Expression.variable("u"))({"u": u}) == pytest.approx(one.apply(u), rel=1e-14)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), low=st.floats(-100, 100), span=st.floats(0.01, 1000))
def test_views_are_finite_and_monotone(seed, low, span):
    values = np.sort(np.random.default_rng(seed).uniform(low, low + span, 20))
    seen = list(views(values))
    assert {view.map.name for view in seen} >= {"identity", "exp", "tanh", "sin", "sqrt"}
    for view in seen:
        steps = np.diff(view.values)
        assert np.isfinite(view.values).all()
        assert (steps >= 0).all() or (steps <= 0).all(), view.map.name


def test_squares_and_sines_turn_where_they_may():
    values = np.linspace(-2, 2, 41)
    turning = [view for view in views(values, monotone=False) if view.map.name in ("square", "sin")]
    assert any(np.ptp(np.sign(np.diff(view.values))) == 2 for view in turning)
    assert not list(views(np.full(5, 3.0)))
