"""Variables of any printed form: by name, by position, and what is none."""

from __future__ import annotations

import pytest

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.variable_names import plain_name


def parse(text: str, **how: object) -> str:
    return str(Expression.parse(text, **how))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("X[0]", "X_0"), ("x[:, 12]", "x_12"), ("v [ 3 ]", "v_3"), ('"flow rate"', "flow_rate"), ("`T (K)`", "T_K"),
        ("α", "alpha"), ("Δp", "Deltap"), ("θ1", "theta1"), ('"2nd try"', "v_2nd_try"), ('"Größe"', "Groe"), ("_", "_"),
        ('"_x"', "_x"), ("x_1", "x_1"),
    ],
)  # fmt: skip
def test_a_printed_name_as_an_identifier(printed, name):
    assert plain_name(printed) == name
    assert Expression.variable(plain_name(printed)).variables == (name,)


@pytest.mark.parametrize("printed", ['"%"', '"  "', '"流量"', "`" + "v" * 101 + "`"])
def test_some_names_leave_nothing(printed):
    with pytest.raises(ExpressionError, match="no variable's name can be made of"):
        plain_name(printed)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("X1 + x_1", "X1 + x_1"),
        ("X[0]*X[1]", "X_0*X_1"),
        ("np.sin(x[:, 0]) - x[:,0]", "sin(x_0) - x_0"),
        ("v[0]/2", "v_0/2"),
        ('2*"flow rate"**2', "2*flow_rate**2"),
        ("`flow rate` + `a-b`", "flow_rate + a_b"),
        ("α*β1", "alpha*beta1"),
        ("x₁ + x₂", "x1 + x2"),
        ("gamma*gamma(2)", "gamma*gamma(2)"),
    ],
)
def test_without_a_list_they_get_names(text, wanted):
    assert parse(text) == wanted


@pytest.mark.parametrize(
    ("text", "how", "wanted"),
    [
        ("X1 + 2*X2", {"dialect": "operon"}, "a + 2*b"),
        ("X0 + 2*X1", {"dialect": "gplearn"}, "a + 2*b"),
        ("x0 + 2*x1", {"dialect": "pysr"}, "a + 2*b"),
        ("np.exp(x[:, 1])*x[:, 0]", {"dialect": "numpy"}, "exp(b)*a"),
        ("X[0] + 2*v[1]", {}, "a + 2*b"),
        ("x₁ + 2*x₂", {"dialect": "pysr"}, "a + 2*b"),
    ],
)
def test_by_position_in_a_list(text, how, wanted):
    reading = Expression.read(text, variables=["a", "b"], **how)
    assert str(reading.expression) == wanted
    assert any(note.endswith("is a, variable 1 of 2") for note in reading.notes)


def test_a_name_of_the_list_is_itself():
    assert parse("X1 + X0", variables=["X1", "X0"], dialect="operon") == "X1 + X0"
    assert parse("x_0 + x[0]", variables=["y", "x_0"]) == "x_0 + y"


def test_by_name():
    names = {"X1": "x", "flow rate": "q", "X[2]": "z"}
    assert parse('X1*"flow rate" - X[ 2 ]', variables=names) == "x*q - z"
    assert parse("`flow rate`", variables=names) == "q"
    assert parse('"flow rate"', variables=["flow_rate"]) == "flow_rate"


@pytest.mark.parametrize(
    ("text", "how", "message"),
    [
        ("X3", {"dialect": "operon"}, "X3 is variable 3, and there are 2: a, b at character 1"),
        ("1 + X[7]", {}, r"X\[7\] is variable 8, and there are 2: a, b at character 5"),
        ("c", {}, "unknown variable 'c'. Known: a, b"),
        ("X1", {}, "unknown variable 'X1'. Known: a, b. By position X1 is read in a dialect: gplearn counts X0"),
        ('"flow rate"', {}, "unknown variable '\"flow rate\"'. Known: a, b"),
    ],
)
def test_what_is_not_there_is_an_error_that_lists_what_is(text, how, message):
    with pytest.raises(ExpressionError, match=message):
        parse(text, variables=["a", "b"], **how)


def test_a_set_has_no_positions():
    with pytest.raises(ExpressionError, match="unknown variable 'X1'"):
        parse("X1", variables={"a", "b"}, dialect="operon")


def test_two_printed_names_are_never_one_variable_in_silence():
    for text in ("X[0] + X_0", "X_0 + X[0]", '"a b" + `a-b`'):
        with pytest.raises(ExpressionError, match="would both be the variable"):
            parse(text)
    for text in ("X1 + a", "a + X1"):
        with pytest.raises(ExpressionError, match="would both be the variable a"):
            parse(text, variables=["a", "b"], dialect="operon")
    assert parse("X1 + a", variables={"X1": "a", "a": "a"}) == "a + a"


@pytest.mark.parametrize("name", ["nan", "NaN", "inf", "Inf", "Infinity", "oo", "zoo", "np.nan", "math.inf"])
def test_what_is_no_number_is_no_variable(name):
    with pytest.raises(ExpressionError, match=r"(not a number|no finite number) and no variable unless it is declared"):
        parse(f"x + {name}")
    with pytest.raises(ExpressionError, match="and no variable"):
        parse(f"x + {name}", variables=["x"])


def test_unless_they_are_declared():
    assert parse("inf + nan", variables=["inf", "nan"]) == "inf + nan"
    assert str(Expression.read("oo*x", declared=["oo"]).expression) == "oo*x"


def test_the_imaginary_unit_is_none_in_sympys_formulas():
    assert parse("I*x") == "I*x"
    with pytest.raises(ExpressionError, match="I is the imaginary unit and no variable"):
        parse("I*x", dialect="sympy")
    assert parse("E*x", dialect="sympy") == "e*x"
    reading = Expression.read("E*x + Pi")
    assert str(reading.expression) == "E*x + Pi"
    assert reading.notes == (
        "E is read as a variable; the number is e", "Pi is read as a variable; the number is pi"
    )  # fmt: skip
    assert Expression.read("E*x", variables=["E", "x"]).notes == ()
    assert parse("np.pi*math.e") == "pi*e"
    with pytest.raises(ExpressionError, match="np has no constant 'tau'"):
        parse("np.tau*x")
