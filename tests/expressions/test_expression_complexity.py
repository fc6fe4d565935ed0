"""Our number of nodes against SRBench's: the nodes of `sympy.preorder_traversal`, on the same formulas.

The two differ by what they call a node. SymPy has no difference, quotient, negation or square root: `a - b` is
`Add(a, Mul(-1, b))`, two nodes more, `a/b` is `Mul(a, Pow(b, -1))`, two more, `-a` is `Mul(-1, a)` and `sqrt(a)` is
`Pow(a, 1/2)`, one more each. And SymPy's sums and products have any number of arguments and one number at most. Both
relations are tested as equations.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import pytest
import sympy
from hypothesis import given
from labelled_pairs import peer_formulas
from strategies import expressions, tame_number

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.simplification import simplified

parse = Expression.parse


@cache
def formulas() -> tuple[Expression, ...]:
    """Return what packages found, and the truths, without the largest."""
    pairs = peer_formulas()
    return tuple(dict.fromkeys(e for pair in pairs for e in (pair.found, pair.truth) if e.complexity <= 100))


def srbench_count(expr: Any) -> int:
    """Return SRBench's complexity of a SymPy expression."""
    return sum(1 for _ in sympy.preorder_traversal(expr))


# --- the formula as it was returned -------------------------------------------------------------------------------


def as_written(expression: Expression) -> Any:
    """Return the formula in SymPy's nodes, with nothing evaluated."""
    functions = {"add": sympy.Add, "mul": sympy.Mul, "pow": sympy.Pow, "min": sympy.Min, "max": sympy.Max,
                 "abs": sympy.Abs}  # fmt: skip

    def leaf(node: Expression) -> Any:
        if node.value is not None:
            return sympy.Float(node.value)
        return sympy.Symbol(node.name) if node.name else {"pi": sympy.pi, "e": sympy.E}[node.op]

    def inner(node: Expression, args: list[Any]) -> Any:
        match node.op:
            case "sub":
                return sympy.Add(args[0], sympy.Mul(-1, args[1], evaluate=False), evaluate=False)
            case "div":
                return sympy.Mul(args[0], sympy.Pow(args[1], -1, evaluate=False), evaluate=False)
            case "neg":
                return sympy.Mul(-1, args[0], evaluate=False)
            case "sqrt":
                return sympy.Pow(args[0], sympy.Rational(1, 2), evaluate=False)
        function = functions.get(node.op) or getattr(sympy, node.op)
        return function(*args, evaluate=False)

    return expression.fold(leaf, inner)


def check_as_written(expression: Expression) -> None:
    ops = Counter(node.op for node in expression.postorder())
    more = 2 * ops["sub"] + 2 * ops["div"] + ops["neg"] + ops["sqrt"]
    assert srbench_count(as_written(expression)) == expression.complexity + more


def test_complexity_of_real_formulas() -> None:
    assert len(formulas()) > 300
    for expression in formulas():
        check_as_written(expression)


BOTH = ("add", "sub", "mul", "div", "pow", "neg", "sqrt", "exp", "log", "sin", "cos", "tan", "tanh", "abs")


@given(expressions(operators=BOTH, constants=tame_number))
def test_complexity_of_random_formulas(expression: Expression) -> None:
    check_as_written(expression)


@pytest.mark.parametrize(
    ("text", "ours", "srbench"),
    [("x + y", 3, 3), ("x - y", 3, 5), ("x/y", 3, 5), ("-x", 2, 3), ("sqrt(x)", 2, 3), ("x**0.5", 3, 3)],
)
def test_the_counts_by_hand(text: str, ours: int, srbench: int) -> None:
    assert (parse(text).complexity, srbench_count(as_written(parse(text)))) == (ours, srbench)


# --- the formula as SymPy evaluates it ----------------------------------------------------------------------------

Shape = tuple[Any, ...]  # a label, and the shapes below it
NUMBER: Shape = ("number",)


def gathered(label: str, parts: list[Shape]) -> Shape:
    """Return a sum or product of any number of arguments, with one number at most."""
    flat = [piece for part in parts for piece in (part[1:] if part[0] == label else (part,))]
    others = [piece for piece in flat if piece != NUMBER]
    arguments = ([NUMBER] if len(others) < len(flat) else []) + others
    return arguments[0] if len(arguments) == 1 else (label, *arguments)


def inverse(shape: Shape) -> Shape:
    if shape[0] == "mul":
        return gathered("mul", [inverse(factor) for factor in shape[1:]])
    if shape == NUMBER or shape in (("exp", NUMBER), ("pow", shape[1:2], NUMBER)):
        return shape
    if shape == ("e",):
        return "exp", NUMBER
    if shape[0] == "pow" and shape[2] == NUMBER:
        return shape
    return "pow", shape, NUMBER


def shape_in_sympy(expression: Expression) -> Shape:
    """Return what our tree of an evaluated SymPy expression was in SymPy."""

    def leaf(node: Expression) -> Shape:
        return NUMBER if node.is_constant else (node.name or node.op,)

    def inner(node: Expression, args: list[Shape]) -> Shape:
        if node.op in ("neg", "div") and all(arg == NUMBER for arg in args):
            return NUMBER
        match node.op:
            case "add" | "mul" | "min" | "max":
                return gathered(node.op, args)
            case "sub":
                return gathered("add", [args[0], gathered("mul", [NUMBER, args[1]])])
            case "neg":
                return gathered("mul", [NUMBER, args[0]])
            case "div":
                return gathered("mul", [*([] if node.args[0].value == 1 else [args[0]]), inverse(args[1])])
            case "sqrt":
                return "pow", args[0], NUMBER
        return node.op, *args

    return expression.fold(leaf, inner)


def size(shape: Shape) -> int:
    return 1 + sum(size(part) for part in shape[1:])


def test_complexity_of_evaluated_formulas() -> None:
    compared = differing = 0
    for expression in formulas():
        evaluated = expression.to_sympy()
        if evaluated.has(sympy.atan2, sympy.zoo, sympy.nan):  # cannot come back: no such operator, no such number
            continue
        ours = Expression.from_sympy(evaluated)
        assert size(shape_in_sympy(ours)) == srbench_count(evaluated), expression
        compared += 1
        differing += ours.complexity != srbench_count(evaluated)
    assert compared > 300
    assert differing > 100  # the two counts are different things


@pytest.mark.parametrize(
    ("text", "ours", "srbench"),
    [
        ("sin(x)**2 + cos(x)**2 + y", 3, 3),
        ("x*y + x*z", 5, 5),
        ("exp(log(x) + y)", 4, 4),
        ("(x**2 - 1)/(x - 1)", 3, 3),
        ("x + x - y - z", 7, 10),  # 2*x - y - z; Add(Mul(2, x), Mul(-1, y), Mul(-1, z))
        ("a*b/(c*d)", 7, 9),  # Mul(a, b, Pow(c, -1), Pow(d, -1))
    ],
)
def test_complexity_of_simplified_formulas(text: str, ours: int, srbench: int) -> None:
    expression = parse(text)
    simple = simplified(expression, positive=["x"])
    assert simple is not None
    with_sympy = sympy.simplify(expression.to_sympy(positive=["x"]))
    assert (simple.complexity, srbench_count(with_sympy)) == (ours, srbench)
    assert size(shape_in_sympy(simple)) == srbench
