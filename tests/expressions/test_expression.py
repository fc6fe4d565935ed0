"""`Expression`: values, limits, evaluation, immutability."""

from __future__ import annotations

import copy
import math
import pickle
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import SMOOTH, any_number, expressions, tame_number

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NAME, MAX_NODES, Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS

X = Expression.variable("x")
Y = Expression.variable("y")


def chain(op: str, depth: int) -> Expression:
    """x wrapped in `op` (one argument) until the tree is `depth` deep."""
    tree = X
    for _ in range(depth - 1):
        tree = Expression.call(op, tree)
    return tree


def rebuilt(tree: Expression) -> Expression:
    """Another tree with the same nodes, none of them shared."""
    return tree.fold(
        lambda node: Expression(node.op, value=node.value, name=node.name),
        lambda node, args: Expression(node.op, args=args),
    )


# --- values -----------------------------------------------------------------------------------------------------


@given(expressions())
def test_equal_trees_are_equal_and_hash_alike(tree: Expression) -> None:
    twin = rebuilt(tree)
    assert twin is not tree
    assert twin == tree
    assert hash(twin) == hash(tree)
    assert {tree: 1}[twin] == 1


@given(expressions(), expressions())
def test_trees_are_equal_only_where_their_texts_are(a: Expression, b: Expression) -> None:
    assert (a == b) == (str(a) == str(b))


def test_shape_matters_to_equality() -> None:
    assert X + Y != Y + X
    assert (X + Y) + X != X + (Y + X)
    assert Expression.constant(-2.0) != -Expression.constant(2.0)
    assert Expression.named("e") != Expression.variable("e")
    assert X != "x"


@given(expressions())
def test_pickle_and_copy_give_the_same_tree(tree: Expression) -> None:
    assert pickle.loads(pickle.dumps(tree)) == tree
    assert copy.copy(tree) is tree
    assert copy.deepcopy(tree) is tree
    assert copy.deepcopy({"best": [tree]}) == {"best": [tree]}


def test_the_deepest_trees_survive_pickling_and_copying() -> None:
    """Trees cross process boundaries; none may exhaust the stack there."""
    for tree in (chain("sin", MAX_DEPTH), chain("neg", MAX_DEPTH)):
        assert pickle.loads(pickle.dumps(tree)) == tree
        assert copy.deepcopy(tree) == tree


@pytest.mark.parametrize("attribute", ["op", "value", "name", "args", "complexity", "depth", "_hash", "new"])
def test_nothing_can_be_changed(attribute: str) -> None:
    tree = X + 1
    with pytest.raises(AttributeError, match="cannot be changed"):
        setattr(tree, attribute, 1)
    with pytest.raises(AttributeError, match="cannot be changed"):
        delattr(tree, attribute)
    assert str(tree) == "x + 1"


def test_repr_names_the_text() -> None:
    assert repr(2 * X + 1) == "Expression.parse('2*x + 1')"


# --- reading ----------------------------------------------------------------------------------------------------


@given(expressions())
def test_complexity_and_depth_count_nodes(tree: Expression) -> None:
    nodes = list(tree.postorder())
    assert tree.complexity == len(nodes)
    assert nodes[-1] is tree
    assert tree.depth == tree.fold(lambda node: 1, lambda node, args: 1 + max(args))


@given(expressions(("x", "y", "theta_1")))
def test_variables_are_the_names_that_occur_sorted(tree: Expression) -> None:
    found = {node.name for node in tree.postorder() if node.is_variable}
    assert set(tree.variables) == found
    assert list(tree.variables) == sorted(tree.variables)


@given(expressions())
def test_every_node_is_one_kind_of_thing(tree: Expression) -> None:
    for node in tree.postorder():
        kinds = [node.is_constant, node.is_variable, node.is_operator, node.op in NAMED_CONSTANTS]
        assert kinds.count(True) == 1
        assert (node.value is not None) == node.is_constant
        assert (node.name is not None) == node.is_variable
        if node.is_operator:
            assert len(node.args) == OPERATORS[node.op].arity


def test_constants_stand_in_text_order() -> None:
    assert Expression.parse("3*x + sin(-2*y)/0.5 + pi").constants == (3.0, -2.0, 0.5)
    assert Expression.parse("pi*x").constants == ()


@given(expressions(), st.data())
def test_with_constants_changes_the_numbers_and_nothing_else(tree: Expression, data: st.DataObject) -> None:
    n = len(tree.constants)
    values = data.draw(st.lists(any_number, min_size=n, max_size=n))
    other = tree.with_constants(values)
    assert other.constants == tuple(values)
    assert other.with_constants(tree.constants) == tree
    assert other.complexity == tree.complexity


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 3.0]])
def test_with_constants_wants_the_right_number(values: list[float]) -> None:
    with pytest.raises(ExpressionError, match=f"has 2 constants, got {len(values)}"):
        Expression.parse("2*x + 1").with_constants(values)


def test_with_constants_refuses_what_is_no_number() -> None:
    with pytest.raises(ExpressionError, match="finite number, got nan"):
        Expression.parse("2*x").with_constants([math.nan])


def test_substitute_replaces_all_at_once() -> None:
    assert str(Expression.parse("x + y*x").substitute({"x": Y, "y": X})) == "y + x*y"
    assert str((X**2).substitute({"x": X + 1})) == "(x + 1)**2"
    assert (X + Y).substitute({}) == X + Y


@given(expressions(operators=SMOOTH, constants=tame_number), expressions(operators=SMOOTH, constants=tame_number))
def test_substitution_is_composition(outer: Expression, inner: Expression) -> None:
    points = {"x": np.linspace(-1, 1, 7), "y": np.linspace(0.5, 2, 7)}
    composed = outer.substitute({"x": inner})(points)
    np.testing.assert_array_equal(composed, outer({"x": inner(points), "y": points["y"]}))


def test_substitution_cannot_exceed_the_limits() -> None:
    square = X
    for _ in range(12):
        square = (X * X).substitute({"x": square})
    with pytest.raises(ExpressionError, match="at most 10,000 nodes"):
        (X * X).substitute({"x": square})


# --- building ---------------------------------------------------------------------------------------------------


@given(any_number)
def test_a_constant_is_the_float_it_was_made_from(value: float) -> None:
    node = Expression.constant(value)
    assert node.value == value
    assert type(node.value) is float
    assert math.copysign(1, Expression.constant(-0.0).value or 0.0) == 1


@pytest.mark.parametrize(
    "number", [3, np.float64(3), np.float32(3), np.int64(3), Fraction(3), np.uint8(3)], ids=lambda n: type(n).__name__
)
def test_every_real_number_type_becomes_a_constant(number: float) -> None:
    """Methods compute with NumPy's numbers; both sides of an operator take them."""
    assert (X * number).args[1] == Expression.constant(3.0)
    assert (number * X).args[0] == Expression.constant(3.0)
    assert number - X == Expression.constant(3.0) - X
    assert type((X + number).constants[0]) is float


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, True, None, "2", 1j, 10**400, [1.0], np.inf])
def test_a_constant_is_a_finite_real_number(value: object) -> None:
    with pytest.raises(ExpressionError, match="a constant must be a finite number, got "):
        Expression.constant(value)  # type: ignore[arg-type]


def test_an_array_is_no_constant() -> None:
    with pytest.raises((ExpressionError, TypeError)):
        np.array([1.0, 2.0]) * X


@pytest.mark.parametrize("name", ["", "1x", "x y", "x-1", "é", "x.y", None, 3, "x\n", "__import__('os')"])
def test_a_variable_is_an_ascii_identifier(name: object) -> None:
    with pytest.raises(ExpressionError, match="must be an ASCII identifier"):
        Expression.variable(name)  # type: ignore[arg-type]


def test_a_variables_name_is_bounded() -> None:
    assert Expression.variable("v" * MAX_NAME).variables == ("v" * MAX_NAME,)
    with pytest.raises(ExpressionError, match="at most 100 characters, got 101"):
        Expression.variable("v" * (MAX_NAME + 1))


def test_wrong_calls_say_what_is_wrong() -> None:
    with pytest.raises(ExpressionError, match="sin takes 1 argument, got 2"):
        Expression.call("sin", X, Y)
    with pytest.raises(ExpressionError, match="pow takes 2 arguments, got 1"):
        Expression.call("pow", X)
    with pytest.raises(ExpressionError, match="unknown operator 'cot'; known: abs, acos"):
        Expression.call("cot", X)
    with pytest.raises(ExpressionError, match="unknown named constant 'tau'; known: pi, e"):
        Expression.named("tau")
    with pytest.raises(ExpressionError, match="arguments of sin must be Expressions, got str"):
        Expression("sin", args=["x"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("op", "parts"),
    [
        ("pi", {"args": [X]}),
        ("variable", {"name": "x", "args": [X]}),
        ("sin", {"args": [X], "value": 1.0}),
        ("sin", {"args": [X], "name": "x"}),
        ("variable", {"name": "x", "value": 1.0}),
        ("constant", {"value": 1.0, "name": "x"}),
        ("constant", {"value": 1.0, "args": [X]}),
    ],
)
def test_a_node_has_no_parts_of_another_kind(op: str, parts: dict[str, object]) -> None:
    with pytest.raises(ExpressionError, match="only a"):
        Expression(op, **parts)  # type: ignore[arg-type]


def test_trees_are_bounded_in_depth() -> None:
    tree = chain("sin", MAX_DEPTH)
    assert tree.depth == MAX_DEPTH
    with pytest.raises(ExpressionError, match="at most 1,000 nodes deep"):
        Expression.call("sin", tree)


def test_trees_are_bounded_in_size_before_they_are_built() -> None:
    """A tree of shared nodes takes no memory and for ever to walk: they count every time they are used."""
    tree = X
    for _ in range(12):
        tree = tree * tree
    assert tree.complexity == 8_191 <= MAX_NODES
    with pytest.raises(ExpressionError, match="at most 10,000 nodes, this one has 16,383"):
        tree * tree


# --- evaluation -------------------------------------------------------------------------------------------------


def digamma_by_hand(a: float) -> float:
    """Recurrence up to 30, and the asymptotic series from there."""
    total = 0.0
    if a <= 0 and a == int(a):
        raise ValueError("a pole")
    if a < 0:
        return digamma_by_hand(1 - a) - math.pi / math.tan(math.pi * a)
    while a < 30:
        total -= 1 / a
        a += 1
    return total + math.log(a) - 1 / (2 * a) - 1 / (12 * a**2) + 1 / (120 * a**4) - 1 / (252 * a**6)


def by_hand(tree: Expression, point: dict[str, float]) -> float:
    """An evaluator of its own: recursive, Python's math, no NumPy."""
    binary = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b, "div": lambda a, b: a / b,
        "pow": lambda a, b: a**b, "min": min, "max": max, "ifelse": lambda c, a, b: a if c > 0 else b,
    }  # fmt: skip
    unary = {
        "neg": lambda a: -a, "abs": abs, "sign": lambda a: float((a > 0) - (a < 0)), "digamma": digamma_by_hand,
    }  # fmt: skip
    if tree.value is not None:
        return tree.value
    if tree.name is not None:
        return point[tree.name]
    if tree.op in NAMED_CONSTANTS:
        return float(getattr(math, tree.op))
    args = [by_hand(arg, point) for arg in tree.args]
    result = {**unary, **binary}.get(tree.op, getattr(math, tree.op, None))(*args)
    if isinstance(result, complex):
        raise ValueError("undefined")
    return float(result)


@given(expressions(constants=tame_number), st.floats(0.2, 3), st.floats(-3, -0.2))
def test_evaluation_agrees_with_an_evaluator_of_its_own(tree: Expression, x: float, y: float) -> None:
    value = float(tree({"x": np.array([x]), "y": np.array([y])})[0])
    try:
        expected = by_hand(tree, {"x": x, "y": y})
    except (ValueError, ZeroDivisionError):
        assert has_hole(tree, x, y)
        return
    except OverflowError:
        return
    assume(abs(expected) < 1e12)
    largest = max(abs(float(part({"x": np.array([x]), "y": np.array([y])})[0])) for part in tree.postorder())
    assume(largest < 1e4)  # beyond, the last digits of sin and the like are noise
    assert value == pytest.approx(expected, rel=1e-9, abs=1e-9)


def has_hole(tree: Expression, x: float, y: float) -> bool:
    """Whether a part is undefined here: IEEE arithmetic may come back from infinity (1/inf = 0), Python stops."""
    point = {"x": np.array([x]), "y": np.array([y])}
    return any(not np.isfinite(part(point)).all() for part in tree.postorder())


@given(expressions(operators=(*SMOOTH, "exp", "sqrt", "min", "max", "abs"), constants=tame_number, max_leaves=6))
def test_evaluation_agrees_with_sympy(tree: Expression) -> None:
    """Oracle: SymPy's 30 digits at two points."""
    for x, y in ((0.625, 1.25), (1.75, 0.375)):
        value = float(tree({"x": np.array([x]), "y": np.array([y])})[0])
        assume(math.isfinite(value) and abs(value) < 1e6)
        symbols = {sympy.Symbol("x", real=True): sympy.Rational(x), sympy.Symbol("y", real=True): sympy.Rational(y)}
        exact = complex(tree.to_sympy().subs(symbols).evalf(30))
        assert exact.imag == pytest.approx(0, abs=1e-9)
        assert value == pytest.approx(exact.real, rel=1e-6, abs=1e-7)


@given(expressions(operators=SMOOTH, constants=tame_number), st.integers(1, 5))
def test_values_are_float64_of_the_columns_shape(tree: Expression, n: int) -> None:
    columns = {"x": np.arange(n), "y": np.ones(n, dtype=bool), "unused": np.zeros(n)}
    values = tree(columns)
    assert values.shape == (n,)
    assert values.dtype == np.float64
    assert values.flags.writeable
    assert not any(np.shares_memory(values, column) for column in columns.values())


def test_a_formula_without_variables_is_repeated() -> None:
    assert (Expression.named("pi") * 2)({"x": np.zeros(3)}).tolist() == [2 * math.pi] * 3
    assert Expression.constant(2)({}).tolist() == [2.0]


def test_undefined_is_nan_or_infinite_and_silent() -> None:
    """Warnings are errors in this test suite: a hole in the domain must not warn."""
    x = {"x": np.array([-1.0, 0.0, 1000.0])}
    assert np.isnan(Expression.parse("log(x)")(x)).tolist() == [True, False, False]
    assert Expression.parse("1/x")(x).tolist() == [-1.0, math.inf, 0.001]
    assert np.isnan(Expression.parse("x**0.5")(x)).tolist() == [True, False, False]
    assert Expression.parse("exp(x)")(x)[2] == math.inf
    assert np.isnan(Expression.parse("asin(x)")(x)).tolist() == [False, False, True]


def test_whole_number_columns_are_no_special_case() -> None:
    assert (X**Y)({"x": np.array([2, 4]), "y": np.array([-1, 2])}).tolist() == [0.5, 16.0]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ExpressionError, match="no values for the variable y; given: x, z"):
        (X + Y)({"x": np.zeros(1), "z": np.zeros(1)})


def test_the_deepest_tree_can_be_evaluated() -> None:
    assert chain("atan", MAX_DEPTH)({"x": np.array([0.0, 1.0])}).tolist()[0] == 0.0
