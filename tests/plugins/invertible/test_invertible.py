"""The method `invertible`: chains, couplings, and the inverse that comes with the answer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from srbench_invertible import Invertible
from srbench_invertible.chains import chains
from srbench_invertible.couplings import couplings

from srbench_lite import Budget, Expression, Samples, Sampling, UsageError, judge
from srbench_lite.fitting import Deadline


def fitted(text, low=0.5, high=3.0, **settings):
    truth = Expression.parse(text)
    names = truth.variables
    x = np.random.default_rng(0).uniform(low, high, (150, len(names)))
    y = np.broadcast_to(truth({name: x[:, k] for k, name in enumerate(names)}), 150)
    samples = Samples(variables=names, x=x, y=y)
    fit = Invertible(**settings).fit(samples, seed=0, budget=Budget(seconds=60), report=lambda e: None)
    is_found = judge(fit.expression, truth, {name: Sampling(low=low, high=high) for name in names}).recovered
    return fit, is_found, samples


def solved(fit):
    return {name.removeprefix("solved_for_") for name in fit.extras if name.startswith("solved_for_")}


@pytest.mark.parametrize("text", ["2*log(0.7*v + 1.3)", "sqrt(exp(0.8*v) + 1)", "1/(v + 2) - 3"])
def test_chains_of_one_variable_come_with_their_inverse(text):
    fit, is_found, samples = fitted(text)
    assert is_found
    assert fit.extras["round_trip_error"] <= 1e-9
    left, _, right = fit.extras["solved_for_v"].partition(" = ")
    assert left == "v"
    back = Expression.parse(right)({"y": samples.y})
    assert back == pytest.approx(samples.x[:, 0], rel=1e-7)


def test_couplings_of_several_variables_are_solved_for_each():
    fit, is_found, _ = fitted("a*exp(0.7*b) + b**2")
    assert is_found
    assert solved(fit) == {"a"}
    fit, is_found, _ = fitted("2*a/(b*c)")
    assert is_found
    assert solved(fit) == {"a", "b", "c"}


def test_a_name_of_the_target_is_that_of_no_variable():
    fit, is_found, _ = fitted("3*exp(0.5*y)")
    assert is_found
    assert "y_" in fit.extras["solved_for_y"]


def test_the_same_seed_gives_the_same_formula():
    one, other = (fitted("sin(v)*v + u", pairs=20)[0] for _ in range(2))
    assert str(one.expression) == str(other.expression)
    assert {**one.extras, "work": 0} == {**other.extras, "work": 0}


def test_slope_and_offset_of_a_coupling_are_read_off():
    x = np.random.default_rng(0).uniform(1, 2, (150, 3))
    y = x[:, 1] * np.exp(x[:, 0]) + np.sqrt(x[:, 2])
    clearest = couplings(y, x, [0, 1, 2])[0]
    assert clearest.variable == 1
    assert clearest.slope == pytest.approx(np.exp(x[:, 0]), abs=1e-2)
    assert clearest.offset == pytest.approx(np.sqrt(x[:, 2]), abs=2e-2)


def test_chains_of_values_with_errors_are_simple_ones():
    x = np.linspace(0.5, 3, 120)
    y = 3 * x + 1e-4 * np.random.default_rng(0).normal(size=120)
    found = chains(y, x, "v", pairs=40, most=2, deadline=Deadline(math.inf), floor=1e-8)
    assert found[0].expression.complexity <= 5
    assert found[0].expression({"v": np.array([2.0])}) == pytest.approx([6.0], abs=1e-3)


def test_a_wrong_option_is_named():
    with pytest.raises(UsageError, match="pairs must be 1 to 1000, got 0"):
        Invertible(pairs=0)
