"""What a model of the workshop's formulas learns from."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from srbench_transformer.baseline_grammar import (
    GRID,
    LARGEST,
    FunctionTable,
    draw_table,
    evaluate,
    same_values,
)
from srbench_transformer.baseline_network import formula_of
from srbench_transformer.spellings import Spellings, fingerprints
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES
from srbench_transformer.training_examples import TrainingExamples

from srbench_lite import UsageError

LONGEST = 7


@pytest.fixture(name="spellings", scope="module")
def _spellings() -> Spellings:
    return Spellings(LONGEST)


def test_no_example_is_a_function_that_is_tested_or_watched_and_lengths_are_those_of_the_workshop(spellings):
    functions = spellings.respell(draw_table(20_000, 0))
    examples = TrainingExamples(functions, spellings)
    tokens, values = examples.draw(4000, torch.Generator().manual_seed(0))
    assert tokens.shape == (4000, VOCABULARIES["workshop"].longest + 2)
    assert np.abs(values).max() < LARGEST
    for row, found in zip(tokens[:200].tolist(), values, strict=False):
        assert row[0] == BEGIN
        assert set(row[row.index(END) + 1 :]) <= {PAD}
        formula = formula_of(row[1:])
        assert formula is not None
        assert same_values(evaluate(formula), found)
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


def test_examples_without_others_are_the_training_functions():
    functions = draw_table(3000, 0)
    values = TrainingExamples(functions).draw(300, torch.Generator().manual_seed(1))[1]
    known = set(fingerprints(functions.values[functions.rows("training")]).tolist())
    assert set(fingerprints(values).tolist()) <= known


def test_the_same_generator_draws_the_same_examples(spellings):
    examples = TrainingExamples(draw_table(3000, 0), spellings)
    one, other = (examples.draw(50, torch.Generator().manual_seed(2)) for _ in range(2))
    assert torch.equal(one[0], other[0])
    assert (one[1] == other[1]).all()


def test_a_table_without_training_functions_teaches_nothing():
    formulas = (("x",), ("*", "x", "x"))
    values = np.stack([GRID, GRID**2])
    with pytest.raises(UsageError, match="no training functions"):
        TrainingExamples(FunctionTable(formulas, values, np.array(["test", "validation"]), np.arange(2)))
