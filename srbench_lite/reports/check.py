"""The result of a regression gate, for whoever reads it: people, step summaries, test reports, programs."""

from __future__ import annotations

import json
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final
from xml.etree import ElementTree

from tabulate import tabulate

from srbench_lite.comparing.caveats import Caveats
from srbench_lite.comparing.comparison import Line
from srbench_lite.comparing.gate import Check, GateResult
from srbench_lite.comparing.gate_advice import COMMAND
from srbench_lite.comparing.metrics import METRICS
from srbench_lite.comparing.runs import counted
from srbench_lite.comparing.statistics import Judgement
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.comparison import (
    change_cells,
    change_table,
    difference,
    escaped,
    level,
    margin_of,
    markdown_table,
    p_value,
    shortened,
)

__all__ = ["SCHEMA", "render_annotations", "render_json", "render_junit", "render_markdown", "render_text", "wrapped"]

#: Identifies the JSON report; `check.schema.json` beside this module describes it.
SCHEMA: Final = "srbench-lite check/1"
#: A step summary may have 1 MiB, a comment 64 kB: reports stay below the smaller one.
_MAX_REPORT_BYTES: Final = 60_000
_MAX_TASKS_LISTED: Final = 40
#: Width of what is printed, and what it says of each metric; the method stands above.
_COLUMNS: Final = 80
_TERMINAL_HEADERS: Final = ("metric", "baseline", "now", "difference [95 %]", "p", "verdict")
_HEADERS: Final = ("method", "metric", "tasks", "baseline", "now", "difference [95 %]", "p", "verdict")
_MARKS: Final = {
    GateResult.PASSED: "✅", GateResult.REGRESSION: "❌", GateResult.FAILED: "💥", GateResult.INVALID: "⚠️",
    GateResult.EMPTY: "∅",
}  # fmt: skip
_LEGEND: Final = (
    "For each method and primary metric one test decides. Its p is one-sided, in the direction that was seen, and "
    "carries Holm's adjustment. For the recovery rate it is the probability of how the successes of each task fall to "
    "the two sides; for other metrics it is that of Wilcoxon's signed ranks over tasks. Everything else explains the "
    "decision and is not part of it: single tasks change by chance, and times depend on the machine."
)


def render_text(check: Check) -> str:
    """Return what a terminal of 80 columns has room for, the decision first; commands may be copied."""
    parts = [*wrapped(f"{check.outcome.value}: {check.reason}"), *_advised(check.advice)]
    parts += [line for text in check.scope for line in wrapped(text)]
    for method, lines in _overall(check).items():
        parts += ["", *wrapped(f"{method}, {counted(lines[0].tasks, 'task')}{_fewer(lines)}")]
        rows = [[line.metric, *_cells(method, line)[3:]] for line in lines]
        parts.append(tabulate(rows, _TERMINAL_HEADERS, "simple", disable_numparse=True))
    parts += ["", *wrapped(detectable)] if (detectable := _detectable(check)) else []
    facts = [f"{method} differs from the baseline: {what}" for method, what in check.changes.items() if what]
    facts += [*_effort(check), *(f"note: {note}" for note in check.notes)]
    parts += [line for fact in facts for line in wrapped(fact)]
    for method, comparison in check.comparisons.items():
        shown, hidden = shortened(comparison.changes, 10)
        if shown:
            parts += ["", *wrapped(f"Tasks whose recovery changed with {method} ({len(comparison.changes)}):")]
            heads, cells = change_table(shown)
            parts.append(tabulate(cells, heads, "simple", disable_numparse=True))
            parts += [f"... and {hidden} more; --markdown FILE lists more of them"] if hidden else []
    return safely_shown("\n".join(parts)) + "\n"


def wrapped(text: str) -> list[str]:
    """Return the lines of a sentence, further ones indented; no word is cut."""
    return textwrap.wrap(text, _COLUMNS, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def _advised(advice: Sequence[str]) -> list[str]:
    """Return the lines of advice: sentences, and commands that a shell takes as they are."""
    return [line for text in advice for line in (_command_lines(text) if text.startswith(COMMAND) else wrapped(text))]


def _command_lines(command: str) -> list[str]:
    """Return a command on lines that a shell joins; no word is cut, quoted ones neither."""
    lines = [" "]
    for word in map(shlex.quote, shlex.split(command)):
        if len(lines[-1]) + 1 + len(word) > _COLUMNS - 2 and lines[-1].strip():
            lines[-1] += " \\"
            lines.append("   ")
        lines[-1] += f" {word}"
    return lines


def render_markdown(check: Check) -> str:
    """Return a report for a step summary, always below 64 kB: the decision first, tasks folded."""
    tasks = _MAX_TASKS_LISTED
    while True:
        text = _markdown(check, tasks)
        if len(text.encode()) <= _MAX_REPORT_BYTES or not tasks:
            break
        tasks //= 2
    return (
        text
        if len(text.encode()) <= _MAX_REPORT_BYTES
        else f"{text.encode()[:_MAX_REPORT_BYTES].decode(errors='ignore')}\n\n(cut)\n"
    )


def _markdown(check: Check, tasks: int) -> str:
    parts = [f"## {_MARKS[check.outcome]} srbench check: {check.outcome.value}", "", _short(check.reason, 4000), ""]
    parts += [line for text in check.advice for line in (_block(text), "")]
    parts += [line for text in check.scope for line in (_short(text, 500), "")]
    rows = [_cells(method, line) for method, lines in _overall(check).items() for line in lines]
    if rows:
        parts += [markdown_table(_HEADERS, rows), "", _detectable(check), "", _LEGEND, ""]
    for method, what in check.changes.items():
        parts += [f"{_short(method)} differs from the baseline: {_short(what, 500)}\n"] if what else []
    parts += [f"{_short(text, 500)}\n" for text in (*_effort(check), *(f"⚠️ {note}" for note in check.notes))]
    for method, comparison in check.comparisons.items():
        shown, hidden = shortened(comparison.changes, tasks)
        if comparison.changes:
            head = f"{_short(method)}: recovery changed on {counted(len(comparison.changes), 'task')}"
            parts += ["<details>", f"<summary>{head}</summary>", ""]
            heads, lines = change_table(shown)
            cells = ([_cut(cell, 120) for cell in line] for line in lines)
            parts += [markdown_table(heads, cells), ""] if shown else []
            parts += [f"... and {hidden} more.", ""] if hidden else []
            parts += ["</details>", ""]
    return "\n".join(parts)


def render_junit(check: Check) -> str:
    """Return JUnit XML: a test case for each method and primary metric, one for the runs, one for the pairing."""
    cases = list(_cases(check))
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


def _cases(check: Check) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, kind of failure or "", message and text of each test case."""
    advice = "\n".join(check.advice)
    invalid = check.outcome in (GateResult.INVALID, GateResult.EMPTY)
    yield (
        "comparable with the baseline",
        "error" if invalid else "",
        check.reason if invalid else "",
        advice if invalid else "",
    )
    failed = check.outcome is GateResult.FAILED
    yield "runs ended", "error" if failed else "", check.reason if failed else "", advice if failed else ""
    for method, line in check.gating():
        text = ", ".join(f"{head} {cell}" for head, cell in zip(_HEADERS, _cells(method, line), strict=True))
        changes = [
            " ".join(change_cells(c, perturbed=c.perturbation != "none"))
            for c in shortened(check.comparisons[method].changes, _MAX_TASKS_LISTED)[0]
        ]
        kind = "failure" if line.verdict is Judgement.WORSE else ""
        if line.verdict is Judgement.UNDECIDED:
            kind = "failure" if check.require == "equivalent" else "skipped"
        yield (
            f"{method}: {METRICS[line.metric].title}",
            kind,
            f"{line.verdict.value}: {difference(line)}",
            "\n".join([text, *changes]),
        )


def render_json(check: Check) -> str:
    """Return the report for programs, as `check.schema.json` describes it."""
    content: dict[str, Any] = {
        "schema": SCHEMA, "outcome": check.outcome.value, "exit_code": check.exit_code, "reason": check.reason,
        "primary": list(check.primary), "require": check.require, "notes": list(check.notes),
        "advice": list(check.advice), "scope": list(check.scope),
        "methods": [
            {
                "method": method,
                "differs": check.changes.get(method, ""),
                "failures": {"baseline": comparison.failures[0], "now": comparison.failures[1]},
                "effort": dict(zip(("baseline", "now"), map(_caveats, check.effort[method]), strict=True)),
                "lines": [_line(line) for line in comparison.lines],
                "changes": [_where_perturbed(asdict(change)) for change in comparison.changes],
            }
            for method, comparison in check.comparisons.items()
        ],
    }  # fmt: skip
    return json.dumps(content, indent=1, allow_nan=False) + "\n"


def _caveats(caveats: Caveats) -> dict[str, Any]:
    return {"runs": caveats.runs, "ended_by_clock": caveats.by_clock, "core_share": caveats.core_share}


def _effort(check: Check) -> list[str]:
    """Return one line for each method: how many runs the clock ended, and what share of a core they got."""
    return [
        f"{method}: the clock ended {_ended(now)} runs (baseline {_ended(before)}), "
        f"which got {_share(now)} of a core (baseline {_share(before)})"
        for method, (before, now) in check.effort.items()
    ]


def _ended(caveats: Caveats) -> str:
    return f"{'?' if caveats.by_clock is None else caveats.by_clock} of {caveats.runs}"


def _share(caveats: Caveats) -> str:
    return "?" if caveats.core_share is None else f"{100 * caveats.core_share:.0f} %"


def _line(line: Line) -> dict[str, Any]:
    content = asdict(line)
    del content["narrow"]
    content["baseline"], content["now"] = content.pop("before"), content.pop("after")
    content["interval"] = None if line.interval is None else list(line.interval)
    return _where_perturbed(content)


def _where_perturbed(content: dict[str, Any]) -> dict[str, Any]:
    """Leave out the perturbation where there is none."""
    return {name: value for name, value in content.items() if name != "perturbation" or value not in (None, "none")}


def render_annotations(check: Check) -> str:
    """Return workflow commands: what GitHub shows beside a change."""
    kind = {GateResult.PASSED: "notice", GateResult.EMPTY: "warning"}.get(check.outcome, "error")
    lines = [(kind, check.reason), *(("warning", note) for note in check.notes)]
    for method, line in check.gating():
        if line.verdict is Judgement.UNDECIDED:
            lines.append(("warning", f"{method}: {METRICS[line.metric].title} is undecided, {difference(line)}"))
    return "".join(f"::{kind} title=srbench check::{_command(safely_shown(text))}\n" for kind, text in lines)


def _overall(check: Check) -> dict[str, list[Line]]:
    """Return by method the lines of all tasks: those that decide first."""
    return {
        method: sorted(
            (line for line in comparison.lines if line.suite is None), key=lambda line: line.metric not in check.primary
        )
        for method, comparison in check.comparisons.items()
    }


def _fewer(lines: Sequence[Line]) -> str:
    """Say which metrics another number of tasks has than the first one."""
    others = [f"{line.metric}: {line.tasks}" for line in lines if line.tasks != lines[0].tasks]
    return f" ({', '.join(others)})" if others else ""


def _cells(method: str, line: Line) -> list[str]:
    p = min(line.p_less, line.p_greater)
    return [
        _cut(method, 80), METRICS[line.metric].title, str(line.tasks), level(line, line.before),
        level(line, line.after), difference(line), p_value(p), line.verdict.value,
    ]  # fmt: skip


def _detectable(check: Check) -> str:
    """Return how large a change must be for these tasks to show it."""
    sizes = [
        f"{method}, {METRICS[line.metric].title}: {margin_of(line, line.detectable)}"
        for method, line in check.gating()
        if line.detectable is not None
    ]
    return f"Smallest changes that these tasks would show in 80 of 100 cases: {'; '.join(sizes)}." if sizes else ""


def _short(text: str, most: int = 80) -> str:
    return escaped(_cut(text, most))


def _block(text: str) -> str:
    """Return a line of advice; a command as one that can be copied."""
    return "\n".join(["```sh", text, "```"]) if text.startswith(COMMAND) else escaped(text)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 3]}..."


def _printable(text: str) -> str:
    """Leave out what XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe"))


def _command(text: str) -> str:
    """Write what would end a workflow command as GitHub asks for."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
