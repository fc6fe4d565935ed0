"""What a regression gate found, for whoever reads it: people, step summaries, test reports, programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, Final
from xml.etree import ElementTree

from srbench_lite.comparing.comparison import METRICS, Line
from srbench_lite.comparing.gate import Check, Outcome
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.reports.comparison import (
    CHANGE_HEADERS,
    change_cells,
    difference,
    escaped,
    level,
    margin_of,
    markdown_table,
    p_value,
    shortened,
)

__all__ = ["SCHEMA", "render_annotations", "render_json", "render_junit", "render_markdown", "render_text"]

#: Identifies the JSON report; `check.schema.json` beside this module describes it.
SCHEMA: Final = "srbench-lite check/1"
#: A step summary may have 1 MiB, a comment 64 kB: reports stay below the smaller one.
_LARGEST: Final = 60_000
_TASKS: Final = 40
_HEADERS: Final = ("method", "metric", "tasks", "baseline", "now", "difference [95 %]", "p", "verdict")
_MARKS: Final = {
    Outcome.PASSED: "✅", Outcome.REGRESSION: "❌", Outcome.FAILED: "💥", Outcome.INVALID: "⚠️", Outcome.EMPTY: "∅",
}  # fmt: skip
_LEGEND: Final = (
    "One test a method and primary metric decides. p is one-sided, of the direction that was seen, and adjusted (Holm) "
    "where it decides; of the recovery rate by how the successes of each task fall to the two sides, of other metrics "
    "by Wilcoxon's signed ranks over tasks. What is below explains and does not decide: single tasks change by chance, "
    "times depend on the machine."
)


def render_text(found: Check) -> str:
    """Return a few lines for a terminal."""
    from tabulate import tabulate

    parts = [f"{found.outcome.value}: {found.reason}"]
    rows = [_cells(method, line) for method, line in _overall(found)]
    if rows:
        parts += ["", tabulate(rows, _HEADERS, "simple", disable_numparse=True), _detectable(found)]
    parts += [f"{method} differs from the baseline's: {what}" for method, what in found.changes.items() if what]
    for method, comparison in found.comparisons.items():
        shown, hidden = shortened(comparison.changes, 10)
        if shown:
            parts += ["", f"Tasks whose recovery changed with {method} ({len(comparison.changes)}):"]
            parts.append(tabulate([change_cells(c) for c in shown], CHANGE_HEADERS, "simple", disable_numparse=True))
            parts += [f"... and {hidden} more; --markdown FILE lists them"] if hidden else []
    return "\n".join(parts) + "\n"


def render_markdown(found: Check) -> str:
    """Return a report for a step summary, always below 64 kB: the decision first, tasks folded."""
    tasks = _TASKS
    while True:
        text = _markdown(found, tasks)
        if len(text.encode()) <= _LARGEST or not tasks:
            break
        tasks //= 2
    return text if len(text.encode()) <= _LARGEST else f"{text.encode()[:_LARGEST].decode(errors='ignore')}\n\n(cut)\n"


def _markdown(found: Check, tasks: int) -> str:
    parts = [f"## {_MARKS[found.outcome]} srbench check: {found.outcome.value}", "", _short(found.reason, 4000), ""]
    rows = [_cells(method, line) for method, line in _overall(found)]
    if rows:
        parts += [markdown_table(_HEADERS, rows), "", _detectable(found), "", _LEGEND, ""]
    for method, what in found.changes.items():
        parts += [f"{_short(method)} differs from the baseline's: {_short(what, 500)}\n"] if what else []
    for method, comparison in found.comparisons.items():
        shown, hidden = shortened(comparison.changes, tasks)
        if comparison.changes:
            head = f"{_short(method)}: recovery changed on {len(comparison.changes)} tasks"
            parts += ["<details>", f"<summary>{head}</summary>", ""]
            cells = ([_cut(cell, 120) for cell in change_cells(change)] for change in shown)
            parts += [markdown_table(CHANGE_HEADERS, cells), ""] if shown else []
            parts += [f"... and {hidden} more.", ""] if hidden else []
            parts += ["</details>", ""]
    return "\n".join(parts)


def render_junit(found: Check) -> str:
    """Return JUnit XML: a test case for each method and primary metric, one for the runs, one for the pairing."""
    cases = list(_cases(found))
    failures = sum(kind == "failure" for _, kind, _, _ in cases)
    errors = sum(kind == "error" for _, kind, _, _ in cases)
    skipped = sum(kind == "skipped" for _, kind, _, _ in cases)
    counts = {"tests": str(len(cases)), "failures": str(failures), "errors": str(errors), "skipped": str(skipped)}
    root = ElementTree.Element("testsuites", {"name": "srbench check", **counts})
    suite = ElementTree.SubElement(root, "testsuite", {"name": "srbench check", **counts})
    for name, kind, message, text in cases:
        case = ElementTree.SubElement(suite, "testcase", {"classname": "srbench", "name": _printable(name)})
        if kind:
            ElementTree.SubElement(case, kind, {"message": _printable(message)}).text = _printable(text)
        elif text:
            ElementTree.SubElement(case, "system-out").text = _printable(text)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _cases(found: Check) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, kind of failure or "", message and text of each test case."""
    invalid = found.outcome in (Outcome.INVALID, Outcome.EMPTY)
    yield "comparable with the baseline", "error" if invalid else "", found.reason if invalid else "", ""
    failed = found.outcome is Outcome.FAILED
    yield "runs ended", "error" if failed else "", found.reason if failed else "", ""
    for method, line in found.gating():
        text = ", ".join(f"{head} {cell}" for head, cell in zip(_HEADERS, _cells(method, line), strict=True))
        changes = [" ".join(change_cells(c)) for c in shortened(found.comparisons[method].changes, _TASKS)[0]]
        kind = "failure" if line.verdict is Judgement.WORSE else ""
        if line.verdict is Judgement.UNDECIDED:
            kind = "failure" if found.require == "equivalent" else "skipped"
        yield (
            f"{method}: {METRICS[line.metric].title}",
            kind,
            f"{line.verdict.value}: {difference(line)}",
            "\n".join([text, *changes]),
        )


def render_json(found: Check) -> str:
    """Return the report for programs, as `check.schema.json` describes it."""
    content: dict[str, Any] = {
        "schema": SCHEMA, "outcome": found.outcome.value, "exit_code": found.exit_code, "reason": found.reason,
        "primary": list(found.primary), "require": found.require,
        "methods": [
            {
                "method": method,
                "differs": found.changes.get(method, ""),
                "failures": {"baseline": comparison.failures[0], "now": comparison.failures[1]},
                "lines": [_line(line) for line in comparison.lines],
                "changes": [asdict(change) for change in comparison.changes],
            }
            for method, comparison in found.comparisons.items()
        ],
    }  # fmt: skip
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _line(line: Line) -> dict[str, Any]:
    content = asdict(line)
    del content["narrow"]
    content["baseline"], content["now"] = content.pop("before"), content.pop("after")
    content["interval"] = None if line.interval is None else list(line.interval)
    return content


def render_annotations(found: Check) -> str:
    """Return workflow commands: what GitHub shows beside a change."""
    kind = {Outcome.PASSED: "notice", Outcome.EMPTY: "warning"}.get(found.outcome, "error")
    lines = [(kind, found.reason)]
    for method, line in found.gating():
        if line.verdict is Judgement.UNDECIDED:
            lines.append(("warning", f"{method}: {METRICS[line.metric].title} is undecided, {difference(line)}"))
    return "".join(f"::{kind} title=srbench check::{_command(text)}\n" for kind, text in lines)


def _overall(found: Check) -> list[tuple[str, Line]]:
    """Return the lines of all tasks: those that decide first."""
    deciding = found.gating()
    others = [
        (method, line)
        for method, comparison in found.comparisons.items()
        for line in comparison.lines
        if line.suite is None and line.metric not in found.primary
    ]
    return [*deciding, *others]


def _cells(method: str, line: Line) -> list[str]:
    p = min(line.p_less, line.p_greater)
    return [
        _cut(method, 80), METRICS[line.metric].title, str(line.tasks), level(line, line.before),
        level(line, line.after), difference(line), p_value(p), line.verdict.value,
    ]  # fmt: skip


def _detectable(found: Check) -> str:
    """Return what the tasks suffice to see."""
    said = [
        f"{method} of {margin_of(line, line.detectable)} in {METRICS[line.metric].title}"
        for method, line in found.gating()
        if line.detectable is not None
    ]
    return f"In 80 of 100 cases these tasks would show a change of {'; '.join(said)}." if said else ""


def _short(text: str, most: int = 80) -> str:
    return escaped(_cut(text, most))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))


def _command(text: str) -> str:
    """Write what would end a workflow command as GitHub asks for."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
