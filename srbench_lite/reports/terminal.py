"""The leaderboard for a terminal: one table for each suite and noise level."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.reports.columns import caption, columns_of
from srbench_lite.reports.text_table import TextTable, for_terminal

__all__ = ["render"]

_TEXTS: Final = ("method", "perturbation", "failures")


def render(leaderboard: Leaderboard) -> str:
    """Return tables no wider than the terminal, with all columns: those that have no room stand below the others."""
    if not leaderboard.rows:
        return "There are no such records. Run a method first: srbench run --method lasso --suite sin\n"
    columns = columns_of(leaderboard.rows)
    keys = 2 if columns[1].title == "perturbation" else 1
    tables = [
        TextTable(
            caption=caption(rows), heads=tuple(column.title for column in columns),
            rows=tuple(tuple(column.text(row) for column in columns) for row in rows), texts=_TEXTS, keys=keys,
        )
        for rows in leaderboard.tables
    ]  # fmt: skip
    tables[-1] = replace(tables[-1], notes=tuple(leaderboard.remarks))
    return for_terminal(tables)
