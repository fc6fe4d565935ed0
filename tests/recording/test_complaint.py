"""Complaints: what is said of the fit stays apart from what is said of the scoring, in old texts too."""

from __future__ import annotations

import pytest

from srbench_lite.recording.complaint import complaint_of_fit, join_complaints, split_old_reason


def test_no_complaint_is_none():
    assert join_complaints() is None
    assert join_complaints(fit=[], scoring=[]) is None


def test_every_complaint_has_a_line_of_its_own():
    said = join_complaints(fit=["extras were dropped: no", "two\nlines"], scoring=["metric a: KeyError: y"])
    assert said == "fit: extras were dropped: no\nfit: two lines\nmetric a: KeyError: y"


def test_what_the_fit_is_to_blame_for_is_told_from_the_rest():
    said = join_complaints(fit=["extras were dropped: scoring died: x; fit: y"], scoring=["scoring died: \n fit: z"])
    assert complaint_of_fit(said) == ("extras were dropped: scoring died: x; fit: y",)
    assert complaint_of_fit("scoring stopped (timeout)") == ()
    assert complaint_of_fit(None) == ()
    assert join_complaints(fit=complaint_of_fit(said)) == "fit: extras were dropped: scoring died: x; fit: y"


@pytest.mark.parametrize(
    ("status", "old", "reason", "complaint"),
    [
        ("ok", None, None, None),
        ("timeout", "", None, None),
        ("timeout", "stopped at the limit of 1 s", "stopped at the limit of 1 s", None),
        ("ok", "scoring died: the process was lost", None, "scoring died: the process was lost"),
        (
            "timeout", "stopped at the limit of 1 s; scoring stopped (memout)", "stopped at the limit of 1 s",
            "scoring stopped (memout)",
        ),
        (
            "ok", "extras were dropped: a; b; metrics were not computed: timeout", None,
            "fit: extras were dropped: a; b\nmetrics were not computed: timeout",
        ),
        ("ok", "metric a: ValueError: x; metric b: E: y", None, "metric a: ValueError: x; metric b: E: y"),
        ("failed", "no metric was of use", "no metric was of use", None),
        ("ok", "no metric was of use", None, "fit: no metric was of use"),
    ],
)  # fmt: skip
def test_an_old_reason_is_split(status, old, reason, complaint):
    assert split_old_reason(status, old) == (reason, complaint)
