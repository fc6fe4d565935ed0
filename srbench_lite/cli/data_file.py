"""The data file of `srbench fit` and `srbench predict`: how it is written, and the points that it holds."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from srbench_lite.errors import TableError, UsageError

if TYPE_CHECKING:
    from srbench_lite.problems.measured_points import MeasuredPoints
    from srbench_lite.problems.table_file import Table, TableOptions

__all__ = [
    "column_names", "given_options", "opened_table", "option_hint", "option_hints", "table_option", "with_units",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

#: Options of a data file that hold several values; one may be given without brackets.
_LISTS: Final = ("leave_out", "missing")
#: How messages write an option of a data file, as `header = false`.
_OPTION: Final = re.compile(
    r"\b(separator|decimal|thousands|percent|encoding|header|comment|skip|index|leave_out|missing|sheet) = "
)
_TARGET: Final = re.compile(r"\btarget = \.\.\.")


def table_option(function: F) -> F:
    """Add --table KEY=VALUE, which says how a data file is written."""
    return click.option(
        "--table", "table_settings", multiple=True, metavar="KEY=VALUE",
        help="How the file is written, where that is not found out: separator=;, decimal=',', header=false, "
        "index=NAME, leave_out=NAME, missing=-999 and what else tasks/README.md lists. May be repeated.",
    )(function)  # fmt: skip


def given_options(settings: Iterable[str]) -> dict[str, Any]:
    """Return what --table says by its key; a value is TOML, or else text.

    Raises:
        UsageError: an option has no value.
    """
    values: dict[str, Any] = {}
    for setting in settings:
        key, equals, text = (part.strip() for part in setting.partition("="))
        if not equals or not key:
            raise UsageError(f"--table must be KEY=VALUE, as in separator=;, got {setting!r}")
        value = _value(text)
        if key in _LISTS:
            value = [*values.get(key, []), *(value if isinstance(value, list) else [value])]
        values[key] = value
    return values


def _table_options(given: Mapping[str, Any]) -> TableOptions:
    """Return the options of a data file.

    Raises:
        UsageError: there is no such option, or a value cannot be.
    """
    from srbench_lite.problems.table_file import TableOptions

    try:
        return TableOptions.from_mapping(given)
    except UsageError as error:
        raise UsageError(f"--table: {error}") from None


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def option_hint(text: str) -> str:
    """Return how to give here the options that a message names; empty where it names none."""
    if _TARGET.search(text):
        return "--target COLUMN says which it is"
    return "it is given as --table 'KEY = VALUE'" if _OPTION.search(text) else ""


@contextmanager
def option_hints() -> Iterator[None]:
    """Say of an error that names an option of a data file how it is given here."""
    try:
        yield
    except TableError as error:
        hint = option_hint(str(error))
        raise TableError(f"{error} ({hint})" if hint else str(error)) from None


def opened_table(file: str, given: Mapping[str, Any]) -> Table:
    """Read a data file, - being standard input.

    Raises:
        UsageError: it cannot be read, or not without a doubt.
    """
    import sys

    from srbench_lite.problems.table_file import read_table

    options = _table_options(given)
    with option_hints():
        if file == "-":
            return read_table(sys.stdin.buffer, options, name="standard input")
        return read_table(Path(file), options)


def column_names(texts: Iterable[str]) -> list[str]:
    """Return the names in texts with commas between; a name with a comma stands in double quotes."""
    return [name.strip() for row in csv.reader(texts, skipinitialspace=True) for name in row if name.strip()]


def with_units(points: MeasuredPoints, table: Table, texts: Iterable[str]) -> MeasuredPoints:
    """Return points with units: those of COLUMN=UNIT before those that the file has in its headers.

    Methods are handed the units that can be read; what else a header has in brackets is shown, and no more.

    Raises:
        UsageError: a text is none, its column is not used, or its unit is none.
    """
    from srbench_lite.problems.units import unit_fault

    used = (*points.samples.variables, points.target)
    given: dict[str, str] = {}
    for text in texts:
        column, equals, unit = (part.strip() for part in text.rpartition("="))
        if not equals or not column:
            raise UsageError(f"--unit must be COLUMN=UNIT, as in v=m/s, got {text!r}")
        fault = unit_fault(unit)
        if fault is not None:
            raise UsageError(f"--unit {column}: {fault}")
        name = table.find(column)
        if name not in used:
            raise UsageError(f"--unit {column}: this column is neither the target nor a variable of the formula")
        given[name] = unit
    units = {**points.units, **given}
    read = {name: unit for name, unit in units.items() if name in given or unit_fault(unit) is None}
    samples = replace(
        points.samples, target_unit=read.get(points.target, ""),
        units={name: unit for name, unit in read.items() if name != points.target},
    )  # fmt: skip
    return replace(points, samples=samples, units=units)
