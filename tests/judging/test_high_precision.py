"""Formulas evaluated with many digits: decimals as written, digits that are lost, values that there are not."""

from __future__ import annotations

import math
from typing import Any

import pytest
from judge_parts import parsed

from srbench_lite.expressions.operators import mpmath_function
from srbench_lite.judging.high_precision import OutOfReachError, PreciseFormula, UndefinedError, with_digits


def at(text: str, *point: str, digits: int = 50, jitter: str | None = None) -> Any:
    context = with_digits(digits)
    formula = PreciseFormula(parsed(text), ("x", "y")[: len(point)])
    error = None if jitter is None else context.mpf(jitter)
    return formula([context.mpf(p) for p in point], formula.constants(), error)


def test_precise_formulas_share_constants() -> None:
    context = with_digits(50)
    formula = PreciseFormula(parsed("2.5*x + 7*y + 2.5"), ("x", "y"), [0, 1, 0])
    assert [float(c) for c in formula.constants()] == [2.5, 7.0]
    assert formula([context.mpf(2), context.mpf(3)], [context.mpf(10), context.mpf(100)]) == 330


def test_numbers_are_the_decimals_they_are_written_as() -> None:
    assert abs(at("0.1 + 0.2 - 0.3")) < 1e-50
    assert at("x + 1e30 - 1e30", "0.5") == 0.5


@pytest.mark.parametrize("x", ["20", "-30", "40"])
def test_jitter_shows_lost_digits(x: str) -> None:
    text = "cosh(x)**2 - sinh(x)**2"
    assert abs(at(text, x) - 1) < 1e-10  # 50 digits do for x = 40: 35 are lost
    change = abs(at(text, x, jitter="1e-40") - at(text, x))
    lost = math.exp(2 * abs(float(x))) / 4
    assert 1e-40 * lost < change < 1e-38 * lost


@pytest.mark.parametrize("x", ["0.5", "1e30", "-1e-200"])
def test_jitter_shows_no_lost_digits_of_a_product(x: str) -> None:
    for text in ("x*y", "x/y*3", "sqrt(x**2)*y", "exp(atan(x))"):
        value = at(text, x, "1.7")
        assert abs(at(text, x, "1.7", jitter="1e-40") - value) < 1e-38 * abs(value)


def test_jitter_of_nothing_is_nothing() -> None:
    assert at("sin(x) + exp(y)*x", "1.5", "0.5", jitter="0") == at("sin(x) + exp(y)*x", "1.5", "0.5")


def test_jitter_reaches_every_operation() -> None:
    context = with_digits(50)
    for n in range(14):
        formula = PreciseFormula(parsed("sin(" * n + "0.3" + ")" * n + " + 1e30 - 1e30"), ())
        values = [formula((), formula.constants(), error) for error in (None, context.mpf("1e-40"))]
        assert abs(values[0] - values[1]) > 1e-11


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("9**9**9**9", OutOfReachError),
        ("exp(exp(exp(x)))", OutOfReachError),
        ("x**x**x**x**x", OutOfReachError),
        ("sin(exp(exp(x)))", OutOfReachError),
        ("cosh(exp(x*9))", OutOfReachError),
        ("1/(x - x)", UndefinedError),
        ("(0*x)**(-1)", UndefinedError),
        ("(-x)**0.5", UndefinedError),
        ("log(0*x)", UndefinedError),
        ("sqrt(-x)", UndefinedError),
        ("acos(x)", UndefinedError),
        ("acosh(-x)", UndefinedError),
        ("atanh(x)", UndefinedError),
        ("atanh(x/9)", UndefinedError),
        ("gamma(0*x)", UndefinedError),
        ("digamma(-x)", UndefinedError),
        ("gamma(1e30*x)", OutOfReachError),
        ("ifelse(log(-x), x, x)", UndefinedError),
        ("ifelse(x, log(-x), x)", UndefinedError),
    ],
)
def test_what_has_no_value_or_none_that_can_be_written_down(text: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        at(text, "9")


@pytest.mark.parametrize("x", ["-8", "-2.7", "0.4", "1.5", "30.25"])
@pytest.mark.parametrize("name", ["asinh", "acosh", "atanh", "cbrt", "floor", "ceil", "erf", "gamma", "digamma"])
def test_functions_have_the_values_that_mpmath_gives(name: str, x: str) -> None:
    context = with_digits(50)
    value = context.mpf(x)
    if (name == "acosh" and value < 1) or (name == "atanh" and abs(value) >= 1) or (name == "gamma" and value == -8):
        return
    if name == "digamma" and value == -8:
        return
    wanted = mpmath_function(name, context)(value)
    assert abs(at(f"{name}(x)", x) - wanted) <= abs(wanted) * context.mpf("1e-48")


def test_what_is_not_chosen_is_not_computed() -> None:
    assert at("ifelse(x, x, log(x)) + ifelse(-x, 1/(x - x), 2)", "3") == 5
    assert at("ifelse(x, log(x), ifelse(x + 5, 7, 1/0))", "-3") == 7
    assert at("2.5*ifelse(-x, 9**9**9**9, 3.5) + 4.5", "3") == 13.25
