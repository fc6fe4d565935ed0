"""Data files that hold typed cells, Parquet and Excel, to the text of a table that is read as every other is.

Numbers are written with as many digits as they have, so none is rounded; dates, truth values and words are looked at as
cells of a text file are. pyarrow reads Parquet, openpyxl reads Excel; both are optional.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from srbench_lite.errors import TableError, suggest
from srbench_lite.problems.table_cells import MISSING, find_notation, is_missing, is_number, number

__all__ = ["Words", "excel_text", "is_excel", "parquet_text"]

#: A table has at most so many cells, because a small packed file may hold more than memory does.
_MAX_CELLS: Final = 100_000_000
_MAX_EXCEL_CELLS: Final = 50_000_000
_MAX_EXCEL_BYTES: Final = 2 << 30
#: A file that unpacks to more than this, by more than these factors, was made to fill the memory.
_MAX_UNSUSPECTED_CELLS: Final = 1_000_000
_MAX_CELLS_PER_BYTE: Final = 32
_MAX_UNSUSPECTED_BYTES: Final = 32 << 20
_MAX_UNPACKING: Final = 200
_MAX_REASON: Final = 300  # characters of what a library says
#: How pandas names the column of an index that has no name.
_INDEX: Final = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How to read cells of text that look like numbers, as `TableOptions` says it: None to find it out.

    The numbers of such a file are no hint for its texts: beside the number 2.5, the text 1,234 may still be 1.234.
    """

    decimal: str | None = None
    thousands: str | None = None
    percent: str | None = None
    missing: frozenset[str] = MISSING

    def plain(self, columns: Sequence[Iterable[str]]) -> tuple[list[dict[str, str]], tuple[str, ...]]:
        """Return of each column its texts as plain numbers, where all are numbers, and what was assumed.

        Raises:
            TableError: they could be read in two ways.
        """
        numbers: list[list[str]] = []
        for column in columns:
            given = [word for word in column if not is_missing(word, self.missing)]
            sure = all(is_number(word) and "%" not in word for word in given)
            numbers.append(given if sure else [])
        found = find_notation(
            (word for column in numbers for word in column), decimal=self.decimal, thousands=self.thousands,
            percent=self.percent,
        )  # fmt: skip
        return [{word: repr(number(word, found)) for word in column} for column in numbers], found.assumed


def parquet_text(raw: bytes, words: Words) -> tuple[str, tuple[str, ...]]:
    """Return the text of a Parquet file, and what was assumed of it.

    Commas stand between cells. Lists, bytes and durations say their type only.

    Args:
        raw: the file.
        words: how to read texts that are numbers.

    Raises:
        TableError: pyarrow is not installed, the file is damaged or too large, or texts could be read in two ways.
    """
    try:
        import pyarrow as pa
        import pyarrow.csv as pa_csv
        import pyarrow.parquet as pq
    except ImportError:
        raise TableError(_missing("a Parquet file", "pyarrow", "parquet")) from None
    try:
        file = pq.ParquetFile(io.BytesIO(raw))
        if file.metadata.num_rows * file.metadata.num_columns > _MAX_CELLS:
            raise TableError(f"it has more than {_MAX_CELLS:,} cells; take fewer rows or columns")
        cells = file.metadata.num_rows * file.metadata.num_columns
        if cells > max(_MAX_UNSUSPECTED_CELLS, _MAX_CELLS_PER_BYTE * len(raw)):
            raise TableError(
                f"it says that {len(raw):,} bytes hold {cells:,} cells, which is hardly true; write it as CSV"
            )
        table = file.read()
        named = [
            ("" if _INDEX.fullmatch(name) else name, column)
            for name, column in zip(table.column_names, table, strict=True)
        ]
        named.sort(key=lambda item: item[0] != "")  # an index stands in front
        columns, assumed = _without_number_texts([_plain_column(column) for _, column in named], words)
        out = io.BytesIO()
        options = pa_csv.WriteOptions(include_header=False, quoting_style="needed")
        pa_csv.write_csv(pa.table(columns, names=[str(i) for i in range(len(columns))]), out, options)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise TableError(f"it cannot be read as a Parquet file: {_reason(error)}") from None
    header = io.StringIO()
    csv.writer(header, lineterminator="\n").writerow(" ".join(name.split()) for name, _ in named)
    return header.getvalue() + out.getvalue().decode(), assumed


def _without_number_texts(columns: list[Any], words: Words) -> tuple[list[Any], tuple[str, ...]]:
    """Return columns of Parquet with numbers in the place of texts that are numbers, and what was assumed."""
    import pyarrow as pa

    texts = {i: column for i, column in enumerate(columns) if pa.types.is_string(column.type)}
    different = [[word for word in column.unique().to_pylist() if word is not None] for column in texts.values()]
    plain, assumed = words.plain(different)
    for (place, column), numbers in zip(texts.items(), plain, strict=True):
        if numbers:
            columns[place] = pa.array([numbers.get(word, word) for word in column.to_pylist()], pa.string())
    return columns, assumed


def _plain_column(column: Any) -> Any:
    """Return a column of Parquet as one of numbers, dates, truth values or texts of one line."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pc.replace_substring_regex(column, "[\r\n]+", " ").cast(pa.string())
    no_cells = (
        pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary,
        pa.types.is_duration,
    )  # fmt: skip
    if any(is_kind(kind) for is_kind in no_cells):
        return pa.array([str(kind)] * len(column), pa.string())
    return column


def is_excel(raw: bytes) -> bool:
    """Return whether these are the bytes of an Excel workbook of the format .xlsx."""
    if not raw.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, UnicodeDecodeError):  # the last: names of damaged files
        return False


def excel_text(raw: bytes, sheet: str | int | None, words: Words) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Return the text of a sheet of an Excel workbook, with commas between cells, what was found, and what assumed.

    A line is a row of the sheet, so that messages name rows as Excel does. Columns left of the table are left out.

    Args:
        raw: the file.
        sheet: the name of the sheet, or its number from 1; None for the only one that holds anything.
        words: how to read texts that are numbers.

    Raises:
        TableError: openpyxl is not installed, the file is damaged or too large, there is no such sheet or more than
            one, or texts could be read in two ways.
    """
    try:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException
    except ImportError:
        raise TableError(_missing("an Excel file", "openpyxl", "excel")) from None
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
        if size > _MAX_EXCEL_BYTES:
            raise TableError(f"it has more than {_MAX_EXCEL_BYTES >> 30} GiB unpacked; take fewer rows")
        if size > max(_MAX_UNSUSPECTED_BYTES, _MAX_UNPACKING * len(raw)):
            raise TableError(
                f"it says that {len(raw):,} bytes unpack to {size:,}, which is hardly true; write it as CSV"
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns of what it does not read, such as styles
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
            rows = {name: _rows(book[name]) for name in _wanted(book, sheet)}
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError, OSError,
        SyntaxError, zlib.error, EOFError, RuntimeError, OverflowError,
    ) as error:  # fmt: skip  # a SyntaxError is how XML that is none is reported, a RuntimeError a password
        raise TableError(f"it cannot be read as an Excel file: {_reason(error)}") from None
    filled = {name: cells for name, cells in rows.items() if cells}
    if not filled:
        raise TableError("its sheet is empty" if len(rows) == 1 else "its sheets are empty")
    if len(filled) > 1:
        named = ", ".join(repr(name) for name in filled)
        raise TableError(f"it has {len(filled)} sheets: {named}; say which: sheet = {next(iter(filled))!r}")
    name, cells = filled.popitem()
    text, assumed = _as_text(cells, words)
    return text, () if sheet is not None or len(rows) == 1 else (f"sheet {name!r}",), assumed


def _reason(error: Exception) -> str:
    """Return what a library says of a file, in one line; it may quote the whole file."""
    return " ".join(str(error).split())[:_MAX_REASON] or type(error).__name__


def _missing(what: str, package: str, extra: str) -> str:
    return (
        f"it is {what}, which {package} reads; install that (pip install 'srbench-lite[{extra}]'), or write the table "
        f"as CSV"
    )


def _wanted(book: Any, sheet: str | int | None) -> list[str]:
    """Return the names of the sheets to look at: the one that is asked for, or all that are visible."""
    names = [each.title for each in book.worksheets]
    if sheet is None:
        return [each.title for each in book.worksheets if each.sheet_state == "visible"] or names
    if isinstance(sheet, int):
        if not 1 <= sheet <= len(names):
            raise TableError(f"it has no sheet {sheet}; it has {len(names)}, counted from 1: {', '.join(names)}")
        return [names[sheet - 1]]
    if sheet not in names:
        raise TableError(f"it has no sheet {sheet!r}.{suggest(sheet, names)}")
    return [sheet]


def _rows(sheet: Any) -> list[Sequence[Any]]:
    """Return the rows of a sheet, all of one length, without empty ones at its end; none where it is empty."""
    rows: list[Sequence[Any]] = []
    width = 0
    for count, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        used = len(cells)
        while used and cells[used - 1] is None:
            used -= 1
        width = max(width, used)
        if width * count > _MAX_EXCEL_CELLS and used:
            raise TableError(f"it has more than {_MAX_EXCEL_CELLS:,} cells, empty ones too; take fewer rows or columns")
        rows.append(cells[:used])
    while rows and not rows[-1]:
        rows.pop()
    return [[*cells, *[None] * (width - len(cells))] for cells in rows]


def _as_text(rows: list[Sequence[Any]], words: Words) -> tuple[str, tuple[str, ...]]:
    """Return the rows as text, without empty columns beside the table, and what was assumed."""
    used = {place for row in rows for place, cell in enumerate(row) if cell is not None}
    first, last = min(used), max(used) + 1
    table = [[_cell(cell) for cell in row[first:last]] for row in rows]
    above = next(place for place, row in enumerate(table) if any(row))  # the first row may have names
    texts = [
        dict.fromkeys(row[place + first] for row in rows[above + 1 :] if isinstance(row[place + first], str))
        for place in range(last - first)
    ]
    plain, assumed = words.plain(texts)
    for given, row in zip(rows[above + 1 :], table[above + 1 :], strict=True):
        for place, numbers in enumerate(plain):
            if numbers and isinstance(given[place + first], str):
                row[place] = numbers.get(given[place + first], row[place])
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in table:
        if any(row):
            writer.writerow(row)
        else:
            out.write("\n")
    return out.getvalue(), assumed


def _cell(value: object) -> str:
    """Return a cell as text, of one line."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return " ".join(str(value).split("\n")) if isinstance(value, str) else str(value)
