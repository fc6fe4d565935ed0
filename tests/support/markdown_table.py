"""Markdown tables, as the generated parts of pages have them."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["table"]


def table(headers: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return the table; a bar inside a cell is written so that it stays inside."""
    headers = list(headers)
    lines = [headers, ["---"] * len(headers), *([str(cell).replace("|", r"\|") for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
