"""`ReportLog`: however much comes, it stays small, and each mark finds what it would find among all reports."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.recording.progress import MARKS, MAX_REPORTS, formulas_at
from srbench_lite.running.report_log import MAX_CHARACTERS, ReportLog


@given(st.lists(st.floats(0.0, 200.0), min_size=1, max_size=400), st.integers(1, 5))
def test_marks_find_what_they_would_find_among_all(seconds, texts):
    log = ReportLog()
    every = [(second, f"x{number % texts}") for number, second in enumerate(sorted(seconds))]
    for report in every:
        log.add(*report)
    assert 1 <= len(log.kept) <= MAX_REPORTS
    assert list(log.kept) == sorted(log.kept, key=lambda report: report[0])
    assert log.kept[-1][1] == every[-1][1]
    marks = (*MARKS, 1e12)
    assert formulas_at(marks, log.kept, ended_at=1e13, final="z") == formulas_at(marks, every, ended_at=1e13, final="z")


def test_a_late_word_counts_as_of_the_one_before_and_a_repeat_adds_nothing():
    log = ReportLog()
    for report in ((1.0, "x"), (2.0, "x"), (0.5, "y")):
        log.add(*report)
    assert log.kept == ((1.0, "x"), (1.0, "y"))


def test_what_is_too_long_is_counted():
    log = ReportLog()
    log.add(1.0, "x" * (MAX_CHARACTERS + 1))
    assert (log.kept, log.too_long) == ((), 1)
