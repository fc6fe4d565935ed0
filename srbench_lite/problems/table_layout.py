"""The layout of a data file: what separates cells, which line has the names, which lines are data, how long rows are.

Every row is compared with the header: a row that is longer or shorter is an error that shows it, whatever reads the
numbers afterwards.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from srbench_lite.errors import TableError
from srbench_lite.problems.table_cells import is_missing, is_number

__all__ = ["SEPARATORS", "Layout", "find_layout"]

#: What stands between cells, by its name in options and messages.
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|", "blank": " "}
_NAMES: Final = {sign: name for name, sign in SEPARATORS.items()}
_SAMPLE_LINES: Final = 100
_COMMENT: Final = re.compile(r'\s*"?#(?!N/A|NA\b|NV|NUM!|DIV/0!|VALUE!|REF!|NAME\?|NULL!)')
#: Other marks of comments, which are believed above the table only: below, they could be cells.
_PREAMBLE: Final = re.compile(r"\s*(%|//|!|\*{2,}(?=\s|$)|\*\s+[A-Za-z])")
_MARKS: Final = re.compile(r'^[\s"]*(#|%|//|!|\*)+[ ]*')
_DECLARED: Final = re.compile(r'"?sep=([^\w"\r\n.+-])"?', re.IGNORECASE)
_SHOWN: Final = 100


@dataclass(slots=True, kw_only=True)
class Layout:
    """Where the cells of a text are.

    Attributes:
        lines: the text's lines; those that are no data are empty. The place of a line is its number less one.
        separator: one character between cells.
        headers: the name of each column as the file has it, empty where there is none; None without a header.
        units: the units of a line below the header, where there is one.
        width: the largest number of cells in a row; cells beyond the header are empty.
        n_rows: number of rows of data.
        found: what the file itself shows, for people.
        assumed: what was concluded, for people, with the option that says it.
    """

    lines: list[str]
    separator: str
    headers: tuple[str, ...] | None = None
    units: tuple[str, ...] = ()
    width: int = 0
    n_rows: int = 0
    found: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)

    @property
    def quoted(self) -> bool:
        """Whether a line has quotes: then a row may be longer than a line."""
        return any('"' in line for line in self.lines)

    def line_of(self, row: int) -> int:
        """Return the number of the line of a row of data, which are counted from 0."""
        if self.quoted:
            return next(line for number, (line, _) in enumerate(self.rows()) if number == row)
        return [number for number, line in enumerate(self.lines, start=1) if line][row]

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the last line of each row, and its cells."""
        reader = csv.reader(
            (f"{line}\n" for line in self.lines), delimiter=self.separator, skipinitialspace=True, strict=True
        )
        try:
            for row in reader:
                if row:
                    yield reader.line_num, row
        except csv.Error as error:
            raise TableError(f"line {reader.line_num}: {error}; look at the quotes in it and above it") from None


def find_layout(
    text: str, *, separator: str | None, header: bool | None, comment: str | None, skip: int, row_names: bool | None,
    missing: frozenset[str],
) -> Layout:  # fmt: skip
    """Find the layout of a text, and check that every row has as many cells as the header has names.

    Args:
        text: the file's text.
        separator: what separates cells, one character; None to find it out. A blank stands for any number of blanks.
        header: whether the first row has names; None to find it out.
        comment: what begins a comment, also behind cells; None to find out comments that are lines.
        skip: number of lines above the table.
        row_names: whether every row begins with a name for it that the header has no name for; None where nobody says.
        missing: cells that mean that there is no value, in lower case.

    Raises:
        TableError: there is no row, rows differ in length, or it cannot be told what the first row is.
    """
    lines = text.split("\n")
    lines[:skip] = [""] * min(skip, len(lines))
    layout = Layout(lines=lines, separator="")
    declared = _take_declared(lines)
    _count_blank(layout)
    comments = _take_comments(layout, comment)
    sample = [line for line in _head(lines) if line]
    if not sample:
        raise TableError("it has no rows")
    layout.separator = separator or declared or _likely_separator(sample, missing)
    if separator is None and layout.separator not in (",", ""):
        said = f"{_NAMES.get(layout.separator, repr(layout.separator))}s between cells"
        if declared:
            layout.found.append(said)
        else:
            layout.assumed.append(f'{said} (separator = "{_NAMES[layout.separator]}")')
    layout.separator = layout.separator or ","
    if layout.separator == " ":
        layout.lines = lines = [" ".join(line.split()) for line in lines]
    _take_hollow(layout)
    _take_header(layout, header, comments, missing)
    _check_lengths(layout, row_names=row_names is True)
    if layout.width > len(layout.headers or range(layout.width)):
        said = "empty cells without a name at the ends of rows left out"
        if row_names is None:
            layout.assumed.append(f"{said} (index = false)")
        else:
            layout.found.append(said)
    return layout


def _head(lines: Sequence[str]) -> Iterator[str]:
    """Yield the first lines that are not empty."""
    left = _SAMPLE_LINES
    for line in lines:
        if line and not line.isspace():
            yield line
            left -= 1
        if left == 0:
            return


def _take_declared(lines: list[str]) -> str | None:
    """Take out a first line `sep=;`, which spreadsheets write and read, and return what it says."""
    place = next((i for i, line in enumerate(lines) if line), 0)
    match = _DECLARED.fullmatch(lines[place].strip(" "))
    if match is None:
        return None
    lines[place] = ""
    return match[1]


def _take_comments(layout: Layout, mark: str | None) -> list[tuple[int, str]]:
    """Take out comments; return those above the table, with their places."""
    lines, above, count, top = layout.lines, [], 0, True
    for place, line in enumerate(lines):
        if mark is not None:
            content, found, _ = line.partition(mark)
            if not found:
                top = top and not line
                continue
            lines[place] = content.rstrip()
            whole = not content.strip()
        else:
            whole = _COMMENT.match(line) is not None or (top and _PREAMBLE.match(line) is not None)
            lines[place] = "" if whole else line
        if whole and top:
            above.append((place, line))
        count += whole
        top = top and (whole or not line or line.isspace())
    if count:
        layout.found.append(f"{_counted(count, 'comment line')} skipped")
    return above


def _count_blank(layout: Layout) -> None:
    """Empty lines that hold blanks only, and say how many empty lines stand between rows."""
    lines = layout.lines
    count = pending = 0
    begun = False
    for place, line in enumerate(lines):
        if not line or line.isspace():
            lines[place] = ""
            pending += begun
        else:
            count += pending
            pending, begun = 0, True
    if count:
        layout.found.append(f"{_counted(count, 'empty line')} skipped")


def _take_hollow(layout: Layout) -> None:
    """Empty lines of which every cell is empty: spreadsheets write them below and between tables."""
    bare = f"{layout.separator} \t"
    hollow = [place for place, line in enumerate(layout.lines) if line and line[0] in bare and not line.strip(bare)]
    for place in hollow:
        layout.lines[place] = ""
    if hollow:
        layout.found.append(f"{_counted(len(hollow), 'line')} of empty cells skipped")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _cells(line: str, separator: str) -> list[str]:
    line = " ".join(line.split()) if separator == " " else line
    return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])


def _likely_separator(sample: Sequence[str], missing: frozenset[str]) -> str:
    """Return the separator that gives rows of one length, a header that fits them, and numbers; empty where none does.

    A comma inside quotes is none. Where several fit, more of the cells are numbers with the right one.
    """
    best: tuple[float, str] | None = None
    for separator in SEPARATORS.values():
        if not any(separator in line for line in sample):
            continue
        lines = [" ".join(line.split()) for line in sample] if separator == " " else sample
        try:
            rows = list(csv.reader(lines, delimiter=separator, skipinitialspace=True))
        except csv.Error:
            continue
        first, body = rows[0], rows[1:] or rows
        lengths = [len(row) for row in body]
        width = max(set(lengths), key=lengths.count)
        if max(width, len(first)) < 2:
            continue
        even = lengths.count(width) / len(lengths)
        fits = 2 if len(first) == width else 1 if abs(len(first) - width) == 1 else 0
        cells = [cell for row in body for cell in row]
        numbers = sum(is_number(cell) or is_missing(cell, missing) for cell in cells) / len(cells)
        worth = even * (numbers + fits / 4)
        if best is None or worth > best[0]:
            best = worth, separator
    return best[1] if best else ""


def _take_header(
    layout: Layout, header: bool | None, comments: Sequence[tuple[int, str]], missing: frozenset[str]
) -> None:
    """Take out the row of names, the row of units and rows of names further down."""
    rows = layout.rows()
    try:
        number, first = next(rows)
    except StopIteration:
        raise TableError("it has no rows") from None
    body = [row for _, (_, row) in zip(range(_SAMPLE_LINES), rows, strict=False)]
    has = _has_header(first, body, missing, number) if header is None else header
    if has:
        layout.headers = tuple(" ".join(cell.split()) for cell in first)  # a name may have two lines
        text = layout.lines[number - 1]
        for place in range(number):
            layout.lines[place] = ""
        again = [place for place, line in enumerate(layout.lines) if line == text]
        if again:
            for place in again:
                layout.lines[place] = ""
            layout.assumed.append(f"{_counted(len(again), 'more header')} skipped, the first in line {again[0] + 1}")
        _take_units(layout, body, missing, number)
        return
    named = _names_in_comment(layout, comments, len(first)) if header is None else None
    if named:
        layout.headers, place = named
        layout.assumed.append(f"names from the comment in line {place + 1}")
    elif header is None:
        last = len(first) - 1
        layout.assumed.append(f"no header: columns {f'x0 to x{last}' if last else 'x0'} (header = false)")


def _has_header(first: Sequence[str], body: Sequence[Sequence[str]], missing: frozenset[str], line: int) -> bool:
    """Return whether the first row has names.

    Raises:
        TableError: it cannot be told.
    """
    numbers = [place for place, cell in enumerate(first) if is_number(cell)]
    words = [place for place, cell in enumerate(first) if not is_number(cell) and not is_missing(cell, missing)]
    if not numbers:
        return bool(words)
    counting = _counts(first, numbers)
    if not words:
        rest = [cell for row in body for place, cell in enumerate(row) if place in numbers]
        absent = any(cell.strip() for place, cell in enumerate(first) if place not in numbers)
        if absent or not counting or all(re.fullmatch(r"[+-]?\d+", cell.strip()) for cell in rest):
            return False
    else:
        over_numbers = any(is_number(row[place]) for place in words for row in body[:20] if place < len(row))
        if over_numbers and counting:
            return True
        if not over_numbers and not counting:
            return False
    shown = ",".join(first)
    raise TableError(
        f"line {line}: it cannot be told whether {shown!r:.{_SHOWN}} has names or numbers; say header = true or "
        f"header = false"
    )


def _counts(first: Sequence[str], numbers: Sequence[int]) -> bool:
    """Return whether the numbers of a row count up by one, as numbered columns and years do."""
    try:
        values = [int(first[place]) for place in numbers]
    except ValueError:
        return False
    steps = {after - before for before, after in pairwise(values)}
    return steps <= {1} and (len(values) > 2 or values[0] == 0 or len(values) < len(first))


def _take_units(layout: Layout, body: Sequence[Sequence[str]], missing: frozenset[str], header_line: int) -> None:
    """Take out a row of units: words and no number, in columns that hold numbers below it."""
    if len(body) < 2 or any(is_number(cell) for cell in body[0]):
        return
    words = [place for place, cell in enumerate(body[0]) if not is_missing(cell, missing)]
    if not words or not all(
        place < len(row) and (is_number(row[place]) or is_missing(row[place], missing))
        for place in words
        for row in body[1:]
    ):
        return
    place = next(i for i in range(header_line, len(layout.lines)) if layout.lines[i])
    layout.lines[place] = ""
    layout.units = tuple(cell.strip() for cell in body[0])
    layout.assumed.append(f"units in line {place + 1}")


def _names_in_comment(
    layout: Layout, comments: Sequence[tuple[int, str]], width: int
) -> tuple[tuple[str, ...], int] | None:
    """Return the names in the last comment above the table, where it has as many as there are columns."""
    others = ("\t", " ") if layout.separator in ("\t", " ") else ()
    for place, line in comments[-1:]:
        text = _MARKS.sub("", line)
        for separator in dict.fromkeys((layout.separator, *others)):
            cells = [cell.strip() for cell in _cells(text, separator)]
            sentence = any(is_number(cell) or cell.endswith((",", ";", ":", ".", "!", "?")) for cell in cells)
            if len(cells) == width and not sentence:
                return tuple(cells), place
    return None


def _check_lengths(layout: Layout, *, row_names: bool) -> None:
    """Set the layout's width; where rows begin with names, the header may have none for them, and gets an empty one.

    Raises:
        TableError: a row has more cells than there are names, or fewer.
    """
    lengths = list(_lengths(layout))
    if not lengths:
        raise TableError("it has no rows below its header")
    if row_names and layout.headers is not None and max(used for _, _, used in lengths) == len(layout.headers) + 1:
        layout.headers = ("", *layout.headers)
    if layout.headers is None:
        usual = max(set(full := [full for _, full, _ in lengths]), key=full.count)
        most, least = usual, usual
    else:
        most = len(layout.headers)
        least = most
        while least > 1 and not layout.headers[least - 1]:
            least -= 1
    bad = next(((line, length, used) for line, length, used in lengths if used > most or length < least), None)
    if bad is not None:
        raise TableError(_length_fault(layout, lengths, bad, most))
    layout.width = max(most, *(length for _, length, _ in lengths))
    layout.n_rows = len(lengths)


def _lengths(layout: Layout) -> Iterator[tuple[int, int, int]]:
    """Yield of each row its line, its number of cells, and that number without empty cells at the end."""
    separator = layout.separator
    if layout.quoted:
        for number, row in layout.rows():
            used = len(row)
            while used and not row[used - 1].strip():
                used -= 1
            yield number, len(row), used
        return
    for number, line in enumerate(layout.lines, start=1):
        if line:
            length = line.count(separator) + 1
            last = line[-1]
            if last == separator or last.isspace():
                bare = line.rstrip()
                kept = bare.rstrip(f"{separator} \t" if separator != "\t" else "\t ")
                yield number, length, kept.count(separator) + 1 if kept else 0
            else:
                yield number, length, length


def _length_fault(layout: Layout, lengths: Sequence[tuple[int, int, int]], bad: tuple[int, int, int], most: int) -> str:
    """Return what is wrong with a row of another length, and what may be behind it."""
    line, length, used = bad
    longer = used > most
    count = used if longer else length
    header = "the header has" if layout.headers is not None else "most rows have"
    name = _NAMES.get(layout.separator, repr(layout.separator))
    text = f"line {line} has {_counted(count, 'cell')}, {header} {most} (with {name}s between them): "
    hints = []
    if longer and most > 1 and {used for _, _, used in lengths} == {most + 1} and layout.headers is not None:
        hints.append("if every row begins with a name for it, as R writes them, give index = true")
    if longer and layout.separator == ",":
        hints.append("if a comma is the decimal sign, save the file with semicolons or tabs between cells")
    if not longer:
        hints.append("write a cell that has no value as an empty one, with its separator")
    if most == 1 or not longer:
        hints.append(
            "lines above the table are left out with skip = N, another separator is given with separator = ..."
        )
    return f"{text}{_shown_lines(layout, line)}; {'; '.join(hints) or 'look at the separators in it'}"


def _shown_lines(layout: Layout, bad: int) -> str:
    """Return the names and the first row, and the bad row where it is another, as they stand."""
    first = next((number for number, line in enumerate(layout.lines, start=1) if line), bad)
    places = sorted({first, bad})
    names = [] if layout.headers is None else [layout.separator.join(layout.headers)]
    texts = [*names, *(layout.lines[number - 1] for number in places)]
    return " / ".join(f"{text!r}" if len(text) <= _SHOWN else f"{text[:_SHOWN]!r}..." for text in texts)
