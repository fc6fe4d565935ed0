"""The method `log-linear`: products of powers come back exactly; signs and zeros are explained or refused with why."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from srbench_floors import LogLinear

from srbench_lite import Budget, Expression, Fit, FitError, Samples, UsageError

NAMES = ("a", "b", "c")


def fitted(x: np.ndarray, y: np.ndarray, method: LogLinear | None = None, weights: np.ndarray | None = None) -> Fit:
    samples = Samples(variables=NAMES[: x.shape[1]], x=x, y=y, weights=weights)
    return (method or LogLinear()).fit(samples, seed=0, budget=Budget(), report=lambda expression: None)


def values(formula: Expression, x: np.ndarray) -> np.ndarray:
    return formula(Samples(variables=NAMES[: x.shape[1]], x=x, y=np.zeros(len(x))).columns)


@given(
    exponents=st.lists(
        st.sampled_from([Fraction(p, q) for q in (1, 2, 3) for p in range(-4, 5)]), min_size=1, max_size=3
    ).filter(any),
    constant=st.integers(-999, 999).filter(bool),
    seed=st.integers(0, 10**6),
)
def test_drawn_products_of_powers_are_found_exactly(exponents: list[Fraction], constant: int, seed: int) -> None:
    x = np.random.default_rng(seed).uniform(0.2, 6.0, (40, len(exponents)))
    y = constant / 100 * np.prod(x ** np.array(exponents, dtype=float), axis=1)
    fit = fitted(x, y)

    assert fit.extras["exact"]
    assert fit.extras["exponents"] == dict(zip(NAMES, map(float, exponents), strict=False))
    assert max(map(abs, fit.expression.constants), default=1.0) <= max(abs(constant) / 100, 4.0)
    np.testing.assert_allclose(values(fit.expression, 3 * x), y * 3.0 ** float(sum(exponents)), rtol=1e-13)


@given(
    exponents=st.lists(st.integers(-3, 3), min_size=1, max_size=3).filter(any),
    constant=st.integers(-99, 99).filter(bool),
    seed=st.integers(0, 10**6),
)
def test_inputs_may_have_any_signs(exponents: list[int], constant: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(60, len(exponents)))
    fit = fitted(x, constant / 10 * np.prod(x ** np.array(exponents, dtype=float), axis=1))
    factors = [Expression.variable(n) ** float(e) for n, e in zip(NAMES, exponents, strict=False)]
    truth = Expression.constant(constant / 10)
    for factor in factors:
        truth = truth * factor
    fresh = np.random.default_rng(seed + 1).normal(size=(60, len(exponents)))

    np.testing.assert_allclose(values(fit.expression, fresh), values(truth, fresh), rtol=1e-12)


@pytest.mark.parametrize(
    ("truth", "low", "high", "expected"),
    [
        ("2*a**3", -4.0, 4.0, "2*a**3"),
        ("2*a**2", -4.0, 4.0, "2*a**2"),
        ("abs(a)*3", -4.0, 4.0, "3*abs(a)"),
        ("cbrt(a)", -4.0, 4.0, "cbrt(a)"),
        ("a*abs(a)**0.37", -4.0, 4.0, "a*abs(a)**0.37"),
        ("sqrt(-a)", -4.0, -1.0, "sqrt(-a)"),
        ("-5*a**3", -4.0, -1.0, "-5*a**3"),
        ("a**0.7", 1.0, 4.0, "a**0.7"),
        ("1/a", 1.0, 4.0, "1/a"),
        ("0.5/sqrt(a)", 1.0, 4.0, "0.5/sqrt(a)"),
        ("a**(2/3)", 1.0, 4.0, "cbrt(a)**2"),
        ("3*a", 0.0, 4.0, "3*a"),  # zero at one end, as y is
    ],
)
def test_powers_are_written_as_people_write_them(truth: str, low: float, high: float, expected: str) -> None:
    x = np.linspace(low, high, 40)[:, None]

    assert str(fitted(x, values(Expression.parse(truth), x)).expression) == expected


def test_noise_leaves_the_exponents_that_it_allows() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0.5, 5.0, (100, 3))
    fit = fitted(x, 7 * x[:, 0] ** 1.5 / x[:, 1] * np.exp(rng.normal(0, 0.1, 100)))

    assert fit.extras["exponents"] == {"a": 1.5, "b": -1.0, "c": 0.0}
    assert fit.expression.constants[0] == pytest.approx(7, rel=0.05)
    assert not fit.extras["exact"]


@pytest.mark.parametrize("weighted", [False, True])
def test_unsnapped_it_is_least_squares_of_logarithms(weighted: bool) -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(0.5, 5.0, (60, 2))
    y = x[:, 0] + x[:, 1] ** 2
    weights = rng.uniform(0.1, 3.0, 60) if weighted else None
    fit = fitted(x, y, LogLinear(snap=False), weights)
    root = np.ones(60) if weights is None else np.sqrt(weights) * y
    columns = np.column_stack([np.ones(60), np.log(x)])
    b = np.linalg.lstsq(columns * root[:, None], np.log(y) * root, rcond=None)[0]

    np.testing.assert_allclose([fit.extras["exponents"][name] for name in "ab"], b[1:], rtol=1e-10)
    np.testing.assert_allclose(values(fit.expression, x), np.exp(columns @ b), rtol=1e-10)


def test_inputs_without_logarithms_or_news_are_left_out_with_the_reason() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(1.0, 4.0, (50, 3))
    x[:7, 1] = 0.0
    x[:, 2] = 2 * x[:, 0] ** 3
    fit = fitted(x, 3 * x[:, 0] ** 2)

    assert str(fit.expression) == "3*a**2"
    assert fit.extras["left_out"] == {
        "b": "is zero at 7 of 50 points where y is not",
        "c": "says nothing that the others do not say",
    }


def test_an_input_of_minus_one_and_one_is_a_sign() -> None:
    x = np.random.default_rng(0).choice([-1.0, 1.0], (30, 2))

    assert str(fitted(x, 4 * x[:, 1]).expression) == "4*b"


@pytest.mark.parametrize(
    ("y", "said"),
    [
        (
            np.linspace(-1.0, 2.0, 31),
            "y is zero at 1 of 31 points where no input is: no product of powers",
        ),
        (np.linspace(-1.0, 2.1, 31), "y is negative at 10 of 31 points, and the signs of the inputs do not say where"),
    ],
)
def test_signs_and_zeros_that_no_power_has_are_refused(y: np.ndarray, said: str) -> None:
    with pytest.raises(FitError, match=said):
        fitted(np.linspace(1.0, 2.0, 31)[:, None], y)


def test_a_pole_where_y_is_zero_is_refused() -> None:
    x = np.array([[0.0], [1.0], [2.0], [4.0]])

    with pytest.raises(FitError, match="y is zero at 1 of 4 points, where inputs are, but 2/a is not"):
        fitted(x, np.array([0.0, 2.0, 1.0, 0.5]))


@pytest.mark.parametrize("size", [1e-250, 1e-100, 1e100, 1e250])
def test_huge_and_tiny_numbers_are_no_trouble(size: float) -> None:
    x = np.linspace(1.0, 3.0, 20)[:, None]
    fit = fitted(x * size, 4 * x[:, 0] * size)

    assert str(fit.expression) == "4*a"


def test_a_constant_out_of_range_is_refused_with_what_to_do() -> None:
    x = np.linspace(1.0, 3.0, 20)[:, None]

    with pytest.raises(FitError, match="out of float64's range: rescale"):
        fitted(x * 1e-200, 4 * x[:, 0] ** 3)


def test_odd_data_have_an_answer() -> None:
    x = np.linspace(1, 2, 30)[:, None]

    assert str(fitted(x, np.full(30, -4.25)).expression) == "-4.25"
    assert str(fitted(x[:1], np.array([2.0])).expression) == "2"
    assert str(fitted(x, np.zeros(30)).expression) == "0"
    assert str(fitted(np.zeros((2, 0)), np.array([1.0, 2.0])).expression) == "1.5"
    assert str(fitted(np.array([[0.5], [2.0]]), np.array([0.25, 4.0])).expression) == "a**2"


@pytest.mark.parametrize(("parameters", "got"), [({"max_denominator": 0}, "0"), ({"max_denominator": 13}, "13")])
def test_settings_that_make_no_sense_are_refused(parameters: dict[str, object], got: str) -> None:
    with pytest.raises(UsageError, match=rf"log-linear\.max_denominator must be .* from 1 to 12, got {got}"):
        LogLinear().with_parameters(parameters)
