r"""LaTeX as people and programs write it, and as `to_latex` prints it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import any_number, expressions, tame_number

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression


def parse(text: str, **how: object) -> str:
    return str(Expression.parse(text, dialect="latex", **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"\frac{1}{2} m v^{2}", "1/2*m*v**2"),
        (r"\frac12 x + \dfrac{x}y", "1/2*x + x/y"),
        (r"$\sin^2 x + \cos^{2}\left(x\right)$", "sin(x)**2 + cos(x)**2"),
        (r"\sin 2x \cos y", "sin(2*x)*cos(y)"),
        (r"\sin x/2", "sin(x)/2"),
        (r"\sin\theta\cos\phi", "sin(theta)*cos(phi)"),
        (r"\sin^{-1}(x) + \cosh^{-2}(x)", "asin(x) + cosh(x)**(-2)"),
        (r"e^{-x^{2}} \, \sin\left(3 \, x\right)", "exp(-x**2)*sin(3*x)"),
        (r"e^x y + \exp{x} + \exp(y) + 2e", "exp(x)*y + exp(x) + exp(y) + 2*e"),
        (r"\sqrt[3]{x} + \sqrt{\frac{l}{g}} + \sqrt[5]{y}", "cbrt(x) + sqrt(l/g) + y**(1/5)"),
        (r"\left|x\right| + |y| + \lvert z \rvert", "abs(x) + abs(y) + abs(z)"),
        (r"||x| - |y||", "abs(abs(x) - abs(y))"),
        (r"\ln\left|x\right|", "log(abs(x))"),
        (r"\operatorname{sign}\left(y\right) \min\left\{x, \max(y, 1)\right\}", "sign(y)*min(x, max(y, 1))"),
        (r"\log_{10}(x) + \log_2 y", "log(x)/log(10) + log(y)/log(2)"),
        (r"\theta_{12} + \rho_1 + a_{\text{max}} + \mathrm{flow\_rate}", "theta_12 + rho_1 + a_max + flow_rate"),
        (r"x(y + 1)(z)", "x*(y + 1)*z"),
        (r"2.5 \times 10^{-7} x \cdot 3", "2.5e-07*x*3"),
        (r"\left\lfloor x\right\rfloor + \lceil y \rceil", "floor(x) + ceil(y)"),
        (r"\Gamma\left(x\right) + \Gamma", "gamma(x) + Gamma"),
        (r"\bigl(x + 1\bigr)^2 \Big[y\Big]", "(x + 1)**2*y"),
        (r"{x}^{y_{1}} - \alpha\beta^{2}", "x**y_1 - alpha*beta**2"),
        (r"-x^{-2}", "-x**(-2)"),
        (r"\pi r^2", "pi*r**2"),
        (r"\gamma \psi y", "gamma*psi*y"),
    ],
)
def test_latex_is_read(text, wanted):
    assert Expression.parse(text, dialect="latex") == Expression.parse(wanted)


def test_names_of_several_letters_are_one_where_they_are_known():
    assert parse("mass v", variables=["mass", "v"]) == "mass*v"
    assert parse("v_{0}", variables=["v0"]) == "v0"
    assert parse("v_0", variables=["v_0"]) == "v_0"
    assert parse(r"\gamma(x)", variables=["gamma", "x"]) == "gamma*x"


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (r"\sin x", ()),
        (r"\log x", (r"\log is read as the natural logarithm",)),
        (r"\tan^{-1} x", (r"\tan^{-1} is read as atan",)),
        (r"mg", (r"mg is read as m*g; one variable is \mathrm{mg}",)),
        (r"\psi(x)", (r"\psi before a parenthesis is read as the function digamma",)),
        (r"sin(x)", (r"sin is read as the function; in LaTeX it is \sin",)),
    ],
)
def test_what_was_assumed_is_said(text, notes):
    assert Expression.read(text, dialect="latex").notes == notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must not be empty"),
        ("x^10", "LaTeX takes only one digit here; put braces around the number at character 2"),
        (r"\sum_{i} x_i", r"\\sum is known, but not supported"),
        (r"\begin{cases} x \end{cases}", r"\\begin is known, but not supported"),
        (r"\fraq{1}{2}", r"unknown command '\\\\fraq'. Did you mean: frac\?"),
        (r"\frac{a}{b", "a group is never closed"),
        (r"\frac{a}", "a value in braces is missing at character 9"),
        (r"\frac\frac{a}{b}{c}", "a value in braces is missing at character 6"),
        (r"\sqrt[n]{x}", "a value in braces is missing"),
        (r"\log_3 x", r"a logarithm with the base 3: write \\frac"),
        (r"(x}", r"'}' closes what '\)' should close"),
        ("x)", r"'\)' was never opened"),
        ("x_{", "a subscript without a variable"),
        (r"\sin", r"'\)' where a value should stand at character 5"),
        (r"\mathrm x", r"\\mathrm needs a name in braces"),
        ("y = x", "unexpected character at character 3"),
        (r"\\", "unexpected character"),
    ],
)
def test_errors_point_at_the_place(text, message):
    with pytest.raises(ExpressionError, match=message):
        parse(text)


_NAMES = ("x", "theta_1", "v0", "mass", "E")


@given(expressions(_NAMES, constants=tame_number))
def test_what_is_printed_reads_back_as_the_same_function(tree):
    back = Expression.parse(tree.to_latex(), dialect="latex", variables=_NAMES)
    points = {name: np.array([0.3 + 0.4 * k, 1.1 + 0.2 * k, -0.7 - 0.1 * k]) for k, name in enumerate(_NAMES)}
    np.testing.assert_allclose(back(points), tree(points), rtol=1e-9, atol=1e-12)


@given(any_number)
def test_every_number_reads_back(value):
    tree = Expression.constant(value)
    assert Expression.parse(tree.to_latex(), dialect="latex")({}).tolist() == [tree.value]


@given(st.text(max_size=60) | st.text(r"\frac{}sqrt^_()|xy12.+-\ lefright", max_size=60))
def test_any_text_is_a_formula_or_an_expression_error(text):
    problem = ""
    try:
        tree = Expression.parse(text, dialect="latex")
    except ExpressionError as error:
        problem = str(error)
    else:
        assert Expression.parse(str(tree), variables=tree.variables) == tree
    assert "\n" not in problem


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        r"\frac{",
        r"\sin ",
        r"\frac",
        "^",
        "|",
        r"\left(",
        "_",
        r"\mathrm{",
        "x",
        "x^{",
        "$",
        "theta",
        " ",
        r"\ ",
        ",",
    ],
)
@pytest.mark.parametrize("beginning", ["", "x_{", "x_ {", "x^{", r"x_{\mathrm{", r"\mathrm{", "5.15+", r"\sqrt["])
def test_what_has_no_end_is_refused_quickly(beginning, piece):
    text = beginning + piece * (300_000 // len(piece))
    start = time.process_time()
    with pytest.raises(ExpressionError):
        parse(text)
    assert time.process_time() - start < 2


def test_a_subscript_may_have_blanks_about_it():
    assert parse(r"x_{ 1 } + y_ { \mathrm { max } } + z_{a, b}") == "x_1 + y_max + z_a_b"
    with pytest.raises(ExpressionError, match="a subscript without a variable"):
        parse("x_{ }")
