"""What the workshop's network writes is read as formulas."""

from __future__ import annotations

from srbench_transformer.baseline_network import formula_of
from srbench_transformer.tokens import BEGIN, END, PAD, VOCABULARIES


def test_only_whole_formulas_are_formulas():
    codes = {token: code for code, token in enumerate(VOCABULARIES["workshop"].tokens)}
    row = [codes[token] for token in ("+", "x", "sin", "x")]
    assert formula_of([*row, END, PAD]) == ("+", "x", "sin", "x")
    assert formula_of(row) is None  # it never ends
    assert formula_of([*row[:-1], END]) is None  # something is missing
    assert formula_of([*row, codes["x"], END]) is None  # something is left over
    assert formula_of([codes["+"], BEGIN, codes["x"], END]) is None
