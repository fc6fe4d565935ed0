"""Formulas as other programs print them: each row is the function that NumPy, SciPy or Python's math computes."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.vocabulary import AMBIGUOUS, WRITTEN_OUT

Array = NDArray[np.float64]

_RNG = np.random.default_rng(20)
#: Of either sign, and near zero; without halves, whole numbers and zero itself.
X = np.concatenate([_RNG.uniform(-3, 3, 60), _RNG.uniform(-2e-3, 2e-3, 20)])
Y = np.concatenate([_RNG.uniform(-3, 3, 70), _RNG.uniform(-2e-3, 2e-3, 10)])
POSITIVE = _RNG.uniform(0.05, 3, 80)


def agree(text: str, wanted: Array, columns: dict[str, Array], **how: object) -> None:
    formula = Expression.parse(text, **how)  # type: ignore[arg-type]
    again = Expression.parse(str(formula), variables=formula.variables)
    assert again == formula
    assert str(again) == str(formula)
    with np.errstate(all="ignore"):
        found = formula(columns)
    np.testing.assert_allclose(found, wanted, rtol=1e-12, atol=1e-15)


def _protected_div(a: Array, b: Array) -> Array:
    """As in gplearn's functions.py."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(b) > 0.001, np.divide(a, b), 1.0)


def _protected_log(a: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(a) > 0.001, np.log(np.abs(a)), 0.0)


def _protected_inverse(a: Array) -> Array:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(a) > 0.001, 1.0 / a, 0.0)


def _in_python(function: Callable[..., float]) -> Callable[..., Array]:
    return np.vectorize(function, otypes=[float])


#: Text, and what it means, of x and y of either sign.
ROWS: list[tuple[str, Callable[[Array, Array], Array]]] = [
    ("square(x)", lambda x, y: np.square(x)),
    ("cube(x)", lambda x, y: x * x * x),
    ("neg(x)", lambda x, y: np.negative(x)),
    ("inv(x)", lambda x, y: np.reciprocal(x)),
    ("reciprocal(x)", lambda x, y: np.reciprocal(x)),
    ("EXP(x)", lambda x, y: np.exp(x)),
    ("Exp[x]", lambda x, y: np.exp(x)),
    ("Sin[x*y]^2 + Power[x, 3]", lambda x, y: np.sin(x * y) ** 2 + x**3),
    ("expm1(x)", lambda x, y: np.expm1(x)),
    ("exp2(x) + exp10(y)", lambda x, y: np.exp2(x) + 10**y),
    ("asinh(x)", lambda x, y: np.arcsinh(x)),
    ("arcsinh(x)", lambda x, y: np.arcsinh(x)),
    ("atanh(x/4)", lambda x, y: np.arctanh(x / 4)),
    ("arctanh(x/4)", lambda x, y: np.arctanh(x / 4)),
    ("arcsin(x/4)", lambda x, y: np.arcsin(x / 4)),
    ("arccos(x/4)", lambda x, y: np.arccos(x / 4)),
    ("arctan(x)", lambda x, y: np.arctan(x)),
    ("sec(x)", lambda x, y: 1 / np.cos(x)),
    ("csc(x)", lambda x, y: 1 / np.sin(x)),
    ("cot(x)", lambda x, y: 1 / np.tan(x)),
    ("sech(x) + coth(y) + csch(x)", lambda x, y: 1 / np.cosh(x) + 1 / np.tanh(y) + 1 / np.sinh(x)),
    ("asec(4/x) + acsc(4/x)", lambda x, y: np.arccos(x / 4) + np.arcsin(x / 4)),
    ("arcsch(x) + acoth(4/x)", lambda x, y: np.arcsinh(1 / x) + np.arctanh(x / 4)),
    ("arcsech(1/(1 + x^2))", lambda x, y: np.arccosh(1 + x * x)),
    ("sinpi(x) + cospi(y)", lambda x, y: np.sin(np.pi * x) + np.cos(np.pi * y)),
    ("silu(x) + softsign(y)", lambda x, y: x * scipy.special.expit(x) + y / (1 + np.abs(y))),
    ("gelu(x)", lambda x, y: x * scipy.special.ndtr(x)),
    ("fma(x, y, 2) + fdim(x, y)", lambda x, y: x * y + 2 + np.maximum(x - y, 0)),
    ("IF(x>y, x, y) + pmin(x, y)", lambda x, y: x + y),
    ("acot(x)", lambda x, y: np.arctan(1 / x)),
    ("cbrt(x)", lambda x, y: np.cbrt(x)),
    ("hypot(x, y)", lambda x, y: np.hypot(x, y)),
    ("atan2(y, x)", lambda x, y: np.arctan2(y, x)),
    ("arctan2(x - 1, y + 1)", lambda x, y: np.arctan2(x - 1, y + 1)),
    ("pow(x, 3)", lambda x, y: np.power(x, 3)),
    ("max(x, y, 0.5, x*y)", lambda x, y: np.maximum.reduce([x, y, np.full_like(x, 0.5), x * y])),
    ("min(x, y, -0.5)", lambda x, y: np.minimum.reduce([x, y, np.full_like(x, -0.5)])),
    ("fmax(x, y) - fmin(x, y)", lambda x, y: np.abs(x - y)),
    ("fmod(x, y)", lambda x, y: _in_python(math.fmod)(x, y)),
    ("mod(x, y)", lambda x, y: np.mod(x, y)),
    ("Mod(x, 0.7)", lambda x, y: np.mod(x, 0.7)),
    ("floor(x) + 2*ceil(y)", lambda x, y: np.floor(x) + 2 * np.ceil(y)),
    ("ceiling(x)", lambda x, y: np.ceil(x)),
    ("round(x)", lambda x, y: np.round(x)),
    ("trunc(x)", lambda x, y: np.trunc(x)),
    ("relu(x)", lambda x, y: np.maximum(x, 0)),
    ("logistic(x)", lambda x, y: scipy.special.expit(x)),
    ("sigmoid(x)", lambda x, y: scipy.special.expit(x)),
    ("softplus(x)", lambda x, y: np.logaddexp(0, x)),
    ("sinc(x)", lambda x, y: np.sinc(x / np.pi)),
    ("gauss(x)", lambda x, y: np.exp(-x * x)),
    ("sqrt_abs(x)", lambda x, y: np.sqrt(np.abs(x))),
    ("log_abs(x)", lambda x, y: np.log(np.abs(x))),
    ("pow_abs(x, y)", lambda x, y: np.abs(x) ** y),
    ("sqrtabs(x) + logabs(y)*powabs(x, y)", lambda x, y: np.sqrt(abs(x)) + np.log(abs(y)) * abs(x) ** y),
    ("aq(x, y)", lambda x, y: x / np.sqrt(1 + y * y)),
    ("greater(x, y)", lambda x, y: (x > y).astype(float)),
    ("less(x, y) + greater_equal(x, 0)", lambda x, y: (x < y) + (x >= 0) * 1.0),
    ("cond(x, y)", lambda x, y: np.where(x > 0, y, 0)),
    ("ifelse(x, y, x*y)", lambda x, y: np.where(x > 0, y, x * y)),
    ("ifelse(x > y, log(x - y), x)", lambda x, y: np.where(x > y, np.log(np.abs(x - y)), x)),
    ("where(x >= y, x, sqrt(y - x))", lambda x, y: np.where(x >= y, x, np.sqrt(np.abs(y - x)))),
    ("logical_or(x, y) + 2*logical_and(x, y)", lambda x, y: ((x > 0) | (y > 0)) + 2.0 * ((x > 0) & (y > 0))),
    ("(x > 0)*y + (x <= 0)*x", lambda x, y: np.where(x > 0, y, x)),
    ("erf(x)", lambda x, y: scipy.special.erf(x)),
    ("erfc(x)", lambda x, y: scipy.special.erfc(x)),
    ("gamma(x + 4)", lambda x, y: scipy.special.gamma(x + 4)),
    ("factorial(x + 3.5)", lambda x, y: scipy.special.factorial(x + 3.5)),
    ("lgamma(x + 4)", lambda x, y: scipy.special.gammaln(x + 4)),
    ("a ^ b", lambda x, y: np.power(np.abs(x), y)),
    ("a ** b", lambda x, y: np.power(np.abs(x), y)),
    ("1.0E-3*x + 1d-3*y + 2D2", lambda x, y: 1e-3 * x + 1e-3 * y + 200),
    ("x − y", lambda x, y: x - y),
    ("x × y", lambda x, y: x * y),
    ("2·x⋅y ÷ 4", lambda x, y: x * y / 2),
    ("x² + −y³", lambda x, y: x * x - y**3),
    ("x.^2 + y.*x./2", lambda x, y: x**2 + y * x / 2),
    ("Math.PI*x + std::pow(x, 2)", lambda x, y: np.pi * x + x * x),
    ("Add(Square(x), SqrtAbs(y))", lambda x, y: x * x + np.sqrt(np.abs(y))),
    ("2*π*x", lambda x, y: 2 * np.pi * x),
    ("np.sin(x)*math.pi + scipy.special.erf(y)", lambda x, y: np.sin(x) * np.pi + scipy.special.erf(y)),
    ("add(x, mul(y, sub(x, 2.5)))", lambda x, y: x + y * (x - 2.5)),
]  # fmt: skip

#: The same of arguments above zero.
POSITIVE_ROWS: list[tuple[str, Callable[[Array], Array]]] = [
    ("log2(x)", np.log2),
    ("log10(x)", np.log10),
    ("log1p(x)", np.log1p),
    ("ln(x)", np.log),
    ("Log(x)", np.log),
    ("LOG(x)", np.log),
    ("acosh(1 + x)", lambda x: np.arccosh(1 + x)),
    ("arccosh(1 + x)", lambda x: np.arccosh(1 + x)),
    ("digamma(x)", scipy.special.digamma),
    ("logit(x/4)", lambda x: scipy.special.logit(x / 4)),
    ("np.log(x, 2)", np.log2),
]


@pytest.mark.parametrize(("text", "meaning"), ROWS, ids=[row[0] for row in ROWS])
def test_every_row_is_the_function_that_the_library_computes(text, meaning):
    columns = {"a": np.abs(X), "b": Y, "x": X, "y": Y}
    with np.errstate(all="ignore"):
        agree(text, meaning(X, Y), columns)


@pytest.mark.parametrize(("text", "meaning"), POSITIVE_ROWS, ids=[row[0] for row in POSITIVE_ROWS])
def test_and_where_arguments_must_be_above_zero(text, meaning):
    agree(text, meaning(POSITIVE), {"x": POSITIVE})


def test_cbrt_of_minus_eight_is_minus_two():
    assert Expression.parse("cbrt(-8)")({}).tolist() == [-2.0]


DIALECT_ROWS: list[tuple[str, str, Callable[[Array, Array], Array]]] = [
    ("gplearn", "div(x, y)", _protected_div),
    ("gplearn", "div(x, sub(y, y))", lambda x, y: np.ones_like(x)),
    ("gplearn", "div(div(x, y), div(y, x))", lambda x, y: _protected_div(_protected_div(x, y), _protected_div(y, x))),
    ("gplearn", "sqrt(x)", lambda x, y: np.sqrt(np.abs(x))),
    ("gplearn", "log(x)", lambda x, y: _protected_log(x)),
    ("gplearn", "Div(x, y)", _protected_div),
    ("gplearn", "inv(x)", lambda x, y: _protected_inverse(x)),
    ("gplearn", "add(sig(x), neg(mul(0.5, max(x, y))))", lambda x, y: scipy.special.expit(x) - 0.5 * np.maximum(x, y)),
    ("operon", "((-1.2) * sin((0.5 * x)) + (3.5 * aq(x, y)))",
     lambda x, y: -1.2 * np.sin(x / 2) + 3.5 * x / np.hypot(1, y)),
    ("operon", "div(x, y) + sqrtabs(x)", lambda x, y: x / y + np.sqrt(np.abs(x))),
    ("pysr", "safe_log(abs(x)) + square(y) ^ 2", lambda x, y: np.log(np.abs(x)) + y**4),
    ("pysr", "atanh_clip(x)", lambda x, y: np.arctanh(np.mod(x + 1, 2) - 1)),
    ("pysr", "div(x, y)*greater(x, y)", lambda x, y: x / y * (x > y)),
    ("sympy", "Max(x, y, 0) + Abs(x)*E + Heaviside(y)",
     lambda x, y: np.maximum(np.maximum(x, y), 0) + abs(x) * np.e + (y > 0)),
    ("sympy", "Mod(x, y) + ceiling(x) + sinc(y)", lambda x, y: np.mod(x, y) + np.ceil(x) + np.sinc(y / np.pi)),
    ("sympy", "Piecewise((0.0, x < 0), (x, True))", lambda x, y: np.maximum(x, 0)),
    ("sympy", "2*Piecewise((log(x), x > 1), (sqrt(-x), x <= 0), (Piecewise((x, y > x), (y, True)), True))",
     lambda x, y: 2 * np.where(x > 1, np.log(np.abs(x)), np.where(x <= 0, np.sqrt(np.abs(x)), np.minimum(x, y)))),
    ("sympy", "Add(x, Mul(2, y, x), Pow(y, 2))", lambda x, y: x + 2 * x * y + y**2),
    ("numpy", "np.sinc(x) + sinc(y)", lambda x, y: np.sinc(x) + np.sinc(y)),
    ("numpy", "np.where(x > y, np.sqrt(x - y), np.cbrt(x))",
     lambda x, y: np.where(x > y, np.sqrt(abs(x - y)), np.cbrt(x))),
    ("numpy", "np.heaviside(x, 0.5) + np.maximum(x, y)", lambda x, y: np.heaviside(x, 0.5) + np.maximum(x, y)),
    ("numpy", "np.divide(x, y) + math.fmod(x, y) + np.mod(x, y)", lambda x, y: x / y + np.fmod(x, y) + np.mod(x, y)),
    ("numpy", "np.clip(x, -1, 1)*np.deg2rad(y)", lambda x, y: np.clip(x, -1, 1) * np.deg2rad(y)),
]  # fmt: skip


@pytest.mark.parametrize(("dialect", "text", "meaning"), DIALECT_ROWS, ids=[" ".join(row[:2]) for row in DIALECT_ROWS])
def test_a_dialect_has_its_own_definitions(dialect, text, meaning):
    with np.errstate(all="ignore"):
        agree(text, meaning(X, Y), {"x": X, "y": Y}, dialect=dialect)


def test_protected_operators_are_exact_at_their_borders():
    border = np.array([0.0, 0.001, -0.001, np.nextafter(0.001, 1), np.nextafter(0.001, 0), 1.0])
    for text, meaning in (
        ("div(2, x)", _protected_div(np.full(6, 2.0), border)),
        ("log(x)", _protected_log(border)),
        ("inv(x)", _protected_inverse(border)),
    ):
        # abs(x) - 0.001 > 0 is abs(x) > 0.001 in float64, too
        np.testing.assert_allclose(Expression.parse(text, dialect="gplearn")({"x": border}), meaning, rtol=1e-14)


def test_comparisons_are_exact_where_both_are_equal_and_steps_are_one_half():
    points = {"x": np.array([1.0, 2.0, 1.0]), "y": np.array([1.0, 1.0, 2.0])}
    assert Expression.read("greater(x, y)").notes == ("greater is 1/2 where both are equal",)
    assert Expression.parse("greater(x, y)")(points).tolist() == [0.5, 1.0, 0.0]
    assert Expression.parse("x > y")(points).tolist() == [0.0, 1.0, 0.0]
    assert Expression.parse("x >= y")(points).tolist() == [1.0, 1.0, 0.0]
    assert Expression.parse("x < y")(points).tolist() == [0.0, 0.0, 1.0]
    assert Expression.parse("x <= y")(points).tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_without_a_dialect_an_ambiguous_name_is_an_error(name):
    with pytest.raises(ExpressionError, match=f"'{name}' is ambiguous: .* Name the dialect, or write it out"):
        Expression.parse(f"1 + {name}(x, y)")


def test_it_is_one_in_any_case_of_its_letters():
    with pytest.raises(ExpressionError, match="'Div' is ambiguous"):
        Expression.parse("Div(x, y)")


def test_the_error_says_which_dialects_define_div():
    with pytest.raises(ExpressionError, match=r"in gplearn it is 1 where abs\(b\) <= 0.001; in pysr, operon") as caught:
        Expression.parse("div(a, b)")
    assert "at character 1" in str(caught.value)


@pytest.mark.parametrize("name", ["besselj", "LambertW", "polygamma", "Integral", "jv", "zeta"])
def test_what_is_known_and_not_supported_is_refused_by_its_name(name):
    with pytest.raises(ExpressionError, match=f"'{name}' is a known function, but not supported"):
        Expression.parse(f"2*{name}(x)")


def test_the_number_of_arguments_is_checked():
    for text, message in (
        ("square(x, y)", "square takes 1 argument, got 2 at character 1"),
        ("1 + hypot(x)", "hypot takes 2 arguments, got 1 at character 5"),
        ("where(x, y)", "where takes 3 arguments, got 2"),
        ("maximum(x)", "maximum takes at least 2 arguments, got 1"),
        ("np.log(x, y, x)", "log takes 1 to 2 arguments, got 3"),
        ("Log[2, x]", "log takes 1 argument, got 2"),
    ):
        with pytest.raises(ExpressionError, match=message):
            Expression.parse(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Piecewise((x, x > 0))", "True as the condition of the last one at character 1"),
        ("Piecewise((x, x > 0), (y, y))", "True as the condition of the last one"),
        (
            "Piecewise((x, x > 0, y), (x, y, True))",
            "a branch of Piecewise must be a value and its condition at character 11",
        ),
        ("Piecewise((x, x > 0), (x))", "a branch of Piecewise must be"),
        ("Piecewise((x, Eq(x, 0)), (0, True))", "unknown function 'Eq'"),
        ("Piecewise((x, (x > 0) & (y > 0)), (0, True))", "unexpected character"),
    ],
)
def test_piecewise_that_cannot_be_read(text, message):
    with pytest.raises(ExpressionError, match=message):
        Expression.parse(text)


def test_what_sympy_prints_of_a_choice_reads_back():
    for text in (
        "ifelse(x - 1, log(x), y)",
        "ifelse(x, ifelse(y - x, 1, x), 2*y)",
        "cbrt(x)*ifelse(x - y, x, floor(y))",
    ):
        formula = Expression.parse(text)
        back = Expression.parse(str(formula.to_sympy()), dialect="sympy")
        np.testing.assert_allclose(back({"x": X, "y": Y}), formula({"x": X, "y": Y}), rtol=1e-12)


def test_nested_definitions_stay_within_the_limits():
    text = "x"
    for _ in range(12):
        text = f"div({text}, {text})"
    with pytest.raises(ExpressionError, match="at most 10,000 nodes"):
        Expression.parse(text, dialect="gplearn")


def test_every_function_that_is_written_out_takes_its_arguments():
    x = Expression.variable("x")
    for name, definition in WRITTEN_OUT.items():
        if name == "Piecewise":
            continue
        assert definition.build(*[x] * definition.fewest).variables == ("x",)


# --- what was assumed -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        ("2*sin(x)**2 + arctan(x) + ln(x) + Abs(x) + square(x)", ()),
        ("EXP(x) + EXP(y)", ("EXP is read as exp",)),
        ("Log(x)", ("Log is read as log",)),
        ("1d-3*x", ("1d-3 is read as 1e-3",)),
        ("x − 1", ("− is read as -",)),
        ("mod(x, 2)", ("mod has the sign of y, as in Python and Julia; C's fmod has that of x",)),
        ("X[0]*x[:, 1]", ("X[0] is read as the variable X_0", "x[:, 1] is read as the variable x_1")),
        (
            '"flow rate"*`T (K)`',
            ('"flow rate" is read as the variable flow_rate', "`T (K)` is read as the variable T_K"),
        ),
        ("α*Δ", ("α is read as the variable alpha", "Δ is read as the variable Delta")),
    ],
)
def test_what_was_assumed_is_said(text, notes):
    assert Expression.read(text).notes == notes


def test_a_reading_says_which_variable_each_name_is():
    reading = Expression.read('"flow rate"*X[0] + y', variables={"flow rate": "q", "X[0]": "a", "y": "y"})
    assert str(reading.expression) == "q*a + y"
    assert reading.names == {'"flow rate"': "q", "X[0]": "a", "y": "y"}
    assert reading.notes == ()


# --- whole programs ---------------------------------------------------------------------------------------------------

#: gplearn's functions, as its functions.py computes them.
_GPLEARN: dict[str, tuple[int, Callable[..., Array]]] = {
    "add": (2, np.add), "sub": (2, np.subtract), "mul": (2, np.multiply), "div": (2, _protected_div),
    "sqrt": (1, lambda a: np.sqrt(np.abs(a))), "log": (1, _protected_log), "abs": (1, np.abs), "neg": (1, np.negative),
    "inv": (1, _protected_inverse), "max": (2, np.maximum), "min": (2, np.minimum), "sin": (1, np.sin),
    "cos": (1, np.cos), "tan": (1, np.tan), "sig": (1, lambda a: 1 / (1 + np.exp(-a))),
}  # fmt: skip

_leaves = st.one_of(
    st.sampled_from([("X0", X), ("X1", Y)]),
    st.integers(-999, 999).map(lambda k: (f"{k / 1000:.3f}", np.full_like(X, k / 1000))),
)


def _grown(smaller: st.SearchStrategy[tuple[str, Array]]) -> st.SearchStrategy[tuple[str, Array]]:
    def call(name: str) -> st.SearchStrategy[tuple[str, Array]]:
        arity, function = _GPLEARN[name]

        def together(args: tuple[tuple[str, Array], ...]) -> tuple[str, Array]:
            with np.errstate(all="ignore"):
                return f"{name}({', '.join(text for text, _ in args)})", function(*[value for _, value in args])

        return st.tuples(*[smaller] * arity).map(together)

    return st.sampled_from(sorted(_GPLEARN)).flatmap(call)


@settings(max_examples=60)
@given(st.recursive(_leaves, _grown, max_leaves=10))
def test_programs_of_gplearn_are_what_it_computes(program):
    text, wanted = program
    formula = Expression.parse(text, dialect="gplearn", variables=["a", "b"])
    found = formula({"a": X, "b": Y})
    kept = np.abs(wanted) < 1e12  # beyond, sin and the like have no digit left
    assert np.mean(np.isclose(found, wanted, rtol=1e-6, atol=1e-9, equal_nan=True) | ~kept) > 0.9
