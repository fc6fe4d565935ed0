"""Skeletons are read and written in one order."""

from __future__ import annotations

import numpy as np
import pytest
from srbench_transformer.generator import values
from srbench_transformer.tasks import expression_of
from srbench_transformer.tokens import ARITY, CODES, parse

from srbench_lite import Expression, UsageError


@pytest.mark.parametrize(
    ("tokens", "said"),
    [("", "ends too early"), ("+ x1", "ends too early"), ("x1 x1", "goes on"), ("sin zz", "unknown token 'zz'")],
)
def test_what_is_no_skeleton_says_why(tokens, said):
    with pytest.raises(UsageError, match=said):
        parse(tokens.split())


def test_chains_are_put_in_order():
    assert parse(["+", "pow2", "x1", "+", "sin", "x1", "x1"]).tokens == tuple(
        ["+", "x1", "+", "pow2", "x1", "sin", "x1"]
    )
    assert parse(["*", "sin", "x1", "+", "C", "x1"]).tokens == tuple(["*", "sin", "x1", "+", "x1", "C"])


def test_arities_are_those_of_the_tokens():
    assert [ARITY[CODES[token]] for token in ("+", "sin", "x1", "end")] == [2, 1, 0, -1]
    assert expression_of(("pow", ("x", 0), 3), ("t",)) == Expression.parse("t**3")
    assert values(("sub", ("x", 0), ("c", 1.0)), np.array([[3.0]])).tolist() == [2.0]
