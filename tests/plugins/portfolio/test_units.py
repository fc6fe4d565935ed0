"""Formulas found in other units have the same values in those of the data, and no nodes for the units."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from srbench_portfolio import Portfolio
from srbench_portfolio.pipeline import fit
from srbench_portfolio.units import Units
from strategies import expressions, tame_number

from srbench_lite import Budget, Expression, Samples
from srbench_lite.fitting import Problem


def problem_of(**columns):
    y = columns.pop("y")
    return Problem.of(Samples(variables=tuple(columns), x=np.column_stack(list(columns.values())), y=y))


@given(expressions(constants=tame_number))
def test_values_are_those_in_the_units_of_the_data(formula):
    units = Units({name: 10.0**power for name, power in zip(formula.variables, (8, -7, 5), strict=False)}, 1e-9)
    rng = np.random.default_rng(0)
    moderate = {name: rng.uniform(0.5, 2.0, 20) for name in formula.variables}
    with np.errstate(all="ignore"):
        expected = units.of_y * formula(moderate) * np.ones(20)
        columns = {name: values * units.of_x[name] for name, values in moderate.items() if name in units.of_x}
        values = units.written_back(formula)(moderate | columns) * np.ones(20)
    close = np.isclose(values, expected, rtol=1e-6, atol=0, equal_nan=True)
    assert close.mean() > 0.9  # the rest are at a jump, or differences of numbers that are alike


@pytest.mark.parametrize(
    ("moderate", "written"),
    [
        ("30*(u/v)**0.5", "0.003*(u/v)**0.5"),
        ("log(2*u/v + 1)", "log(2e-08*(u/v) + 1)"),
        ("sqrt(4*u**2 + v)", "sqrt(4e-16*u**2 + v)"),
        ("3*u - v/u", "3e-08*u - 100000000*(v/u)"),
        ("2*sin(u)/v", "2*(sin(1e-08*u)/v)"),
        ("v + 1", "v + 1"),
    ],
)
def test_a_unit_joins_the_constant_beside_it(moderate, written):
    formula = Units({"u": 1e8}, 1.0).written_back(Expression.parse(moderate))
    assert str(formula) == str(Expression.parse(written))


def test_only_numbers_far_from_one_are_measured_otherwise():
    rng = np.random.default_rng(0)
    u, v = rng.uniform(1e8, 1e9, 50), rng.uniform(1, 9, 50)
    assert Units.of(problem_of(u=u, v=v, y=1e-5 * u / u)) == Units({"u": 1e8}, 1.0)
    assert Units.of(problem_of(u=v, v=v, y=1e-24 * v)).of_y == 1e-24
    assert Units.of(problem_of(v=v, y=v)).are_moderate


def test_what_long_exact_formulas_imitate_is_found():
    """Of small arguments every function is a ratio of short sums, to the last digit."""
    u, v = 10 ** np.random.default_rng(0).uniform(8, 10, (2, 200))
    v = v / 1e7
    samples = Samples(variables=("u", "v"), x=np.column_stack([u, v]), y=-np.expm1(-3e-12 * u / v))
    found = fit(Portfolio(seconds=4.0), samples, seed=0, budget=Budget(seconds=60.0), report=lambda _: None)
    assert str(found.expression) == "1 - exp(-3e-12*u/v)"
