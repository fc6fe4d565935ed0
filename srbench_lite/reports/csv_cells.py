"""Cells of tables as CSV, which people open in spreadsheets: no name of a stranger is a formula there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

__all__ = ["inert_cells", "inert_row"]

#: What makes a spreadsheet take a text for a formula.
_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r")


def _inert(value: Any) -> Any:
    """Return a value with an apostrophe in front where it is a text that a spreadsheet would take for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_SIGNS) and not _is_number(value) else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def inert_cells(values: Iterable[Any]) -> list[Any]:
    """Return the same of each value of a row."""
    return [_inert(value) for value in values]


def inert_row(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same of each value of a row by its column."""
    return {name: _inert(value) for name, value in values.items()}
