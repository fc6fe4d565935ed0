"""Formulas as text, LaTeX and SymPy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import any_number, expressions, tame_number

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_DEPTH, Expression
from srbench_lite.expressions.printing import number_text

parse = Expression.parse

# --- text -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (3.0, "3"), (-3.0, "-3"), (0.1, "0.1"), (-2.5, "-2.5"), (1e14, "100000000000000"),
        (1e15, "1000000000000000.0"), (1e16, "1e+16"), (1e-7, "1e-07"), (1 / 3, "0.3333333333333333"),
        (5e-324, "5e-324"),
    ],
)  # fmt: skip
def test_numbers_are_as_short_as_they_can_be(value: float, text: str) -> None:
    assert number_text(value) == text


@given(any_number)
def test_number_texts_read_back(value: float) -> None:
    assert float(number_text(value)) == value


@pytest.mark.parametrize(
    "text",
    [
        "x", "-2", "-(2)", "-(-2)", "--x", "2*x + 1", "x - (y - 1)", "x + (y + 1)", "x*(y + 1)", "x/(y*2)", "(x/y)/2",
        "-x**2", "(-x)**2", "(-2)**2", "x**(-2)", "x**(y + 1)", "x**y**2", "(x**y)**2", "x + (-2)", "x*(-2)", "-2*x",
        "sin(x)**2", "min(x, max(y, -1))", "exp(-x**2)*sin(3*x)", "pi*e", "1.5e-07*x", "x - (-x)", "-(x*y)", "-x*y",
        "sqrt(x**2 + y**2)",
    ],
)  # fmt: skip
def test_text_is_the_canonical_one(text: str) -> None:
    """Golden: these texts stand in records; `(x/y)/2` shows the one pair of brackets that is not needed."""
    assert str(parse(text)) == text.replace("(x/y)/2", "x/y/2")


# --- LaTeX ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("sin(x) + 0.5*x**2", r"\sin\left(x\right) + 0.5 \, x^{2}"),
        ("exp(-x**2)*sin(3*x)", r"e^{-x^{2}} \, \sin\left(3 \, x\right)"),
        ("exp(x)/(1 + x**2)", r"\frac{e^{x}}{1 + x^{2}}"),
        ("2*pi*sqrt(l/g)", r"2 \, \pi \, \sqrt{\frac{l}{g}}"),
        ("log(x_1)", r"\ln\left(x_{1}\right)"),
        ("abs(x)*sign(y)", r"\left|x\right| \, \operatorname{sign}\left(y\right)"),
        ("min(x, max(y, 1))", r"\min\left(x, \max\left(y, 1\right)\right)"),
        ("atan(x) - (y - 1)", r"\arctan\left(x\right) - \left(y - 1\right)"),
        ("(x + 1)*(y - 1)", r"\left(x + 1\right) \, \left(y - 1\right)"),
        ("(x/y)**2", r"\left(\frac{x}{y}\right)^{2}"),
        ("exp(x)**2", r"\left(e^{x}\right)^{2}"),
        ("sin(x)**2", r"{\sin\left(x\right)}^{2}"),
        ("(x**2)**3", r"\left(x^{2}\right)^{3}"),
        ("x**2**3", r"x^{2^{3}}"),
        ("(-2)**x", r"\left(-2\right)^{x}"),
        ("-x**2", r"-x^{2}"),
        ("-(x + 1)", r"-\left(x + 1\right)"),
        ("--x", r"-\left(-x\right)"),
        ("x + (-2)", r"x + \left(-2\right)"),
        ("x - (-2*y)", r"x - \left(-2 \, y\right)"),
        ("x*2", r"x \cdot 2"),
        ("2*3", r"2 \cdot 3"),
        ("x*2**y", r"x \cdot 2^{y}"),
        ("2*(x/3)", r"2 \cdot \frac{x}{3}"),
        ("1.5e-7*x", r"1.5 \cdot 10^{-7} \, x"),
        ("x**1e20", r"x^{1 \cdot 10^{20}}"),
        ("(1e-7)**x", r"\left(1 \cdot 10^{-7}\right)^{x}"),
        ("theta_12 + rho", r"\theta_{12} + \rho"),
        ("mass*v0", r"\mathrm{mass} \, v_{0}"),
        ("a_b_c + x__1", r"\mathrm{a\_b\_c} + \mathrm{x\_\_1}"),
        ("e*pi", r"e \, \pi"),
        ("asinh(x) + acosh(y)", r"\operatorname{arsinh}\left(x\right) + \operatorname{arcosh}\left(y\right)"),
        ("cbrt(x)**2 + floor(y)", r"{\sqrt[3]{x}}^{2} + \left\lfloor y\right\rfloor"),
        ("gamma(x)*gamma", r"\Gamma\left(x\right) \, \gamma"),
        ("ifelse(x - 1, y, erf(2))", r"\operatorname{ifelse}\left(x - 1, y, \operatorname{erf}\left(2\right)\right)"),
    ],
)
def test_latex_is_golden(text: str, latex: str) -> None:
    assert parse(text).to_latex() == latex


_names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@given(st.lists(_names, min_size=1, max_size=3, unique=True).flatmap(expressions))
def test_latex_is_well_formed(tree: Expression) -> None:
    """Braces balance, \\left meets \\right, and no script stands on a script."""
    latex = tree.to_latex()
    depth = 0
    for position, character in enumerate(latex):
        depth += {"{": 1, "}": -1}.get(character, 0)
        assert depth >= 0, latex[: position + 1]
    assert depth == 0
    assert latex.count(r"\left") == latex.count(r"\right")
    bare = latex.replace(r"\_", "")
    assert bare.count("_") == bare.count("_{")
    assert bare.count("^") == bare.count("^{")
    assert "--" not in latex
    assert "+ -" not in latex
    assert r"\, -" not in latex


def test_the_deepest_tree_has_latex() -> None:
    tree = parse("x")
    for _ in range(MAX_DEPTH - 1):
        tree = Expression.call("sin", tree)
    assert tree.to_latex().count(r"\sin") == MAX_DEPTH - 1


# --- SymPy ------------------------------------------------------------------------------------------------------

_POINTS = {"x": np.array([0.7, 1.3, 2.1]), "y": np.array([0.4, 1.9, 1.1])}
_WITHOUT_HOLES = (
    "add", "sub", "mul", "div", "neg", "pow", "sin", "cos", "atan", "tanh", "exp", "log", "sqrt", "abs", "sign", "min",
    "max", "asinh", "cbrt", "floor", "ceil", "erf", "ifelse",
)  # fmt: skip


@given(expressions(operators=_WITHOUT_HOLES, constants=tame_number, max_leaves=6))
def test_the_way_through_sympy_keeps_the_function(tree: Expression) -> None:
    """from_sympy(to_sympy(f)) has the values of f wherever f and all its parts are defined and of ordinary size."""
    parts = [np.abs(part(_POINTS)) for part in tree.postorder()]
    assume(all(np.isfinite(p).all() and p.max() < 1e4 and p.min() > 1e-6 for p in parts))
    back = Expression.from_sympy(tree.to_sympy(positive=["x", "y"]))
    assert set(back.variables) <= set(tree.variables)
    np.testing.assert_allclose(back(_POINTS), tree(_POINTS), rtol=1e-6, atol=1e-8)


@given(expressions(operators=("add", "sub", "mul", "div", "neg"), constants=tame_number, max_leaves=8))
def test_the_way_through_sympy_is_exact_for_fractions(tree: Expression) -> None:
    """Oracle: SymPy itself finds no difference between a rational function and its way back."""
    symbolic = tree.to_sympy()
    assume(not symbolic.has(sympy.zoo, sympy.nan, sympy.oo))
    try:
        again = Expression.from_sympy(symbolic).to_sympy()
    except ExpressionError:
        assume(False)
    difference = sympy.lambdify(sorted(symbolic.free_symbols | again.free_symbols, key=str), symbolic - again, "mpmath")
    free = len(symbolic.free_symbols | again.free_symbols)
    value = difference(*[sympy.Rational(37, 13), sympy.Rational(11, 7)][:free])
    assert abs(complex(value)) < 1e-9


_X, _Y = sympy.symbols("x y", real=True)


@pytest.mark.parametrize(
    ("symbolic", "text"),
    [
        (_X - _Y, "x - y"), (-_X, "-x"), (_X / _Y, "x/y"), (1 / _X, "1/x"), (sympy.sqrt(_X), "sqrt(x)"),
        (_X / 3, "x/3"), (2 * _X / 3, "2/3*x"), (1 / sympy.sqrt(_X), "1/sqrt(x)"), (_X**-2, "1/x**2"),
        (sympy.exp(_X), "exp(x)"), (sympy.E, "e"), (sympy.pi * _X, "pi*x"), (abs(_X), "abs(x)"),
        (sympy.Min(_X, _Y, 3), "min(min(3, x), y)"),
        (_X**_Y, "x**y"), (sympy.Rational(1, 4), "0.25"), (sympy.Rational(-1, 3), "-1/3"), (sympy.Float("0.1"), "0.1"),
        (sympy.Piecewise((_X, _X > 1), (_Y, _X >= 0), (0, True)), "ifelse(x - 1, x, ifelse(-x, 0, y))"),
        (sympy.digamma(_X), "digamma(x)"), (sympy.factorial(_X), "gamma(1 + x)"), (sympy.asinh(_X), "asinh(x)"),
        (sympy.ceiling(_X) - sympy.erf(_X), "ceil(x) - erf(x)"),
        (_X ** sympy.Rational(1, 3), "x**(1/3)"), (3, "3"), (0.5, "0.5"), (-2 * _X * _Y, "-(2*x*y)"),
    ],
)  # fmt: skip
def test_sympy_formulas_are_written_as_people_do(symbolic: object, text: str) -> None:
    assert str(Expression.from_sympy(symbolic)) == text


def test_decimals_become_exact_fractions() -> None:
    assert parse("0.1").to_sympy() == sympy.Rational(1, 10)
    assert parse("1e-300*x").to_sympy().coeff(sympy.Symbol("x", real=True)) == sympy.Rational(1, 10**300)
    assert parse("pi").to_sympy() is sympy.pi
    assert parse("e").to_sympy() is sympy.E


def test_symbols_are_real_and_positive_where_told() -> None:
    (x,) = parse("x").to_sympy().free_symbols
    assert x.is_real
    assert x.is_positive is None
    (x,) = parse("x").to_sympy(positive=["x"]).free_symbols
    assert x.is_positive
    assert parse("sqrt(x**2)").to_sympy(positive=["x"]) == x


@given(st.fractions(), st.integers(-(10**40), 10**40))
def test_every_fraction_and_whole_number_of_sympy_is_converted(fraction: object, whole: int) -> None:
    number = Expression.from_sympy(sympy.Rational(str(fraction)))({})[0]
    assert number == pytest.approx(float(fraction), rel=1e-15)  # type: ignore[arg-type]
    assert Expression.from_sympy(sympy.Integer(whole)).constants == (float(whole),)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (sympy.zeta(sympy.Symbol("x")), "no operator for SymPy's zeta"),
        (sympy.I, "no operator for SymPy's ImaginaryUnit"),
        (sympy.zoo, "no operator for SymPy's ComplexInfinity"),
        (sympy.oo, "no operator for SymPy's Infinity"),
        (sympy.nan, "no operator for SymPy's NaN"),
        (sympy.Symbol("x") < 1, "no operator for SymPy's StrictLessThan"),
        (sympy.Piecewise((1, sympy.Ne(sympy.Symbol("x"), 0)), (0, True)), "no operator for SymPy's Piecewise"),
        (sympy.Piecewise((1, sympy.Symbol("x") > 0)), "no operator for SymPy's Piecewise"),
        (sympy.Symbol("x y"), "must be an ASCII identifier"),
        (sympy.Integer(10) ** 400, "finite number"),
        (math.inf, "no operator for SymPy's Infinity"),
        ("x + 1", "a SymPy expression is needed, got str"),
        (None, "a SymPy expression is needed, got NoneType"),
        (sympy.Matrix([1]), "a SymPy expression is needed"),
        (sympy.true, "no operator for SymPy's BooleanTrue"),
        (sympy.Add(*[sympy.Symbol(f"x{i}") for i in range(1200)]), "nodes deep"),
    ],
    ids=lambda v: str(v)[:30],
)
def test_what_the_table_does_not_have_is_refused(expr: object, text: str) -> None:
    with pytest.raises(ExpressionError, match=text):
        Expression.from_sympy(expr)


@pytest.mark.parametrize("text", ["10**400 + 10.0**400", "9**9**9", "(1 + 1e-7)**1e9", "((2**9999)**9999)**9999"])
def test_powers_with_millions_of_digits_are_refused(text: str) -> None:
    if text.startswith("10**400"):
        assert parse(text).to_sympy() == 2 * sympy.Integer(10) ** 400
        return
    with pytest.raises(ExpressionError, match="too many digits for SymPy"):
        parse(text).to_sympy()


def test_tiny_fractions_are_converted() -> None:
    assert Expression.from_sympy(sympy.Rational(1, 10**400) + sympy.Symbol("x")).variables == ("x",)
    assert Expression.from_sympy(sympy.Rational(10, 3) / 10**310).constants == (pytest.approx(10 / 3 * 1e-310),)


def test_what_is_too_deep_for_sympy_is_refused() -> None:
    tree = parse("x")
    for _ in range(MAX_DEPTH - 1):
        tree = Expression.call("sin", tree)
    with pytest.raises(ExpressionError, match="1,000 nodes deep is too deep for SymPy"):
        tree.to_sympy()


def test_long_sums_pass_through_sympy() -> None:
    tree = parse(" + ".join(f"x{i}*x{i + 1}" for i in range(400)))
    back = Expression.from_sympy(tree.to_sympy())
    points = {name: np.array([0.5, 2.0]) for name in tree.variables}
    np.testing.assert_allclose(back(points), tree(points))
