"""The shortest spelling of every function that few tokens can write."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from srbench_transformer.baseline_grammar import (
    BINARY,
    GRID,
    UNARY,
    draw_table,
    evaluate,
    expression_of,
    same_values,
)
from srbench_transformer.spellings import Spellings, fingerprints

from srbench_lite import Expression

LONGEST = 7


@pytest.fixture(name="spellings", scope="module")
def _spellings() -> Spellings:
    return Spellings(LONGEST)


def _every_formula(length: int) -> list[tuple[str, ...]]:
    """All spellings of so many tokens, without a thought for their values."""
    if length == 1:
        return [("x",)]
    found = [(name, *inner) for name in UNARY for inner in _every_formula(length - 1)]
    for name in BINARY:
        for left in range(1, length - 1):
            pairs = itertools.product(_every_formula(left), _every_formula(length - 1 - left))
            found += [(name, *one, *other) for one, other in pairs]
    return found


def _is_whole(tokens: tuple[str, ...]) -> bool:
    return 1 + sum(1 if token in BINARY else 0 if token in UNARY else -1 for token in tokens) == 0


def _largest_part(formula: tuple[str, ...]) -> float:
    """The largest value of a formula or a part of it."""
    x, parts = Expression.variable("x"), [formula[start:] for start in range(len(formula))]
    ends = [next(end for end in range(1, len(part) + 1) if _is_whole(part[:end])) for part in parts]
    with np.errstate(all="ignore"):
        return max(
            float(np.abs(expression_of(part[:end], x)({"x": GRID})).max())
            for part, end in zip(parts, ends, strict=True)
        )


def test_every_function_of_five_tokens_is_there_once_and_none_has_a_shorter_spelling(spellings):
    first: dict[bytes, int] = {}
    for length in range(1, 6):
        for formula in _every_formula(length):
            values = evaluate(formula)
            if values is not None and _largest_part(formula) < 1e4:
                first.setdefault((np.round(values, 7) + 0.0).tobytes(), length)
    found = np.stack([np.frombuffer(key) for key in first])
    numbers = spellings.find(found).tolist()
    assert -1 not in numbers
    assert len(set(numbers)) == len(first)
    for number, length in zip(numbers, first.values(), strict=True):
        assert len(spellings.formula(number)) == length
        assert number in spellings.numbers(length)
    assert sum(spellings.small[: spellings.numbers(5).stop]) == len(first)  # and no other


def test_spellings_say_what_their_functions_are_worth(spellings):
    rng = np.random.default_rng(0)
    for number in rng.choice(len(spellings), 300, replace=False).tolist():
        formula = spellings.formula(number)
        assert len(formula) <= LONGEST
        values = evaluate(formula)
        assert (values is not None) == spellings.small[number]
        if values is not None:
            assert spellings.find(values[None]).tolist() == [number]
    assert spellings.find(np.sin(40 * GRID)[None]).tolist() == [-1]


def test_the_same_values_have_the_same_fingerprint_and_others_another():
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2000, len(GRID)))
    assert len(set(fingerprints(values).tolist())) == 2000
    assert (fingerprints(np.round(values, 7) + 1e-10) == fingerprints(np.round(values, 7))).all()
    other = values.copy()
    other[:, 50] += 2e-7
    assert not (fingerprints(other) == fingerprints(values)).any()
    assert (fingerprints(np.zeros((1, 100))) == fingerprints(-np.zeros((1, 100)))).all()


def test_a_table_is_spelled_as_short_as_can_be_and_stays_the_same_functions(spellings):
    functions = draw_table(4000, 0)
    spelled = spellings.respell(functions)
    pairs = list(zip(functions.formulas, spelled.formulas, strict=True))
    assert all(len(other) <= len(own) for own, other in pairs)
    assert sum(len(other) < len(own) for own, other in pairs) > 20  # sin(x + (x - x)) is sin(x)
    for formula, values in zip(spelled.formulas, functions.values, strict=True):
        found = evaluate(formula)
        assert found is not None
        assert same_values(found, values)
