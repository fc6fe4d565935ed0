"""Notations: names by position from 0 or 1, dialects, and SymPy's trees with all digits."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.expression import Expression
from srbench_lite.methods.printed_formula import Notation, is_sympy, notations

OWN = Notation(dialect=None, names={"x": "x", "y": "y"})


def readings(given: object, *variables: str) -> list[str]:
    """Return every formula that a text or tree may be, in order, each once."""
    found = []
    for notation in notations(variables):
        try:
            found.append(str(notation.read(given)))
        except ExpressionError:
            continue
    return list(dict.fromkeys(found))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x0 + 2*x1", ["speed + 2*time"]),
        ("X_1 - X_2", ["speed - time"]),
        ("x[:, 1]/X[0]", ["time/speed"]),
        ("speed*time", ["speed*time"]),
        ("y = ARG0 * 3", ["speed*3"]),
        ("f(x0, x1) = x0 + x1", ["speed + time"]),
        ("x1", ["time", "speed"]),
        ("aq(X1, X2)", ["speed/sqrt(1 + time**2)"]),
        ("div(x0, x1)", ["speed/time", "ifelse(abs(time) - 0.001, speed/time, 1)"]),
        ("x7", []),
        ("", []),
        ("<object at 0x7f>", []),
    ],
)
def test_a_text_is_read_in_each_notation_that_it_fits(text, expected):
    assert readings(text, "speed", "time") == expected


def test_given_names_come_first_though_they_look_like_places():
    assert readings("x1 + x2", "x2", "x1") == ["x1 + x2", "x2 + x1"]
    assert readings("x0", "x2", "x1") == ["x2"]


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=-1e200, max_value=1e200))
def test_numbers_of_trees_keep_all_digits(number):
    tree = sympy.Float(number) + sympy.Symbol("x")
    values = OWN.read(tree)({"x": np.array([0.0])})
    assert values[0] == number
    assert OWN.read(number).value == number


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (sympy.Symbol("x0") / 3, "speed/3"),
        (sympy.Eq(sympy.Symbol("y"), sympy.sin(sympy.Symbol("x0"))), "sin(speed)"),
        (sympy.Matrix([[sympy.Symbol("x0")]]), "speed"),
        (sympy.sec(sympy.Symbol("x0")), "1/cos(speed)"),
        (sympy.Function("square")(sympy.Symbol("x0")), "speed**2"),
        (sympy.Function("cos")(sympy.Symbol("x0") + 1), "cos(1 + speed)"),
        (sympy.Max(sympy.Symbol("x0"), sympy.Symbol("X[:, 1]")), "max(time, speed)"),
        (sympy.Symbol("my speed", real=True) * sympy.pi, None),
    ],
)
def test_trees(tree, expected):
    assert is_sympy(tree)
    found = readings(tree, "speed", "time")
    assert found[:1] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "tree",
    [
        sympy.zeta(sympy.Symbol("x")), sympy.Matrix([[1, 2]]), sympy.Symbol("stranger"), sympy.nan,
        sympy.Function("square")(1, 2), Expression.parse("stranger + 1"), None, "1 +", [1.0],
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused(tree):
    with pytest.raises(ExpressionError):
        OWN.read(tree)


def test_only_sympy_is_sympy():
    assert not any(map(is_sympy, ("x", 1.0, None, Expression.constant(1.0))))
