"""Measurements of parts, each on the tasks of a suite: a line a task in a CSV file, which is gone on with.

A script has a table of parts, a dataclass of a line whose fields are the columns, and a function that measures one part
on one task. What stands in its file is not measured again.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from srbench_lite import Task
from srbench_lite.comparing.statistics import mean_intervals, wilson_interval

__all__ = ["MeasuredLine", "go_on", "paired_difference", "rate", "read_lines"]


class MeasuredLine(Protocol):
    """A line: numbers, texts and truths, of which these say what was measured, and on what."""

    part: str
    task: str


Line = TypeVar("Line", bound=MeasuredLine)


def read_lines(path: Path, kind: type[Line]) -> list[Line]:
    """Return the lines of a file; none where there is no file."""
    if not path.exists():
        return []
    types = {field.name: str(field.type) for field in fields(kind)}  # type: ignore[arg-type]
    read: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": lambda text: text == "1", "str": str}
    with path.open(encoding="utf-8", newline="") as file:
        return [kind(**{name: read[types[name]](text) for name, text in row.items()}) for row in csv.DictReader(file)]


def go_on(
    description: str | None, path: Path, kind: type[Line], parts: Mapping[str, Sequence[Task]],
    measured: Callable[[str, Task], Line],
) -> list[Line]:  # fmt: skip
    """Read the options, measure what is missing of the parts that are asked for, and return all lines.

    Args:
        description: of the script.
        path: the file, where `--out` names no other.
        kind: of the lines.
        parts: the tasks of each.
        measured: measures one part on one task.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(parts)}")
    parser.add_argument("--tasks", type=int, default=1_000, help="of each part at most, for a first look")
    parser.add_argument("--out", type=Path, default=path, help="CSV file of the lines")
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(parts):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; known: {', '.join(parts)}")
    lines = read_lines(arguments.out, kind)
    known = {(line.part, line.task) for line in lines}
    with arguments.out.open("a", encoding="utf-8", newline="") as file:
        columns = [field.name for field in fields(kind)]  # type: ignore[arg-type]
        writer = csv.writer(file, lineterminator="\n")
        if not lines:
            writer.writerow(columns)
        for name in arguments.parts or parts:
            for task in parts[name][: arguments.tasks]:
                if (name, task.name) in known:
                    continue
                line = measured(name, task)
                row = [int(v) if isinstance(v, bool) else v for v in asdict(line).values()]  # type: ignore[call-overload]
                writer.writerow(row)
                file.flush()
                lines.append(line)
                print(*row, sep="  ", flush=True)
    return lines


def rate(found: Iterable[bool]) -> tuple[str, str]:
    """Return how many of how many, and the rate with its 95 % Wilson interval, in percent."""
    every = list(found)
    share = sum(every) / len(every)
    interval = wilson_interval(share, len(every))
    assert interval is not None
    shown = f"{100 * share:.0f} % [{100 * interval.low:.0f}, {100 * interval.high:.0f}]"
    return f"{sum(every)} of {len(every)}", shown


def paired_difference(mine: Mapping[str, bool], others: Mapping[str, bool]) -> str:
    """Return the mean difference on the tasks of both with its 95 % interval, in percentage points; "–" without any."""
    both = sorted(set(mine) & set(others))
    if not both:
        return "–"
    differences = np.array([100.0 * (mine[task] - others[task]) for task in both])
    (interval,) = mean_intervals(differences)
    return f"{differences.mean():+.1f} [{interval.low:+.1f}, {interval.high:+.1f}]"
