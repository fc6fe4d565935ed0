"""Columns of a data file: pandas reads the numbers, and what it takes for text is looked at cell by cell."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from srbench_lite.errors import TableError
from srbench_lite.problems.table_cells import (
    MISSING,
    Notation,
    find_notation,
    is_missing,
    is_number,
    kind_of_text,
    number,
)
from srbench_lite.problems.table_layout import Layout

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Columns", "read_columns", "suspected_sentinels"]

#: Whole numbers beyond this are rounded in float64.
_MAX_EXACT: Final = 2**53
_TINY: Final = re.compile(r"[eEdD]-[3-9][0-9]{2}")
_ZEROS: Final = re.compile(r"(?<![0-9.])0[0-9]")
#: Numbers that programs write for a missing value.
_SENTINELS: Final = frozenset(
    sign * value for sign in (1.0, -1.0) for value in (99, 999, 9999, 99999, 999999, 32768, 1e20, 1e30, 1e36, 1e37)
)
_SAMPLE_ROWS: Final = 1000
_SHOWN: Final = 40


@dataclass(slots=True, kw_only=True)
class Columns:
    """What the columns of a file hold, by their places.

    Attributes:
        values: of the columns of numbers; NaN where there is no value.
        whole: places of columns that are written as whole numbers.
        texts: of the other columns, what they are, with an example.
        faults: of columns that hold numbers and other things, what is wrong.
        assumed: what was concluded, for people.
    """

    values: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    whole: set[int] = field(default_factory=set)
    texts: dict[int, str] = field(default_factory=dict)
    faults: dict[int, str] = field(default_factory=dict)
    assumed: list[str] = field(default_factory=list)


def read_columns(
    layout: Layout, names: Sequence[str], *, decimal: str | None, thousands: str | None, percent: str | None,
    missing: Iterable[str | float],
) -> Columns:  # fmt: skip
    """Read the columns of a layout.

    Args:
        layout: where the cells are.
        names: what each column is called in messages; columns beyond them are empty and left out.
        decimal, thousands, percent: how numbers are written; None to find it out.
        missing: what means that there is no value, besides the usual words.

    Raises:
        TableError: the numbers could be read in more than one way.
    """
    import numpy as np

    words = MISSING | {word.strip().lower() for word in missing if isinstance(word, str)}
    columns = Columns()
    sign, doubtful = ".", []
    if thousands is None and decimal != "." and _has_only_commas(layout):
        sign = ","
        if decimal is None:
            columns.assumed.append('decimal commas (decimal = ",")')
    said = thousands is not None or (decimal == "," and sign == ".")  # then a point that pandas reads may be none
    frame = _frame(layout, words, sign)
    tiny = any(_TINY.search(line) for line in layout.lines)
    for place in range(len(names)):
        series = frame[place]
        if series.dtype.kind not in "iuf":
            doubtful.append(place)
            continue
        values = series.to_numpy(dtype=np.float64)
        if np.isnan(values).all():
            columns.texts[place] = "empty"
            continue
        columns.values[place] = values
        if series.dtype.kind in "iu":
            columns.whole.add(place)
        if said or not _is_plain(values) or (tiny and (values == 0).any()):
            doubtful.append(place)
    if doubtful:
        sign = _read_cells(
            columns, layout, names, doubtful, words, sign=sign, decimal="," if sign == "," else decimal,
            thousands=thousands, percent=percent,
        )  # fmt: skip
    if layout.separator != "," and sign == "." and decimal is None and thousands is None:
        _say_points(columns, layout)
    if layout.separator == "," and decimal is None:
        _say_leading_zeros(columns, layout)
    for value in (float(word) for word in missing if _is_float(word)):
        columns.values = {place: np.where(v == value, np.nan, v) for place, v in columns.values.items()}
    return columns


def _is_float(word: str | float) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


def _is_plain(values: NDArray[np.float64]) -> bool:
    """Return whether numbers that pandas read are surely what stands in the file: no long whole ones, none infinite."""
    import numpy as np

    sizes = np.abs(values[~np.isnan(values)])
    return not sizes.size or sizes.max() < _MAX_EXACT


def _has_only_commas(layout: Layout) -> bool:
    """Return whether the file has no point at all, and a comma in its first rows that is surely a decimal one."""
    if layout.separator == "," or any("." in line for line in layout.lines):
        return False
    first = zip(range(_SAMPLE_ROWS), layout.rows(), strict=False)
    cells = {cell for _, (_, row) in first for cell in row if "," in cell and is_number(cell)}
    try:
        return bool(cells) and find_notation(cells, decimal=None, thousands=None, percent=None).decimal == ","
    except TableError:
        return False


def _frame(layout: Layout, words: frozenset[str], decimal: str) -> Any:
    """Return the numbers that pandas finds, with words for what is missing."""
    import pandas as pd

    spellings = {spelling for word in words for spelling in (word, word.upper(), word.title())}
    how: dict[str, Any] = {
        "na_values": sorted({*spellings, "NaN", "-NaN", "<NaN>"}),
        "low_memory": False,
        "decimal": decimal,
    }
    if tuple(map(int, pd.__version__.split(".")[:2])) < (3, 1):
        how["float_precision"] = "round_trip"  # later versions read every number exactly without being asked
    return _read(layout, **how)


def _read(layout: Layout, **how: Any) -> Any:
    import pandas as pd

    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(layout.lines)), sep=layout.separator, header=None, names=range(layout.width),
            index_col=False, skipinitialspace=True, keep_default_na=False, **how,
        )  # fmt: skip
    except (ValueError, OverflowError) as error:  # pandas.errors.ParserError is a ValueError
        raise TableError(f"it cannot be read: {' '.join(str(error).split())}") from None
    if len(frame) != layout.n_rows:
        raise TableError(f"it has {layout.n_rows} rows by its lines, and {len(frame)} by its cells; look at its quotes")
    return frame


def _read_cells(
    columns: Columns, layout: Layout, names: Sequence[str], doubtful: Sequence[int], words: frozenset[str], *,
    sign: str, decimal: str | None, thousands: str | None, percent: str | None,
) -> str:  # fmt: skip
    """Read columns from the text of their cells, where pandas found no numbers or numbers to look at.

    The other columns are looked at too where these do not show the decimal sign with which pandas has read them.
    Returns the decimal sign.
    """
    numbers: dict[int, _Cells] = {}

    def notation() -> Notation:
        cells = (cell for each in numbers.values() for cell in each.numbers)
        return find_notation(cells, decimal=decimal, thousands=thousands, percent=percent)

    numbers |= _numbers_among(columns, layout, names, doubtful, words)
    others = [place for place in columns.values if place not in doubtful]
    try:
        found = notation()
        settled = found.decimal == sign or not others
    except TableError:
        if not others:
            raise
        settled = False
    if not settled:
        numbers |= _numbers_among(columns, layout, names, others, words)
        found = notation()
    columns.assumed.extend(found.assumed)
    for place, cells in numbers.items():
        _take_numbers(columns, place, names[place], cells, found, layout)
    return found.decimal


@dataclass(slots=True, kw_only=True)
class _Cells:
    """The cells of a column: the different ones, the place of each row's among them, and those that are numbers."""

    different: list[str]
    codes: NDArray[np.intp]
    numbers: list[str]

    def line(self, layout: Layout, cell: str) -> int:
        """Return the number of the first line that has a cell."""
        return layout.line_of(int((self.codes == self.different.index(cell)).argmax()))


def _numbers_among(
    columns: Columns, layout: Layout, names: Sequence[str], places: Sequence[int], words: frozenset[str]
) -> dict[int, _Cells]:
    """Return the columns that hold numbers and nothing else; what the others hold is kept among the columns."""
    import pandas as pd

    frame = _read(layout, dtype=str, na_filter=False, usecols=list(places))
    found = {}
    for place in places:
        codes, different = pd.factorize(frame[place].to_numpy(dtype=object))
        given = [cell for cell in different if not is_missing(cell, words)]
        cells = _Cells(different=list(different), codes=codes, numbers=[cell for cell in given if is_number(cell)])
        if given and len(cells.numbers) == len(given):
            found[place] = cells
            continue
        columns.values.pop(place, None)
        if not given:
            columns.texts[place] = "empty"
            continue
        other = next(cell for cell in given if not is_number(cell))
        shown = f"{other.strip()!r:.{_SHOWN}}"
        if cells.numbers:
            columns.faults[place] = (
                f"line {cells.line(layout, other)}: column {names[place]!r}: {shown} is no number, "
                f"{cells.numbers[0].strip()!r:.{_SHOWN}} is one; if the former means that there is no value, give "
                f"missing = [{shown}], or leave the column out: leave_out = [{names[place]!r}]"
            )
        else:
            columns.texts[place] = f"{kind_of_text(given)}, such as {shown}"
    return found


def _take_numbers(columns: Columns, place: int, name: str, cells: _Cells, notation: Notation, layout: Layout) -> None:
    """Read one column of numbers."""
    import numpy as np

    different, fitting = cells.different, cells.numbers
    valid = set(fitting)
    values = np.array([number(cell, notation) if cell in valid else math.nan for cell in different])

    for cell, value in zip(different, values, strict=True):
        if math.isinf(value) and "inf" not in cell.lower():
            columns.values.pop(place, None)
            columns.faults[place] = (
                f"line {cells.line(layout, cell)}: column {name!r}: {cell.strip()!r:.{_SHOWN}} is beyond float64"
            )
            return
    percents = [cell for cell in fitting if "%" in cell]
    bare = next((cell for cell in fitting if "%" not in cell), None)
    if percents and bare is not None:
        columns.values.pop(place, None)
        columns.faults[place] = (
            f"line {cells.line(layout, bare)}: column {name!r}: {bare.strip()!r} has no percent sign, "
            f"{percents[0].strip()!r} has one; write all of it in one way"
        )
        return
    vanished = [
        c for c, v in zip(different, values, strict=True) if v == 0 and re.search(r"[1-9]", re.split("[eEdD]", c)[0])
    ]
    if vanished:
        columns.assumed.append(f"column {name!r}: {vanished[0].strip()!r} is read as 0, float64 has nothing smaller")
    huge = [
        cell for cell, value in zip(different, values, strict=True)
        if abs(value) >= _MAX_EXACT and re.fullmatch(r"\s*[+-]?[0-9]{1,400}\s*", cell) and int(cell) != int(value)
    ]  # fmt: skip
    if huge:
        columns.assumed.append(f"column {name!r}: {huge[0].strip()!r} is rounded, float64 has no whole number so long")
    if all(re.fullmatch(r"[\s+-]*\d+\s*", cell) for cell in fitting) and len(fitting) == len(different):
        columns.whole.add(place)
    columns.values[place] = values[cells.codes]


def _sampled(columns: Columns, layout: Layout) -> set[str]:
    """Return the numbers in the first rows, as they are written."""
    return {
        row[place].strip() for _, (_, row) in zip(range(_SAMPLE_ROWS), layout.rows(), strict=False)
        for place in columns.values if place < len(row) and is_number(row[place])
    }  # fmt: skip


def _say_points(columns: Columns, layout: Layout) -> None:
    """Say that a point is read as the decimal sign, where all cells look like 1.234 and no comma separates them."""
    written = {cell for cell in _sampled(columns, layout) if "." in cell}
    if written and all(re.fullmatch(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", cell) for cell in written):
        columns.assumed.append(f'the point in {min(written)!r} is the decimal sign (decimal = ".")')


def _say_leading_zeros(columns: Columns, layout: Layout) -> None:
    """Say that whole numbers begin with a zero, as the digits behind a decimal comma do."""
    if not any(_ZEROS.search(line) for line in layout.lines[:_SAMPLE_ROWS]):
        return
    zeros = sorted(cell for cell in _sampled(columns, layout) if re.fullmatch(r"0[0-9]+", cell))
    if zeros:
        columns.assumed.append(
            f'{zeros[0]!r} is a whole number, and no part of one with a decimal comma (decimal = ".")'
        )


def suspected_sentinels(values: NDArray[np.float64]) -> list[tuple[float, int]]:
    """Return numbers that may stand for a missing value, each with how often it occurs.

    It is one that programs write for that, the largest or the smallest, and farther from the rest than they spread.
    """
    import numpy as np

    finite = values[np.isfinite(values)]
    suspected = []
    for extreme in sorted({float(finite.min()), float(finite.max())} & _SENTINELS) if finite.size else ():
        rest = finite[finite != extreme]
        if rest.size and np.abs(rest - extreme).min() > np.ptp(rest):
            suspected.append((extreme, int((finite == extreme).sum())))
    return suspected
