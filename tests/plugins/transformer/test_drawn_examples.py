"""Drawn functions to look at: their formulas are what was evaluated, and their splits are kept."""

from __future__ import annotations

import itertools

import numpy as np
from srbench_transformer.baseline_grammar import GRID, fingerprint
from srbench_transformer.baseline_grammar import split_of as split_of_values
from srbench_transformer.drawn_examples import baseline_examples, generator_examples
from srbench_transformer.generator import split_of


def test_functions_of_the_generator_have_the_values_of_their_formulas_and_skeletons_of_the_split():
    drawn = [e for e in itertools.islice(generator_examples(2, "validation", 3), 2000) if e is not None]
    assert len(drawn) > 3
    for example in drawn:
        with np.errstate(all="ignore"):
            values = example.formula({"x": example.x[:, 0], "y": example.x[:, 1]})
        np.testing.assert_allclose(values, example.y, rtol=1e-9)
        assert split_of(example.tokens) == "validation"
        for (low, high), column in zip(example.domain, example.x.T, strict=True):
            assert low <= column.min() <= column.max() <= high


def test_functions_of_the_workshop_come_once_and_are_of_the_split():
    drawn = [e for e in itertools.islice(baseline_examples("held-out", 0), 3000) if e is not None]
    assert len(drawn) > 20
    assert len({fingerprint(example.y) for example in drawn}) == len(drawn)
    for example in drawn:
        assert split_of_values(example.y) == "test"
        np.testing.assert_allclose(example.formula({"x": GRID}), example.y, rtol=1e-9)
