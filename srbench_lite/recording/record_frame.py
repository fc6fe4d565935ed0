"""`record_frame`: columns of records as a pandas DataFrame whose columns have types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import StoreError, suggest
from srbench_lite.recording.record import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["checked_names", "record_frame"]

#: What a kind of column (`srbench_lite.recording.record.COLUMNS`) becomes; kinds with a "?" may lack a value.
_TYPES: Final = {
    "text": "string", "text?": "string", "int": "int64", "int?": "Int64", "real": "float64", "real?": "float64",
    "bool?": "boolean", "json": "object",
}  # fmt: skip
_TIMES: Final = ("started_at",)


def checked_names(columns: Sequence[str] | None) -> tuple[str, ...]:
    """Return names of columns, all of them for None.

    Raises:
        StoreError: there is no such column.
    """
    names = tuple(COLUMNS) if columns is None else tuple(columns)
    for name in names:
        if name not in COLUMNS:
            raise StoreError(f"records have no column {name!r}.{suggest(name, COLUMNS)}")
    return names


def record_frame(rows: Iterable[Sequence[Any]], names: Sequence[str]) -> pd.DataFrame:
    """Return rows as a DataFrame.

    Texts are strings; whole numbers, numbers and truth values are such, and where one may be missing it is NA (NaN for
    numbers); `started_at` is a time in UTC; what is JSON in a store (parameters, metrics, candidates, extras and the
    like) are dictionaries and lists.

    Args:
        rows: a value for each name, as a store holds it.
        names: the columns.
    """
    import pandas as pd

    values = list(zip(*rows, strict=True)) or [() for _ in names]
    columns: dict[str, pd.Series[Any]] = {}
    for name, column in zip(names, values, strict=True):
        kind = COLUMNS[name]
        if kind == "json":
            column = tuple(json.loads(text) for text in column)
        elif kind == "bool?":
            column = tuple(None if value is None else bool(value) for value in column)
        series: pd.Series[Any] = pd.Series(column, dtype=_TYPES[kind])
        columns[name] = pd.to_datetime(series, utc=True).dt.as_unit("us") if name in _TIMES else series
    return pd.DataFrame(columns)
