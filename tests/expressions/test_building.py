"""How formulas are put together: the values are those asked for, and the text is what people write."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite import Expression
from srbench_lite.expressions.building import (
    leading_multiple,
    monomial,
    multiple,
    power_product,
    quotient,
    scaled,
    sum_by_sign,
    sum_constant_last,
    sum_in_order,
)

NUMBERS = st.floats(-9, 9).filter(lambda c: abs(c) > 1e-3) | st.sampled_from([1.0, -1.0, 2.0])
BODIES = {"a": 1.3, "1/a": 1 / 1.3, "a*b": 1.3 * 0.7, "a/b": 1.3 / 0.7, "a - b": 1.3 - 0.7, "2*a": 2.6, "3": 3.0}
EXPONENTS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 3.0)
POINT = {"a": [1.3], "b": [0.7]}


def value(expression: Expression) -> float:
    return float(expression(POINT)[0])


@pytest.mark.parametrize(
    ("exponents", "text"),
    [
        ([1, 0, 0], "a"),
        ([1, 2, 0], "a*b**2"),
        ([1, -1, -1], "a/(b*c)"),
        ([-1, 0, 0], "1/a"),
        ([-2, -0.5, 0], "1/(a**2*sqrt(b))"),
        ([0.5, 0, -3], "sqrt(a)/c**3"),
        ([0, 0, 0], "1"),
    ],
)
def test_powers_are_written_as_people_do(exponents: list[float], text: str) -> None:
    assert str(monomial(["a", "b", "c"], exponents)) == text


def test_a_product_of_nothing_is_one() -> None:
    assert power_product([]) == quotient([], []) == Expression.constant(1.0)


@given(powers=st.lists(st.tuples(st.sampled_from(sorted(BODIES)), st.sampled_from(EXPONENTS)), max_size=5))
def test_products_of_powers_have_the_value_asked_for(powers: list[tuple[str, float]]) -> None:
    written = power_product((Expression.parse(body), e) for body, e in powers)
    assert value(written) == pytest.approx(math.prod(BODIES[body] ** e for body, e in powers))


@pytest.mark.parametrize("write", [scaled, multiple, leading_multiple])
@given(coefficient=NUMBERS, body=st.sampled_from(sorted(BODIES)))
def test_multiples_have_the_value_asked_for(
    write: Callable[[float, Expression], Expression], coefficient: float, body: str
) -> None:
    assert value(write(coefficient, Expression.parse(body))) == pytest.approx(coefficient * BODIES[body])


@pytest.mark.parametrize(
    ("coefficient", "body", "plain", "in_front", "signed"),
    [
        (2.0, "1/a", "2/a", "2/a", "2/a"),
        (1.0, "a*b", "1*(a*b)", "a*b", "a*b"),
        (-1.0, "a", "-1*a", "-a", "-a"),
        (-1.0, "a*b", "-1*(a*b)", "-a*b", "-(a*b)"),
        (3.0, "a*b", "3*(a*b)", "3*a*b", "3*(a*b)"),
        (3.0, "a/b", "3*(a/b)", "3*a/b", "3*(a/b)"),
    ],
)
def test_multiples_differ_in_where_the_number_stands(
    coefficient: float, body: str, plain: str, in_front: str, signed: str
) -> None:
    parsed = Expression.parse(body)
    assert str(scaled(coefficient, parsed)) == plain
    assert str(leading_multiple(coefficient, parsed)) == in_front
    assert str(multiple(coefficient, parsed)) == signed


@given(terms=st.lists(st.tuples(NUMBERS, st.sampled_from(sorted(BODIES))), max_size=5), constant=NUMBERS)
def test_sums_have_the_value_asked_for(terms: list[tuple[float, str]], constant: float) -> None:
    parsed = [(c, Expression.parse(body)) for c, body in terms]
    total = sum(c * BODIES[body] for c, body in terms)
    near = {"rel": 1e-9, "abs": 1e-9}
    for write in (multiple, leading_multiple):
        assert value(sum_in_order(parsed, write)) == pytest.approx(total, **near)
        assert value(sum_constant_last(parsed, constant, write)) == pytest.approx(total + constant, **near)
    assert value(sum_by_sign([*parsed, (constant, None)])) == pytest.approx(total + constant, **near)


@pytest.mark.parametrize(
    ("terms", "constant", "text"),
    [
        ([(-2.0, "a"), (3.0, "b")], 4.0, "3*b - 2*a + 4"),
        ([(-2.0, "a"), (0.0, "b")], -4.0, "-2*a - 4"),
        ([(1.0, "a")], 0.0, "a"),
        ([], -4.0, "-4"),
        ([(0.0, "a")], 0.0, "0"),
    ],
)
def test_a_constant_is_last(terms: list[tuple[float, str]], constant: float, text: str) -> None:
    assert str(sum_constant_last([(c, Expression.parse(body)) for c, body in terms], constant)) == text


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([(2.0, "a"), (-3.0, None)], "2*a - 3"),
        ([(-2.0, "a"), (3.0, "b")], "3*b - 2*a"),
        ([(1.0, "a"), (-1.0, "b")], "a - b"),
        ([(-1.0, "a")], "-a"),
        ([(-2.0, "a")], "-2*a"),
        ([(3.0, "1/a")], "3/a"),
        ([(4.0, None), (1.0, "a")], "a + 4"),
        ([], "0"),
    ],
)
def test_sums_are_written_as_people_do(terms: list[tuple[float, str | None]], text: str) -> None:
    assert str(sum_by_sign([(c, None if t is None else Expression.parse(t)) for c, t in terms])) == text
