"""The parts of a skeleton and the sums they are written as."""

from __future__ import annotations

import pytest
from srbench_transformer.parts import ONE, compile_part, walk, weighted_sum
from srbench_transformer.program import Program
from srbench_transformer.tokens import parse

from srbench_lite import Expression, UsageError


@pytest.mark.parametrize("text", ["sin C", "inv + C C", "C", "+ x1 log C"])
def test_a_part_without_a_variable_is_refused(text):
    with pytest.raises(UsageError, match="variable"):
        Program(parse(text.split()))


@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ([(2.0, "x"), (-1.0, "y"), (0.0, "z"), (-3.0, "1")], "2*x - y - 3"),
        ([(-1.0, "x"), (1.0, "y")], "-1*x + y"),
        ([(0.0, "x"), (-0.5, "1")], "-0.5"),
        ([(0.0, "x")], "0"),
        ([], "0"),
    ],
)
def test_a_sum_has_the_order_of_its_terms_and_signs_between_them(terms, text):
    parts = {"1": ONE, **{name: Expression.variable(name) for name in "xyz"}}
    formula = weighted_sum((coefficient, parts[name]) for coefficient, name in terms)
    assert str(formula).replace(" ", "") == text.replace(" ", "")


def test_parts_are_walked_from_outside_with_the_place_of_their_first_constant():
    part = compile_part(parse(["*", "x1", "sin", "+", "x1", "pow2", "x1"]))
    steps = [(first, inner.spelling, inner.size) for first, inner in walk([part, part])]
    assert steps[0] == (0, (), part.size)
    assert (part.size, (), part.size) in steps
    assert [first for first, spelling, _ in steps if spelling[:1] == ("sin",)] == [0, part.size]
