"""Quality over time: the marks at which a run is looked at, and what a record says of each.

An entry says what would have been scored had the run been stopped at that second: the last formula that was reported by
then, or what the run had come to where it was over.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from srbench_lite.errors import StoreError
from srbench_lite.judging.verdict import RECOVERED, VerdictWord

__all__ = ["MARKS", "MAX_REPORTS", "checked_progress", "checked_reports", "entry", "formulas_at", "marks_of"]

#: 1, 2, 5, 10, 20, 50, ... seconds since a fit began, up to a lifetime.
MARKS: Final = tuple(float(digit * 10**power) for power in range(10) for digit in (1, 2, 5))
#: Reports of a run that a record holds.
MAX_REPORTS: Final = 100

_VERDICTS: Final = tuple(str(word) for word in VerdictWord)
#: What an entry holds, in its order.
_FIELDS: Final = ("seconds", "expression", "verdict", "recovered", "nmse_test", "r2_test", "complexity")


def marks_of(budget_seconds: float) -> tuple[float, ...]:
    """Return the marks of a run, in seconds: those of `MARKS` below its budget, and the budget's end."""
    return (*(mark for mark in MARKS if mark < budget_seconds), float(budget_seconds))


def formulas_at(
    marks: Sequence[float], reports: Sequence[tuple[float, str]], *, ended_at: float, final: str | None
) -> tuple[str | None, ...]:
    """Return for each mark the formula that would have been scored had the run been stopped there.

    Args:
        marks: seconds, rising; the last one is the end of the budget, where nothing runs any more.
        reports: formulas with the second of each, in the order of time.
        ended_at: the second at which the run was over.
        final: the formula that it ended with; None for a run without one.
    """
    found: list[str | None] = []
    last: str | None = None
    place = 0
    for mark in marks:
        while place < len(reports) and reports[place][0] <= mark:
            last = reports[place][1]
            place += 1
        is_over = mark >= ended_at or mark == marks[-1]
        found.append(final if is_over else last)
    return tuple(found)


def entry(
    seconds: float, expression: str | None, *, verdict: str | None = None, recovered: bool | None = None,
    nmse_test: float | None = None, r2_test: float | None = None, complexity: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what a record says of a mark; scores are as in `Scores`, None without a formula."""
    values = (seconds, expression, verdict, recovered, nmse_test, r2_test, complexity)
    return dict(zip(_FIELDS, values, strict=True))


def checked_progress(content: object) -> tuple[dict[str, Any], ...]:
    """Return the entries of a record, each value checked.

    Raises:
        StoreError: they are none.
    """
    if not isinstance(content, list | tuple):
        raise StoreError(f"a record's progress must be a list of entries, got {content!r:.80}")
    entries = tuple(_checked_entry(item) for item in content)
    seconds = [item["seconds"] for item in entries]
    if any(later <= earlier for earlier, later in pairwise(seconds)):
        raise StoreError(f"a record's progress must be in the order of time, got seconds {seconds!r:.80}")
    return entries


def _checked_entry(item: object) -> dict[str, Any]:
    if not isinstance(item, Mapping) or set(item) != set(_FIELDS):
        raise StoreError(f"a record's progress must have entries of {', '.join(_FIELDS)}, got {item!r:.80}")
    values = dict(zip(_FIELDS, (item[name] for name in _FIELDS), strict=True))
    for name, value, expected in _faults(values):
        raise StoreError(f"a record's progress must have {expected} as {name}, got {value!r:.80}")
    for name in ("seconds", "nmse_test", "r2_test"):
        values[name] = None if values[name] is None else float(values[name])
    return values


def _faults(values: Mapping[str, Any]) -> Iterator[tuple[str, object, str]]:
    """Yield the name of a value that is wrong, the value, and what was expected."""
    verdict = values["verdict"]
    recovered = None if verdict is None else verdict in RECOVERED
    checks = {
        "seconds": (_is_number(values["seconds"]) and values["seconds"] > 0, "a positive number"),
        "expression": (_is_text(values["expression"]), "a text or null"),
        "verdict": (verdict is None or verdict in _VERDICTS, "a verdict or null"),
        "recovered": (values["recovered"] is None or values["recovered"] is recovered, "what its verdict says"),
        "nmse_test": (values["nmse_test"] is None or _is_number(values["nmse_test"]), "a finite number or null"),
        "r2_test": (values["r2_test"] is None or _is_number(values["r2_test"]), "a finite number or null"),
        "complexity": (_is_size(values["complexity"]), "a whole number or null"),
    }
    yield from ((name, values[name], expected) for name, (is_right, expected) in checks.items() if not is_right)


def checked_reports(content: object) -> tuple[tuple[float, str], ...]:
    """Return the reports of a record, each second and each text checked.

    Raises:
        StoreError: they are none, or too many.
    """
    if not isinstance(content, list | tuple) or len(content) > MAX_REPORTS:
        raise StoreError(f"a record's reports must be a list of at most {MAX_REPORTS}, got {content!r:.80}")
    reports: list[tuple[float, str]] = []
    for item in content:
        if not (isinstance(item, list | tuple) and len(item) == 2 and isinstance(item[1], str)):
            raise StoreError(f"a record's reports must be seconds with a text each, got {item!r:.80}")
        earliest = reports[-1][0] if reports else 0.0
        if not _is_number(item[0]) or item[0] < earliest:
            raise StoreError(f"a record's reports must be in the order of time, got {item[0]!r:.80} s")
        reports.append((float(item[0]), item[1]))
    return tuple(reports)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _is_size(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63)
