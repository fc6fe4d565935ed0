"""Formulas as people write them: `is_short` refuses those with parts to merge, `written` puts the others in order.

x + x, 2*(3*x) and exp(log(x)) are not short. `is_short` looks at sums and products as wholes: the terms of a sum, the
factors of a product. What it lets pass may still have a shorter form, one that takes algebra to see.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from srbench_lite.expressions.building import quotient, sum_in_order
from srbench_lite.expressions.expression import Expression

__all__ = ["is_short", "written"]

_SUM: Final = ("add", "sub")
_PRODUCT: Final = ("mul", "div")
_POWERS: Final = ("pow", "sqrt", "cbrt")
#: A function straight on another, as (outer, inner), that the same or a shorter formula says.
_UNDONE: Final = frozenset({
    ("exp", "log"), ("log", "exp"), ("sqrt", "pow"), ("sqrt", "sqrt"), ("cbrt", "pow"), ("cbrt", "cbrt"),
    ("pow", "pow"), ("pow", "sqrt"), ("pow", "cbrt"), ("pow", "exp"), ("sqrt", "exp"), ("cbrt", "exp"), ("log", "pow"),
    ("log", "sqrt"), ("abs", "abs"), ("sign", "sign"), ("floor", "floor"), ("ceil", "ceil"), ("floor", "ceil"),
    ("ceil", "floor"), ("abs", "sqrt"), ("pow", "abs"), ("sin", "asin"), ("cos", "acos"), ("tan", "atan"),
    ("sinh", "asinh"), ("cosh", "acosh"), ("tanh", "atanh"), ("asin", "sin"), ("acos", "cos"), ("atan", "tan"),
    ("asinh", "sinh"), ("acosh", "cosh"), ("atanh", "tanh"), ("neg", "neg"),
})  # fmt: skip


def is_short(formula: Expression) -> bool:
    """Return whether no sum, product or function of a formula has an evidently shorter form."""
    pending = [(formula, "")]
    while pending:
        node, above = pending.pop()
        if not node.args:
            continue
        if all(not _varies(arg) for arg in node.args) or (node.op, node.args[0].op) in _UNDONE:
            return False
        if node.op in _SUM and above not in _SUM and not _is_short_sum(node):
            return False
        if node.op in _PRODUCT and above not in _PRODUCT and not _is_short_product(node):
            return False
        if node.op in ("min", "max", "ifelse") and node.args[-1] == node.args[-2]:
            return False
        if not _is_short_function(node):
            return False
        pending += [(arg, node.op) for arg in node.args]
    return True


def written(formula: Expression) -> Expression:
    """Return a formula with its sums and products as people write them, and with as many nodes.

    A sum begins with what is above zero, its number stands last; a product begins with its number, and has one line.
    """

    def inner(node: Expression, args: list[Expression]) -> Expression:
        node = Expression(node.op, args=args)
        if node.op in _SUM:
            terms = sorted(_chain(node, _SUM), key=lambda term: (-term[0], not _varies(term[1]), *_order(term[1])))
            return sum_in_order((float(sign), term) for sign, term in terms)
        if node.op in _PRODUCT:
            factors = sorted(_chain(node, _PRODUCT), key=lambda factor: _order_of_factor(factor[1]))
            return quotient([f for sign, f in factors if sign > 0], [f for sign, f in factors if sign < 0])
        if node.op in ("min", "max"):
            return Expression(node.op, args=sorted(args, key=lambda arg: (not _varies(arg), *_order(arg))))
        return node

    return formula.fold(lambda leaf: leaf, inner)


def _order(node: Expression) -> tuple[int, str]:
    return node.complexity, str(node)


def _order_of_factor(node: Expression) -> tuple[bool, bool, str, int, str]:
    """Numbers first, then variables and their powers by name, then the rest."""
    base = node.args[0] if node.op in _POWERS else node
    return _varies(node), base.name is None, base.name or "", *_order(node)


def _varies(node: Expression) -> bool:
    """Return whether a formula has a variable."""
    return any(part.name is not None for part in node.postorder())


def _chain(node: Expression, ops: tuple[str, str]) -> list[tuple[int, Expression]]:
    """Return the members of a sum or product, each with the sign that it, or its exponent, has."""
    members, pending = [], [(1, node)]
    while pending:
        sign, part = pending.pop()
        if part.op in ops:
            pending += [(-sign if part.op == ops[1] else sign, part.args[1]), (sign, part.args[0])]
        else:
            members.append((sign, part))
    return members


def _is_short_sum(node: Expression) -> bool:
    terms = _chain(node, _SUM)
    numbers = [term for _, term in terms if not _varies(term)]
    factors = [_chain(term, _PRODUCT) for _, term in terms if _varies(term)]
    bare = [[(sign, factor) for sign, factor in each if _varies(factor)] for each in factors]
    if len(numbers) > 1 or len({frozenset(Counter(each).items()) for each in bare}) < len(bare):
        return False  # two numbers, or two terms that are multiples of one
    scaled_log = any(
        len(each) == 1 and each[0][1].op == "log" and _has_number(each[0][1].args[0]) for each in factors
    )  # log(2*x) + 3
    if numbers and scaled_log:
        return False
    if sum(len(each) == 1 and each[0][1].op == "log" for each in factors) > 1:  # log(x) + log(y)
        return False
    shared = Counter(member for each in factors if len(each) > 1 for member in set(each) if _varies(member[1]))
    return not any(count > 1 for count in shared.values())  # x*y + x*z


def _is_short_product(node: Expression) -> bool:
    factors = _chain(node, _PRODUCT)
    numbers = [(sign, factor) for sign, factor in factors if not _varies(factor)]
    if len(numbers) > 1:
        return False
    if (
        numbers
        and numbers[0][1].value == 1
        and not (numbers[0][0] > 0 and all(s < 0 for s, f in factors if _varies(f)))
    ):
        return False  # 1*x, x/1
    varying = [factor for _, factor in factors if _varies(factor)]
    bases = [factor.args[0] if factor.op in _POWERS else factor for factor in varying]
    if len(set(bases)) < len(bases):
        return False  # x*x, x/sqrt(x)
    exponents = Counter(_exponent(factor) for factor in varying if factor.op in (*_POWERS, "exp", "abs", "sign"))
    if any(count > 1 for count in exponents.values()):
        return False  # exp(x)*exp(y), sqrt(x)*sqrt(y)
    return not numbers or numbers[0][1].value == 1 or not any(map(_takes_numbers, varying))


def _exponent(factor: Expression) -> tuple[str, Expression | None]:
    return factor.op, factor.args[1] if factor.op == "pow" else None


def _is_short_function(node: Expression) -> bool:
    """Return whether a function cannot be moved into its argument: exp(x + log(y)), log(x*exp(y)), sqrt(x**2*y)."""
    if node.op == "exp":
        terms = [term for _, term in _chain(node.args[0], _SUM)]
        return not any(factor.op == "log" for term in terms for _, factor in _chain(term, _PRODUCT) if _varies(term))
    if node.op == "pow" and (node.args[1].value == 1 or (node.args[0].op == "div" and node.args[0].args[0].value == 1)):
        return False  # x**1, (1/x)**2
    if node.op == "log" or node.op in _POWERS:
        inner = {factor.op for _, factor in _chain(node.args[0], _PRODUCT)}
        return node.args[0].op not in _PRODUCT or not inner & {"exp", *_POWERS}
    return True


def _has_number(node: Expression) -> bool:
    """Return whether a product has a factor without variables."""
    return any(not _varies(factor) for _, factor in _chain(node, _PRODUCT))


def _takes_numbers(factor: Expression) -> bool:
    """Return whether a factor could take a number in: 2*(3*x + 4), 2*sqrt(3*x), 2*exp(x + 3)."""
    if factor.op in _SUM:
        terms = [term for _, term in _chain(factor, _SUM)]
        return all(not _varies(term) or _has_number(term) for term in terms)
    if factor.op == "exp":
        return any(not _varies(term) for _, term in _chain(factor.args[0], _SUM))
    return factor.op in (*_POWERS, "abs") and (_has_number(factor.args[0]) or not _varies(factor.args[0]))
