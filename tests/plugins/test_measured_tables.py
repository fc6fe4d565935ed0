"""Small tables of measurements: what counts as their law, and that rounded data give the short formula."""

from __future__ import annotations

import numpy as np
import pytest
from measured_tables import DEVELOPMENT, REPORTED, is_law

from srbench_lite import Budget, Expression, Samples, Sampling, discover, judge

TABLES = {table.name: table for table in (*REPORTED, *DEVELOPMENT)}
#: Periods (thousands of days) and distances (astronomical units) of eight planets, as an almanac has them: the errors
#: are larger than the last digits.
PERIODS = (0.0880, 0.2247, 0.3652, 0.6870, 4.331, 10.747, 30.589, 59.800)
DISTANCES = (0.3870, 0.7233, 1.0, 1.5234, 5.2045, 9.5822, 19.2012, 30.0475)


def test_there_are_thirty_of_each_and_none_of_both() -> None:
    assert len(REPORTED) == len(DEVELOPMENT) == 30
    assert len(TABLES) == 60
    assert not {table.law for table in REPORTED} & {table.law for table in DEVELOPMENT}
    assert all(6 <= table.n <= 40 for table in TABLES.values())


@pytest.mark.parametrize("name", sorted(TABLES))
def test_a_law_is_its_law(name: str) -> None:
    assert is_law(TABLES[name].truth, TABLES[name])


@pytest.mark.parametrize(
    ("name", "formula", "expected"),
    [
        ("planets", "0.36522*a*sqrt(a)", True),
        ("planets", "0.36522*a**1.501", False),  # an exponent that the table excludes
        ("planets", "a*(0.3661*sqrt(a) - 0.00058*a)", False),  # a term too many
        ("planets", "0.38*a**1.5", False),
        ("enzyme", "s/(0.08*s + 0.28)", True),
        ("enzyme", "12.5*s/(3.4 + s) + 0.01", False),
        ("decay", "exp(6.75 - 0.131*t)", True),
        ("decay", "exp(0.01*sin(t - t**5) + 6.752 - 0.131*t)", False),
        ("spring", "25.4*y", False),
    ],
)
def test_formulas_are_told_from_laws(name: str, formula: str, expected: bool) -> None:
    assert is_law(Expression.parse(formula), TABLES[name]) is expected


def fitted(samples: Samples, method: str = "lies-fast") -> tuple[Expression, str]:
    fit = discover().method(method).fit(samples, seed=0, budget=Budget(seconds=20), report=lambda e: None)
    return fit.expression, fit.extras["noise"]["source"]


@pytest.mark.parametrize("name", ["planets", "radiation", "charges", "gas", "adiabatic"])
def test_the_law_of_a_table_is_found(name: str) -> None:
    found, source = fitted(TABLES[name].samples)
    assert is_law(found, TABLES[name])
    assert source == "digits"


@pytest.mark.parametrize("method", ["lies-fast", "lasso"])
def test_planets_keep_keplers_law_though_their_errors_exceed_the_digits(method: str) -> None:
    samples = Samples.from_columns({"d": DISTANCES}, PERIODS)
    found, source = fitted(samples, method)
    assert judge(found, Expression.parse("0.3645*d**1.5"), {"d": Sampling(low=0.3, high=31)}).recovered
    assert source == "residuals"


def test_whole_numbers_are_explained_exactly() -> None:
    x = np.arange(12.0)
    found, source = fitted(Samples(variables=("x",), x=x[:, None], y=3 * x**2 - 5 * x + 200))
    assert judge(found, Expression.parse("3*x**2 - 5*x + 200"), {"x": Sampling(low=0, high=11)}).word == "exact"
    assert source == "none"
