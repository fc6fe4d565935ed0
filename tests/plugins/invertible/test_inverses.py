"""Inverses: formulas and what undoes them are the identity both ways."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from srbench_invertible.inverses import inverse_of, inverses, round_trip
from srbench_invertible.maps import MAPS

from srbench_lite import Expression

X = {name: np.random.default_rng(k).uniform(0.5, 2, 40) for k, name in enumerate("xab")}


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("a*x + b", "x"), ("x/(x + 2)", "x"), ("(3*x - a)/(x + b)", "x"), ("1/(1 + exp(-x))", "x"), ("x + a*x", "x"),
        ("exp(-x)/(1 + exp(-x))", "x"), ("x**a", "x"), ("a**x", "x"), ("a/(b - x)", "x"), ("x**-3", "x"),
        ("log(x**2 + 1)", "x"), ("(x - 5)**2", "x"), ("cos(x)", "x"), ("sin(x + 2)", "x"), ("(x - 3)**5", "x"),
        ("2/(x*a + 1) - b*x/(x*a + 1)", "x"),
    ],
)  # fmt: skip
def test_a_formula_is_solved(text, variable):
    formula = Expression.parse(text)
    columns = {name: X[name] for name in formula.variables}
    found = [
        round_trip(formula, inverse, variable, "y", columns)
        for inverse in inverses(formula, variable, Expression.variable("y"))
    ]
    assert min(found) < 1e-12


@settings(max_examples=60, deadline=None)
@given(
    names=st.lists(st.sampled_from(sorted(MAPS)), min_size=1, max_size=3), seed=st.integers(0, 10_000),
)  # fmt: skip
def test_chains_of_maps_are_undone(names, seed):
    rng = np.random.default_rng(seed)
    x = np.sort(rng.uniform(0.2, 0.9, 20))
    formula = Expression.variable("x")
    with np.errstate(all="ignore"):
        for name in names:
            formula = MAPS[name].write(float(rng.uniform(0.5, 1)) * formula)
        values = formula({"x": x})
        assume(np.isfinite(values).all())
        assume(np.ptp(values) > 1e-2)
        assume(np.abs(values).max() < 1e3)
        steps = np.diff(values) / np.diff(x)
        assume(steps.min() * steps.max() > 0)  # it does not turn
        assume(np.abs(steps).min() > 1e-4 * np.abs(steps).max())  # and rounding is not magnified
    inverse = inverse_of(formula, {"x": x})
    assert inverse is not None
    assert inverse.is_identity
    assert inverse.expression.variables == (inverse.target,)


def test_what_cannot_be_solved_has_no_inverse_and_what_turns_no_identity():
    assert inverse_of(Expression.parse("x + sin(x)"), {"x": X["x"]}) is None
    both = {"x": np.linspace(-1, 1, 20)}
    found = inverse_of(Expression.parse("x**2"), both)
    assert found is not None
    assert not found.is_identity


def test_the_target_takes_a_name_that_is_free():
    found = inverse_of(Expression.parse("2*y"), {"y": X["x"]})
    assert found is not None
    assert (found.target, str(found.expression)) == ("target", "target/2")


def test_a_wrong_inverse_is_seen():
    formula, wrong = Expression.parse("2*x"), Expression.parse("0.500001*y")
    assert round_trip(formula, wrong, "x", "y", {"x": X["x"]}) == pytest.approx(2e-6, rel=1e-3)
