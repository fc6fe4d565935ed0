"""The words, their order, and what counts as recovery."""

from __future__ import annotations

import pytest

from srbench_lite.judging.verdict import Ruling, Verdict, VerdictWord, better_ruling, scoring_age

WORDS = ("exact", "recovered", "affine", "different", "undecided")


def test_the_words_from_the_best_to_the_worst() -> None:
    assert [str(word) for word in VerdictWord] == list(WORDS)


@pytest.mark.parametrize(
    ("word", "recovered", "srbench"),
    [("exact", True, True), ("recovered", True, True), ("affine", False, True), ("different", False, False),
     ("undecided", False, False)],
)  # fmt: skip
def test_what_counts_as_recovery(word: str, recovered: bool, srbench: bool) -> None:
    verdict = Verdict(word=VerdictWord(word), by="test", aligned=None, seconds=0.0)
    assert (verdict.recovered, verdict.recovered_srbench) == (recovered, srbench)


def test_the_better_ruling_is_the_first_of_those_as_good() -> None:
    rulings = [Ruling(VerdictWord(word), by) for word in WORDS for by in ("one", "other")]
    for i, one in enumerate(rulings):
        for j, other in enumerate(rulings):
            best = better_ruling(one, other)
            assert best is (one if i // 2 <= j // 2 else other)
        assert better_ruling(one, None) is one
        assert better_ruling(None, one) is one
    assert better_ruling(None, None) is None


def test_versions_are_ordered_by_their_numbers() -> None:
    assert scoring_age("1.9") < scoring_age("1.10") < scoring_age("2.0")
