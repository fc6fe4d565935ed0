"""`read_table`: a file of numbers in columns, however its cells are separated, named, encoded or packed.

What is not said is found out, and what was assumed is said; what could be read in two ways is an error that shows the
place and the option that decides. pandas reads the numbers.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from srbench_lite.errors import TableError, UsageError, suggest
from srbench_lite.problems.column_names import identifiers, left_out_notes, quoted, split_unit
from srbench_lite.problems.table_cells import MISSING
from srbench_lite.problems.table_columns import Columns, read_columns
from srbench_lite.problems.table_formats import Words
from srbench_lite.problems.table_layout import SEPARATORS, Layout, find_layout
from srbench_lite.problems.table_text import read_text

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Table", "TableOptions", "read_table", "refuse_assumptions"]

_UNNAMED: Final = re.compile(r"|unnamed: [\d.]+(_level_\d+)?", re.IGNORECASE)
_SEPARATOR: Final = re.compile(rf'{"|".join(SEPARATORS)}|[^\w"\n\r.+-]')
_MAX_ERROR: Final = 1_500  # characters: cells and headers that it quotes may have any length
#: A comment that no text has.
_NO_COMMENT: Final = "\0"
_GROUP_SIGNS: Final = (",", ".", " ", "'", "_")


@dataclass(frozen=True, slots=True, kw_only=True)
class TableOptions:
    """What a user says of a data file. What is not said (None) is found out.

    Attributes:
        separator: what stands between cells: comma, semicolon, tab, bar, blank, or one character.
        decimal: the decimal sign, "." or ",".
        thousands: the sign between groups of digits.
        percent: what a percent sign means: "fraction" (5% is 0.05) or "number" (5% is 5).
        encoding: such as "utf-8" or "latin-1".
        header: whether the first row has the names of the columns.
        comment: what begins a comment, also behind the cells of a row.
        skip: number of lines above the table to leave out.
        index: the column that names the rows and is no variable; true: the first one, false: none.
        leave_out: columns that are not used.
        missing: cells that mean that there is no value, words or numbers, besides the usual words. Where it is given,
            no number is suspected of it.
        sheet: of an Excel file: its name, or its number from 1.
        strict: whether an assumption is an error.

    Raises:
        UsageError: a value is none of those.
    """

    separator: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    percent: str | None = None
    encoding: str | None = None
    header: bool | None = None
    comment: str | None = None
    skip: int = 0
    index: str | bool | None = None
    leave_out: tuple[str, ...] = ()
    missing: tuple[str | float, ...] | None = None
    sheet: str | int | None = None
    strict: bool = False

    def __post_init__(self) -> None:
        for name, known in (("decimal", (".", ",")), ("thousands", _GROUP_SIGNS), ("percent", ("fraction", "number"))):
            value = getattr(self, name)
            if value is not None and value not in known:
                shown = ", ".join(map(repr, known))
                raise UsageError(f"{name} must be one of {shown}, got {value!r:.80}")
        separator = self.separator
        if separator is not None and not (isinstance(separator, str) and _SEPARATOR.fullmatch(separator)):
            names = ", ".join(SEPARATORS)
            raise UsageError(f"separator must be {names}, or one character that is in no number, got {separator!r:.80}")
        if self.decimal is not None and self.decimal == self.thousands:
            raise UsageError(f"decimal and thousands cannot both be {self.decimal!r:.80}")
        if self.encoding is not None:
            try:
                known_encoding = codecs.lookup(self.encoding)._is_text_encoding
            except (LookupError, TypeError, ValueError):
                known_encoding = False
            if not known_encoding:
                raise UsageError(
                    f'encoding must be one that Python knows, such as "latin-1", got {self.encoding!r:.80}'
                )
        for name in ("header", "strict"):
            value = getattr(self, name)
            if not isinstance(value, bool) and not (value is None and name == "header"):
                raise UsageError(f"{name} must be true or false, got {value!r:.80}")
        if self.comment is not None and (not isinstance(self.comment, str) or not self.comment.strip()):
            raise UsageError(f'comment must be what begins a comment, such as "#", got {self.comment!r:.80}')
        if isinstance(self.skip, bool) or not isinstance(self.skip, int) or self.skip < 0:
            raise UsageError(f"skip must be a number of lines, 0 or more, got {self.skip!r:.80}")
        if self.index is not None and not isinstance(self.index, str | bool):
            raise UsageError(f"index must be the name of a column, true or false, got {self.index!r:.80}")
        if self.sheet is not None and (isinstance(self.sheet, bool) or not isinstance(self.sheet, str | int)):
            raise UsageError(f"sheet must be the name of a sheet, or its number from 1, got {self.sheet!r:.80}")
        object.__setattr__(self, "leave_out", _tuple("leave_out", self.leave_out, str))
        if self.missing is not None:
            object.__setattr__(self, "missing", _tuple("missing", self.missing, str | int | float))

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TableOptions:
        """Return options by name.

        Raises:
            UsageError: an unknown name, or a value that cannot be.
        """
        known = [each.name for each in fields(cls)]
        for name in values:
            if name not in known:
                raise UsageError(f"unknown key {name!r:.80}.{suggest(name, known)}")
        return cls(**values)


def _tuple(name: str, value: Any, kind: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, list | tuple):
        raise UsageError(f"{name} must be a list, got {value!r:.80}")
    if not all(isinstance(each, kind) and not isinstance(each, bool) for each in value):
        raise UsageError(f"{name} holds something that cannot stand there: {value!r:.80}")
    return tuple(value)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """What a data file holds.

    Attributes:
        name: of the file, for messages.
        columns: the columns of numbers, by identifiers that formulas can use; NaN where there is no value.
        headers: of every column, its identifier and what the file calls it.
        units: units in the headers, or in a line of units, by identifier.
        left_out: columns that are no numbers or were left out, by identifier, with the reason.
        faults: columns that cannot be used as they are, by identifier, with the reason.
        n_rows: number of rows.
        found: what the file itself shows, for people.
        assumed: what was concluded, for people: each could be said with an option, and is an error where `strict`.
        options: as they were given.
        rows: gives the cells of each row as they stand in the file, one for each column that it has.
    """

    name: str
    columns: Mapping[str, NDArray[np.float64]]
    headers: Mapping[str, str]
    units: Mapping[str, str]
    left_out: Mapping[str, str]
    faults: Mapping[str, str]
    n_rows: int
    found: tuple[str, ...]
    assumed: tuple[str, ...]
    options: TableOptions
    rows: Callable[[], Iterator[list[str]]]

    def find(self, column: str) -> str:
        """Return the identifier of a column that is named as in the file, or by its identifier.

        Raises:
            TableError: there is none, or there are several.
        """
        named = [name for name, header in self.headers.items() if header == column]
        if len(named) > 1:
            raise TableError(
                f"{self.name} has {len(named)} columns called {column!r}; rename them, or write {' or '.join(named)}"
            )
        if named:
            return named[0]
        if column in self.headers:
            return column
        bare = [name for name, header in self.headers.items() if split_unit(header)[0] == column.strip()]
        if len(bare) == 1:
            return bare[0]
        known = [header or name for name, header in self.headers.items()]
        raise TableError(f"{self.name} has no column {column!r}.{suggest(column, known)}")


def read_table(source: Path | BinaryIO, options: TableOptions | None = None, *, name: str | None = None) -> Table:
    """Read a data file.

    Args:
        source: the file, or an open one that gives bytes, such as `sys.stdin.buffer`.
        options: what the user says of it.
        name: what messages call it; by default its path.

    Raises:
        TableError: it cannot be read, or not without a doubt, or something was assumed where `options.strict`; one
            line that begins with the name.
    """
    options = options or TableOptions()
    name = name or (str(source) if isinstance(source, Path) else str(getattr(source, "name", "the data")))
    try:
        raw = source.read_bytes() if isinstance(source, Path) else source.read()
    except (OSError, ValueError) as error:  # ValueError: a NUL character in a path
        raise TableError(f"cannot read the data file {name}: {getattr(error, 'strerror', None) or error}") from None
    try:
        table = _table(raw, options, name)
    except TableError as error:
        text = str(error) if len(str(error)) <= _MAX_ERROR else f"{str(error)[:_MAX_ERROR]}..."
        raise TableError(text if text.startswith(name) else f"{name}: {text}") from None
    refuse_assumptions(table, table.assumed)
    return table


def refuse_assumptions(table: Table, assumed: tuple[str, ...]) -> None:
    """Raise `TableError` where something was assumed of a table whose options are strict."""
    if table.options.strict and assumed:
        raise TableError(f"{table.name}: nothing may be assumed (strict), but this was: {'; '.join(assumed)}")


def _table(raw: bytes, options: TableOptions, name: str) -> Table:
    words = MISSING | {word.strip().lower() for word in options.missing or () if isinstance(word, str)}
    notation = {name: getattr(options, name) for name in ("decimal", "thousands", "percent")}
    text = read_text(raw, options.encoding, sheet=options.sheet, words=Words(missing=words, **notation))
    if text.typed:
        notation = {"decimal": ".", "thousands": None, "percent": options.percent}
    row_names = options.index if isinstance(options.index, bool) else None
    separator = "," if text.typed else SEPARATORS.get(options.separator or "", options.separator)
    layout = find_layout(
        text.text, separator=separator, header=True if text.has_names else options.header,
        comment=_NO_COMMENT if text.has_names else options.comment, skip=options.skip, row_names=row_names,
        missing=words,
    )  # fmt: skip
    headers = layout.headers if layout.headers is not None else tuple(f"x{i}" for i in range(layout.width))
    columns = read_columns(
        layout, [header or f"x{i}" for i, header in enumerate(headers)], missing=options.missing or (), **notation
    )
    names = identifiers(headers)
    headers, names = _without_empty_ends(headers, names, columns)
    named = dict(zip(names, headers, strict=True))
    found, assumed = [*text.found, *layout.found], [*text.assumed, *layout.assumed, *columns.assumed]
    table = Table(
        name=name, headers=named, columns={names[place]: values for place, values in sorted(columns.values.items())},
        units=_units(named, layout.units), left_out={}, faults={names[p]: text for p, text in columns.faults.items()},
        n_rows=layout.n_rows, found=(), assumed=(), options=options, rows=partial(_rows, layout, len(named)),
    )  # fmt: skip
    left_out = _left_out(table, columns, assumed, layout)
    _say_names({n: header for n, header in named.items() if n not in left_out}, found, assumed)
    return replace(
        table, columns={n: values for n, values in table.columns.items() if n not in left_out}, left_out=left_out,
        faults={n: fault for n, fault in table.faults.items() if n not in left_out}, found=tuple(found),
        assumed=tuple(assumed),
    )  # fmt: skip


def _rows(layout: Layout, width: int) -> Iterator[list[str]]:
    """Yield the cells of each row; empty ones beyond the header are left out, missing ones are empty."""
    for _, cells in layout.rows():
        yield [*cells[:width], *[""] * (width - len(cells))]


def _without_empty_ends(
    headers: tuple[str, ...], names: tuple[str, ...], columns: Columns
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return headers and names without those at the end that have neither a name nor a value."""
    while len(headers) > 1 and not headers[-1] and columns.texts.get(len(headers) - 1) == "empty":
        columns.texts.pop(len(headers) - 1)
        headers, names = headers[:-1], names[:-1]
    return headers, names


def _say_names(named: Mapping[str, str], found: list[str], assumed: list[str]) -> None:
    """Say which columns are called otherwise than in the file."""
    seen: set[str] = set()
    changed = []
    for name, header in named.items():
        if header in seen:
            assumed.append(f"a further column {header!r} is called {name}")
        elif name != header:
            changed.append(f"{quoted(header)} is called {name}")
        seen.add(header)
    if changed:
        found.append(f"column {', '.join(changed)}")


def _units(named: Mapping[str, str], line: tuple[str, ...]) -> dict[str, str]:
    """Return the units that stand in the headers, or in a line below them."""
    units = {name: split_unit(header)[1] for name, header in named.items()}
    units |= {name: unit.strip("[]()") for name, unit in zip(named, line, strict=False) if unit.strip("[]() ")}
    return {name: unit for name, unit in units.items() if unit}


def _left_out(table: Table, columns: Columns, assumed: list[str], layout: Layout) -> dict[str, str]:
    """Return the columns that are no variables, with the reason, and say those that nobody asked for."""
    options, names = table.options, tuple(table.headers)
    asked = {table.find(column) for column in options.leave_out}
    if isinstance(options.index, str):
        asked.add(table.find(options.index))
    elif options.index:
        asked.update(_unnamed_index(table, columns) or names[:1])
    left_out = {}
    if options.index is None and layout.headers is not None:
        index = [name for name in _unnamed_index(table, columns) if name not in asked]
        if index:
            which = (
                "first column, which has no name," if len(index) == 1 else f"first {len(index)} columns, without names,"
            )
            assumed.append(f"the {which} left out as an index (index = true)")
        left_out = dict.fromkeys(index, "an index without a name")
    texts = {names[place]: what for place, what in columns.texts.items() if names[place] not in (*asked, *left_out)}
    reasons = [(table.headers[name] or name, what) for name, what in texts.items()]
    assumed += left_out_notes(reasons, "which hold no numbers")
    return left_out | texts | dict.fromkeys(asked, "left out as asked")


def _unnamed_index(table: Table, columns: Columns) -> tuple[str, ...]:
    """Return the first columns that have no name and hold whole numbers or words, if enough others are left."""
    names = tuple(table.headers)
    count = 0
    while (
        count < len(names) and _UNNAMED.fullmatch(table.headers[names[count]])
        and (count in columns.whole or count in columns.texts)
    ):  # fmt: skip
        count += 1
    return names[:count] if len(set(table.columns) - {*names[:count]}) > 1 else ()
