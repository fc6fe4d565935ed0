"""The parser: precedence, round trips, limits, and texts that are no formulas."""

from __future__ import annotations

import ast
import time
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import expressions

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NAME, MAX_NODES, Expression
from srbench_lite.expressions.parsing import MAX_LENGTH, parse

X = Expression.variable("x")
C = Expression.constant

# --- round trips ------------------------------------------------------------------------------------------------


@given(expressions(("x", "y", "theta_1", "sinx", "_")))
@example((-X) ** 2)
@example(-(X**2))
@example(-C(2))
@example(-C(-2))
@example(C(-2) ** 2)
@example(-(C(-2) ** 2))
@example(C(-2) * X)
@example(-(C(2) * X))
@example(X - (-X))
@example(X - C(-1))
@example(X * (-(X**2)))
@example(X ** (-X))
@example(X ** (C(-2) ** 2))
@example((X**X) ** X)
@example(X ** (X**X))
@example(X - (X - X))
@example(X + (X + X))
@example(X / (X / X))
@example(X / (X * X))
@example(Expression.call("neg", Expression.call("neg", -X)))
@example(C(1e-7) ** C(-1e300))
def test_text_reads_back_as_the_same_tree(tree: Expression) -> None:
    assert parse(str(tree)) == tree
    assert parse(str(tree), variables=tree.variables) == tree
    assert parse(str(tree).replace(" ", "")) == tree
    assert str(parse(str(tree))) == str(tree)


@given(expressions(("e", "pi", "sin", "min", "abs"), named=()))
def test_variables_may_be_called_like_numbers_and_functions(tree: Expression) -> None:
    assert parse(str(tree), variables=["e", "pi", "sin", "min", "abs"]) == tree


def test_a_named_constant_is_a_variable_only_where_told() -> None:
    assert parse("e*x") == Expression.named("e") * X
    assert parse("e*x", variables=["x"]) == Expression.named("e") * X
    assert parse("e*x", variables=["e", "x"]) == Expression.variable("e") * X


def test_long_sums_read_back() -> None:
    tree = X
    for i in range(899):
        tree = tree - C(i) * X if i % 2 else tree + C(-i) * X
    assert parse(str(tree)) == tree


@pytest.mark.parametrize(
    "grow",
    [
        lambda t: Expression.call("sin", t), lambda t: -t, lambda t: X - t, lambda t: X**t, lambda t: t**X,
        lambda t: C(-1) - (-t), lambda t: Expression.call("min", C(-1), t), lambda t: X * (X + t), lambda t: t / X,
        lambda t: X / (-t), lambda t: Expression.call("exp", -t),
    ],
)  # fmt: skip
def test_the_deepest_trees_read_back(grow: object) -> None:
    tree = C(-2)
    while True:
        larger = None
        try:
            larger = grow(tree)  # type: ignore[operator]
        except ExpressionError:
            break
        tree = larger
    assert tree.depth >= MAX_DEPTH - 2
    assert parse(str(tree)) == tree


def test_the_largest_trees_with_the_longest_names_read_back() -> None:
    layer = [Expression.call("min", Expression.variable("v" * MAX_NAME), Expression.variable("w" * MAX_NAME))] * 2048
    layer = [*layer, *[layer[0]] * 452]
    while len(layer) > 1:
        pairs = zip(layer[::2], layer[1::2], strict=False)
        layer = [Expression.call("max", a, b) for a, b in pairs] + ([layer[-1]] if len(layer) % 2 else [])
    tree = layer[0]
    assert MAX_NODES - 10 < tree.complexity <= MAX_NODES
    assert len(str(tree)) < MAX_LENGTH
    assert parse(str(tree)) == tree


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_float_reads_back(value: float) -> None:
    assert parse(str(C(value))).constants == (C(value).value,)
    assert parse(repr(value)) == C(value)


# --- precedence -------------------------------------------------------------------------------------------------

_PYTHON = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "pow", ast.USub: "neg",
}  # fmt: skip


def through_python(text: str) -> Expression:
    """Python's own parser (no evaluation) as the independent answer; only for names, signs and operators."""

    def convert(node: ast.AST) -> Expression:
        if isinstance(node, ast.BinOp):
            return Expression.call(_PYTHON[type(node.op)], convert(node.left), convert(node.right))
        if isinstance(node, ast.UnaryOp):
            inner = convert(node.operand)
            return inner if isinstance(node.op, ast.UAdd) else -inner
        assert isinstance(node, ast.Name)
        return Expression.variable(node.id)

    return convert(ast.parse(text, mode="eval").body)


_pieces = st.sampled_from(["a", "b", "c", "(", ")", "+", "-", "*", "/", "**"])


@given(st.lists(_pieces, min_size=1, max_size=25).map(" ".join))
def test_precedence_and_rejection_are_pythons(text: str) -> None:
    try:
        expected = through_python(text)
    except (SyntaxError, AssertionError, KeyError):  # `()` and calls such as `a ( b )` are Python, not formulas
        with pytest.raises(ExpressionError):
            parse(text)
    else:
        assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("-x**2", "-(x**2)"),
        ("-x*y", "(-x)*y"),
        ("2**-x", "2**(-x)"),
        ("2**-x*y", "(2**(-x))*y"),
        ("x**y**z", "x**(y**z)"),
        ("x-y-z", "(x - y) - z"),
        ("x/y*z", "(x/y)*z"),
        ("x^2", "x**2"),
        ("ln(x)", "log(x)"),
        ("arctan(x)", "atan(x)"),
        ("Abs(x)", "abs(x)"),
        ("+x", "x"),
        ("  x\t+\n1 ", "x + 1"),
        ("sin (x)", "sin(x)"),
        (".5*x", "0.5*x"),
        ("5.*x", "5*x"),
        ("1E+3*x", "1000*x"),
        ("-0", "0"),
        ("max(min(x, y), -1)", "max(min(x, y), -1)"),
        ("((x))", "x"),
    ],
)
def test_spellings_that_mean_the_same(text: str, same: str) -> None:
    assert parse(text) == parse(same)


def test_a_sign_joins_a_literal_and_nothing_else() -> None:
    assert parse("-2") == C(-2)
    assert parse("-(2)") == -C(2)
    assert parse("--2") == -C(-2)
    assert parse("-2*x") == C(-2) * X
    assert parse("-2**x") == -(C(2) ** X)


# --- products without a sign ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2.000 a", "2.000*a"),
        ("2x", "2*x"),
        ("x y", "x*y"),
        ("2 x^2 y", "2*x^2*y"),
        ("1/2 x", "(1/2)*x"),
        ("-2 x", "-2*x"),
        ("2(x + 1)(x - 1)", "2*(x + 1)*(x - 1)"),
        ("3 sin(x) cos(x)", "3*sin(x)*cos(x)"),
        ("(x)(y) + 2 e", "x*y + 2*e"),
        ("2x**-y", "2*x**(-y)"),
        ("2 x(y)", "2*x*y"),
        ("x² y", "x**2*y"),
    ],
)
def test_products_without_a_sign_are_read_where_asked_for(text: str, same: str) -> None:
    names = ["a", "x", "y"]
    reading = Expression.read(text, variables=names, implicit_products=True)
    assert reading.expression == parse(same, variables=names)
    assert reading.notes == ("values beside each other are read as products",)
    with pytest.raises(ExpressionError, match=r"where an operator should stand \(write \* for products\)"):
        parse(text, variables=names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2.000 a", r"'a' where an operator should stand \(write \* for products\) at character 7, near '2.000 a'; "
         r"a product is written '2.000\*a', or ask for implicit products \(--implicit-products\)"),
        ("1 + 2x", r"a product is written '1 \+ 2\*x'"),
        ("(x + 1)(y)", r"a product is written '\(x \+ 1\)\*\('"),
    ],
)  # fmt: skip
def test_the_error_shows_the_place_and_the_fix(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text)


def test_a_function_without_parentheses_is_no_variable_beside_another() -> None:
    for text in ("sin x", "2*sin x", "ln 2", "log10 (x) + exp x"):
        for implicit in (False, True):
            with pytest.raises(ExpressionError, match="needs its argument in parentheses: "):
                parse(text, implicit_products=implicit)
    assert parse("sin x", variables=["sin", "x"], implicit_products=True) == Expression.variable("sin") * X


@pytest.mark.parametrize("text", ["2 3", "x 2", "(x) 2.5"])
def test_a_number_behind_a_value_is_no_product(text: str) -> None:
    with pytest.raises(ExpressionError, match="where an operator should stand"):
        parse(text, implicit_products=True)


# --- comparisons ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("x > y", "max(sign(x - y), 0)"),
        ("x + 1 < 2*y", "max(sign(2*y - (x + 1)), 0)"),
        ("x >= 0", "1 - max(sign(-x), 0)"),
        ("x ≤ y", "1 - max(sign(x - y), 0)"),
        ("2*(x > 0)", "2*max(sign(x), 0)"),
    ],
)
def test_a_comparison_is_one_or_zero(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x < y < 2", "'<' after a comparison; write two of them as min"),
        ("x == y", "unexpected character at character 3"),
        ("x >", "ends where a value should follow"),
        ("Sin[x)", r"'\)' closes '\['"),
        ("(x]", r"'\]' closes '\('"),
        ("x]", "never opened"),
        ("[x]", "never closed|where a value"),
    ],
)
def test_comparisons_and_brackets_that_are_none(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text)


# --- texts that are no formulas ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "must not be empty"),
        (" \n ", "must not be empty"),
        ("x +", "ends where a value should follow at character 4"),
        ("(x", r"this parenthesis is never closed at character 1"),
        ("x)", "this parenthesis was never opened at character 2"),
        ("2x", r"'x' where an operator should stand \(write \* for products\) at character 2"),
        ("x y", "'y' where an operator should stand"),
        ("x(2)", "unknown function 'x'"),
        ("sni(x)", "unknown function 'sni'. Did you mean: sin"),
        ("sin()", r"'\)' where a value should stand at character 5"),
        ("sin(x, y)", "sin takes 1 argument, got 2 at character 1"),
        ("x + min(x)", "min takes 2 arguments, got 1 at character 5"),
        ("x, y", "a comma outside a function's arguments at character 2"),
        ("min((x, y), x)", "a comma outside a function's arguments"),
        ("x $ y", r"unexpected character at character 3, near 'x \$ y'"),
        ("x.__class__", "unexpected character at character 2"),
        ("x[y]", r"brackets behind a name must hold the number of a variable: x\[0\] or x\[:, 0\] at character 2"),
        ("x = 1", "unexpected character"),
        ("1e999", "the number 1e999 is too large at character 1"),
        ("x//y", "'/' where a value should stand"),
        ("x***y", r"'\*' where a value should stand"),
        ("lambda x: x", "'x' where an operator should stand"),
        ("'x'", "unexpected character at character 1"),
        ("x\0", "unexpected character at character 2"),
        ("٣", "unexpected character"),
    ],
)
def test_errors_point_at_the_place(text: str, message: str) -> None:
    with pytest.raises(ExpressionError, match=message):
        parse(text)


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_only_text_is_read(text: object) -> None:
    with pytest.raises(ExpressionError, match="a formula must be text, got "):
        parse(text)  # type: ignore[arg-type]


def test_unknown_variables_are_named_with_a_suggestion() -> None:
    with pytest.raises(ExpressionError, match="unknown variable 'lenght'\\. Did you mean: length"):
        parse("2*lenght", variables=["length", "g"])
    with pytest.raises(ExpressionError, match="unknown variable 'x'\\. None is known"):
        parse("x", variables=[])
    with pytest.raises(ExpressionError, match=r"'\(' where an operator should stand"):
        parse("x(2)", variables=["x"])


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('x')",
        "__import__(os)",
        "().__class__.__bases__",
        "eval(x)",
        "exec(x)",
        "open(x)",
        "x if x else x",
        "[x for x in y]",
        "f'{x}'",
        "x; import os",
        "lambda: x",
        "x := 1",
        "print(x)",
    ],
)
def test_programs_are_refused_and_never_run(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with monkeypatch.context() as patch:
        for name in ("builtins.eval", "builtins.exec", "os.system"):
            patch.setattr(name, _forbidden)
        with pytest.raises(ExpressionError):
            parse(text)
    assert capsys.readouterr().out == ""


def _forbidden(*args: object, **kwargs: object) -> object:
    raise AssertionError("a formula was evaluated as a program")


@given(st.text(max_size=60) | st.text("x1.e+-*/^(), sinmn", max_size=60))
def test_any_text_is_a_formula_or_an_expression_error(text: str) -> None:
    problem = ""
    try:
        tree = parse(text)
    except ExpressionError as error:
        problem = str(error)
    else:
        assert parse(str(tree)) == tree
    assert "\n" not in problem


# --- limits -----------------------------------------------------------------------------------------------------

_BOMBS = {
    "open parentheses": "(" * 10**5,
    "nested parentheses": "(" * 10**5 + "x" + ")" * 10**5,
    "nested functions": "sin(" * 10**5 + "x" + ")" * 10**5,
    "signs": "-" * 10**5 + "x",
    "plus signs": "+" * 10**5 + "x",
    "power tower": "x**" * 10**5 + "x",
    "sum of 100,000 nodes": "+".join(["x"] * 50_000),
    "wide tree of 100,000 nodes": "+".join(["*".join(["x"] * 100)] * 500),
    "arguments": "min(" + ",".join(["x"] * 10**5) + ")",
    "one megabyte": "x+" * 500_000 + "x",
    "one megabyte of spaces": " " * 10**6 + "x",
    "spaces and no formula": "x" + " " * 500_000 + "$",
    "a very long number": "9" * 500_000,
    "a very long exponent": "1e" + "9" * 500_000,
    "a very long name": "a" * 500_000,
    "a very long function": "a" * 500_000 + "(x)",
    "a very long unknown variable": "x + " + "b" * 500_000,
    "superscripts": "x" + "²" * 10**5,
    "comparisons": "x" + "<x" * 10**5,
    "nested brackets": "Sin[" * 10**5,
    "nested pieces": "Piecewise((" * 50_000,
    "functions in another case": "Sin(x)+" * 70_000 + "x",
    "modules of modules": "np." * 10**5,
    "an open quote": '"' + "x" * 500_000,
    "quotes": '"x"' * 10**5,
    "nested quotients": "atan2(" * 1_000 + "x" + ",x)" * 1_000,
    "indices": "x[0]" * 10**5,
    "subscripts": "x" + "₁" * 500_000,
    "signs of papers": "x" + "×x" * 10**5,
}


@pytest.mark.parametrize("text", _BOMBS.values(), ids=_BOMBS.keys())
def test_texts_beyond_the_limits_are_refused_quickly_and_briefly(text: str) -> None:
    """A second and 100 MB are far more than is needed (0.1 s, 10 MB) and far less than an explosion takes."""
    start = time.process_time()
    with pytest.raises(ExpressionError) as caught:
        parse(text, variables=["x"])
    assert time.process_time() - start < 1
    tracemalloc.start()
    try:
        with pytest.raises(ExpressionError):
            parse(text, variables=["x"])
        assert tracemalloc.get_traced_memory()[1] < 100e6
    finally:
        tracemalloc.stop()
    assert len(str(caught.value)) < 500


def test_limits_are_named() -> None:
    with pytest.raises(ExpressionError, match="nested at most 1,000 deep"):
        parse(_BOMBS["nested parentheses"])
    with pytest.raises(ExpressionError, match="at most 600,000 characters, got 1,000,001"):
        parse(_BOMBS["one megabyte"])
    with pytest.raises(ExpressionError, match="at most 1,000 nodes deep"):
        parse(_BOMBS["sum of 100,000 nodes"])
    with pytest.raises(ExpressionError, match="at most 10,000 nodes, this one has 10,"):
        parse(_BOMBS["wide tree of 100,000 nodes"])
    with pytest.raises(ExpressionError, match="at most 10,000 nodes at character 20005"):
        parse(_BOMBS["arguments"])


def test_reading_takes_time_in_proportion_to_the_text() -> None:
    def seconds(text: str) -> float:
        return min(_timed(text) for _ in range(3))

    def row(terms: int) -> str:
        return " + ".join(["*".join(["x"] * terms)] * 8)

    small, large = row(60), row(480)
    assert parse(large).complexity > 7 * parse(small).complexity
    assert seconds(large) < 40 * seconds(small)  # 8 times the text; quadratic would be 64 times


def _timed(text: str) -> float:
    start = time.process_time()
    for _ in range(5):
        parse(text)
    return time.process_time() - start
