"""`forms`: other ways to write one formula, whose constants are other numbers.

exp(x + 1.0986) is 3*exp(x), and 2.3*(x + 0.73913) is 2.3*x + 1.7: only one of the two has constants that people would
write, and which one it is cannot be told before they are snapped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from srbench_lies.refitting import is_structural
from srbench_lies.tidying import tidy
from srbench_lite import Expression

__all__ = ["forms"]

#: Numbers with a larger natural logarithm are left where they are.
_LARGEST_LOGARITHM: Final = 300.0
#: Larger formulas are left as they are: nobody reads their constants.
_MOST_NODES: Final = 300


def forms(expression: Expression) -> list[Expression]:
    """Return a tidy formula, and forms of it with fitted numbers taken out of functions, or of sums, or put in."""
    found = [expression]
    if expression.complexity > _MOST_NODES:
        return found
    for rule in (_taken_out, _multiplied_in, _divided_out):
        found.append(tidy(_rewritten(expression, rule)))
    found.append(_rewritten(expression, _put_in))  # tidying would take them out again
    return list(dict.fromkeys(found))


def _rewritten(expression: Expression, rule: Callable[[Expression], Expression]) -> Expression:
    return expression.fold(lambda node: node, lambda node, args: rule(Expression(node.op, args=args)))


def _free(node: Expression) -> float | None:
    """Return the number that a fitted constant is; None for anything else, numbers near float64's ends included."""
    if node.value is None or is_structural(node.value):
        return None
    return node.value if abs(math.log(abs(node.value))) <= _LARGEST_LOGARITHM else None


def _split(node: Expression) -> tuple[float, Expression] | None:
    """Return a product's positive fitted factor and the rest of it; None where there is none."""
    if node.op == "mul" and (number := _free(node.args[0])) is not None and number > 0:
        return number, node.args[1]
    if node.op == "mul" and (inside := _split(node.args[0])) is not None:
        return inside[0], inside[1] * node.args[1]
    if node.op == "div" and (number := _free(node.args[1])) is not None and number > 0:
        return 1 / number, node.args[0]
    if node.op == "div" and (inside := _split(node.args[0])) is not None:
        return inside[0], inside[1] / node.args[1]
    return None


def _taken_out(node: Expression) -> Expression:
    """Take a number out of an exponential, a logarithm or a power."""
    if node.op == "exp" and node.args[0].op in ("add", "sub"):
        left, right = node.args[0].args
        number = _free(right)
        if number is not None and abs(number) < _LARGEST_LOGARITHM:
            return Expression.constant(math.exp(number if node.args[0].op == "add" else -number)) * Expression.call(
                "exp", left
            )
    split = _split(node.args[0])
    if split is None:
        return node
    number, rest = split
    if node.op == "log":
        return Expression.call("log", rest) + math.log(number)
    power = 0.5 if node.op == "sqrt" else node.args[1].value if node.op == "pow" else None
    if power is None or abs(power * math.log(number)) > _LARGEST_LOGARITHM:
        return node
    return Expression.constant(number**power) * Expression(node.op, args=[rest, *node.args[1:]])


def _put_in(node: Expression) -> Expression:
    """Put a factor into a power or an exponential."""
    split = _split(node)
    if split is None or split[1].op not in ("sqrt", "pow", "exp"):
        return node
    number, rest = split
    if rest.op == "exp":
        return Expression.call("exp", rest.args[0] + math.log(number))
    power = 0.5 if rest.op == "sqrt" else rest.args[1].value
    if not power or abs(math.log(number) / power) > _LARGEST_LOGARITHM:
        return node
    return Expression(rest.op, args=[number ** (1 / power) * rest.args[0], *rest.args[1:]])


def _multiplied_in(node: Expression) -> Expression:
    """Multiply a number into a sum."""
    split = _split(node)
    if split is None or split[1].op not in ("add", "sub"):
        return node
    number, rest = split
    return Expression(rest.op, args=[number * part for part in rest.args])


def _divided_out(node: Expression) -> Expression:
    """Take the number of a sum's last fitted term out of the sum."""
    if node.op not in ("add", "sub"):
        return node
    for part in node.args[::-1]:
        number = _free(part)
        split = (abs(number), part) if number else _split(part)
        if split is not None:
            return split[0] * Expression(node.op, args=[arg / split[0] for arg in node.args])
    return node
