"""`portfolio` as a method: what only its parts together find, the same text twice, and its switches."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_portfolio import Portfolio

from srbench_lite import Budget, Expression, Samples

PARTS = ("halves", "monomials", "rational", "noisy", "reductions", "inner", "separations")
BUDGET = Budget(seconds=300.0)


def samples_of(text, units=()):
    truth = Expression.parse(text)
    x = np.random.default_rng(0).uniform(1.0, 5.0, (200, len(truth.variables)))
    x = x * np.array([dict(units).get(name, 1.0) for name in truth.variables])
    return truth, Samples(variables=truth.variables, x=x, y=truth(dict(zip(truth.variables, x.T, strict=True))))


@pytest.mark.parametrize(
    ("text", "units", "by"),
    [
        ("(m*r + n*s)/(m + n)", {}, "small halves"),
        ("b*(exp(q*v/(1.38e-23*t)) - 1)", {"q": 1e-22, "t": 100.0}, "small halves"),
        ("m*v/sqrt(1 - v**2/299792458**2)", {"v": 4e7}, "small halves"),
        ("x**2 + 3*x", {}, "first look > polynomial"),
    ],
)
def test_a_formula_is_found_by_the_part_that_is_made_for_it(text, units, by):
    truth, samples = samples_of(text, units)
    found = Portfolio(seconds=4.0).fit(samples, seed=0, budget=BUDGET, report=lambda formula: None)
    assert by in found.extras["found_by"]
    np.testing.assert_allclose(found.expression(samples.columns), truth(samples.columns), rtol=1e-9)


def test_the_same_seed_gives_the_same_text():
    _, samples = samples_of("sin(a) + log(b)*a**1.7")
    method = Portfolio(seconds=0.5)
    one, other = (method.fit(samples, seed=3, budget=BUDGET, report=lambda formula: None) for _ in range(2))
    assert str(one.expression) == str(other.expression)
    assert one.extras["work"] == other.extras["work"]


def test_parts_can_be_turned_off():
    _, samples = samples_of("(m*r + n*s)/(m + n)")
    method = Portfolio(seconds=0.3, **dict.fromkeys(PARTS, False))
    assert method.fit(samples, seed=0, budget=BUDGET, report=lambda formula: None).extras["found_by"] == "nothing exact"
