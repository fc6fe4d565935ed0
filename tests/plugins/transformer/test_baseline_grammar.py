"""The workshop's formulas: their operators, their values, and the split of their functions."""

from __future__ import annotations

import itertools
import random

import numpy as np
from srbench_transformer.baseline_grammar import (
    GRID,
    LARGEST,
    draw_formulas,
    draw_table,
    evaluate,
    expression_of,
    same_values,
)

from srbench_lite import Expression


def test_formulas_have_the_operators_of_the_workshop_and_values_of_our_own_reader():
    for tokens in itertools.islice(draw_formulas(random.Random(0)), 200):
        binary = sum(token in ("+", "-", "*") for token in tokens)
        unary = sum(token in ("abs", "sin", "tan", "exp") for token in tokens)
        assert 1 <= binary <= 4
        assert 1 <= unary <= 3
        found = evaluate(tokens)
        with np.errstate(all="ignore"):
            wanted = expression_of(tokens, Expression.variable("x"))({"x": GRID})
        if found is None:
            assert not np.abs(wanted).max() < LARGEST
        else:
            np.testing.assert_allclose(found, wanted, rtol=1e-12)


def test_no_function_stands_in_two_splits_nor_twice():
    functions = draw_table(3000, 0)
    assert len(functions.formulas) > 500
    assert set(functions.splits) == {"training", "validation", "test"}
    rounded = [tuple(np.round(values, 7) + 0.0) for values in functions.values]
    assert len(set(rounded)) == len(rounded)
    known = functions.values[functions.rows("training")]
    for row in functions.rows("test")[:50]:
        assert not any(same_values(each, functions.values[row]) for each in known)
    again = draw_table(3000, 0)
    assert again.formulas == functions.formulas
    assert (again.splits == functions.splits).all()


def test_of_the_spellings_of_a_function_the_shortest_is_kept():
    functions = draw_table(20_000, 1)
    lengths = {tuple(np.round(v, 7) + 0.0): len(f) for v, f in zip(functions.values, functions.formulas, strict=True)}
    for tokens in itertools.islice(draw_formulas(random.Random(1)), 500):  # those that the table was made from
        values = evaluate(tokens)
        if values is not None:
            assert lengths[tuple(np.round(values, 7) + 0.0)] <= len(tokens)
