"""The first page: methods by suites, the best first, and what submissions are worth."""

from __future__ import annotations

from made_sites import Seen, claim, content, usual

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.recording.claim import Standing
from srbench_lite.reports.site.overview import front_page, matrices, scope, standing_mark

DIFFERENT = {"verdict": "different", "recovered": False, "expression": "x"}


def test_the_matrix_has_the_best_method_first_and_suites_weigh_the_same():
    claims = [
        *(claim("a", method="broad", task=task) for task in ("sin/plain", "poly/Square")),
        claim("a", method="broad", task="sin/double", **DIFFERENT),
        *(claim("a", method="narrow", task=task) for task in ("sin/plain", "sin/double")),
        claim("a", method="narrow", task="poly/Square", **DIFFERENT),
        claim("a", method="elsewhere", task="poly/Square"),
    ]
    (matrix,) = matrices(content(claims).board)
    assert matrix.suites == ("poly", "sin")
    # broad: (1 + 1/2)/2; narrow: (0 + 1)/2, though it recovered as many tasks; elsewhere: (1 + nothing)/2
    assert [method for method, _, _ in matrix.rows] == ["broad", "elsewhere", "narrow"]
    assert [over_all is not None for _, _, over_all in matrix.rows] == [True, False, True]


def test_noise_levels_and_perturbations_have_tables_of_their_own():
    board = content([
        claim("a", noise=0.1), claim("a"), claim("a", perturbation={"dummies": 2}, noise=0.0)
    ]).board  # fmt: skip
    assert [scope(matrix) for matrix in matrices(board)] == [
        "Without noise", "Noise 0.1", "Without noise, 2 dummies"
    ]  # fmt: skip
    assert list(matrices(Leaderboard(rows=()))) == []


def test_the_front_page_says_what_submissions_are_worth():
    seen = Seen(front_page(content(usual())))
    assert seen.headings == ["Board", "Without noise", "Submissions"]
    assert "12 runs of 5 methods in 3 submissions" in seen.text
    assert "10 verified, 1 rejected, 1 only claimed" in seen.text
    assert seen.rows[-3:] == [
        ["one", "good (one)", "6", "6", "0", "0"],
        ["two", "forger, good (two)", "3", "2", "1", "0"],
        ["three", "far away, old", "3", "2", "0", "1"],
    ]
    assert ["forger", "–", "–", "0 % [0, 79]"] in seen.rows


def test_marks_are_words_with_a_colour():
    assert [(standing_mark(s).text, standing_mark(s).get("class")) for s in Standing] == [
        ("verified", "good"), ("rejected", "bad"), ("claimed", "soft")
    ]  # fmt: skip
