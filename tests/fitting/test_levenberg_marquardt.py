"""Constants fitted by least squares, against SciPy's."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import least_squares
from strategies import SMOOTH, expressions

from srbench_lite import Expression, Samples
from srbench_lite.fitting.levenberg_marquardt import is_structural, refit
from srbench_lite.fitting.problem import Problem

_X = np.random.default_rng(0).uniform(0.5, 2.5, (100, 2))


def _problem(y: NDArray[np.float64]) -> Problem:
    return Problem.of(Samples(variables=("x", "y"), x=_X, y=y))


_COLUMNS = _problem(np.ones(100)).columns


@pytest.mark.parametrize(
    ("value", "meant"),
    [(0.0, True), (1.0, True), (-2.0, True), (0.5, True), (1 / 3, True), (-7 / 12, True), (144.0, True), (2.3, True),
     (145.0, False), (0.0795774715, False), (2.37, False), (1 / 13, False), (1e300, False), (math.pi, False)],
)  # fmt: skip
def test_structural_constants(value: float, meant: bool) -> None:
    assert is_structural(value) is meant


@settings(max_examples=150, deadline=None)
@given(
    formula=expressions(
        operators=SMOOTH, constants=st.integers(-300, 300).map(lambda i: i / 97), named=(), max_leaves=8
    ),
    seed=st.integers(0, 9),
)
def test_never_worse_and_exact_constants_are_held(formula: Expression, seed: int) -> None:
    problem = _problem(np.random.default_rng(seed).standard_normal(100))
    fitted = refit(formula, problem)
    assert fitted.rss <= problem.rss(formula)
    assert problem.rss(fitted.expression) == pytest.approx(fitted.rss, rel=1e-9)
    for k, (old, new) in enumerate(zip(formula.constants, fitted.expression.constants, strict=True)):
        assert old == new or k in fitted.free
        assert k not in fitted.free or not is_structural(old)


@pytest.mark.parametrize(
    "text",
    [
        "1.3701*x**2.1001*sin(0.7701*y + 0.3101) + 2.2222*y",
        "2.5001*exp(-0.7001*x)/(1 + 0.4001*y**2)",
        "0.3001*log(2*x + 0.2001*y) - 1.1001",
        "3.0001*x**1.5001*y**(-0.5001)",
        "1.2001*tanh(0.9001*x - 1.1001*y) + 0.4001*x",
    ],
)
@pytest.mark.parametrize("noise", [0.0, 0.02])
def test_as_low_as_scipy(text: str, noise: float) -> None:
    rng = np.random.default_rng(3)
    truth = Expression.parse(text)
    values = truth(_COLUMNS)
    problem = _problem(values + noise * np.std(values) * rng.standard_normal(100))
    start = truth.with_constants(
        [c if is_structural(c) else c * (1 + 0.1 * rng.standard_normal()) for c in truth.constants]
    )
    free = [k for k, c in enumerate(truth.constants) if not is_structural(c)]
    constants = np.array(start.constants)

    def residual(theta: NDArray[np.float64]) -> NDArray[np.float64]:
        constants[free] = theta
        return np.asarray(truth.with_constants(constants)(_COLUMNS) - problem.y)

    oracle = least_squares(residual, constants[free], xtol=1e-15, ftol=1e-15, gtol=1e-15, x_scale="jac")
    fitted = refit(start, problem)
    assert fitted.rss <= 2 * oracle.cost * (1 + 1e-8) + 1e-26
    if noise == 0:
        np.testing.assert_allclose(fitted.expression.constants, truth.constants, rtol=1e-12)


def test_redundant_constants_do_no_harm() -> None:
    truth = Expression.parse("6.1*x + 0.7")(_COLUMNS)
    fitted = refit(Expression.parse("1.01*(2.02*x) + 0.303*1.1111 + 0.0123"), _problem(truth))
    assert fitted.rss < 1e-25


def test_undefined_formulas_come_back_as_they_are() -> None:
    formula = Expression.parse("1.234*log(x - 1.0101)")
    fitted = refit(formula, _problem(np.ones(100)))
    assert fitted.rss == math.inf
    assert fitted.expression == formula


def test_exponents_of_negative_bases_are_held() -> None:
    signed = np.linspace(-2, 2, 41)
    samples = Samples(variables=("x",), x=signed[:, None], y=3.3 * signed**2 + 1)
    formula = Expression.parse("2.01*x**2.0 + 0.5123")
    place = formula.constants.index(2.0)
    fitted = refit(formula, Problem.of(samples), free=[0, 1, 2])
    assert fitted.expression.constants[place] == 2.0
    assert fitted.rss < 1e-25


def test_only_given_places_move_and_the_answer_is_repeatable() -> None:
    problem = _problem(Expression.parse("2.5*x + 1.5")(_COLUMNS))
    formula = Expression.parse("2.2222*x + 1.7777")
    fitted = refit(formula, problem, free=[0])
    assert fitted.free == (0,)
    assert fitted.expression.constants[1] == 1.7777
    assert refit(formula, problem, free=[0]).expression == fitted.expression
    assert refit(formula, problem, free=[]).expression == formula


def test_weights_are_those_of_weighted_least_squares() -> None:
    rng = np.random.default_rng(8)
    x = rng.uniform(1, 3, 40)
    sd = rng.uniform(0.1, 2.0, 40)
    y = 2 * x + 1 + sd * rng.normal(size=40)
    posed = Problem.of(Samples(variables=("x",), x=x[:, None], y=y, weights=sd**-2.0))
    fitted = refit(Expression.parse("1.7*x + 0.3"), posed, free=range(2))
    columns = np.column_stack([x, np.ones(40)]) / sd[:, None]
    expected = np.linalg.lstsq(columns, y / sd, rcond=None)[0]
    assert fitted.expression.constants == pytest.approx(tuple(expected.tolist()), rel=1e-9)
