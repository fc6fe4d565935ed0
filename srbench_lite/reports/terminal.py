"""The leaderboard for a terminal: one table for each suite and noise level."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Sequence
from typing import Final

from rich import box
from rich.console import Console
from rich.table import Table

from srbench_lite.comparing.leaderboard import Leaderboard, Row
from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.columns import Column, caption, columns_of

__all__ = ["render"]

_FILE_WIDTH: Final = 220  # characters of a line in a file or pipe
#: What is left out first where the terminal is narrow.
_LEFT_OUT_FIRST: Final = (
    "NMSE far", "R² far", "CPU s", "MiB", "NMSE test", "ok", "recovered any", "size / truth", "seconds", "failures",
    "clock", "core",
)  # fmt: skip


def render(leaderboard: Leaderboard) -> str:
    """Return tables in colour where standard output is a terminal, no wider than it; all columns in a file or pipe."""
    if not leaderboard.rows:
        return "There are no such records. Run a method first: srbench run --method lasso --suite sin\n"
    colour = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if colour else _FILE_WIDTH
    columns = _fitting((*leaderboard.rows, *leaderboard.overall), width)
    console = Console(
        file=io.StringIO(), force_terminal=colour, width=width, highlight=False, markup=False, emoji=False
    )  # no markup: "lasso [degree=2]" is a name
    for rows in leaderboard.tables:
        table = Table(title=caption(rows), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for column in columns:
            text = column.title in ("method", "perturbation", "failures")
            table.add_column(column.title, justify="left" if text else "right", no_wrap=not text)
        for row in rows:
            table.add_row(*(column.text(row) for column in columns))
        console.print(table)
    for remark in leaderboard.remarks:
        console.print(safely_shown(remark))
    left_out = ", ".join(column.title for column in columns_of(leaderboard.rows) if column not in columns)
    if left_out:
        console.print(f"The terminal is too narrow for: {left_out}.")
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).rstrip() + "\n"


def _fitting(rows: Sequence[Row], width: int) -> list[Column]:
    """Return the columns that fit side by side, dropping expendable ones."""
    columns = list(columns_of(rows))
    widths = {c.title: 3 + max(len(c.title), *(len(c.text(row)) for row in rows)) for c in columns}
    for title in _LEFT_OUT_FIRST:
        if sum(widths[c.title] for c in columns) + 1 <= width:
            break
        columns = [c for c in columns if c.title != title]
    return columns
