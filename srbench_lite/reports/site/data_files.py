"""The CSV files of a site: what its tables and charts show, in full precision, for spreadsheets and programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

from srbench_lite.recording.output import safely_shown
from srbench_lite.reports.csv_cells import inert

__all__ = ["csv_file", "guarded"]


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
    return inert(safely_shown(value)) if isinstance(value, str) else value
