"""The functions that are written out: what each computes stands in test_parsing_other_programs."""

from __future__ import annotations

import numpy as np

from srbench_lite.expressions.expression import Expression
from srbench_lite.expressions.operators import ALIASES, NAMED_CONSTANTS, OPERATORS
from srbench_lite.expressions.vocabulary import (
    AMBIGUOUS,
    NO_VARIABLES,
    NOT_SUPPORTED,
    WRITTEN_OUT,
    is_above,
    is_at_least,
)


def test_each_name_is_known_for_one_thing():
    operators = {*OPERATORS, *ALIASES, *WRITTEN_OUT}
    assert {*OPERATORS} & {*WRITTEN_OUT} == {"min", "max"}  # of more than two arguments
    assert not {*ALIASES} & {*WRITTEN_OUT}
    assert not operators & {*AMBIGUOUS} - {"div"}
    assert not {name.lower() for name in operators} & NOT_SUPPORTED
    assert not {*NO_VARIABLES} & {*NAMED_CONSTANTS}
    assert all(name == name.lower() for name in NOT_SUPPORTED)


def test_comparisons_are_one_or_zero():
    x, points = Expression.variable("x"), {"x": np.array([-1.0, 0.0, 2.0])}
    zero, one = Expression.constant(0.0), Expression.constant(1.0)
    assert is_above(x, zero)(points).tolist() == [0.0, 0.0, 1.0]
    assert is_above(zero, x)(points).tolist() == [1.0, 0.0, 0.0]
    assert is_at_least(x, one)(points).tolist() == [0.0, 0.0, 1.0]
    assert str(is_above(x, zero)) == "max(sign(x), 0)"


def test_a_comparison_as_a_condition_is_written_as_a_difference():
    for text, wanted in (
        ("where(x > y, 1, 2)", "ifelse(x - y, 1, 2)"),
        ("where(x > 0, 1, 2)", "ifelse(x, 1, 2)"),
        ("where(x >= 0, 1, 2)", "ifelse(-x, 2, 1)"),
        ("where(x, 1, 2)", "ifelse(x, 1, 2)"),
        ("ifelse(max(sign(x), 0), 1, 2)", "ifelse(max(sign(x), 0), 1, 2)"),
    ):
        assert str(Expression.parse(text)) == wanted
