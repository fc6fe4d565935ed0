"""What `srbench conform` found: a line for each check, and what to do about those that do not pass."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from srbench_lite.recording.output import safely_shown

__all__ = ["CheckResult", "conformance_as_json", "conformance_heading", "conformance_row", "conformance_summary"]

_NAME_WIDTH: Final = 26  # characters of the name of a check
_RESULT_WIDTH: Final = 8
_LINE_WIDTH: Final = 110  # of what is to be done, which is prose


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """How one check of a method ended.

    Attributes:
        check: its name.
        promise: what must hold.
        result: "pass", "FAIL" or "skipped".
        seconds: wall clock of the check, without the start of its process.
        why: what is wrong, or why it was skipped; empty where it passed.
        remedy: what to do where it failed, else empty.
    """

    check: str
    promise: str
    result: Literal["pass", "FAIL", "skipped"]
    seconds: float
    why: str = ""
    remedy: str = ""


def conformance_heading() -> str:
    """Return the first line of the table."""
    return f"{'CHECK':{_NAME_WIDTH}}{'RESULT':{_RESULT_WIDTH}}{'SECONDS':>8}  PROMISE"


def conformance_row(result: CheckResult) -> str:
    """Return the line of a check; where it did not pass, further lines say why and what to do."""
    line = f"{result.check:{_NAME_WIDTH}}{result.result:{_RESULT_WIDTH}}{result.seconds:8.1f}  {result.promise}"
    why = [f"    why: {safely_shown(result.why)}"] if result.why else []
    remedy = textwrap.wrap(f"    do:  {result.remedy}", _LINE_WIDTH, subsequent_indent=" " * 9) if result.remedy else []
    return "\n".join([line, *why, *remedy])


def conformance_summary(method: str, results: Sequence[CheckResult]) -> str:
    """Return the last line: whether the method conforms, with the number of checks by result and their seconds."""
    counts = {kind: sum(result.result == kind for result in results) for kind in ("pass", "FAIL", "skipped")}
    failed = counts["FAIL"]
    verdict = f"{failed} of {len(results)} checks did not pass" if failed else "conforms"
    skipped = f", {counts['skipped']} skipped" if counts["skipped"] else ""
    return f"{method}: {verdict}; {counts['pass']} passed{skipped}, {sum(r.seconds for r in results):.1f} s"


def conformance_as_json(method: str, results: Sequence[CheckResult]) -> dict[str, Any]:
    """Return what programs read: the method, whether it conforms, and every check with all its fields."""
    return {
        "method": method, "conforms": all(result.result != "FAIL" for result in results),
        "checks": [dataclasses.asdict(result) for result in results],
    }  # fmt: skip
