"""The table of the conformance kit: a line for each check, and what to do where one fails."""

from __future__ import annotations

from srbench_lite.reports.conformance import (
    CheckResult,
    conformance_as_json,
    conformance_heading,
    conformance_row,
    conformance_summary,
)

PASSED = CheckResult(check="one-point", promise="one point gives a formula", result="pass", seconds=0.04)
FAILED = CheckResult(
    check="returns-a-fit",
    promise="fit() returns a Fit",
    result="FAIL",
    seconds=1.26,
    why="got str",
    remedy="word " * 40,
)
SKIPPED = CheckResult(check="repeats-itself", promise="it repeats", result="skipped", seconds=0.0, why="it is random")


def test_columns_stand_below_their_heading():
    heading, row = conformance_heading(), conformance_row(PASSED)
    assert [heading.index(word) for word in ("RESULT", "PROMISE")] == [
        row.index(w) for w in ("pass", "one point gives")
    ]
    assert row == "one-point                 pass         0.0  one point gives a formula"


def test_a_failed_check_says_why_and_what_to_do():
    line, why, do, *more = conformance_row(FAILED).splitlines()
    assert line.split()[:3] == ["returns-a-fit", "FAIL", "1.3"]
    assert (why, do[:17]) == ("    why: got str", "    do:  word wor")
    assert more
    assert all(part.startswith(" " * 9 + "word") and len(part) <= 110 for part in more)


def test_a_skipped_check_says_why():
    assert conformance_row(SKIPPED).splitlines()[1:] == ["    why: it is random"]


def test_the_summary_counts():
    assert conformance_summary("m", [PASSED, SKIPPED]) == "m: conforms; 1 passed, 1 skipped, 0.0 s"
    assert conformance_summary("m", [PASSED, FAILED]) == "m: 1 of 2 checks did not pass; 1 passed, 1.3 s"


def test_programs_get_every_field():
    told = conformance_as_json("m", [PASSED, FAILED])
    assert (told["method"], told["conforms"], len(told["checks"])) == ("m", False, 2)
    assert set(told["checks"][1]) == {"check", "promise", "result", "seconds", "why", "remedy"}
