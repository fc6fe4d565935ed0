"""The inverse of a formula in one of its variables, as a formula: what was done last is undone first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from srbench_lite import Expression, ExpressionError

__all__ = ["Inverse", "inverse_of"]

Array = NDArray[np.float64]
Columns = Mapping[str, NDArray[np.float64]]

#: Functions that undo others wherever they are defined.
_UNDONE: Final = {
    "exp": "log", "log": "exp", "tanh": "atanh", "atanh": "tanh", "asin": "sin", "acos": "cos", "atan": "tan",
    "sinh": "asinh", "asinh": "sinh",
}  # fmt: skip
#: Functions that are undone on one branch: by which, and how far their branches are apart, in multiples of pi.
_BRANCHES: Final = {"sin": "asin", "tan": "atan"}


@dataclass(frozen=True, slots=True, eq=False)
class Inverse:
    """A formula solved for one of its variables.

    Attributes:
        variable: that was solved for.
        expression: of `target` and the other variables.
        error: the largest error of the round trip on the points, relative to the size of the variable.
    """

    variable: str
    expression: Expression
    error: float


def inverse_of(formula: Expression, variable: str, target: str, columns: Columns) -> Inverse | None:
    """Return a formula solved for a variable; None where it occurs more than once, or is not on one branch.

    Args:
        formula: is solved.
        variable: that occurs in it once.
        target: the name of its value, that of no variable.
        columns: the points on which the inverse is to hold, each of shape (n,).
    """
    if sum(node.is_variable and node.variables == (variable,) for node in formula.postorder()) != 1:
        return None
    solved = Expression.variable(target)
    node = formula
    with np.errstate(all="ignore"):
        while not node.is_variable:
            undone = _undo(node, solved, variable, columns)
            if undone is None:
                return None
            node, solved = undone
        back = _values(solved, {**columns, target: _values(formula, columns)})
    own = columns[variable]
    size = float(np.abs(own).max())
    error = float(np.abs(back - own).max()) / (size or 1.0)
    return Inverse(variable, solved, error) if math.isfinite(error) else None


def _undo(node: Expression, value: Expression, variable: str, columns: Columns) -> tuple[Expression, Expression] | None:
    """Return the argument of a node that holds the variable, and the formula of its values."""
    places = [place for place, argument in enumerate(node.args) if variable in argument.variables]
    (place,) = places
    inner = node.args[place]
    op = node.op
    if len(node.args) == 1:
        if op == "neg":
            return inner, -value
        if op in _UNDONE:
            return inner, Expression.call(_UNDONE[op], value)
        if op == "sqrt":
            return inner, value**2
        if op == "cbrt":
            return inner, value**3
        if op in _BRANCHES:
            branch = _branch(op, value, _values(inner, columns))
            return None if branch is None else (inner, branch)
        return None
    other = node.args[1 - place]
    if op == "add":
        return inner, value - other
    if op == "sub":
        return inner, value + other if place == 0 else other - value
    if op == "mul":
        return inner, value / other
    if op == "div":
        return inner, value * other if place == 0 else other / value
    if op == "pow" and place == 0 and other.is_constant:
        root = _root(value, other.constants[0], _values(inner, columns))
        return None if root is None else (inner, root)
    if op == "pow" and place == 1 and other.is_constant and other.constants[0] > 0 and other.constants[0] != 1:
        return inner, Expression.call("log", value) / math.log(other.constants[0])
    return None


def _root(value: Expression, exponent: float, bases: Array) -> Expression | None:
    """Return the base of a power: the positive root, the negative one, or that of an odd power."""
    if exponent == 0:
        return None
    is_odd = exponent % 2 == 1 or (1 / exponent) % 2 == 1
    if exponent == 3:
        return Expression.call("cbrt", value)
    if (bases >= 0).all():
        return Expression.call("sqrt", value) if exponent == 2 else value ** (1 / exponent)
    if (bases <= 0).all() and exponent % 1 == 0:
        size = -value if is_odd else value
        return -(Expression.call("sqrt", size) if exponent == 2 else size ** (1 / exponent))
    if exponent == -1:
        return 1 / value
    return None


def _branch(op: str, value: Expression, arguments: Array) -> Expression | None:
    """Return the argument of a sine or a tangent whose arguments lie on one branch."""
    turns = np.round(arguments / math.pi)
    if (turns != turns[0]).any():
        return None
    turn = int(turns[0])
    undone = Expression.call(_BRANCHES[op], -value if op == "sin" and turn % 2 else value)
    return undone + turn * math.pi if turn else undone


def _values(formula: Expression, columns: Columns) -> Array:
    try:
        return np.broadcast_to(formula(columns), len(next(iter(columns.values()))))
    except ExpressionError:
        return np.full(len(next(iter(columns.values()))), np.nan)
