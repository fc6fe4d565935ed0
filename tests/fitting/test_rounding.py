"""Numbers that people write, found behind fitted ones, and only where the data warrant it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from counted_deadline import CountedDeadline
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from strategies import SMOOTH, expressions

from srbench_lite import Expression, Samples
from srbench_lite.fitting.levenberg_marquardt import refit
from srbench_lite.fitting.problem import Problem
from srbench_lite.fitting.rounding import RoundedFormula, round_constants
from srbench_lite.fitting.short_constants import formula_digits, number_digits

_X = np.random.default_rng(0).uniform(0.5, 2.5, (200, 3))
_NAMES = ("x", "y", "z")


def _problem(text: str, noise: float = 0.0, seed: int = 1) -> Problem:
    y = Expression.parse(text)(dict(zip(_NAMES, _X.T, strict=True)))
    y = y + noise * np.std(y) * np.random.default_rng(seed).standard_normal(len(y))
    return Problem.of(Samples(variables=_NAMES, x=_X, y=y))


def _found(truth: str, start: str, noise: float = 0.0, seed: int = 1) -> RoundedFormula:
    problem = _problem(truth, noise, seed)
    return round_constants(refit(Expression.parse(start), problem), problem)


@pytest.mark.parametrize(
    ("truth", "start"),
    [
        ("x/(4*pi)", "0.08123*x"),
        ("3*x/7 + y", "0.4123*x + 1.0123*y"),
        ("x/sqrt(2)", "0.7123*x"),
        ("2*pi*sqrt(x/y)", "6.3123*x**0.5123*y**(-0.4987)"),
        ("x/8", "0.1301*x"),
        ("2.37*y", "2.4123*y"),
        ("x**2*y/z", "1.0123*x**2.0123*y**1.0123*z**(-1.0123)"),
        ("x**(2/3)*y**(-0.5)", "1.0123*x**0.6512*y**(-0.5123)"),
        ("exp(-0.5*x**2)/sqrt(2*pi)", "0.4123*exp(-0.4912*x**2)"),
        ("x/7.31 + y", "0.1412*x + 1.0123*y"),
        ("sqrt(x/2.7) + 1.3*y", "0.6123*sqrt(x) + 1.2812*y"),
        ("3*exp(1.5*x) + y", "exp(1.4512*x + 1.1212) + 1.0112*y"),
        ("3*x/(y + 2*z)", "1.1112*x/(0.4321*y + 0.8321*z)"),
        ("(2.3*x + 1.7)*y", "2.2112*(x + 0.7012)*y"),
        ("x*y/(8*pi**2*z)", "0.01251*x*y/z"),
        ("sin(1.5*x + 0.25) + 2*y", "1.0123*sin(1.5123*x + 0.2412) + 2.0123*y + 0.0123"),
    ],
)
def test_noise_free_constants_are_found(truth: str, start: str) -> None:
    problem = _problem(truth)
    found = _found(truth, start)
    wanted = Expression.parse(truth)
    assert problem.is_exact(found.rss)
    assert found.digits <= formula_digits(wanted) + 0.9
    assert found.expression.complexity <= wanted.complexity
    assert problem.rss(found.expression) == found.rss


@pytest.mark.parametrize("seed", range(10))
def test_random_decimals_are_kept(seed: int) -> None:
    a, b, c = (np.random.default_rng(seed).integers(100_001, 999_999, 3) / 1e5).tolist()
    found = _found(f"{a}*x + {b}*y*z + {c}", f"{a * 1.001}*x + {b * 0.999}*y*z + {c * 1.001}")
    assert sorted(found.expression.constants) == sorted((a, b, c))


@pytest.mark.parametrize("seed", range(5))
def test_under_noise_constants_have_as_many_digits_as_are_known(seed: int) -> None:
    found = _found("2.3*x + 6.283*sin(y)", "2.2123*x + 6.1123*sin(y)", noise=0.01, seed=seed)
    assert "pi" not in str(found.expression)
    assert found.digits < 6
    assert 2.3 in found.expression.constants
    assert max(found.expression.constants) == pytest.approx(6.283, rel=0.01)


@pytest.mark.parametrize("noise", [0.0, 0.001])
@pytest.mark.parametrize(
    ("truth", "start"),
    [
        ("y*sin(1.3*x + 0.37)", "y*cos(1.2007 - 1.3012*x)"),
        ("0.8*sin(3.7*x + 2.1)", "-0.8012*sin(3.7012*x - 1.0412)"),
        ("0.8*cos(3.7*x)", "-0.8012*sin(3.7012*x - 1.5712)"),
        ("0.8*cos(3.7*x - 0.6) + y", "0.8012*sin(3.7012*x + 0.9712) + y"),
        ("y*sin(1.37*x - 0.78)", "y*sin(1.3712*(x + 4.0162))"),
        ("sin(2.2*x + 5.1)*sin(1.7*z + 0.7)", "sin(2.2012*x - 1.1812)*cos(1.7012*z - 0.8712)"),
    ],
)
def test_phases_are_where_they_are_short(truth: str, start: str, noise: float) -> None:
    assert str(_found(truth, start, noise).expression) == truth


@pytest.mark.parametrize("rows", [20, 2000])
def test_quarter_turns_are_cosines(rows: int) -> None:
    x = np.linspace(1, 5, rows)
    problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=2 * np.cos(3.7 * x) ** 3))
    found = round_constants(refit(Expression.parse("2.0123*sin(3.7012*x + 7.8512)**3"), problem), problem)
    assert str(found.expression) == "2*cos(3.7*x)**3"


@pytest.mark.parametrize("count", [1, 4, 8])
def test_small_rises_do_not_add_up(count: int) -> None:
    basis = np.linalg.qr(np.random.default_rng(0).standard_normal((200, count + 1)))[0]  # (200, count + 1)
    sigma = 0.01  # of every coefficient
    whole = np.arange(2.0, count + 2)
    y = basis @ np.array([*(whole + 2.53 * sigma), math.sqrt(200 - count) * sigma])
    names = tuple(f"x{k}" for k in range(count))
    problem = Problem.of(Samples(variables=names, x=basis[:, :-1], y=y))
    start = Expression.parse(" + ".join(f"{k}.0123*{name}" for k, name in enumerate(names, start=2)))
    fitted = refit(start, problem)
    found = round_constants(fitted, problem)
    assert found.rss - fitted.rss <= (9 + 2 * (count - 1)) * sigma**2
    assert (sorted(found.expression.constants) == list(whole)) is (count == 1)
    assert max(number_digits(c) for c in found.expression.constants) < 3


def test_the_allowance_is_what_true_values_need() -> None:
    for count in range(1, 17):
        assert 9 + 2 * (count - 1) == pytest.approx(chi2.ppf(0.9973, count), rel=0.1)


def test_terms_that_chance_explains_go() -> None:
    found = _found("2*x + 3*y", "2.0123*x + 3.0123*y + 0.0123*z + 0.0456*x*y", noise=0.01)
    assert str(found.expression) == "2*x + 3*y"


def test_redundant_constants_merge() -> None:
    found = _found("6*x*y", "2.1234*x*(2.9123*y)*1.0123")
    assert str(found.expression) == "6*x*y"


@settings(max_examples=60, deadline=None)
@given(
    formula=expressions(
        ("x", "y", "z"), operators=(*SMOOTH, "exp", "div"), constants=st.integers(-300, 300).map(lambda i: i / 97),
        named=("pi",), max_leaves=8,
    ),
    seed=st.integers(0, 99),
)  # fmt: skip
def test_the_description_never_grows(formula: Expression, seed: int) -> None:
    problem = Problem.of(Samples(variables=_NAMES, x=_X, y=np.random.default_rng(seed).standard_normal(200)))
    fitted = refit(formula, problem)
    found = round_constants(fitted, problem)
    assume(math.isfinite(fitted.rss))
    assert found.criterion(problem) <= problem.criterion(
        fitted.rss, fitted.expression, formula_digits(fitted.expression)
    )
    assert found.rss == problem.rss(found.expression)
    assert round_constants(fitted, problem).expression == found.expression


def test_a_constant_that_the_data_say_nothing_about_ends_no_fit() -> None:
    formula = Expression.parse("1.5132*x + exp(-700.3*x)*1e-5")
    problem = _problem("1.5*x", 0.01)
    found = round_constants(formula, problem)
    assert found.rss <= problem.rss(formula)
    assert found.digits < formula_digits(formula)


def test_a_deadline_ends_the_search_for_short_constants_between_two_of_them() -> None:
    truth = "1.25*x + 0.75*y + 2.5*z + 0.5"
    problem = _problem(truth, 1e-4)
    fitted = refit(Expression.parse("1.31*x + 0.7123*y + 2.4321*z + 0.4567"), problem)
    found = [round_constants(fitted, problem, CountedDeadline(k)).expression for k in range(8)]
    counts = [sum(number_digits(c) > 4 for c in formula.constants) for formula in found]
    assert counts == sorted(counts, reverse=True)
    assert len(set(counts)) > 2
    assert (
        round_constants(fitted, problem, CountedDeadline(1_000)).expression
        == round_constants(fitted, problem).expression
    )
    assert counts[-1] == 0


def test_an_undefined_formula_comes_back() -> None:
    formula = Expression.parse("1.2345*log(x - 1.0101)")
    found = round_constants(formula, _problem("x"))
    assert found.expression == formula
    assert found.rss == math.inf


@pytest.mark.parametrize("n", [1, 2, 3])
def test_fewer_points_than_constants(n: int) -> None:
    x = np.linspace(1, 2, n)
    for y in (np.zeros(n), np.full(n, 3.7), 1e30 * x, 1e-30 * x):
        problem = Problem.of(Samples(variables=("x",), x=x[:, None], y=y))
        found = round_constants(refit(Expression.parse("1.234*x**1.1234 + 0.333*x + 0.777"), problem), problem)
        assert math.isfinite(found.rss)
        assert len(found.expression.constants) <= 4


def test_a_formula_with_very_many_constants_is_only_tidied() -> None:
    text = " + ".join(f"{0.1234 * k + 0.0507}*sin({k}.0501*x)" for k in range(1, 16))
    formula = Expression.parse(f"0 + 1*({text})")
    found = round_constants(formula, _problem("x"))
    assert found.expression.complexity < formula.complexity
    assert {f"{c:.9g}" for c in found.expression.constants} <= {f"{c:.9g}" for c in formula.constants}
