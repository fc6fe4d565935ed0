"""`srbench predict`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.data_file import given_options, opened_table, option_hints, table_option
from srbench_lite.errors import ExpressionError, TableError, UsageError
from srbench_lite.files import write_file

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.table_file import Table
    from srbench_lite.regression.saved_run import SavedRun

#: A formula may begin with a minus: there are no short options, and what is no option is a formula.
_SETTINGS = {"ignore_unknown_options": True, "help_option_names": ["--help"]}


@click.command(
    "predict", cls=Command, context_settings=_SETTINGS,
    examples=(
        "srbench predict answer data.csv --out predicted.csv",
        "srbench predict '2.006*sqrt(l)' data.csv",
        "srbench predict '0.5*mass*\"speed [m/s]\"**2' data.csv --target energy",
        "srbench predict 3f2a --store results/srbench.db data.csv",
    ),
)  # fmt: skip
@click.argument("formula", metavar="FORMULA|RUN")
@click.argument("file", metavar="FILE")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", show_default="standard output",
    help="CSV file to write.",
)  # fmt: skip
@click.option(
    "--store", "store_path", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Store of the records: then RUN is the key of a record, or how it begins.",
)  # fmt: skip
@click.option(
    "--target", metavar="COLUMN", show_default="that of the run or formula",
    help="Column that the predictions are compared with, where the file has it.",
)  # fmt: skip
@click.option(
    "--column", default="prediction", show_default=True, metavar="NAME", help="What the new column is called."
)
@table_option
def predict_command(
    formula: str, file: str, out: Path | None, store_path: Path | None, target: str | None, column: str,
    table_settings: tuple[str, ...],
) -> None:  # fmt: skip
    """Apply a formula to the rows of a data file.

    FORMULA is text in the names of the file's columns, those that are no identifiers in double quotes, with or without
    "target =" before it; RUN is a folder that `srbench fit --out` wrote. FILE is a table of numbers; - is standard
    input. What is written is the rows of the file, in their order, with one more column. Where the formula has no
    value, the cell is empty.
    """
    from srbench_lite.regression.prediction import predict
    from srbench_lite.regression.saved_run import SavedRun

    if store_path is None and not formula.strip():
        raise UsageError("the formula is empty; give one such as '2*x', or a folder that srbench fit --out wrote")
    given = given_options(table_settings)
    saved = SavedRun.read(Path(formula)) if store_path is None and Path(formula).is_dir() else None
    table = opened_table(file, given if saved is None else {**saved.table, **given})
    with option_hints():
        if saved is not None:
            expression, columns = saved.expression, _columns(saved, table)
            target = target or _standing(saved.target, table)
        else:
            left, text = _sides(formula) if store_path is None else (None, _stored(formula, store_path))
            expression = _parsed(text, table)
            target = target or (None if left is None else _standing(left, table))
            columns = {name: name for name in expression.variables}
        compared = None if target is None else _numbers(target, table)
        prediction = predict(expression, table, columns)
    _write(table, prediction.values, column, out)
    for count, why in ((prediction.missing, "a value is missing"), (prediction.undefined, "the formula is undefined")):
        if count:
            click.echo(f"no prediction in {count:,} of {table.n_rows:,} rows: {why} there", err=True)
    if compared is not None:
        _say_error(prediction.values, compared, target or "")


def _columns(saved: SavedRun, table: Table) -> dict[str, str]:
    """Return the column of each variable of a formula that was kept, by the name that its file had for it."""
    return {name: table.find(saved.variables[name]) for name in saved.expression.variables}


def _sides(text: str) -> tuple[str | None, str]:
    """Return what stands left of the equals sign in `y = 2*x`, which `srbench fit` prints, and the formula."""
    left, equals, right = text.partition("=")
    named = equals and left.strip() and not set("<>!+*/(") & set(left) and not right.startswith("=")
    return (left.strip().strip('"`'), right.strip()) if named else (None, text)


def _standing(column: str, table: Table) -> str | None:
    """Return the name of a column that the table has, or None."""
    try:
        return column if table.find(column) in table.columns else None
    except TableError:
        return None


def _parsed(text: str, table: Table) -> Expression:
    """Read a formula in the names of the file's columns."""
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.regression.prediction import column_variables

    try:
        return Expression.parse(text, variables=column_variables(table))
    except ExpressionError as error:
        raise UsageError(f"{text!r:.80} is no folder and no formula in the columns of {table.name}: {error}") from None


def _stored(prefix: str, path: Path) -> str:
    """Return the formula of the record whose key begins so."""
    from srbench_lite.recording.store import Store

    with Store(path, read_only=True) as store:
        found = [
            row for row in store.rows(("key", "task", "method", "expression", "reason")) if row[0].startswith(prefix)
        ]
    if not found:
        raise UsageError(f"the store {path} has no record whose key begins with {prefix!r}")
    if len(found) > 1:
        shown = ", ".join(f"{key[:12]} ({method} on {task})" for key, task, method, *_ in found[:5])
        raise UsageError(f"{len(found)} records of {path} have a key that begins with {prefix!r}: {shown}; give more")
    (key, task, method, expression, reason) = found[0]
    if expression is None:
        raise UsageError(f"the record {key[:12]} ({method} on {task}) has no formula: {reason}")
    return str(expression)


def _numbers(column: str, table: Table) -> NDArray[np.float64]:
    name = table.find(column)
    if name not in table.columns:
        raise TableError(f"{table.name}: the column {column!r} holds no numbers to compare with")
    return table.columns[name]


def _write(table: Table, values: NDArray[np.float64], column: str, out: Path | None) -> None:
    """Write the rows of the file with a column more, as CSV."""
    import math

    def lines() -> Iterator[str]:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        headers = [header or name for name, header in table.headers.items()]
        name, number = column, 2
        while name in headers:
            name, number = f"{column}_{number}", number + 1
        writer.writerow([*headers, name])
        for cells, value in zip(table.rows(), values.tolist(), strict=True):
            writer.writerow([*cells, repr(value) if math.isfinite(value) else ""])
            if text.tell() > 1 << 16:
                yield text.getvalue()
                text.seek(0)
                text.truncate()
        yield text.getvalue()

    def make(path: Path) -> None:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(lines())

    if out is None:
        for piece in lines():
            click.echo(piece, nl=False)
    else:
        write_file(out, make)


def _say_error(values: NDArray[np.float64], y: NDArray[np.float64], target: str) -> None:
    """Say how far off the predictions are."""
    import numpy as np

    both = np.isfinite(values) & np.isfinite(y)
    n = int(both.sum())
    if not n:
        click.echo(f"{target}: no row has both a value and a prediction", err=True)
        return
    with np.errstate(all="ignore"):
        error = np.abs(values[both] - y[both])
        rmse, variance = float(np.sqrt(np.mean(error**2))), float(np.var(y[both]))
    r2 = f", R² {1 - rmse**2 / variance:.6g}" if variance > 0 else ""
    click.echo(f"{target}: RMS error {rmse:.4g}, largest {error.max():.4g}{r2}, on {n:,} rows", err=True)
