"""`equivalent_forms`: other ways to write one formula, whose constants are other numbers.

exp(x + 1.0986) is 3*exp(x), 2.3*(x + 0.73913) is 2.3*x + 1.7, and cos(1.2008 - x) is sin(x + 0.37): only one of the two
has constants that people would write, and which one it is cannot be told before they are rounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from srbench_lite.expressions.building import sum_in_order
from srbench_lite.expressions.expression import Expression
from srbench_lite.fitting.canonical_form import tidy
from srbench_lite.fitting.levenberg_marquardt import is_structural
from srbench_lite.fitting.problem import NODE_PRICE

__all__ = ["PHASE_ROUNDING", "equivalent_forms", "rephased"]

#: Numbers with a larger natural logarithm are left where they are.
_MAX_LOGARITHM: Final = 300.0
#: Larger formulas are left as they are: nobody reads their constants.
_MAX_NODES: Final = 300
_QUARTER: Final = math.pi / 2
_FULL: Final = 4
#: Rounding of a phase that was shifted by turns: one that is smaller is 0.
PHASE_ROUNDING: Final = 1e-15
#: What a phase must save, in units of the criterion, if it needs a negative factor or is more than half a turn: there
#: are eight to choose from.
_UNUSUAL: Final = 2 * math.log(8)
#: What a phase of 0 saves: the sum and the number.
_NO_PHASE: Final = 2 * NODE_PRICE


def equivalent_forms(expression: Expression) -> list[Expression]:
    """Return a tidy formula, and forms of it with fitted numbers taken out of functions, or of sums, or put in."""
    forms = [expression]
    if expression.complexity > _MAX_NODES:
        return forms
    for rule in (_taken_out, _multiplied_in, _divided_out):
        forms.append(tidy(_rewritten(expression, rule)))
    forms.append(_rewritten(expression, _put_in))  # tidying would take them out again
    return list(dict.fromkeys(forms))


def rephased(expression: Expression, price: Callable[[int, float], float]) -> Expression:
    """Shift the fitted phase of every sine and cosine by quarter turns to where it is cheapest.

    Args:
        expression: the formula.
        price: of the k-th constant, in text order, if it were this number, in units of the criterion.

    Returns:
        A formula with the same values, rounding aside, whose phases are within one turn of 0 and follow a sum that
        begins with a positive term, a sine rather than a cosine where they cost the same. It has as many constants,
        but is not tidy. As it came where no phase is fitted.
    """
    if expression.complexity > _MAX_NODES:
        return expression

    def walk(node: Expression, first: int, negative: bool) -> Expression:
        args: list[Expression] = []
        place = first
        for i, arg in enumerate(node.args):
            below = False  # whether a minus stands before this argument
            if node.op in ("neg", "add", "sub"):
                below = negative != (node.op == "neg" or (node.op == "sub" and i == 1))
            elif node.op in ("mul", "div"):
                below = negative != _is_negative(node.args[1 - i])
            args.append(walk(arg, place, below))
            place += len(arg.constants)
        if not args:
            return node
        new = Expression(node.op, args=args)
        return _turned(new, first, negative, price) if node.op in ("sin", "cos") else new

    return walk(expression, 0, False)


def _turned(node: Expression, first: int, negative: bool, price: Callable[[int, float], float]) -> Expression:
    """Write a sine or cosine, maybe with a minus before it, with the cheapest phase; `first` is its first constant."""
    terms = _signed(node.args[0], 1)
    rest = [(sign, term) for sign, term in terms if _free(term) is None]
    if not rest or len(rest) != len(terms) - 1:
        return node
    at = next(i for i, (_, term) in enumerate(terms) if _free(term) is not None)
    place = first + sum(len(term.constants) for _, term in terms[:at])
    mirror = -1 if _is_negative(rest[0][1]) == (rest[0][0] > 0) else 1
    phase = mirror * terms[at][0] * (terms[at][1].value or 0.0)
    quarters = 1 if node.op == "cos" else 1 - mirror  # the node is the sine of so many more quarter turns

    def shifted(turns: int) -> float:
        number = phase - turns * _QUARTER
        return number if abs(number) > PHASE_ROUNDING else 0.0

    def cost(turns: int) -> tuple[float, int, float]:
        number = shifted(turns)
        function = (quarters + turns) % _FULL
        unusual = (function >= 2) != negative or abs(number) > math.pi
        saved = 0.0 if number else _NO_PHASE
        return price(place, number) - saved + (_UNUSUAL if unusual else 0.0), function % 2, abs(number)

    middle = math.floor(phase / _QUARTER)
    turns = min(range(middle - _FULL + 1, middle + _FULL + 1), key=cost)
    if turns == 0 and mirror == 1:
        return node
    inside = sum_in_order((sign * mirror, term) for sign, term in rest)
    function = (quarters + turns) % _FULL
    result = Expression.call("cos" if function % 2 else "sin", inside + shifted(turns))
    return -result if function >= 2 else result


def _signed(node: Expression, sign: int) -> list[tuple[int, Expression]]:
    """Return the terms of a sum with their signs, in text order."""
    if node.op not in ("add", "sub"):
        return [(sign, node)]
    left, right = node.args
    return _signed(left, sign) + _signed(right, sign if node.op == "add" else -sign)


def _is_negative(node: Expression) -> bool:
    """Whether a term is written with a minus or a negative factor in front."""
    while node.op in ("mul", "div"):
        node = node.args[0]
    return node.op == "neg" or (node.value is not None and node.value < 0)


def _rewritten(expression: Expression, rule: Callable[[Expression], Expression]) -> Expression:
    return expression.fold(lambda node: node, lambda node, args: rule(Expression(node.op, args=args)))


def _free(node: Expression) -> float | None:
    """Return the number that a fitted constant is; None for anything else, numbers near float64's ends included."""
    if node.value is None or is_structural(node.value):
        return None
    return node.value if abs(math.log(abs(node.value))) <= _MAX_LOGARITHM else None


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
        if number is not None and abs(number) < _MAX_LOGARITHM:
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
    if power is None or abs(power * math.log(number)) > _MAX_LOGARITHM:
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
    if not power or abs(math.log(number) / power) > _MAX_LOGARITHM:
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
