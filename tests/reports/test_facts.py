"""Facts that a method gave, as people read them."""

from __future__ import annotations

import pytest

from srbench_lite.reports.facts import fact_lines, warned_lines


def test_where_the_time_went_is_said_longest_first_with_shares():
    extras = {"seconds": {"search": 3.0, "training": 9.0, "rest": 0}, "epochs": 7, "loss": 0.123456789}
    assert list(fact_lines(extras)) == [
        ("seconds", "training 9 s (75%), search 3 s (25%), rest 0 s (0%)"),
        ("epochs", "7"),
        ("loss", "0.123457"),
    ]


@pytest.mark.parametrize(
    "value", [2.5, {}, {"a": -1.0}, {"a": "long"}, {"a": True}, {"a": {"b": 1.0}}, [1.0]], ids=repr
)
def test_seconds_that_are_not_by_step_are_shown_as_they_are(value):
    assert list(fact_lines({"seconds": value})) == [("seconds", str(value))]


def test_facts_that_say_nothing_are_left_out():
    assert list(fact_lines({"penalty": None, "note": "", "terms": 0})) == [("terms", "0")]


def test_steps_that_took_nothing_have_no_shares():
    assert list(fact_lines({"seconds": {"a": 0.0}})) == [("seconds", "a 0 s")]


def test_facts_are_harmless_to_a_terminal():
    extras = {"\x1b[2J": "\x1b]0;title\x07", "warnings": {"\x9bWarning": 1}, "seconds": {"\x07": 1.0}}
    assert all(label.isprintable() and text.isprintable() for label, text in fact_lines(extras))


def test_warnings_are_counted_by_method():
    runs = [
        ("one", {"warnings": {"RuntimeWarning": 1_000, "UserWarning": 1}}),
        ("one", {}),
        ("one", {"warnings": {"RuntimeWarning": 2}}),
        ("two", {"warnings": "none of ours"}),
        ("three", {"warnings": {"UserWarning": 1}}),
    ]
    assert list(warned_lines(runs)) == [
        "one: 1,003 warnings printed in 2 of 3 runs (RuntimeWarning 1,002, UserWarning 1); `srbench log` shows them",
        "three: 1 warning printed in its run (UserWarning 1); `srbench log` shows them",
    ]
    assert list(fact_lines(runs[0][1])) == [("warnings", "RuntimeWarning 1,000, UserWarning 1")]
    assert list(fact_lines(runs[3][1])) == [("warnings", "none of ours")]
