"""Rounding: whole formulas are told from others, and the likeliest one is found."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from srbench_transformer.rounding import are_whole, round_freely, round_to_formulas
from srbench_transformer.tokens import ARITY, CODES, LONGEST, PAD, TOKENS, parse

from srbench_lite import UsageError

FORMULA_CODES = range(3, len(TOKENS))


def logits_for(seed: int, count: int, longest: int) -> torch.Tensor:
    logits = 3 * torch.randn((count, longest, len(TOKENS)), generator=torch.Generator().manual_seed(seed))
    logits[..., :3] = -torch.inf
    return logits


def is_formula(codes: list[int]) -> bool:
    try:
        parse([TOKENS[code] for code in codes])
    except UsageError:
        return False
    return True


@given(st.lists(st.sampled_from(FORMULA_CODES), max_size=6), st.integers(0, 3))
def test_whole_formulas_are_those_that_can_be_read(codes: list[int], behind: int) -> None:
    row = torch.tensor([codes + [PAD] * (behind + (not codes))])
    assert bool(are_whole(row)[0]) == is_formula(codes)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_likeliest_formula_is_found(length: int) -> None:
    """Against all formulas of that length."""
    logits = logits_for(length, 4, length + 2)
    tokens, scores = round_to_formulas(logits, torch.full((4,), length))
    chances = logits.log_softmax(2)
    formulas = [codes for codes in itertools.product(FORMULA_CODES, repeat=length) if is_formula(list(codes))]
    for row in range(4):
        by_formula = {codes: sum(float(chances[row, k, code]) for k, code in enumerate(codes)) for codes in formulas}
        best = max(by_formula, key=lambda codes: by_formula[codes])
        assert tokens[row].tolist() == [*best, PAD, PAD]
        assert float(scores[row]) == pytest.approx(by_formula[best], abs=1e-4)


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.lists(st.integers(1, LONGEST), min_size=1, max_size=8))
def test_every_row_becomes_a_formula_of_its_length(seed: int, lengths: list[int]) -> None:
    wanted = torch.tensor(lengths)
    tokens, scores = round_to_formulas(logits_for(seed, len(lengths), LONGEST), wanted)
    assert bool(are_whole(tokens).all())
    assert ((tokens != PAD).sum(1) == wanted).all()
    assert torch.isfinite(scores).all()


def test_what_is_a_formula_already_stays() -> None:
    codes = [CODES[token] for token in ("+", "sin", "x1", "*", "x1", "C")]
    logits = torch.full((1, len(codes), len(TOKENS)), -5.0)
    logits[0, range(len(codes)), codes] = 5.0
    lengths = torch.tensor([len(codes)])
    assert round_freely(logits, lengths).tolist() == round_to_formulas(logits, lengths)[0].tolist() == [codes]


def test_what_cannot_be_written_has_no_chance() -> None:
    """All places are given, and they are no formula."""
    logits = torch.full((1, 2, len(TOKENS)), -torch.inf)
    logits[0, :, CODES["x1"]] = 0.0
    assert round_to_formulas(logits, torch.tensor([2]))[1].tolist() == [-math.inf]
    assert [code for code, arity in enumerate(ARITY) if arity == -1] == [0, 1, 2]
