"""Forms: which formulas differ in their constants only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.comparing.formula_form import form_of, is_same_form
from srbench_lite.expressions.expression import Expression


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("2.9*sin(1.1*x)", "3*sin(x)"),
        ("sin(2.9*x + 0.8)/3 - x*x", "2.5*sin(3*x + 1) + 0.2*x**2"),
        ("x**2 + 2.1*x + 1.05", "(x + 1)**2"),
        ("0.3*(x + 1.2)**3", "x**3 + x**2 + x + 1"),
        ("y*3*x", "x*y"),
        ("1.3*x/y + 2/y", "(x + 1)/y"),
        ("exp(-0.49*x**2)*2.2", "exp(-x**2/2)/sqrt(2*pi)"),
        ("2**(1.1*x)", "exp(x)"),
        ("exp(2*x)*exp(3*y)", "exp(x + y)"),
        ("1/exp(x)", "exp(-2*x)"),
        ("sqrt(2*x*y)", "x**0.5*y**0.5"),
        ("sin(1.9*x) + sin(3.1*x)", "sin(2*x) + sin(3*x)"),
        ("1.2/(x + 2)", "1/(3*x + 1)"),
        ("abs(-2*x)", "abs(x)"),
        ("min(y, 2*x)", "min(x, y)"),
        ("x**1.31", "x**1.3"),
        ("4", "pi"),
        ("(x + 1)*(x - 1.1) + 0.1*x", "x**2 - 3"),
        ("atan2(2*x, y)", "atan2(x, 3*y)"),
        ("x - 2*(y - 1)", "x + y + 1"),
    ],
)
def test_they_differ_in_their_constants_only(found, truth):
    assert is_same_form(found, truth)
    assert is_same_form(truth, found)


@pytest.mark.parametrize(
    ("found", "truth"),
    [
        ("sin(x) + x**2", "sin(x) + x**3"),
        ("sin(x) + x", "sin(x) + x**2"),
        ("sin(x + 1)", "sin(x)"),
        ("cos(x)", "sin(x)"),
        ("x**1.98", "x**2"),
        ("sqrt(x**2)", "x"),
        ("x*y", "x*z"),
        ("sin(x) + sin(y)", "sin(x) + sin(x*y)"),
        ("sin(2*x)", "sin(2*x) + sin(3*x)"),
        ("x + 1", "x"),
        ("0", "x"),
        ("0", "2"),
        ("atan2(x, y)", "atan2(y, x)"),
        ("x**y", "y**x"),
        ("(x + 1)*(x - 1)", "x**2 + x + 1"),
        ("exp(x**2)", "exp(x)"),
        ("log(x)*y", "log(x*y)"),
    ],
)
def test_they_are_other_forms(found, truth):
    assert not is_same_form(found, truth)
    assert not is_same_form(truth, found)


@pytest.mark.parametrize(
    "text",
    ["sin(", "1/0*x", "log(0) + x", "exp(1000) + x", "x**2 + 1e308*1e308", "1/(x - x)", " + ".join(["x"] * 200),
     "*".join(f"(x{k} + y{k})" for k in range(9))],
)  # fmt: skip
def test_what_is_too_large_undefined_or_no_formula_has_no_form(text):
    assert form_of(text) is None
    assert not is_same_form(text, text)


def test_forms_read_as_formulas():
    assert form_of("2.5*sin(3*x + 1)*y + 0.2*x**2 - 7/x + 4") == "C + sin(C + x)*y + x^-1 + x^2"


_POINTS = ("x", "y")
_LEAVES = st.sampled_from(_POINTS).map(Expression.variable) | st.sampled_from([0.5, 1.5, 2.0, 3.0]).map(
    Expression.constant
)
_FORMULAS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.builds(lambda op, a, b: Expression.call(op, a, b), st.sampled_from(["add", "mul"]), inner, inner)
        | st.builds(lambda op, a: Expression.call(op, a), st.sampled_from(["sin", "exp", "abs", "sqrt", "tanh"]), inner)
    ),
    max_leaves=6,
)


@given(_FORMULAS, st.randoms(use_true_random=False))
def test_other_positive_constants_and_another_order_do_not_change_it(formula, random):
    """Nothing cancels where all numbers are positive, so that they may be any others."""

    def turned(node: Expression, args: list[Expression]) -> Expression:
        return Expression(node.op, args=args[::-1] if node.op in ("add", "mul") and random.random() < 0.5 else args)

    other = formula.with_constants([random.uniform(0.1, 3.0) for _ in formula.constants]).fold(lambda n: n, turned)
    form = form_of(str(formula))
    assert form is None or form == form_of(str(other))


@given(_FORMULAS, _FORMULAS)
def test_a_further_variable_is_another_form(one, other):
    further = Expression.call("add", one, Expression.call("mul", Expression.variable("z"), other))
    assert form_of(str(further)) is None or form_of(str(further)) != form_of(str(one))
