"""What `srbench check-suite` found, for people and for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from srbench_lite.checking.suite_check import Finding
from srbench_lite.comparing.runs import counted

__all__ = ["findings_as_json", "render_findings"]

#: Of the remarks of a suite so many are listed, others counted.
_MAX_REMARKS: Final = 30


def render_findings(tasks: Mapping[str, int], findings: Sequence[Finding]) -> str:
    """Return the faults of each suite numbered, then what its tasks tell of themselves, then remarks.

    Args:
        tasks: number of tasks by suite, in order.
        findings: of these suites.
    """
    return "".join(f"{line}\n" for suite, count in tasks.items() for line in _suite(suite, count, findings))


def _suite(suite: str, count: int, findings: Sequence[Finding]) -> Iterator[str]:
    own = [finding for finding in findings if finding.suite == suite]
    faults, noted, remarks = ([f for f in own if f.level == level] for level in ("fault", "noted", "remark"))
    more = [counted(len(some), what) for some, what in ((noted, "noted"), (remarks, "remark")) if some]
    summary = ", ".join([counted(len(faults), "fault") if faults else "no fault", *more]).replace("noteds", "noted")
    yield f"{suite}: {counted(count, 'task')}, {summary}"
    for number, finding in enumerate(faults, start=1):
        yield f"  {number}. {_said(finding)}"
    for finding in noted:
        yield f"  noted: {_said(finding)}"
        yield f"         {finding.note}"
    for finding in remarks[:_MAX_REMARKS]:
        yield f"  remark: {_said(finding)}"
    if len(remarks) > _MAX_REMARKS:
        yield f"  ... and {counted(len(remarks) - _MAX_REMARKS, 'remark')} more; --json has all"


def _said(finding: Finding) -> str:
    return f"{finding.task}: {finding.text}" if finding.task else finding.text


def findings_as_json(tasks: Mapping[str, int], findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """Return an object for each suite: its name, number of tasks, and findings with all their fields."""
    return [
        {
            "suite": suite, "tasks": count,
            "findings": [
                {key: value for key, value in dataclasses.asdict(finding).items() if key != "suite"}
                for finding in findings
                if finding.suite == suite
            ],
        }
        for suite, count in tasks.items()
    ]  # fmt: skip
