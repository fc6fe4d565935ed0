"""`Baseline`: the runs that a regression gate compares with, in a file that is small and readable in a diff."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from srbench_lite._version import __version__
from srbench_lite.comparing.runs import RunTable, plain_number, required_columns
from srbench_lite.errors import StoreError
from srbench_lite.files import write_text
from srbench_lite.recording.record import COLUMNS as TYPES
from srbench_lite.recording.record import checked_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "Baseline", "is_baseline", "read_baseline", "write_baseline"]

_FORMAT: Final = "srbench-lite baseline"
_VERSION: Final = 3
_AGAIN: Final = "make it again with `srbench baseline`"
#: What is kept of a run.
COLUMNS: Final = (
    "suite", "task", "task_version", "task_fingerprint", "truth", "method", "method_version", "parameters", "noise",
    "seed", "status", "recovered", "nmse_test", "y_constant", "complexity", "seconds", "budget_seconds",
    "budget_memory_mb", "budget_threads", "scoring_version", "started_at", "method_source", "stopped", "cpu_seconds",
    "perturbation",
)  # fmt: skip
#: Of those, what is the same for all runs of a method, and for all runs on a task; each stands once.
_OF_METHOD: Final = (
    "method", "method_version", "parameters", "budget_seconds", "budget_memory_mb", "budget_threads",
    "scoring_version", "method_source",
)  # fmt: skip
_OF_TASK: Final = ("suite", "task", "task_version", "task_fingerprint", "truth", "y_constant")
_OF_RUN: Final = tuple(name for name in COLUMNS if name not in (*_OF_METHOD, *_OF_TASK))
#: What a file of an older version does not have.
_ADDED: Final = {
    1: ("method_source", "stopped", "cpu_seconds", "perturbation"), 2: ("perturbation",), _VERSION: (),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Baseline:
    """The content of a baseline file.

    Attributes:
        run_table: its runs, with the columns of the file.
        made_with: the version of srbench-lite that wrote it.
    """

    run_table: RunTable
    made_with: str


def write_baseline(runs: pd.DataFrame, path: Path) -> None:
    """Write the runs of a `RunTable` with one variant for each method as a baseline, whole or not at all.

    Raises:
        UsageError: the file cannot be written.
    """
    ordered = runs.assign(method=runs["variant_of"]).sort_values(["method", "suite", "task", "noise", "seed"])
    values = [_plain(name, ordered[name]) for name in COLUMNS]
    rows = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*values, strict=True)]
    methods = _distinct(rows, _OF_METHOD)
    tasks = _distinct(rows, _OF_TASK)
    lines = []
    for row in rows:
        values = [_rounded(name, row[name]) for name in _OF_RUN]
        lines.append(json.dumps([methods[_part(row, _OF_METHOD)], tasks[_part(row, _OF_TASK)], *values]))
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
    write_text(path, text)


def is_baseline(path: Path) -> bool:
    """Return whether a file says that it is a baseline."""
    if path.suffix != ".json" or not path.is_file():
        return False
    return re.search(rf'"format"\s*:\s*"{_FORMAT}"', path.read_text(encoding="utf-8", errors="replace")) is not None


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
        raise StoreError(f"the baseline {path} cannot be read: {error}; {_AGAIN}") from None
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise StoreError(f"{path} is not a baseline; make one with `srbench baseline --out {path}`")
    version = content.get("version")
    if not isinstance(version, int) or version not in _ADDED:
        raise StoreError(
            f"the baseline {path} has version {version!r:.40}, this srbench-lite reads versions "
            f"{', '.join(map(str, _ADDED))}; {_AGAIN}"
        )
    names = [name for name in (*_OF_METHOD, *_OF_TASK, *_OF_RUN) if name not in _ADDED[version]]
    try:
        rows = [_row(content, line, names) for line in content["runs"]]
        _refuse_duplicates(rows)
        return Baseline(run_table=RunTable.from_rows(rows, COLUMNS), made_with=str(content["made_with"]))
    except (KeyError, IndexError, TypeError, ValueError, StoreError) as error:
        what = "" if isinstance(error, StoreError) else f"{type(error).__name__}: "
        raise StoreError(f"the baseline {path} is damaged: {what}{str(error)[:300]}; {_AGAIN}") from None


def _refuse_duplicates(rows: list[tuple[Any, ...]]) -> None:
    """Raise `StoreError` if a run is there twice, as after a merge that went wrong."""
    places = [required_columns(COLUMNS).index(name) for name in ("method", "task", "noise", "seed", "perturbation")]
    runs = [tuple(row[place] for place in places) for row in rows]
    if len(set(runs)) < len(runs):
        method, task, noise, seed, _ = next(run for run, count in Counter(runs).items() if count > 1)
        raise StoreError(f"{method} on {task} (noise {plain_number(noise)}, seed {seed}) is there twice")


def _row(content: dict[str, Any], line: list[Any], names: list[str]) -> tuple[Any, ...]:
    """Return the columns that `RunTable` needs of a run; of one that the file does not have what older runs have."""
    method, task = content["methods"][line[0]], content["tasks"][line[1]]
    row = checked_columns(dict(zip(names, (*method, *task, *line[2:]), strict=True)))
    row = {"perturbation": "{}"} | row
    return tuple(row.get(name) for name in required_columns(COLUMNS))


def _plain(name: str, column: pd.Series[Any]) -> list[Any]:
    """Return a column as a record holds it."""
    kind = TYPES[name].rstrip("?")
    as_it_is = {"int": int, "bool": int, "real": float}.get(kind, str)
    return [None if missing else as_it_is(value) for value, missing in zip(column, column.isna(), strict=True)]


def _rounded(name: str, value: Any) -> Any:
    """Return a number to nine digits: more of an error or a time mean nothing. The noise stays, as runs pair by it."""
    return float(f"{value:.9g}") if isinstance(value, float) and name != "noise" else value


def _part(row: dict[str, Any], names: tuple[str, ...]) -> str:
    return json.dumps([row[name] for name in names], ensure_ascii=False)


def _distinct(rows: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, int]:
    """Return each different part of the rows with its number."""
    return {part: number for number, part in enumerate(dict.fromkeys(_part(row, names) for row in rows))}
