"""The first page: methods by suites, the best first, and what submissions are worth."""

from __future__ import annotations

from made_sites import Seen, claim, content, usual

from srbench_lite.recording.claim import Worth
from srbench_lite.reports.site.overview import matrices, overview_pages, scope, worth_mark

DIFFERENT = {"verdict": "different", "recovered": False, "expression": "x"}


def of(claims, **changes):
    site = content(claims, **changes)
    return list(matrices(site.run_table, site.board))


def test_ranked_methods_come_first_and_suites_weigh_the_same():
    claims = [
        *(claim("a", method="broad", task=task) for task in ("sin/plain", "poly/Square")),
        claim("a", method="broad", task="sin/double", **DIFFERENT),
        *(claim("a", method="narrow", task=task) for task in ("sin/plain", "sin/double")),
        claim("a", method="narrow", task="poly/Square", **DIFFERENT),
        claim("a", method="elsewhere", task="poly/Square"), claim("a", method="nowhere", task="sin/plain", **DIFFERENT),
    ]  # fmt: skip
    (matrix,) = of(claims)
    assert matrix.suites == ("poly", "sin")
    # broad has (1 + 1/2)/2 and narrow (0 + 1)/2, though both recovered two of three tasks; the others are not ranked
    assert [line.label for line in matrix.lines] == ["broad", "narrow", "elsewhere", "nowhere"]
    assert [line.standing and line.standing.value for line in matrix.lines] == [0.75, 0.5, None, None]
    assert "75.0 %" in matrix.verdict


def test_noise_levels_and_perturbations_have_tables_of_their_own():
    found = of([claim("a", noise=0.1), claim("a"), claim("a", perturbation={"dummies": 2})])
    assert [scope(matrix) for matrix in found] == ["Without noise", "Noise 0.1", "Without noise, 2 dummies"]
    assert of([]) == []


def test_more_methods_than_can_be_compared_are_shown_without_ranks():
    (matrix,) = of([claim("a", method=f"m{number}") for number in range(120)])
    assert {line.standing for line in matrix.lines} == {None}
    assert len(matrix.lines) == 120


def test_the_front_page_says_what_submissions_are_worth():
    seen = Seen(dict(overview_pages(content(usual())))["index.html"])
    assert seen.headings == ["Board", "Without noise", "Submissions"]
    assert "12 runs of 5 methods in 3 submissions" in seen.text
    assert "10 verified, 1 rejected, 1 only claimed" in seen.text
    assert seen.rows[-3:] == [
        ["one", "good (one)", "6", "6", "0", "0"],
        ["two", "forger, good (two)", "3", "2", "1", "0"],
        ["three", "far away, old", "3", "2", "0", "1"],
    ]
    assert ["method", "rank", "all suites", "poly", "sin"] in seen.rows
    assert ["good (one)", "1", "100 % [34, 100]", "100 % [21, 100]", "100 % [34, 100]"] in seen.rows
    assert ["forger 1 rejected", "–", "–", "–", "0 % [0, 79]"] in seen.rows


def test_marks_are_words_with_a_colour():
    assert [(worth_mark(s).text, worth_mark(s).get("class")) for s in Worth] == [
        ("verified", "good"), ("rejected", "bad"), ("claimed", "soft")
    ]  # fmt: skip
