"""`Expression.derivative`: against SymPy, against central differences with 60 digits, and as a person reads it."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import any_number, chains, expressions, tame_number

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NODES, Expression
from srbench_lite.expressions.operators import OPERATORS

#: Operators whose derivative is compared elsewhere, and what is added so that acosh is defined.
APART = ("floor", "ceil", "digamma", "ifelse")
ABOVE = {"acosh": "2 + "}
INSIDE = (("", "x**2/5 - x"), ("", "0.3*x"), ("x*", "x/9"))
#: Those of which every formula has a derivative.
DIFFERENTIABLE = tuple(name for name in OPERATORS if name != "digamma")
#: For each operator, formulas in which x stands at each of its arguments and at all of them.
EXAMPLES = [
    text
    for operator in OPERATORS.values()
    if operator.name not in APART
    for text in (
        [f"{how}{operator.name}({ABOVE.get(operator.name, '')}{inside})" for how, inside in INSIDE]
        if operator.arity == 1 and not operator.symbol
        else ["-(x**3)", "-(-sin(x))", "x - -x"]
        if operator.arity == 1
        else [f"{operator.name}(x, 0.5)", f"{operator.name}(x*y, sin(x))", f"{operator.name}(x, y)"]
        if not operator.symbol
        else [
            f"x {operator.symbol} 3",
            f"3 {operator.symbol} x",
            f"(x + y) {operator.symbol} sin(x)",
            f"y {operator.symbol} (x*y)",
            f"(x**2 {operator.symbol} y) {operator.symbol} x",
        ]
    )
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_operator_as_sympy_differentiates_it(text):
    formula = Expression.parse(text)
    x, y = sympy.symbols("x y", real=True)
    wanted = sympy.diff(formula.to_sympy(), x)
    rng = np.random.default_rng(1)
    points = {"x": rng.uniform(-0.9, 3.0, 40), "y": rng.uniform(0.1, 2.0, 40)}
    found = formula.derivative("x")(points)

    compared = 0
    for place, at in enumerate(zip(points["x"], points["y"], strict=True)):
        value = complex(wanted.doit().subs({x: at[0], y: at[1]}).evalf(30))
        if value.imag == 0.0 and np.isfinite(value.real) and np.isfinite(formula(points)[place]):
            assert found[place] == pytest.approx(value.real, rel=1e-9, abs=1e-9)
            compared += 1
    assert compared >= 5


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("3*x**2", "6*x"),
        ("sin(2*x)", "2*cos(2*x)"),
        ("cos(x)", "-sin(x)"),
        ("x*log(x)", "log(x) + 1"),
        ("log(x**2)", "2/x"),
        ("x**x", "(log(x) + 1)*x**x"),
        ("2**x", "log(2)*2**x"),
        ("e**x", "e**x"),
        ("1**x", "0"),
        ("x**0 + 0*x", "0"),
        ("exp(-x)", "-exp(-x)"),
        ("1/x", "-1/x**2"),
        ("x/3", "1/3"),
        ("x/8", "0.125"),
        ("sqrt(x)", "0.5/sqrt(x)"),
        ("abs(x)", "sign(x)"),
        ("sign(x)", "0"),
        ("max(x, 0)", "0.5*(1 + sign(x))"),
        ("min(x, y)", "0.5*(1 - sign(x - y))"),
        ("max(x, x)", "1"),
        ("tan(3*x)", "3/cos(3*x)**2"),
        ("asin(2*x)", "2/sqrt(1 - 4*x**2)"),
        ("atan(x/2)", "0.5/(1 + 0.25*x**2)"),
        ("0.3*x**3", "0.9*x**2"),
        ("a*x**2 + b*x + c", "2*a*x + b"),
        ("(x + 1)/(x - 1)", "-2/(x - 1)**2"),
        ("x**2*x**3", "5*x**4"),
        ("-x + x**2", "2*x - 1"),
        ("x - x", "0"),
        ("sqrt(x)**2", "1"),
        ("pi*x", "pi"),
        ("x**y", "y*x**(y - 1)"),
        ("x/0", "1/0"),
        ("exp(-x**2/2)/sqrt(2*pi)", "-x*exp(-x**2/2)/sqrt(2*pi)"),
        ("7", "0"),
        ("y", "0"),
        ("asinh(x)", "1/sqrt(x**2 + 1)"),
        ("acosh(2*x)", "2/sqrt(4*x**2 - 1)"),
        ("atanh(x)", "1/(1 - x**2)"),
        ("cbrt(x)", "1/(3*cbrt(x)**2)"),
        ("x*floor(x)", "floor(x)"),
        ("ceil(3*x)", "0"),
        ("erf(x)", "2*exp(-x**2)/sqrt(pi)"),
        ("gamma(x)", "gamma(x)*digamma(x)"),
        ("ifelse(x - 1, x**2, 3*x)", "ifelse(x - 1, 2*x, 3)"),
    ],
)
def test_it_reads_as_a_person_writes_it(text, wanted):
    assert str(Expression.parse(text).derivative("x")) == wanted


def test_no_digit_of_a_number_is_lost():
    """Three times one tenth is three tenths; what is no decimal of a float stays two numbers."""
    assert str(Expression.parse("0.1*x**3").derivative("x")) == "0.3*x**2"
    assert str(Expression.parse("1.2345678901234567*x**3").derivative("x")) == "1.2345678901234567*3*x**2"
    assert str(Expression.parse("1e300*(1e300*x)").derivative("x")) == "1e+300*1e+300"


def test_the_derivative_of_digamma_is_refused_by_its_name():
    with pytest.raises(ExpressionError, match="the derivative of digamma is trigamma"):
        Expression.parse("2*gamma(x)").derivative("x").derivative("x")
    assert str(Expression.parse("digamma(y)*x").derivative("x")) == "digamma(y)"


def test_a_variable_that_does_not_occur_gives_zero_and_what_is_no_name_an_error():
    formula = Expression.parse("x + y")
    assert formula.derivative("z") == Expression.constant(0.0)
    for name in ("2x", "", "a b", "é", "x" * 101):
        with pytest.raises(ExpressionError, match="a variable's name m"):
            formula.derivative(name)


def test_a_variable_called_e_is_no_constant():
    formula = Expression.parse("e**x + pi*e", variables=["e", "x"])
    assert str(formula.derivative("e")) == "x*e**(x - 1) + pi"
    assert str(formula.derivative("x")) == "log(e)*e**x"


# --- central differences ----------------------------------------------------------------------------------------------

POINTS = {"x": (-1.3, -0.4, 0.7, 2.1), "y": (0.6, 1.7, -0.9, 1.1)}


def _values(formula: Expression, place: int, shift: str = "0") -> object:
    """Return the real value with 60 digits at one of `POINTS`, x shifted; None where there is none of common size."""
    import mpmath

    from srbench_lite.judging.high_precision import (
        OutOfReachError,
        PreciseFormula,
        UndefinedError,
        exactly,
        with_digits,
    )

    context = with_digits(60)
    at = exactly([POINTS["x"][place], POINTS["y"][place]])
    at[0] += context.mpf(shift)
    precise = PreciseFormula(formula, ("x", "y"))
    try:
        value = precise(at, precise.constants())
    except (UndefinedError, OutOfReachError):
        return None
    value = value if hasattr(value, "_mpf_") else context.make_mpf(value)
    return value if mpmath.isfinite(value) and abs(value) < 1e12 else None


def _differences(formula: Expression, place: int) -> object:
    """Return the central difference, with steps of 1e-15; None where one ten times as long gives another."""
    steps = []
    for step in ("1e-15", "1e-14"):
        above, below = _values(formula, place, step), _values(formula, place, f"-{step}")
        if above is None or below is None:
            return None
        steps.append((above - below) / (2 * (float(step))))
    near, far = steps
    return near if abs(near - far) <= 1e-9 * (1 + abs(near)) else None


@settings(max_examples=100)
@given(
    formula=st.one_of(
        expressions("xxxy", operators=DIFFERENTIABLE, constants=tame_number, named=("pi",), max_leaves=8),
        chains("xxxy", operators=DIFFERENTIABLE, constants=tame_number, longest=12),
    )
)
def test_it_is_what_central_differences_approach(formula):
    derivative = formula.derivative("x")
    for place in range(len(POINTS["x"])):
        wanted = _differences(formula, place)
        found = _values(derivative, place)
        if wanted is not None and found is not None and _values(formula, place) is not None:
            assert abs(found - wanted) <= 1e-6 * (1 + abs(wanted))


SMOOTH = ("add", "sub", "mul", "neg", "sin", "cos", "tanh", "atan")


@given(
    f=expressions(operators=SMOOTH, constants=tame_number, max_leaves=6),
    g=expressions(operators=SMOOTH, constants=tame_number, max_leaves=6),
    a=tame_number,
)
def test_it_is_linear(f, g, a):
    points = {name: np.array(values) for name, values in POINTS.items()}
    together = (a * f + g).derivative("x")(points)
    apart = a * f.derivative("x")(points) + g.derivative("x")(points)
    np.testing.assert_allclose(together, apart, rtol=1e-7, atol=1e-7 * (1 + np.abs(apart).max()))


@given(formula=expressions(operators=DIFFERENTIABLE, constants=any_number, max_leaves=20))
def test_it_is_printed_and_read_back(formula):
    """Whatever the numbers are: no derivative is a formula that cannot be written."""
    derivative = formula.derivative("x")
    assert Expression.parse(str(derivative)) == derivative
    assert set(derivative.variables) <= set(formula.variables)


@given(formula=expressions(operators=SMOOTH, constants=tame_number, max_leaves=6))
def test_mixed_second_derivatives_are_equal(formula):
    points = {name: np.array(values) for name, values in POINTS.items()}
    first = formula.derivative("x").derivative("y")(points)
    second = formula.derivative("y").derivative("x")(points)
    assume(np.abs(first).max() < 1e6)
    np.testing.assert_allclose(first, second, rtol=1e-7, atol=1e-7 * (1 + np.abs(first).max()))


# --- size -------------------------------------------------------------------------------------------------------------


def test_a_formula_of_the_greatest_depth_has_its_derivative():
    deep = Expression.parse("+".join(f"sin({i}*x)" for i in range(1, 998)) + " + x")
    assert deep.depth == MAX_DEPTH
    derivative = deep.derivative("x")
    x = np.array([0.3, 1.1])
    whole = np.arange(1, 998)[:, None]
    np.testing.assert_allclose(derivative({"x": x}), (whole * np.cos(whole * x)).sum(axis=0) + 1.0, rtol=1e-9)

    signs = Expression.variable("x")
    for _ in range(MAX_DEPTH - 1):
        signs = -signs
    assert str(signs.derivative("x")) == "-1"


def test_what_would_be_too_large_is_refused_in_words():
    tower = Expression.variable("x")
    for _ in range(MAX_DEPTH - 1):
        tower = Expression.call("sin", tower)
    with pytest.raises(ExpressionError, match=r"with respect to x of a formula of 1,000 nodes is too large: .*10,000"):
        tower.derivative("x")


def test_a_shared_subtree_is_written_no_more_often_than_the_rules_need():
    inner = Expression.parse("x + sin(x)")
    power = inner
    for _ in range(8):
        power = power * power
    derivative = power.derivative("x")
    assert power.complexity > 1_000
    assert derivative.complexity < MAX_NODES
    assert str(derivative) == "256*(x + sin(x))**255*(1 + cos(x))"
