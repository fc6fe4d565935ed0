"""Sums of products with numbers: the form in which two spellings of one function meet.

A `Sum` is a constant and terms with coefficients; a term is a product of factors with whole exponents; a factor is a
variable, a function of a `Sum`, or a `Sum` itself. Like terms are gathered, products are expanded where that stays
short, and what a function lets out of its argument (the scale of a logarithm, the offset of an exponential, the sign of
a sine) is let out. Two formulas of one form have the same skeleton, which is what a decoder writes.

Plain tuples and rules, no computer algebra: thousands of formulas a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final, NamedTuple

__all__ = [
    "FUNCTIONS", "Base", "Sum", "Term", "UnsuitableError", "add", "apply", "call", "constant", "divide", "multiply",
    "power", "scale", "variable",
]  # fmt: skip

#: Functions of a sum, besides powers. A cosine is a sine with another offset.
FUNCTIONS: Final = ("sin", "exp", "log", "sqrt", "tanh", "abs")
#: A coefficient that cancels to less than this share of what it was is zero.
_MIN_REMAINING_SHARE: Final = 1e-12
#: Terms up to which a product of sums is expanded.
_MAX_EXPANDED_TERMS: Final = 4
_MAX_POWER: Final = 6
_MAX_COEFFICIENT: Final = 1e12

#: ("x", number of the variable), ("sin", sum), ... or ("sum", sum).
Base = tuple[str, "int | Sum"]
Term = tuple[tuple[Base, int], ...]


class UnsuitableError(ArithmeticError):
    """The formula is undefined everywhere, or of no form that is written here."""


class Sum(NamedTuple):
    """A constant and terms with coefficients, in a fixed order."""

    constant: float
    terms: tuple[tuple[Term, float], ...]


def constant(value: float) -> Sum:
    """Return a number."""
    if not abs(value) < _MAX_COEFFICIENT:
        raise UnsuitableError
    return Sum(value, ())


def variable(number: int) -> Sum:
    """Return a variable."""
    return _single(((("x", number), 1),))


def add(a: Sum, b: Sum, factor: float = 1.0) -> Sum:
    """Return a + factor * b."""
    terms = dict(a.terms)
    for term, coefficient in b.terms:
        before = terms.get(term)
        terms[term] = _sum_of(0.0 if before is None else before, factor * coefficient)
    return _gathered(_sum_of(a.constant, factor * b.constant), terms)


def scale(a: Sum, factor: float) -> Sum:
    """Return factor * a."""
    if factor == 0:
        return Sum(0.0, ())
    return Sum(factor * a.constant, tuple((term, factor * coefficient) for term, coefficient in a.terms))


def multiply(a: Sum, b: Sum) -> Sum:
    """Return a * b, expanded where that is short."""
    if not a.terms:
        return scale(b, a.constant)
    if not b.terms:
        return scale(a, b.constant)
    if _size(a) * _size(b) > _MAX_EXPANDED_TERMS:
        (left, left_scale), (right, right_scale) = _as_term(a), _as_term(b)
        return scale(_single(_product(left, right)), left_scale * right_scale)
    return _expanded(a, b)


def power(a: Sum, exponent: int) -> Sum:
    """Return a ** exponent for a whole exponent.

    Raises:
        UnsuitableError: a division by zero.
    """
    if not a.terms:
        if a.constant == 0 and exponent < 0:
            raise UnsuitableError
        return constant(a.constant**exponent)
    if len(a.terms) == 1 and a.constant == 0:
        term, coefficient = a.terms[0]
        if exponent == 2 and len(term) == 1 and term[0][0][0] == "sin" and term[0][1] == 1:
            return _squared_sine(term[0][0][1], coefficient)  # type: ignore[arg-type]
        return scale(_single(_raised(term, exponent)), coefficient**exponent)
    if exponent > 1 and math.comb(_size(a) + exponent - 1, exponent) <= _MAX_EXPANDED_TERMS:
        result = a
        for _ in range(exponent - 1):
            result = _expanded(result, a)
        return result
    term, coefficient = _as_term(a)
    return scale(_single(_raised(term, exponent)), coefficient**exponent)


def divide(a: Sum, b: Sum) -> Sum:
    """Return a / b."""
    return multiply(a, power(b, -1))


def call(name: str, a: Sum) -> Sum:
    """Return a function of a sum.

    Args:
        name: one of `FUNCTIONS`, or "cos".

    Raises:
        UnsuitableError: the function is not defined there.
    """
    if name == "cos":
        return call("sin", Sum(a.constant + math.pi / 2, a.terms))
    if not a.terms:
        return constant(_VALUES[name](a.constant))
    return _RULES[name](a)


def apply(operator: str, *args: Sum) -> Sum:
    """Return what an operator of the harness makes of sums, powers aside.

    Raises:
        UnsuitableError: the operator is none of those written here, or is not defined there.
    """
    if operator == "add":
        return add(args[0], args[1])
    if operator == "sub":
        return add(args[0], args[1], -1.0)
    if operator == "mul":
        return multiply(args[0], args[1])
    if operator == "div":
        return divide(args[0], args[1])
    if operator == "neg":
        return scale(args[0], -1.0)
    if operator == "tan":
        return divide(call("sin", args[0]), call("cos", args[0]))
    if operator in FUNCTIONS or operator == "cos":
        return call(operator, args[0])
    raise UnsuitableError


# --- parts ------------------------------------------------------------------------------------------------------------


def _single(term: Term) -> Sum:
    return Sum(0.0, ((term, 1.0),)) if term else Sum(1.0, ())


def _size(a: Sum) -> int:
    return len(a.terms) + (a.constant != 0)


def _parts(a: Sum) -> tuple[tuple[Term, float], ...]:
    return (*a.terms, ((), a.constant)) if a.constant != 0 else a.terms


def _sum_of(a: float, b: float) -> float:
    total = a + b
    return 0.0 if abs(total) <= _MIN_REMAINING_SHARE * max(abs(a), abs(b)) else total


def _gathered(number: float, terms: dict[Term, float]) -> Sum:
    """Return a sum whose terms stand in order, without those that are zero."""
    parts = [(term, c) for term, c in terms.items() if c != 0]
    if any(not abs(c) < _MAX_COEFFICIENT for _, c in parts) or not abs(number) < _MAX_COEFFICIENT:
        raise UnsuitableError
    parts.sort(key=lambda part: order(part[0]))
    return Sum(number, tuple(parts))


def order(term: Term) -> tuple[int, str]:
    """Return what terms are sorted by: short ones first."""
    text = repr(term)
    return len(text), text


def _as_term(a: Sum) -> tuple[Term, float]:
    """Return a sum as a product with a factor: its one term, or itself with a leading coefficient of one."""
    if len(a.terms) == 1 and a.constant == 0:
        return a.terms[0]
    leading = a.terms[0][1]
    return ((("sum", scale(a, 1.0 / leading)), 1),), leading


def _product(left: Term, right: Term) -> Term:
    """Return a product of terms: exponents of like factors added, exponentials made one."""
    powers: dict[Base, int] = dict(left)
    for base, exponent in right:
        powers[base] = powers.get(base, 0) + exponent
    return _term(powers)


def _raised(term: Term, exponent: int) -> Term:
    return _term({base: own * exponent for base, own in term})


def _term(powers: dict[Base, int]) -> Term:
    """Return the product of powers, in order.

    Raises:
        UnsuitableError: an exponent is too large.
    """
    argument: Sum | None = None
    rest: dict[Base, int] = {}
    for base, exponent in powers.items():
        if exponent == 0:
            continue
        name, inner = base
        if name == "exp":
            part = scale(inner, float(exponent))  # type: ignore[arg-type]
            argument = part if argument is None else add(argument, part)
        elif name == "sqrt" and abs(exponent) > 1 and inner.constant == 0 and len(inner.terms) == 1:  # type: ignore[union-attr]
            whole, left = divmod(exponent, 2)
            for part_, own in inner.terms[0][0]:  # type: ignore[union-attr]
                rest[part_] = rest.get(part_, 0) + own * whole
            if left:
                rest[base] = rest.get(base, 0) + 1
        elif name == "sqrt" and abs(exponent) > 1:
            whole, left = divmod(exponent, 2)
            rest[("sum", inner)] = rest.get(("sum", inner), 0) + whole
            if left:
                rest[base] = rest.get(base, 0) + 1
        elif name == "abs" and exponent % 2 == 0 and _is_factor(inner):
            for part_, own in inner.terms[0][0]:  # type: ignore[union-attr]
                rest[part_] = rest.get(part_, 0) + own * exponent
        else:
            rest[base] = rest.get(base, 0) + exponent
    if argument is not None and argument.terms:
        rest[("exp", argument)] = 1
    factors = [(base, exponent) for base, exponent in rest.items() if exponent]
    if any(abs(exponent) > _MAX_POWER for _, exponent in factors):
        raise UnsuitableError
    factors.sort(key=lambda factor: order((factor,)))
    return tuple(factors)


def _expanded(a: Sum, b: Sum) -> Sum:
    terms: dict[Term, float] = {}
    for left, c in _parts(a):
        for right, d in _parts(b):
            term = _product(left, right)
            terms[term] = _sum_of(terms.get(term, 0.0), c * d)
    return _gathered(terms.pop((), 0.0), terms)


def _is_factor(inner: int | Sum) -> bool:
    return isinstance(inner, Sum) and inner.constant == 0 and len(inner.terms) == 1


def _squared_sine(argument: Sum, coefficient: float) -> Sum:
    """Return (coefficient * sin(argument))**2 as a sine of twice the argument."""
    half = coefficient**2 / 2
    wave = call("cos", scale(argument, 2.0))
    return add(Sum(half, ()), wave, -half)


# --- what functions let out of their arguments ------------------------------------------------------------------------


def _sine(a: Sum) -> Sum:
    sign = 1.0 if a.terms[0][1] > 0 else -1.0
    offset = math.remainder(sign * a.constant, 2 * math.pi)
    argument = Sum(0.0 if abs(offset) < 1e-12 else offset, scale(a, sign).terms)
    return scale(_single(((("sin", argument), 1),)), sign)


def _tangent(a: Sum) -> Sum:
    sign = 1.0 if a.terms[0][1] > 0 else -1.0
    return scale(_single(((("tanh", scale(a, sign)), 1),)), sign)


def _exponential(a: Sum) -> Sum:
    if not abs(a.constant) < 20:
        raise UnsuitableError
    rest, factor = Sum(0.0, a.terms), math.exp(a.constant)
    for term, coefficient in a.terms:  # exp(k log f) is f ** k
        if len(term) == 1 and term[0][0][0] == "log" and term[0][1] == 1 and coefficient in (1, 2, 3, -1, -2):
            inner = term[0][0][1]
            others = call("exp", Sum(0.0, tuple(p for p in a.terms if p[0] != term)))
            return scale(multiply(power(inner, int(coefficient)), others), factor)  # type: ignore[arg-type]
    return scale(_single(((("exp", rest), 1),)), factor)


def _logarithm(a: Sum) -> Sum:
    if len(a.terms) == 1 and a.constant == 0:
        term, coefficient = a.terms[0]
        if len(term) == 1 and coefficient > 0:
            (name, inner), exponent = term[0]
            if name == "exp":
                return add(scale(inner, float(exponent)), Sum(math.log(coefficient), ()))  # type: ignore[arg-type]
            if name == "sqrt":
                return add(scale(call("log", inner), exponent / 2), Sum(math.log(coefficient), ()))  # type: ignore[arg-type]
            if exponent % 2 and exponent != 1:
                inside = _single((((name, inner), 1),)) if name != "sum" else inner
                return add(scale(call("log", inside), float(exponent)), Sum(math.log(coefficient), ()))  # type: ignore[arg-type]
    leading = abs(a.terms[0][1])
    return add(_single(((("log", scale(a, 1 / leading)), 1),)), Sum(math.log(leading), ()))


def _root(a: Sum) -> Sum:
    if len(a.terms) == 1 and a.constant == 0:
        term, coefficient = a.terms[0]
        if coefficient > 0 and all(exponent % 2 == 0 for _, exponent in term):
            half = _single(tuple((base, exponent // 2) for base, exponent in term))
            return scale(call("abs", half), math.sqrt(coefficient))
        if coefficient > 0 and len(term) == 1 and term[0][0][0] == "exp":
            return scale(call("exp", scale(term[0][0][1], 0.5)), math.sqrt(coefficient))  # type: ignore[arg-type]
    leading = abs(a.terms[0][1])
    return scale(_single(((("sqrt", scale(a, 1 / leading)), 1),)), math.sqrt(leading))


def _absolute(a: Sum) -> Sum:
    if len(a.terms) == 1 and a.constant == 0:
        term, coefficient = a.terms[0]
        outside = tuple(p for p in term if p[1] % 2 == 0 or p[0][0] in ("exp", "sqrt", "abs"))
        inside = tuple(p for p in term if p not in outside)
        whole = scale(_single(_term(dict(outside))), abs(coefficient))
        if not inside:
            return whole
        return multiply(whole, _single(((("abs", _single(inside)), 1),)))
    leading = a.terms[0][1]
    return scale(_single(((("abs", scale(a, 1 / leading)), 1),)), abs(leading))


def _value_log(value: float) -> float:
    if value <= 0:
        raise UnsuitableError
    return math.log(value)


def _value_root(value: float) -> float:
    if value < 0:
        raise UnsuitableError
    return math.sqrt(value)


def _value_exp(value: float) -> float:
    if value > 20:
        raise UnsuitableError
    return math.exp(value)


_VALUES: Final[dict[str, Callable[[float], float]]] = {
    "sin": math.sin, "exp": _value_exp, "log": _value_log, "sqrt": _value_root, "tanh": math.tanh, "abs": abs,
}  # fmt: skip
_RULES: Final[dict[str, Callable[[Sum], Sum]]] = {
    "sin": _sine, "exp": _exponential, "log": _logarithm, "sqrt": _root, "tanh": _tangent, "abs": _absolute,
}  # fmt: skip
