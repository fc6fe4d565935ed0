"""Inverses of formulas: what they give back on the points, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_invertible.inverses import inverse_of
from srbench_invertible.maps import MAPS, views

from srbench_lite import Expression

X = np.linspace(0.2, 1.4, 40)


@pytest.mark.parametrize("text", [
    "2.3*x + 1.7", "1.5*exp(0.8*x) - 2", "log(3*x + 1)/2", "(x - 0.5)**3 + 2", "sqrt(2*x + 3)", "1/x + 2", "tanh(x)",
    "5 - 2/(3 - x)", "asin(x/2)", "sinh(x)**3", "cbrt(x - 0.7)", "sin(x + 5)", "tan(x - 6.2)", "2**x", "1 - x**2",
    "(x - 3)**2", "(x - 3)**3", "x**2.5", "(x + 1)**(-2)", "-acos(x - 0.5)", "a*x*exp(a) - a", "a - a/x", "atan(a + x)",
])  # fmt: skip
def test_what_was_done_is_undone(text):
    formula = Expression.parse(text)
    columns = {"x": X, "a": np.linspace(1, 2, 40)}
    inverse = inverse_of(formula, "x", "y", columns)
    assert inverse is not None
    assert inverse.error < 1e-9
    assert "x" not in inverse.expression.variables
    y = np.broadcast_to(formula(columns), 40)
    assert inverse.expression({"y": y, "a": columns["a"]}) == pytest.approx(X, rel=1e-9)


@pytest.mark.parametrize("text", ["x*exp(x)", "sin(5*x)", "(x - 0.5)**2", "cos(x)", "abs(x)", "1**x", "x**0 + a"])
def test_there_is_none_where_it_occurs_twice_or_goes_up_and_down(text):
    assert inverse_of(Expression.parse(text), "x", "y", {"x": X, "a": X}) is None


@settings(max_examples=60, deadline=None)
@given(
    g=st.sampled_from(sorted(MAPS)), h=st.sampled_from(sorted(MAPS)), slope=st.floats(0.3, 3), offset=st.floats(-1, 1),
    turn=st.sampled_from([-1.0, 1.0]),
)  # fmt: skip
def test_any_two_maps_are_undone(g, h, slope, offset, turn):
    """A chain of two maps, each on a part of its domain, gives the variable back."""
    inner = argument_within(MAPS[h], X, turn * slope, offset)
    between = MAPS[h].apply(inner[0] * X + inner[1])
    outer = argument_within(MAPS[g], between, turn * slope, offset)
    x = Expression.variable("x")
    formula = MAPS[g].write(outer[0] * MAPS[h].write(inner[0] * x + inner[1]) + outer[1])
    values = formula({"x": X})
    slopes = np.abs(np.diff(values) / np.diff(X))
    if slopes.min() < 1e-4 * slopes.max() or np.ptp(values) < 1e-4 * np.abs(values).max():
        return  # rounding would be magnified
    inverse = inverse_of(formula, "x", "y", {"x": X})
    assert inverse is not None
    assert inverse.error < 1e-9


def argument_within(each, values, slope, offset):
    """Return alpha and beta such that alpha * values + beta lies where a map can be undone."""
    width = abs(slope) * np.ptp(values)
    most = 0.9 * 2 * each.limit if np.isfinite(each.limit) else 3.0
    alpha = slope * min(1.0, most / width)
    beta = -alpha * (values.min() + values.max()) / 2
    return alpha, beta if each.is_signed else beta + abs(alpha) * np.ptp(values) / 2 + 0.3 + abs(offset)


@given(low=st.floats(-50, 50), width=st.floats(1e-3, 100))
def test_views_are_monotone(low, width):
    values = np.linspace(low, low + width, 12)
    names = set()
    for view in views(values):
        steps = np.diff(view.values)
        assert (steps >= 0).all() or (steps <= 0).all()
        assert np.isfinite(view.values).all()
        names.add(view.map.name)
    assert names == set(MAPS)
    assert any((np.diff(view.values) > 0).any() and (np.diff(view.values) < 0).any()
               for view in views(values, monotone=False))  # fmt: skip


def test_every_map_has_its_inverse_among_them():
    for each in MAPS.values():
        assert MAPS[MAPS[each.inverse].inverse] is each
        u = np.linspace(0.1, 0.9, 9)
        assert MAPS[each.inverse].apply(each.apply(u)) == pytest.approx(u)
        assert np.broadcast_to(each.write(Expression.variable("u"))({"u": u}), 9) == pytest.approx(each.apply(u))
