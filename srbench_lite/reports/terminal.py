"""The leaderboard for a terminal: one table for each suite and noise level."""

from __future__ import annotations

import io
import shutil
import sys

from srbench_lite.leaderboard import Leaderboard
from srbench_lite.reports.cells import COLUMNS, caption

__all__ = ["render"]

_LEAST_WIDTH = 80


def render(leaderboard: Leaderboard) -> str:
    """Return tables as wide as the terminal, in colour where standard output is one; unlimited in a file or pipe."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    if not leaderboard.rows:
        return "The store holds no such records. Run something first: srbench run --method lasso --suite sin\n"
    colour = sys.stdout.isatty()
    width = max(_LEAST_WIDTH, shutil.get_terminal_size().columns) if colour else 200
    console = Console(
        file=io.StringIO(), force_terminal=colour, width=width, highlight=False, markup=False, emoji=False
    )  # no markup: "lasso [degree=2]" is a name
    for suite, noise in leaderboard.suites:
        rows = [row for row in leaderboard.rows if (row.suite, row.noise) == (suite, noise)]
        table = Table(title=caption(suite, noise, rows), title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
        for index, column in enumerate(COLUMNS):
            last = index in (0, len(COLUMNS) - 1)
            table.add_column(column.title, justify="left" if last else "right", no_wrap=not last)
        for row in rows:
            table.add_row(*(column.text(row) for column in COLUMNS))
        console.print(table)
    stream = console.file
    assert isinstance(stream, io.StringIO)
    return "\n".join(line.rstrip() for line in stream.getvalue().splitlines()).rstrip() + "\n"
