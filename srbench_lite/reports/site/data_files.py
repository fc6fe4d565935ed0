"""The CSV files of a site: what its tables and charts show, in full precision, for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from srbench_lite.recording.output import safely_shown

__all__ = ["csv_file", "guarded"]

#: A spreadsheet runs a cell that begins so; a number, or a formula of the project's own language, is harmless.
_STARTS: Final = re.compile(r"[=@\t\r]|[-+](?![\w.()*/+ -]*$)")


def csv_file(rows: Iterable[Mapping[str, Any]]) -> bytes:
    """Return rows as CSV in UTF-8; the columns are those of the first row, None is an empty cell.

    A text of strangers that a spreadsheet would run gets an apostrophe before it.
    """
    rows = list(rows)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return stream.getvalue().encode()


def guarded(text: str) -> bytes:
    """Return a CSV text of this package in the same way."""
    return csv_file(csv.DictReader(io.StringIO(text)))


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    shown = safely_shown(value)
    return f"'{shown}" if _STARTS.match(shown) else shown
