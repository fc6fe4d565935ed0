"""Numbers of the prose as macros."""

from __future__ import annotations

from papers import grid, results_of

from srbench_lite.reports.paper.numbers import Numbers


def test_the_numbers_of_a_sentence_are_macros_and_those_of_names_stay():
    numbers = Numbers()
    text = numbers.sentence(
        "k", "net-2 has 1,234 runs, -0.5 points at 1e-06 (R2 > 0.999; 12, 13), `a_1 2`.", ["net-2", "R2"]
    )
    assert text == (
        r"net-2 has \srb{k/1} runs, \srb{k/2} points at \srb{k/3} (R2 > \srb{k/4}; \srb{k/5}, \srb{k/6}), "
        r"\texttt{a\_1 2}."
    )
    assert list(numbers.texts.values()) == [
        "1,234",
        r"\num{-0.5}",
        r"\num{1e-06}",
        r"\num{0.999}",
        r"\num{12}",
        r"\num{13}",
    ]


def test_dates_and_versions_are_no_results():
    text = "2026-11-30T02:25:37+00:00, 3.11.7, 2.13.0+cpu and 6.18.44-fc"
    assert Numbers().sentence("k", text) == text


def test_every_line_of_the_leaderboard_has_macros():
    tex = Numbers().to_tex(results_of(grid("a")).board.rows)
    assert r"\expandafter\def\csname srb@a/sin/0/recovery\endcsname{\num{100.0}}" in tex
    assert r"srb@a/sin/0/skipped\endcsname{\num{0}}" in tex
    assert tex.count("csname srb@a/sin/0/") == 14
