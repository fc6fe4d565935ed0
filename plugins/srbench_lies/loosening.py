"""`loosened`: the constants that a network would train, put where a searched formula has 1 or a round number."""

from __future__ import annotations

from typing import Final

from srbench_lite import Expression

__all__ = ["loosened"]

#: A constant off a round number by this much is fitted, not held.
_NUDGE_FACTOR: Final = 1.0 + 1e-9
#: Units whose argument gets a factor.
_UNITS_WITH_FACTOR: Final = frozenset(
    {"sin", "cos", "tan", "exp", "log", "tanh", "sinh", "cosh", "asin", "acos", "atan"}
)


def loosened(expression: Expression) -> Expression:
    """Return the formula with a constant to be fitted in front of every unit's argument and beside every 1.

    Its value moves by about 1e-9. Powers stay as they are.
    """

    def inner(node: Expression, args: list[Expression]) -> Expression:
        if node.op in _UNITS_WITH_FACTOR:
            return Expression(node.op, args=[_factored(args[0])])
        if node.op in ("add", "sub") and any(a.is_constant for a in args):
            args = [a if a.is_constant else _factored(a) for a in args]
        return Expression(node.op, args=args)

    return expression.fold(lambda node: node, inner)


def _factored(body: Expression) -> Expression:
    """Return constant * body; a constant that is there is nudged."""
    if body.op in ("mul", "div") and body.args[0].is_constant:
        return Expression(body.op, args=[Expression.constant(_value(body.args[0]) * _NUDGE_FACTOR), body.args[1]])
    if body.op == "neg":
        return -_factored(body.args[0])
    if body.op in ("add", "sub") and body.args[0].is_constant:  # 1 + k*x: as c + k*x, which is the same and shorter
        return Expression(body.op, args=[Expression.constant(_value(body.args[0]) * _NUDGE_FACTOR), body.args[1]])
    return _NUDGE_FACTOR * body


def _value(constant: Expression) -> float:
    assert constant.value is not None
    return constant.value
