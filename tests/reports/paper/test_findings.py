"""What each figure shows, in a sentence."""

from __future__ import annotations

import pytest

from srbench_lite.reports.paper.findings import FINDINGS, finding, listed


def curve(method, **values):
    return [
        {"method": method, "setting": "noise", "level": x, "seconds": 1.0 + x, "recovery": m, "low": low, "high": high}
        for x, (m, low, high) in enumerate(values.values())
    ]


SURE = [*curve("a", one=(0.9, 0.8, 1.0), two=(0.8, 0.7, 0.9)), *curve("b", one=(0.5, 0.4, 0.6), two=(0.2, 0.1, 0.3))]
CLOSE = [*curve("a", one=(0.9, 0.8, 1.0), two=(0.8, 0.6, 0.9)), *curve("b", one=(0.5, 0.4, 0.6), two=(0.7, 0.5, 0.8))]
TWO_RANKS = [{"method": m, "rank": r, "low": "", "high": ""} for m, r in (("a", 1.2), ("b", 1.8))]


@pytest.mark.parametrize(
    ("name", "rows", "said"),
    [
        ("degradation", SURE, "a is best at 1 (noise) with 80.0 %, after 90.0 % at 0."),
        (
            "degradation",
            CLOSE,
            "a is best at 1 (noise) with 80.0 %, after 90.0 % at 0 (its interval overlaps that of b).",
        ),
        (
            "over-time",
            SURE,
            "Of the 2 methods whose runs kept what they had on their way, a has recovered most after 1 s, 90.0 %; "
            "after 2 s it still has, 80.0 %.",
        ),
        (
            "over-time",
            CLOSE,
            "Of the 2 methods whose runs kept what they had on their way, a has recovered most after 1 s, 90.0 %; "
            "after 2 s it still has, 80.0 % (its interval overlaps that of b).",
        ),
        ("over-time", [{"method": "a", "seconds": 1.0, "recovery": ""}], ""),
        ("critical-difference", TWO_RANKS, "a has the best mean rank, 1.20, and differs from all others."),
        (
            "critical-difference",
            [*TWO_RANKS, {"method": "", "rank": "", "low": 1.2, "high": 1.8}],
            "a has the best mean rank, 1.20; signed ranks do not tell it from b.",
        ),
        (
            "pareto",
            [{"method": "a", "front": 1}, {"method": "b", "front": 0}],
            "No other method has both a smaller median error and a smaller formula than a; the other one is beaten.",
        ),
        (
            "time",
            [{"method": "a", "seconds": 2.0, "solved": 0.4}],
            "No method has solved half of the runs within the limit.",
        ),
        (
            "time",
            [{"method": m, "seconds": s, "solved": 0.5} for m, s in (("a", 2.0), ("b", 0.25))],
            "b has solved half of its runs after 0.25 s, the soonest; 2 methods get there at all.",
        ),
        (
            "matrix",
            [
                {"method": m, "suite": s, "metric": "recovery", "value": v}
                for m, s, v in (("a", "p", 1.0), ("b", "p", 0.5), ("a", "q", 0.2), ("b", "q", 0.2), ("a", "all", 0.6))
            ],
            "By rates alone, a is best or level with the best in 2 of 2 suites; no method reaches 50 % in q.",
        ),
        ("ranking", [{"method": "a", "first": 1}, {"method": "b", "first": 2}], "Only a may rank first."),
        ("ranking", [{"method": m, "first": 1} for m in "ab"], "a and b may rank first."),
        (
            "degradation",
            SURE[:2],
            "a, the only one that ran on several levels, recovers 80.0 % at 1 (noise), after 90.0 % at 0.",
        ),
        (
            "weaknesses",
            [
                {"by": by, "level": level, "method": m, "rate": rate, "formulas": n}
                for by, level, m, rate, n in (
                    ("variables", "2", "a", 0.4, 9),
                    ("variables", "2", "b", 0.1, 9),
                    ("variables", "7", "a", 0.0, 2),
                    ("operators", "exp", "a", 0.3, 9),
                    ("size", "1-6", "a", 0.9, 9),
                    ("miss", "recovered", "a", 0.7, 9),
                    ("miss", "timeout", "a", 0.1, 9),
                    ("miss", "wrong form", "a", 0.2, 9),
                )
            ],
            "No method recovers half of the tasks with exp and 2 variables; "
            "where a misses, its runs end most often so: wrong form, 20.0 % of all.",
        ),
        (
            "panels",
            [
                {"method": m, "measure": "complexity", "median": v, "low": v - 1, "high": v + 1}
                for m, v in (("a", 3), ("b", 4))
            ],
            "a writes the smallest formulas, 3 nodes in the median; the interval of b overlaps its own.",
        ),
        (
            "profile",
            [{"method": m, "nmse": 1e-12, "share": s} for m, s in (("a", 0.5), ("b", 0.25))],
            "The median error of a is at most 1e-12 on 50.0 % of the tasks, that of b on 25.0 %.",
        ),
    ],
)
def test_a_sentence_says_what_the_rows_show(name, rows, said):
    assert finding(name, rows) == said


def test_nothing_is_said_of_nothing():
    assert all(finding(name, []) == "" for name in FINDINGS)
    assert finding("recovery-noise", SURE) == ""


def test_many_names_are_not_all_listed():
    assert listed(["a"]) == "a"
    assert listed(list("abcd")) == "a, b, c and d"
    assert listed(list("abcde")) == "a, b, c and 2 others"
