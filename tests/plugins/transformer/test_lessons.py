"""The functions that few tokens can write, and what of them a model of the workshop's formulas learns from."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from srbench_transformer.lessons import Lessons
from srbench_transformer.spellings import Spellings, fingerprints
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES
from srbench_transformer.workshop import BINARY, GRID, LARGEST, UNARY, Table, evaluated, same, table
from srbench_transformer.workshop_pipeline import expression_of
from srbench_transformer.workshop_training import formula_of

from srbench_lite import Expression, UsageError

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


def _largest_part(formula: tuple[str, ...]) -> float:
    """The largest value of a formula or a part of it."""
    x, parts = Expression.variable("x"), [formula[start:] for start in range(len(formula))]
    ends = [next(end for end in range(1, len(part) + 1) if _is_whole(part[:end])) for part in parts]
    with np.errstate(all="ignore"):
        return max(
            float(np.abs(expression_of(part[:end], x)({"x": GRID})).max())
            for part, end in zip(parts, ends, strict=True)
        )


def _is_whole(tokens: tuple[str, ...]) -> bool:
    return 1 + sum(1 if token in BINARY else 0 if token in UNARY else -1 for token in tokens) == 0


def test_every_function_of_five_tokens_is_there_once_and_none_has_a_shorter_spelling(spellings):
    first: dict[bytes, int] = {}
    for length in range(1, 6):
        for formula in _every_formula(length):
            values = evaluated(formula)
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
        values = evaluated(formula)
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
    functions = table(4000, 0)
    spelled = spellings.spelled(functions)
    pairs = list(zip(functions.formulas, spelled.formulas, strict=True))
    assert all(len(other) <= len(own) for own, other in pairs)
    assert sum(len(other) < len(own) for own, other in pairs) > 20  # sin(x + (x - x)) is sin(x)
    for formula, values in zip(spelled.formulas, functions.values, strict=True):
        found = evaluated(formula)
        assert found is not None
        assert same(found, values)


def test_lessons_hold_no_function_that_is_tested_or_watched_and_have_the_lengths_of_the_workshop(spellings):
    functions = spellings.spelled(table(20_000, 0))
    lessons = Lessons(functions, spellings)
    tokens, values = lessons.drawn(4000, torch.Generator().manual_seed(0))
    assert tokens.shape == (4000, VOCABULARIES["workshop"].longest + 2)
    assert np.abs(values).max() < LARGEST
    for row, found in zip(tokens[:200].tolist(), values, strict=False):
        assert row[0] == BEGIN
        assert set(row[row.index(END) + 1 :]) <= {PAD}
        formula = formula_of(row[1:])
        assert formula is not None
        assert same(evaluated(formula), found)
    drawn = set(fingerprints(values).tolist())
    hidden = np.concatenate([functions.values[functions.rows(split)] for split in ("test", "validation")])
    assert not drawn & set(fingerprints(hidden).tolist())
    usual = np.array([len(functions.formulas[row]) for row in functions.rows("training", common=True)])
    lengths = (tokens != PAD).sum(1).numpy() - 2
    known = fingerprints(functions.values[functions.rows("training")])
    inside = np.isin(fingerprints(values), known)
    assert inside[lengths > LONGEST].all()
    assert 0.4 < inside[(lengths > 5) & (lengths <= LONGEST)].mean() < 0.6
    for length in range(5, 11):
        share = np.mean(usual == length)
        assert abs(np.mean(lengths == length) - share) < 5 * np.sqrt(share * (1 - share) / 4000)


def test_lessons_without_others_are_the_training_functions():
    functions = table(3000, 0)
    values = Lessons(functions).drawn(300, torch.Generator().manual_seed(1))[1]
    known = set(fingerprints(functions.values[functions.rows("training")]).tolist())
    assert set(fingerprints(values).tolist()) <= known


def test_the_same_generator_draws_the_same_lessons(spellings):
    lessons = Lessons(table(3000, 0), spellings)
    one, other = (lessons.drawn(50, torch.Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(one[0], other[0])
    assert (one[1] == other[1]).all()


def test_a_table_without_training_functions_teaches_nothing():
    formulas = (("x",), ("*", "x", "x"))
    values = np.stack([GRID, GRID**2])
    with pytest.raises(UsageError, match="no training functions"):
        Lessons(Table(formulas, values, np.array(["test", "validation"]), np.arange(2)))
