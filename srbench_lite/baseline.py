"""`Baseline`: the runs that a regression gate compares with, in a file that is small and readable in a diff."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from srbench_lite.errors import StoreError, UsageError
from srbench_lite.outcomes import Outcomes, needed
from srbench_lite.record import Record, checked_columns

__all__ = ["COLUMNS", "Baseline", "is_baseline", "read_baseline", "write_baseline"]

_FORMAT: Final = "srbench-lite baseline"
_VERSION: Final = 1
#: What is kept of a run.
COLUMNS: Final = (
    "suite", "task", "task_version", "task_fingerprint", "truth", "method", "method_version", "parameters", "noise",
    "seed", "status", "recovered", "nmse_test", "y_constant", "complexity", "seconds", "budget_seconds",
    "budget_memory_mb", "budget_threads", "scoring_version", "started_at",
)  # fmt: skip
#: Of those, what is the same for all runs of a method, and for all runs on a task; each stands once.
_OF_METHOD: Final = (
    "method", "method_version", "parameters", "budget_seconds", "budget_memory_mb", "budget_threads",
    "scoring_version",
)  # fmt: skip
_OF_TASK: Final = ("suite", "task", "task_version", "task_fingerprint", "truth", "y_constant")
_OF_RUN: Final = tuple(name for name in COLUMNS if name not in (*_OF_METHOD, *_OF_TASK))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """The content of a baseline file.

    Attributes:
        outcomes: its runs, with the columns of the file.
        made_with: the version of srbench-lite that wrote it.
    """

    outcomes: Outcomes
    made_with: str


def write_baseline(records: Iterable[Record], path: Path) -> int:
    """Write the runs of a baseline, whole or not at all; return how many.

    Raises:
        UsageError: the file cannot be written.
    """
    from srbench_lite import __version__

    rows = [record.to_row() for record in records]
    rows.sort(key=lambda row: (row["method"], row["suite"], row["task"], row["noise"], row["seed"], row["key"]))
    methods = _distinct(rows, _OF_METHOD)
    tasks = _distinct(rows, _OF_TASK)
    lines = [
        json.dumps([methods[_part(row, _OF_METHOD)], tasks[_part(row, _OF_TASK)], *(_rounded(row[n]) for n in _OF_RUN)])
        for row in rows
    ]
    head = {
        "format": _FORMAT, "version": _VERSION, "made_with": __version__, "columns": ["method", "task", *_OF_RUN],
    }  # fmt: skip
    text = "\n".join(
        [
            json.dumps(head)[:-1] + ",",
            '"methods": [\n' + ",\n".join(methods) + "\n],",
            '"tasks": [\n' + ",\n".join(tasks) + "\n],",
            '"runs": [\n' + ",\n".join(lines) + "\n]}\n",
        ]
    )
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return len(rows)


def is_baseline(path: Path) -> bool:
    """Return whether a file begins as a baseline does."""
    if path.suffix != ".json" or not path.is_file():
        return False
    with path.open(encoding="utf-8", errors="replace") as file:
        return f'"format": "{_FORMAT}"' in file.read(200)


def read_baseline(path: Path) -> Baseline:
    """Read what `write_baseline` wrote; every value is checked against its type.

    Raises:
        StoreError: the file cannot be read, or is something else.
    """
    if not path.is_file():
        raise StoreError(f"there is no baseline {path}; make one with `srbench baseline --out {path}`")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise StoreError(f"the baseline {path} cannot be read: {error}") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StoreError(f"{path} is no baseline; make one with `srbench baseline --out {path}`")
    if content.get("version") != _VERSION:
        raise StoreError(
            f"the baseline {path} has version {content.get('version')!r:.40}, this srbench-lite reads version "
            f"{_VERSION}; make it again with `srbench baseline`"
        )
    try:
        rows = [_row(content, line) for line in content["runs"]]
        return Baseline(outcomes=Outcomes.from_rows(rows, COLUMNS), made_with=str(content["made_with"]))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise StoreError(f"the baseline {path} is damaged: {type(error).__name__}: {error}") from None


def _row(content: dict[str, Any], line: list[Any]) -> tuple[Any, ...]:
    """Return the columns that `Outcomes` needs of a run."""
    method, task = content["methods"][line[0]], content["tasks"][line[1]]
    values = dict(zip((*_OF_METHOD, *_OF_TASK, *_OF_RUN), (*method, *task, *line[2:]), strict=True))
    row = checked_columns(values)
    return tuple(row[name] for name in needed(COLUMNS))


def _rounded(value: Any) -> Any:
    """Return a number to nine digits: more of an error or of a time means nothing."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _part(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return json.dumps([row[name] for name in names], ensure_ascii=False)


def _distinct(rows: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, int]:
    """Return each different part of the rows with its number."""
    return {part: number for number, part in enumerate(dict.fromkeys(_part(row, names) for row in rows))}
