"""Findings of suites, printed."""

from __future__ import annotations

from srbench_lite.checking.suite_check import Finding
from srbench_lite.reports.suite_findings import findings_as_json, render_findings


def finding(level, text, task="s/t", suite="s", note=""):
    return Finding(suite=suite, task=task, kind="pole", level=level, text=text, note=note)


FINDINGS = [
    finding("remark", "small"),
    finding("fault", "wrong"),
    finding("noted", "known", note="It is known."),
    finding("fault", "no file", task=""),
    finding("fault", "elsewhere", suite="o", task="o/t"),
]


def test_faults_are_numbered_and_come_first():
    assert render_findings({"s": 2, "o": 1, "p": 3}, FINDINGS).splitlines() == [
        "s: 2 tasks, 2 faults, 1 noted, 1 remark",
        "  1. s/t: wrong",
        "  2. no file",
        "  noted: s/t: known",
        "         It is known.",
        "  remark: s/t: small",
        "o: 1 task, 1 fault",
        "  1. o/t: elsewhere",
        "p: 3 tasks, no fault",
    ]


def test_of_many_remarks_the_first_are_listed():
    lines = render_findings({"s": 9}, [finding("remark", str(k)) for k in range(33)]).splitlines()
    assert lines[0] == "s: 9 tasks, no fault, 33 remarks"
    assert lines[-1] == "  ... and 3 remarks more; --json has all"
    assert len(lines) == 32


def test_programs_get_every_field():
    first, second = findings_as_json({"s": 2, "p": 3}, FINDINGS)
    assert (first["suite"], first["tasks"], len(first["findings"])) == ("s", 2, 4)
    assert first["findings"][2] == {
        "task": "s/t", "kind": "pole", "level": "noted", "text": "known", "note": "It is known.",
    }  # fmt: skip
    assert second["findings"] == []
