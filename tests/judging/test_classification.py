"""How near constants are to those that make the formula the truth, in a word."""

from __future__ import annotations

import pytest
from judge_parts import REAL, Limits, settled

from srbench_lite.judging.classification import Classification, classify
from srbench_lite.judging.negligible_terms import NegligibleTerms
from srbench_lite.judging.verdict import VerdictWord

NONE: frozenset[int] = frozenset()


def classified(
    found: str, truth: str, constants: list[float], zeros: frozenset[int] = NONE, limits: Limits = REAL
) -> Classification:
    return classify(NegligibleTerms.of(settled(found, truth, limits)), constants, zeros, "so many points")


@pytest.mark.parametrize(
    ("found", "constant", "word"),
    [
        ("3*x", 3.0, "exact"),
        ("3*x", 3.000002, "exact"),
        ("3*x", 3.00001, "recovered"),
        ("3*x", 3.02, "recovered"),
        ("3*x", 3.05, None),
        ("-3*x", 3.05, None),
    ],
)
def test_the_largest_relative_change_gives_the_word(found: str, constant: float, word: str | None) -> None:
    answer = classified(found, "3*x", [constant])
    assert (answer.ruling and str(answer.ruling.word)) == word
    assert bool(answer.objection) == (word is None)
    assert not answer.is_hidden


def test_a_ruling_says_what_it_stands_on_and_the_formula() -> None:
    ruling = classified("3.0001*x", "3*x", [3.0]).ruling
    assert ruling is not None
    assert (ruling.word, ruling.by, ruling.aligned) == (VerdictWord.RECOVERED, "so many points", "3*x")


def test_a_constant_too_far_is_named_by_its_change() -> None:
    assert classified("3*x", "3*x", [3.06]).objection == "it is the truth only with a constant moved by 0.02 of itself"


@pytest.mark.parametrize(("size", "word"), [("1e-12", "exact"), ("1e-5", "recovered"), ("0.1", None)])
def test_what_vanished_goes_by_its_effect(size: str, word: str | None) -> None:
    for zeros in (frozenset([0]), NONE):  # set to zero first, or found to be zero
        answer = classified(f"{size} + x", "x", [0.0], zeros)
        assert (answer.ruling and str(answer.ruling.word)) == word
    if word is None:
        assert answer.objection.startswith("it is the truth only without terms that change it by 0.05")


def test_a_zero_that_was_written_is_no_change() -> None:
    answer = classified("0*x + x", "x", [0.0])
    assert answer.ruling is not None
    assert answer.ruling.word == VerdictWord.EXACT


def test_a_term_that_units_hide_is_an_objection_of_its_own() -> None:
    limits = {"x": (1e-19, 2e-19), "y": (1.0, 2.0)}
    answer = classified("y*(1 + 0.01*x)", "y", [1.0, 0.0], frozenset([1]), limits)
    assert answer.is_hidden
    assert answer.ruling is None
    assert "that the units of a variable hide" in answer.objection
