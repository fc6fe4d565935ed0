"""Records without what no two runs of the same thing have in common: times, memory, machine."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from srbench_lite.recording.record import Record

#: Fields of a record that were measured, or say where it was made.
MEASURED = ("seconds", "cpu_seconds", "cell_seconds", "peak_mb", "started_at", "environment")


def timeless(record: Record) -> dict[str, Any]:
    """Return the fields of a record but the measured ones, without the seconds of its reports."""
    values = {name: getattr(record, name) for name in type(record).__dataclass_fields__ if name not in MEASURED}
    return {**values, "reports": [text for _, text in record.reports]}


def timeless_by_key(records: Iterable[Record]) -> dict[str, dict[str, Any]]:
    """Return what is left of records, by key."""
    return {record.key: timeless(record) for record in records}
