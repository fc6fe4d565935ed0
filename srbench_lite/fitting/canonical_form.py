"""`tidy`: a formula written as people would, with the same values wherever it is defined and never more nodes.

Bottom-up, every sum is collected by its terms and every product by its bases (coefficients and exponents that are short
decimals are added and multiplied as exact fractions), and rewritten where that is shorter. Parts without variables
become one number unless they are meant as they stand, as 3/7 and sqrt(2) are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Final

from srbench_lite.errors import ExpressionError
from srbench_lite.expressions.building import power_of, product_of
from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import NAMED_CONSTANTS, OPERATORS
from srbench_lite.fitting.short_constants import formula_digits, number_digits

__all__ = ["tidy"]

Number = Fraction | float

#: Rounds over the whole formula; each uses what the one before uncovered.
_MAX_ROUNDS: Final = 6
#: Decimals of at most so many significant digits are meant as they are: exact fractions.
_MAX_SHORT_DIGITS: Final = 8
#: Ratios with parts up to this are written as ratios, others as decimals.
_MAX_PART: Final = 10_000
#: Powers up to this of a number are multiplied out.
_MAX_POWER: Final = 64

_ONE: Final = Expression.constant(1)
_ZERO: Final = Expression.constant(0)
_HALF: Final = Fraction(1, 2)
#: Rounding of one operation or two, as a share.
_ROUNDING_SHARE: Final = 4e-16
#: A decimal may cost so many digits more than the denominator and still be preferred: 0.5*x, but x/8.
_TIE_DIGITS: Final = 0.31
#: Price of the two nodes that a ratio has more than a decimal, in digits.
_RATIO_DIGITS: Final = 0.9
#: A number may cost so many digits more than the sum or product that it comes from.
_FOLD_DIGITS: Final = 0.7


def tidy(expression: Expression) -> Expression:
    """Return the formula in a tidier form.

    Returns:
        A formula with the same values, rounding aside, wherever the given one is defined, and with at most as many
        nodes. It may be defined in more places: exp(log(x)) becomes x.
    """
    for _ in range(_MAX_ROUNDS):
        new = expression.fold(lambda node: node, lambda node, args: _better(Expression(node.op, args=args)))
        if new == expression:
            break
        expression = new
    return expression


def _better(node: Expression) -> Expression:
    """Return the shortest of the ways to write a node whose arguments are tidy."""
    forms = [node]
    for rule in _RULES.get(node.op, ()):
        try:
            forms += rule(node)
        except (ExpressionError, OverflowError):  # a number beyond float64: this form there is not
            continue
    return min(forms[::-1], key=_length) if len(forms) > 1 else node


def _length(expression: Expression) -> tuple[float, float, int]:
    signs = sum(node.op == "neg" or (node.value is not None and node.value < 0) for node in expression.postorder())
    return expression.complexity, round(formula_digits(expression), 6), signs


# --- numbers ----------------------------------------------------------------------------------------------------------


def _number(value: float) -> Number:
    """Return a short decimal as a fraction, other numbers as they are."""
    text = repr(value)
    mantissa, _, exponent = text.partition("e")
    count = len(mantissa.replace(".", "").strip("-0"))
    return Fraction(text) if count <= _MAX_SHORT_DIGITS and abs(int(exponent or 0)) <= _MAX_SHORT_DIGITS else value


def _times(a: Number, b: Number) -> Number:
    """Multiply; exact where both are."""
    if a == 1:
        return b
    if b == 1:
        return a
    return _bounded(a * b) if isinstance(a, Fraction) and isinstance(b, Fraction) else _real(float(a) * float(b))


def _size(number: Number) -> Number:
    return -number if number < 0 else number


def _plus(a: Number, b: Number) -> Number:
    return _bounded(a + b) if isinstance(a, Fraction) and isinstance(b, Fraction) else _real(float(a) + float(b))


def _real(value: float) -> Number:
    """Return a computed number; a short decimal, rounding aside, as that."""
    if not math.isfinite(value):
        raise OverflowError("a product or a sum of a formula's numbers is beyond float64")
    short = float(f"{value:.14e}")
    return _number(short) if abs(short - value) <= _ROUNDING_SHARE * abs(value) else value


def _bounded(value: Fraction) -> Number:
    return value if max(abs(value.numerator), value.denominator) <= 10**15 else float(value)


def _decimal(value: Number) -> float | None:
    """Return a number as one decimal; None where a ratio says it shorter."""
    number = float(value)
    if isinstance(value, float) or Fraction(repr(number)) == value:
        return number
    return None if max(abs(value.numerator), value.denominator) <= _MAX_PART else number


def _folded(node: Expression) -> list[Expression]:
    """Return a part without variables as one number, unless it is meant as it stands."""
    if any(part.is_variable or part.op in NAMED_CONSTANTS for part in node.postorder()):
        return []
    value = float(node({})[0])
    if not math.isfinite(value):
        return []
    before = formula_digits(node)
    short = float(f"{value:.14e}")
    for number in (short, value):
        folded = Expression.constant(number)
        if formula_digits(folded) <= before + _FOLD_DIGITS and abs(number - value) <= _ROUNDING_SHARE * abs(value):
            return [folded]
    return []


# --- products ---------------------------------------------------------------------------------------------------------


def _is_even(number: Number) -> bool:
    return number == int(number) and int(number) % 2 == 0


def _factors(node: Expression) -> tuple[Number, dict[Expression, Number]]:
    """Return the coefficient and the exponents of the bases of a product."""
    coefficient: Number = Fraction(1)
    powers: dict[Expression, Number] = {}
    stack: list[tuple[Expression, Number]] = [(node, Fraction(1))]
    while stack:
        part, power = stack.pop()
        whole = isinstance(power, Fraction) and power.denominator == 1
        if part.op == "mul" and whole:
            stack += [(part.args[1], power), (part.args[0], power)]
        elif part.op == "div" and whole:
            stack += [(part.args[1], _times(power, Fraction(-1))), (part.args[0], power)]
        elif part.op == "neg" and whole:
            coefficient = coefficient if _is_even(power) else _times(coefficient, Fraction(-1))
            stack.append((part.args[0], power))
        elif part.value is not None and whole and part.value and _size(power) <= _MAX_POWER:
            coefficient = _times(coefficient, _raised(_number(part.value), int(power)))
        elif part.value == 0 and power == 1:
            return Fraction(0), {}
        elif part.op == "pow" and part.args[1].value is not None and (whole or not _is_even(part.args[1].value)):
            stack.append((part.args[0], _times(power, _number(part.args[1].value))))
        elif part.op == "sqrt":
            stack.append((part.args[0], _times(power, _HALF)))
        else:
            powers[part] = _plus(powers.get(part, Fraction(0)), power)
    return coefficient, powers


def _raised(number: Number, power: int) -> Number:
    return _bounded(number**power) if isinstance(number, Fraction) else float(number**power)


def _product(node: Expression) -> list[Expression]:
    """Collect a product."""
    return [_rebuilt(*_factors(node))]


def _gathered(powers: Mapping[Expression, Number]) -> list[tuple[Expression, Number]]:
    """Put exponentials together, and roots of one order; each where the first of them stood."""
    result: list[tuple[Expression, Number]] = []
    groups: dict[Number, dict[Expression, Number]] = {}
    for base, power in powers.items():
        if power == 0:
            continue
        order = Fraction(0) if base.op == "exp" else _size(power)
        if isinstance(order, Fraction) and (order == 0 or order.denominator > 1):
            if order not in groups:
                groups[order] = {}
                result.append((_ONE, order))  # its place
            groups[order][base] = power
        else:
            result.append((base, power))
    return [
        (_together(groups[power], power) if base == _ONE and power in groups else (base, power))
        for base, power in result
    ]


def _together(powers: Mapping[Expression, Number], order: Number) -> tuple[Expression, Number]:
    """Put exponentials (order 0) into one, or roots of one order."""
    if len(powers) == 1:
        ((base, power),) = powers.items()
        if order or power in (1, -1):
            return base, power
    if not order:
        return Expression.call("exp", _added({base.args[0]: power for base, power in powers.items()})), Fraction(1)
    sign = 1 if any(power > 0 for power in powers.values()) else -1
    inside = _rebuilt(Fraction(1), {base: Fraction(sign if power > 0 else -sign) for base, power in powers.items()})
    return inside, order * sign


def _power(base: Expression, power: Number) -> Expression:
    number = _decimal(power)
    if number is not None:
        return power_of(base, number)
    assert isinstance(power, Fraction)
    return base ** (Expression.constant(power.numerator) / Expression.constant(power.denominator))


def _rebuilt(coefficient: Number, powers: Mapping[Expression, Number]) -> Expression:
    """Write a product: numbers first, negative powers below the line."""
    if coefficient == 0:
        return _ZERO
    coefficient, powers = _rationalised(coefficient, powers)
    factors = _gathered(powers)
    above = [_power(base, power) for base, power in factors if power > 0]
    below = [(base, -power) for base, power in factors if power < 0]
    top, bottom = _parts(coefficient)
    if not above and abs(top) == 1 and bottom == 1:
        place = next((place for place, (_, power) in enumerate(below) if power != 1), None)
        if place is not None:
            base, power = below.pop(place)
            above = [_power(base, -power)]
    negative = top == -1 and bool(above)
    if abs(top) != 1 or not above:
        above = [Expression.constant(top), *above]
    under = [Expression.constant(bottom)] if bottom != 1 else []
    under += [_power(base, power) for base, power in below]
    result = product_of(above)
    if under:
        result = result / product_of(under)
    return -result if negative else result


def _rationalised(
    coefficient: Number, powers: Mapping[Expression, Number]
) -> tuple[Number, Mapping[Expression, Number]]:
    """Write sqrt(2)/2 as 1/sqrt(2)."""
    for base, power in powers.items():
        if base.value is None or power != _HALF or not isinstance(coefficient, Fraction) or base.value < 2:
            continue
        if base.value == int(base.value) and coefficient.denominator % int(base.value) == 0:
            coefficient = coefficient * int(base.value)
            powers = {**powers, base: -_HALF}
    return coefficient, powers


def _parts(coefficient: Number) -> tuple[float, float]:
    """Return numerator and denominator to write: a decimal, one over a decimal, or a ratio of whole numbers."""
    decimal = _decimal(coefficient)
    options: list[tuple[float, float, float]] = []  # price, numerator, denominator
    if decimal is not None:
        options.append((number_digits(decimal), decimal, 1.0))
    if isinstance(coefficient, Fraction):
        sign, under = math.copysign(1.0, coefficient), abs(1 / coefficient)
        if decimal is None and (number := _decimal(under)) is not None:
            options.append((number_digits(number) + _TIE_DIGITS, sign, number))
        top, bottom = float(coefficient.numerator), float(coefficient.denominator)
        if bottom != 1:
            more = _TIE_DIGITS if abs(top) == 1 else number_digits(top) + _RATIO_DIGITS
            options.append((number_digits(bottom) + more, top, bottom))
    return min(options)[1:]


# --- sums -------------------------------------------------------------------------------------------------------------


def _terms(node: Expression) -> dict[Expression, Number]:
    """Return the coefficients of a sum's terms; that of 1 is the constant."""
    terms: dict[Expression, Number] = {}
    stack: list[tuple[Expression, int]] = [(node, 1)]
    while stack:
        part, sign = stack.pop()
        if part.op in ("add", "sub"):
            stack += [(part.args[1], sign if part.op == "add" else -sign), (part.args[0], sign)]
        elif part.op == "neg":
            stack.append((part.args[0], -sign))
        else:
            coefficient, powers = _factors(part)
            core = _rebuilt(Fraction(1), powers)
            terms[core] = _plus(terms.get(core, Fraction(0)), _times(coefficient, Fraction(sign)))
    return {core: coefficient for core, coefficient in terms.items() if coefficient != 0}


def _sum(node: Expression) -> list[Expression]:
    """Collect a sum: like terms, logarithms, a common coefficient; the first positive term first."""
    terms = _with_one_logarithm(_terms(node))
    if not terms:
        return [_ZERO]
    forms = [_added(terms)]
    sizes = {_size(coefficient) for coefficient in terms.values()}
    if len(terms) > 1 and len(sizes) == 1 and sizes != {1}:
        inside = _added({core: Fraction(1 if coefficient > 0 else -1) for core, coefficient in terms.items()})
        forms.append(_rebuilt(sizes.pop(), {inside: Fraction(1)}))
    return forms


def _with_one_logarithm(terms: dict[Expression, Number]) -> dict[Expression, Number]:
    """Put logarithms with coefficients of one size into one: log(x) - log(y) is log(x/y)."""
    groups: dict[Number, list[Expression]] = {}
    for core, coefficient in terms.items():
        if core.op == "log":
            groups.setdefault(_size(coefficient), []).append(core)
    for size, cores in groups.items():
        if len(cores) < 2:
            continue
        signs = [1 if terms[core] > 0 else -1 for core in cores]
        lead = max(signs)
        inside: dict[Expression, Number] = {}
        for core, sign in zip(cores, signs, strict=True):
            inside[core.args[0]] = _plus(inside.get(core.args[0], Fraction(0)), Fraction(sign * lead))
        together = Expression.call("log", _rebuilt(Fraction(1), inside))
        terms = {core: coefficient for core, coefficient in terms.items() if core not in cores}
        terms[together] = _plus(terms.get(together, Fraction(0)), _times(size, Fraction(lead)))
    return terms


def _added(terms: Mapping[Expression, Number]) -> Expression:
    """Write a sum of terms with their coefficients."""
    order = list(terms.items())
    lead = next((place for place, (_, coefficient) in enumerate(order) if coefficient > 0), 0)
    order = [order[lead], *order[:lead], *order[lead + 1 :]]
    first, coefficient = order[0]
    result = _scaled(first, coefficient)
    for core, coefficient in order[1:]:
        part = _scaled(core, _size(coefficient))
        result = result + part if coefficient > 0 else result - part
    return result


def _scaled(core: Expression, coefficient: Number) -> Expression:
    if core == _ONE and (number := _decimal(coefficient)) is not None:
        return Expression.constant(number)
    own, powers = _factors(core)
    return _rebuilt(_times(own, coefficient), powers)


# --- functions --------------------------------------------------------------------------------------------------------

_ODD: Final = frozenset({"sin", "tan", "tanh", "sinh", "asin", "atan", "asinh", "atanh", "cbrt", "erf"})
_EVEN: Final = frozenset({"cos", "cosh", "abs"})


def _functions(node: Expression) -> list[Expression]:
    """Return other ways to write a function of a tidy argument."""
    arg = node.args[0]
    forms: list[Expression] = []
    if arg.op == "neg" and node.op in _EVEN:
        forms.append(Expression.call(node.op, arg.args[0]))
    elif arg.op == "neg" and node.op in _ODD:
        forms.append(-Expression.call(node.op, arg.args[0]))
    elif node.op == "exp":
        forms += _exponential(arg)
    elif node.op == "log":
        if arg.op == "exp":
            forms.append(arg.args[0])
        elif arg.op == "mul" and any(part.op == "exp" for part in arg.args):
            one, other = arg.args if arg.args[0].op == "exp" else arg.args[::-1]
            forms.append(one.args[0] + Expression.call("log", other))
    elif node.op == "abs" and arg.op in ("abs", "sqrt", "exp", "cosh"):
        forms.append(arg)
    elif node.op == "sqrt" and arg.op == "pow" and arg.args[1].value == 2:
        forms.append(Expression.call("abs", arg.args[0]))
    return forms


def _exponential(arg: Expression) -> list[Expression]:
    """Take logarithms out of an exponent: exp(2*log(x) + y) is x**2*exp(y)."""
    powers: dict[Expression, Number] = {}
    rest: dict[Expression, Number] = {}
    for core, coefficient in _terms(arg).items():
        if core.op == "log":
            powers[core.args[0]] = coefficient
        else:
            rest[core] = coefficient
    if not powers:
        return []
    factors: dict[Expression, Number] = dict(powers)
    if rest:
        factors[Expression.call("exp", _added(rest))] = Fraction(1)
    return [_rebuilt(Fraction(1), factors)]


_Rule = Callable[[Expression], list[Expression]]

#: What may shorten a node, by its operator. Every operator that is no sum or product may stand for one number.
_RULES: Final[dict[str, tuple[_Rule, ...]]] = {
    **{name: (_folded, _functions) for name in OPERATORS},
    **dict.fromkeys(("add", "sub"), (_folded, _sum)),
    "neg": (_folded, _sum, _product),
    **dict.fromkeys(("mul", "div", "pow"), (_folded, _product)),
    "sqrt": (_folded, _product, _functions),
}
