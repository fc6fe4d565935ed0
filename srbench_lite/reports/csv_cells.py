"""Cells of tables as CSV, which people open in spreadsheets: no name of a stranger is a formula there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["inert", "inert_cells", "inert_row"]

#: A spreadsheet runs a cell that begins so; a number, or a formula of the project's own language, is harmless.
_STARTS: Final = re.compile(r"[=@\t\r]|[-+](?![\w.()*/+ -]*$)")


def inert(value: Any) -> Any:
    """Return a value with an apostrophe in front where it is a text that a spreadsheet would run."""
    return f"'{value}" if isinstance(value, str) and _STARTS.match(value) else value


def inert_cells(values: Iterable[Any]) -> list[Any]:
    """Return the same of each value of a row."""
    return [inert(value) for value in values]


def inert_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of each value of a row by its column."""
    return {name: inert(value) for name, value in values.items()}
