"""`derivative`: the exact derivative of a formula with respect to a variable, written as a person would write it.

Chain rule over the operator table, bottom-up and without recursion, so depth is no limit. What is built is simplified
on the way by exact steps only: terms and factors of 0 and 1, signs and numbers to the front, like terms, like factors
and their whole powers, common factors of a quotient. Numbers are read as the decimals they are written as, as for
SymPy, and two of them become one only where the result is a decimal or a small fraction: no digit is lost. Where the
formula is undefined its derivative may be defined, because factors and terms that cancel are gone: that of sqrt(x)**2
is 1, that of log(x) is 1/x. Nothing else changes.

Where the derivative does not exist, a value stands by convention: sign(0) = 0 in the derivatives of abs, sign, min and
max, so that of sign is 0 everywhere and those of min(f, g) and max(f, g) are the mean of f' and g' where f = g. Jumps
have no derivative and are left out: that of floor and ceil is 0, that of ifelse(c, f, g) is ifelse(c, f', g').
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Final, NamedTuple

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.building import product_of
from srbench_lite.expressions.expression import MAX_DEPTH, MAX_NODES, Expression

__all__ = ["derivative"]

_ZERO: Final = Expression.constant(0.0)
_ONE: Final = Expression.constant(1.0)
_TWO: Final = Expression.constant(2.0)
_THREE: Final = Expression.constant(3.0)
#: Fractions up to this numerator and denominator are written as quotients (1/3); others stay the numbers they were.
_MAX_FRACTION_PART: Final = 1_000
#: Whole exponents up to this size are added and multiplied: floats hold them exactly.
_MAX_EXPONENT: Final = 1e9
#: Like terms are looked for in sums of up to this many terms: a person reads no longer ones, and it takes their square.
_MAX_TERMS: Final = 30


def derivative(expression: Expression, variable: str) -> Expression:
    """Return the derivative; see `Expression.derivative`."""
    Expression.variable(variable)

    def leaf(node: Expression) -> tuple[Expression, Expression]:
        return node, _ONE if node.name == variable else _ZERO

    def inner(node: Expression, args: list[tuple[Expression, Expression]]) -> tuple[Expression, Expression]:
        slopes = [slope for _, slope in args]
        return node, _ZERO if all(slope.value == 0 for slope in slopes) else _RULES[node.op](*node.args, *slopes)

    try:
        return expression.fold(leaf, inner)[1]
    except _UnknownDerivativeError:
        raise
    except ExpressionError:
        raise ExpressionError(
            f"the derivative with respect to {variable} of a formula of {expression.complexity:,} nodes is too large: "
            f"a formula may have at most {MAX_NODES:,} nodes and be {MAX_DEPTH:,} deep; simplify it first"
        ) from None


class _UnknownDerivativeError(ExpressionError):
    """The derivative is a function that formulas do not have."""


def _no_trigamma() -> Expression:
    raise _UnknownDerivativeError("the derivative of digamma is trigamma, which formulas do not have")


def _function(name: str, argument: Expression) -> Expression:
    return Expression.call(name, argument)


def _power_rule(a: Expression, b: Expression, da: Expression, db: Expression) -> Expression:
    """a**b: b*a**(b - 1)*a' where the exponent is free of the variable, else a**b*(b'*log(a) + b*a'/a)."""
    if db.value == 0:
        return _product(b, da, _raised(a, _sum(b, Expression.constant(-1.0))))
    return _product(_sum(_product(db, _logarithm(a)), _quotient(_product(b, da), a)), _raised(a, b))


def _extremum_rule(a: Expression, b: Expression, da: Expression, db: Expression, side: float) -> Expression:
    """max(a, b) with side 1, min(a, b) with side -1: a'*(1 + side*s)/2 + b'*(1 - side*s)/2, s = sign(a - b)."""
    if da == db:
        return da
    sign = _product(Expression.constant(side), _function("sign", _difference(a, b)))
    return _sum(_quotient(_product(da, _sum(_ONE, sign)), _TWO), _quotient(_product(db, _difference(_ONE, sign)), _TWO))


def _squared(a: Expression) -> Expression:
    """Return a**2, factor by factor where its number can be squared without loss."""
    factors = _factors([a, a])
    whole = not any(base.is_constant for side in factors[1:] for base in side)
    return _built(factors) if whole else _raised(a, _TWO)


#: For each operator the derivative, given its arguments and then their derivatives.
_RULES: Final[dict[str, Callable[..., Expression]]] = {
    "add": lambda a, b, da, db: _sum(da, db),
    "sub": lambda a, b, da, db: _difference(da, db),
    "mul": lambda a, b, da, db: _sum(_product(da, b), _product(a, db)),
    "div": lambda a, b, da, db: _quotient(da, b) if db.value == 0 else _quotient(
        _difference(_product(da, b), _product(a, db)), _squared(b)
    ),
    "neg": lambda a, da: _negative(da),
    "pow": _power_rule,
    "sin": lambda a, da: _product(da, _function("cos", a)),
    "cos": lambda a, da: _negative(_product(da, _function("sin", a))),
    "tan": lambda a, da: _quotient(da, _squared(_function("cos", a))),
    "asin": lambda a, da: _quotient(da, _function("sqrt", _difference(_ONE, _squared(a)))),
    "acos": lambda a, da: _negative(_quotient(da, _function("sqrt", _difference(_ONE, _squared(a))))),
    "atan": lambda a, da: _quotient(da, _sum(_ONE, _squared(a))),
    "sinh": lambda a, da: _product(da, _function("cosh", a)),
    "cosh": lambda a, da: _product(da, _function("sinh", a)),
    "tanh": lambda a, da: _quotient(da, _squared(_function("cosh", a))),
    "exp": lambda a, da: _product(da, _function("exp", a)),
    "log": lambda a, da: _quotient(da, a),
    "sqrt": lambda a, da: _quotient(da, _product(_TWO, _function("sqrt", a))),
    "abs": lambda a, da: _product(da, _function("sign", a)),
    "sign": lambda a, da: _ZERO,
    "min": lambda a, b, da, db: _extremum_rule(a, b, da, db, -1.0),
    "max": lambda a, b, da, db: _extremum_rule(a, b, da, db, 1.0),
    "asinh": lambda a, da: _quotient(da, _function("sqrt", _sum(_squared(a), _ONE))),
    "acosh": lambda a, da: _quotient(da, _function("sqrt", _difference(_squared(a), _ONE))),
    "atanh": lambda a, da: _quotient(da, _difference(_ONE, _squared(a))),
    "cbrt": lambda a, da: _quotient(da, _product(_THREE, _squared(_function("cbrt", a)))),
    "floor": lambda a, da: _ZERO,
    "ceil": lambda a, da: _ZERO,
    "erf": lambda a, da: _quotient(
        _product(_TWO, da, _function("exp", _negative(_squared(a)))), _function("sqrt", Expression.named("pi"))
    ),
    "gamma": lambda a, da: _product(da, _function("gamma", a), _function("digamma", a)),
    "digamma": lambda a, da: _no_trigamma(),
    "ifelse": lambda c, a, b, dc, da, db: da if da == db else Expression.call("ifelse", c, da, db),
}  # fmt: skip


# --- sums and products that simplify as they are built ----------------------------------------------------------------


class _Factors(NamedTuple):
    """A product: a number times the factors above over the factors below, each with its whole power."""

    number: Fraction
    above: dict[Expression, int]
    below: dict[Expression, int]


def _factors(upper: Iterable[Expression], lower: Iterable[Expression] = ()) -> _Factors:
    """Take products and quotients apart, to their signs, numbers and powers; common factors are left out."""
    number = Fraction(1)
    sides: tuple[dict[Expression, int], dict[Expression, int]] = {}, {}
    stack = [(node, False) for node in upper][::-1] + [(node, True) for node in lower][::-1]
    while stack:
        node, inverted = stack.pop()
        if node.op == "neg":
            number = -number
            stack.append((node.args[0], inverted))
        elif node.op in ("mul", "div"):
            stack += [(node.args[1], inverted != (node.op == "div")), (node.args[0], inverted)]
        else:
            together = _combined(number, node, inverted)
            if together is None:
                if node.value is not None and node.value < 0:
                    number, node = -number, Expression.constant(-node.value)
                base, exponent = _base(node)
                sides[inverted][base] = sides[inverted].get(base, 0) + exponent
            else:
                number = together
    above, below = sides
    for base in [base for base in above if base in below]:
        common = min(above[base], below[base])
        for side in sides:
            side[base] -= common
            if not side[base]:
                del side[base]
    return _Factors(number, above, below)


def _combined(number: Fraction, node: Expression, inverted: bool) -> Fraction | None:
    """Return the number times (over, where inverted) the node; None where that is no number, or cannot be written."""
    if node.value is None or (inverted and node.value == 0):
        return None
    value = Fraction(repr(node.value))
    together = number / value if inverted else number * value
    return together if _writable(together) else None


def _writable(number: Fraction) -> bool:
    """Return whether a number has an exact text here: as a float's decimal, or as a small fraction."""
    if max(abs(number.numerator), number.denominator) <= _MAX_FRACTION_PART:
        return True
    try:
        return Fraction(repr(float(number))) == number
    except OverflowError:
        return False


def _base(node: Expression) -> tuple[Expression, int]:
    """Return a factor as a base and a whole power of at least one."""
    if node.op == "pow":
        exponent = node.args[1].value
        if exponent is not None and 1 <= exponent <= _MAX_EXPONENT and exponent == int(exponent):
            return node.args[0], int(exponent)
    return node, 1


def _built(factors: _Factors) -> Expression:
    """Write a product: the number or the sign first, then the factors in the order they came."""
    number, above, below = factors
    if number == 0:
        return _ZERO
    top, bottom = (_written(side) for side in (above, below))
    size = abs(number)
    exact = Fraction(repr(float(size))) == size
    numerator, denominator = (float(size), 1.0) if exact else (float(size.numerator), float(size.denominator))
    if denominator != 1:
        bottom.insert(0, Expression.constant(denominator))
    if numerator != 1 or not top:
        top.insert(0, Expression.constant(numerator))
    if number < 0:
        first = top[0]
        top[0] = Expression.constant(-first.value) if first.value is not None else -first
    result = product_of(top)
    return result / product_of(bottom) if bottom else result


def _written(side: dict[Expression, int]) -> list[Expression]:
    return [base if exponent == 1 else base**exponent for base, exponent in side.items()]


def _product(*factors: Expression) -> Expression:
    return _built(_factors(factors))


def _quotient(above: Expression, below: Expression) -> Expression:
    return _built(_factors([above], [below]))


def _negative(a: Expression) -> Expression:
    number, above, below = _factors([a])
    return _built(_Factors(-number, above, below))


def _difference(a: Expression, b: Expression) -> Expression:
    return _sum(a, _negative(b))


def _sum(a: Expression, b: Expression) -> Expression:
    """Add: like terms become one, and a term with a minus is subtracted. Long sums are only put beside each other."""
    if a.value == 0 or b.value == 0:
        return a if b.value == 0 else b
    terms = _terms([a, b])
    if terms is not None:
        return _summed(_collected(terms))
    number, above, below = _factors([b])
    other = _built(_Factors(-number, above, below)) if number < 0 else b
    if max(a.depth, other.depth) < MAX_DEPTH:
        return a - other if number < 0 else a + other
    return _balanced([*_summands(a), b])


def _terms(sums: Iterable[Expression]) -> list[_Factors] | None:
    """Take sums and differences apart; None where there are more than `_MAX_TERMS` terms."""
    collected: list[_Factors] = []
    stack = [(node, 1) for node in sums][::-1]
    while stack:
        if len(stack) + len(collected) > _MAX_TERMS:
            return None
        node, sign = stack.pop()
        if node.op == "neg":
            stack.append((node.args[0], -sign))
        elif node.op in ("add", "sub"):
            stack += [(node.args[1], sign if node.op == "add" else -sign), (node.args[0], sign)]
        else:
            number, above, below = _factors([node])
            collected.append(_Factors(sign * number, above, below))
    return collected


def _collected(terms: Iterable[_Factors]) -> list[_Factors]:
    """Put like terms together, where their numbers have an exact sum."""
    collected: list[_Factors] = []
    for number, above, below in terms:
        for place, other in enumerate(collected):
            if (other.above, other.below) == (above, below) and _writable(number + other.number):
                collected[place] = _Factors(number + other.number, above, below)
                break
        else:
            collected.append(_Factors(number, above, below))
    return [term for term in collected if term.number]


def _summed(terms: list[_Factors]) -> Expression:
    """Write a sum: in the order of its terms, but for one without a minus at the front where there is any."""
    if not terms:
        return _ZERO
    first = next((place for place, term in enumerate(terms) if term.number > 0), 0)
    result = _built(terms[first])
    for number, above, below in terms[:first] + terms[first + 1 :]:
        size = _built(_Factors(abs(number), above, below))
        result = result - size if number < 0 else result + size
    return result


def _summands(a: Expression) -> list[Expression]:
    """Return the terms of a sum that was written from left to right."""
    terms = []
    while a.op in ("add", "sub"):
        terms.append(a.args[1] if a.op == "add" else -a.args[1])
        a = a.args[0]
    return [a, *reversed(terms)]


def _balanced(terms: list[Expression]) -> Expression:
    """Return a sum that is as shallow as can be, for one that would be too deep written from left to right."""
    while len(terms) > 1:
        pairs = [left + right for left, right in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
    return terms[0]


def _raised(a: Expression, b: Expression) -> Expression:
    """Return a**b; a whole power of a whole power is one power."""
    if b.value == 0:
        return _ONE
    if b.value == 1:
        return a
    base, inner = _base(a)
    both, outer = _base(Expression.call("pow", base, b))
    if both is base and 1 < inner * outer <= _MAX_EXPONENT:
        return base ** (inner * outer)
    return Expression.call("pow", a, b)


def _logarithm(a: Expression) -> Expression:
    if a.op == "e":
        return _ONE
    return _ZERO if a.value == 1 else _function("log", a)
