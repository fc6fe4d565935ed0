"""Sums, products, quotients and powers of formulas, written as people write them.

What is equal in value is not equal in text: 2*(x*y) and (2*x)*y are two trees. Which of the forms below a caller takes
decides what its formulas look like.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

from srbench_lite.expressions.expression import Expression

__all__ = [
    "above_and_below",
    "leading_multiple",
    "monomial",
    "multiple",
    "power_of",
    "power_product",
    "product_of",
    "quotient",
    "scaled",
    "sum_by_sign",
    "sum_constant_last",
    "sum_in_order",
]

Terms = Iterable[tuple[float, Expression]]  # coefficients and formulas


# --- products ---------------------------------------------------------------------------------------------------------


def power_of(base: Expression, exponent: float) -> Expression:
    """Write base ** exponent; a square root as that."""
    if exponent == 1:
        return base
    if exponent == 0.5:
        return Expression.call("sqrt", base)
    return base**exponent


def product_of(factors: Sequence[Expression]) -> Expression:
    """Write a product of one factor or more, in their order."""
    result = factors[0]
    for factor in factors[1:]:
        result = result * factor
    return result


def quotient(above: Sequence[Expression], below: Sequence[Expression]) -> Expression:
    """Write a product over a product; either may have no factor."""
    top = product_of(above) if above else Expression.constant(1.0)
    return top / product_of(below) if below else top


def above_and_below(powers: Iterable[tuple[Expression, float]]) -> tuple[list[Expression], list[Expression]]:
    """Return what stands above and what below the line of a product of bases with exponents; zeros are left out."""
    powers = list(powers)
    return [power_of(base, e) for base, e in powers if e > 0], [power_of(base, -e) for base, e in powers if e < 0]


def power_product(powers: Iterable[tuple[Expression, float]]) -> Expression:
    """Write a product of bases with exponents as a quotient; 1 for none."""
    return quotient(*above_and_below(powers))


def monomial(names: Sequence[str], exponents: Sequence[float]) -> Expression:
    """Write a product of powers of variables; 1 where all exponents are zero."""
    return power_product((Expression.variable(name), e) for name, e in zip(names, exponents, strict=True))


# --- multiples --------------------------------------------------------------------------------------------------------


def scaled(coefficient: Expression | float, body: Expression) -> Expression:
    """Write coefficient * body; a quotient with the numerator 1 takes the coefficient as its numerator."""
    if body.op == "div" and body.args[0].value == 1.0:
        return coefficient / body.args[1]
    return coefficient * body


def multiple(coefficient: float, body: Expression) -> Expression:
    """Write coefficient * body as `scaled` does; 1 and -1 as no number but a sign."""
    if coefficient == 1.0:
        return body
    return -body if coefficient == -1.0 else scaled(coefficient, body)


def leading_multiple(coefficient: float, body: Expression) -> Expression:
    """Write coefficient * body with the number in front of the body's first factor: 2*x*y, 2/(x + 1)."""
    if body.value is not None:
        return Expression.constant(coefficient * body.value)
    if coefficient == 1.0:
        return body
    if body.op in ("mul", "div"):
        return Expression.call(body.op, leading_multiple(coefficient, body.args[0]), body.args[1])
    return multiple(coefficient, body)


# --- sums -------------------------------------------------------------------------------------------------------------


def sum_in_order(terms: Terms, write: Callable[[float, Expression], Expression] = multiple) -> Expression:
    """Write a sum in the order of its terms, a minus for each coefficient below zero; 0 for no term.

    Args:
        terms: coefficients and formulas.
        write: writes a multiple of a formula.
    """
    result: Expression | None = None
    for coefficient, body in terms:
        if result is None:
            result = write(coefficient, body)
        else:
            size = write(abs(coefficient), body)
            result = result + size if coefficient > 0 else result - size
    return result if result is not None else Expression.constant(0.0)


def sum_constant_last(
    terms: Terms, constant: float, write: Callable[[float, Expression], Expression] = multiple
) -> Expression:
    """Write terms + constant: positive terms first, the constant last; zeros are left out."""
    ordered = sorted(((c, body) for c, body in terms if c != 0), key=lambda term: term[0] < 0)
    if not ordered:
        return Expression.constant(constant)
    if constant:
        ordered.append((math.copysign(1.0, constant), Expression.constant(abs(constant))))
    return sum_in_order(ordered, write)


def sum_by_sign(terms: Iterable[tuple[float, Expression | None]]) -> Expression:
    """Write a sum, None standing for 1: everything positive first, a constant last among its sign; 0 for no term."""
    ordered = sorted(terms, key=lambda term: (term[0] < 0, term[1] is None))
    return sum_in_order(
        (c, body) if body is not None else (1.0 if c > 0 else -1.0, Expression.constant(abs(c))) for c, body in ordered
    )
