"""A formula applied to the rows of a table: one value for each row, in the order of the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from srbench_lite.errors import TableError
from srbench_lite.expressions.expression import Expression
from srbench_lite.problems.column_names import quoted
from srbench_lite.problems.table_file import Table

__all__ = ["Prediction", "column_variables", "predict"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prediction:
    """What a formula gives for each row of a table.

    Attributes:
        values: shape (n,), NaN where there is none.
        missing: number of rows that lack a value of a variable.
        undefined: number of rows that have all values, and where the formula is undefined.
    """

    values: NDArray[np.float64]
    missing: int
    undefined: int


def column_variables(table: Table) -> dict[str, str]:
    """Return the identifier of each column by the names that a formula may have for it, as the file calls it first."""
    named = {name: name for name in table.headers}
    headers = [header for header in table.headers.values() if header]
    return named | {header: table.find(header) for header in headers if headers.count(header) == 1}


def predict(expression: Expression, table: Table, columns: Mapping[str, str] | None = None) -> Prediction:
    """Apply a formula to a table.

    Args:
        expression: the formula.
        table: the table.
        columns: identifier of the column for each variable of the formula; by default they are called alike.

    Raises:
        TableError: a column is missing, or holds no numbers.
    """
    values = {
        name: _numbers(table, name if columns is None else columns[name]) for name in expression.variables
    }  # fmt: skip
    whole = np.ones(table.n_rows, dtype=bool)
    for column in values.values():
        whole &= np.isfinite(column)
    result = np.broadcast_to(expression(values), (table.n_rows,)).copy()
    result[~(whole & np.isfinite(result))] = np.nan
    missing = int((~whole).sum())
    return Prediction(values=result, missing=missing, undefined=int(np.isnan(result).sum()) - missing)


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    if name in table.faults:
        raise TableError(f"{table.name} {table.faults[name]}")
    if name not in table.columns:
        raise TableError(
            f"{table.name}: the column {quoted(table.headers[name] or name)} cannot be used ({table.left_out[name]}): "
            f"every cell must be a number"
        )
    return table.columns[name]
