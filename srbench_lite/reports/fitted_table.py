"""`fitted_table`: how every table of texts is laid out within the columns of a terminal, a file or a pipe.

What is too wide is folded first: texts between words, and heads above numbers, which never break themselves. What still
has no room stands in further blocks below, each of which begins with the columns that say what a row is about.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from typing import Final

__all__ = ["fitted_table", "line_width", "wrapped_text"]

_FILE_WIDTH: Final = 80  # columns of a line in a file or pipe, where COLUMNS says nothing
_MAX_PROSE: Final = 120  # longer lines of prose are hard to read
_MAX_WORD: Final = 24  # columns up to which a word is not broken
_GAP: Final = 2
#: A space of a head at which nothing is folded, as in `recovery [95 %]` or `size / truth`, and what stands for it.
_KEPT: Final = re.compile(r" (?=[^\[]{0,200}\]|/)")
_BLANK: Final = "\N{NO-BREAK SPACE}"
_WORDS: Final = re.compile(r"[^ \n]+")


def line_width() -> int:
    """Return how many columns a line has: as the terminal, and in a file or pipe 80, or what COLUMNS says."""
    if sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    said = os.environ.get("COLUMNS", "")
    return int(said) if said.isdecimal() and int(said) else _FILE_WIDTH


def wrapped_text(text: str, *, first: str = "", further: str = "") -> list[str]:
    """Return prose as lines, none longer than the terminal where its words are not.

    Args:
        text: in one line.
        first: what the first line begins with.
        further: what all further lines begin with.
    """
    return textwrap.wrap(
        text, min(line_width(), _MAX_PROSE), break_long_words=False, break_on_hyphens=False, initial_indent=first,
        subsequent_indent=further,
    )  # fmt: skip


def fitted_table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], *, texts: Collection[int] | None = None, keys: int = 1,
    ruled: bool = True, width: int | None = None,
) -> str:  # fmt: skip
    """Return a table whose lines are no wider than the terminal, as far as its numbers and words are not.

    Args:
        heads: of the columns; a line break in one stays.
        rows: a text for each column.
        texts: places of the columns that stand on the left and may be folded, all where that is None; the others are
            numbers, which stand on the right.
        keys: how many columns at the left say what a row is about.
        ruled: draw a line below the heads.
        width: columns of a line; None for those of the terminal.
    """
    width = line_width() if width is None else width
    texts = range(len(heads)) if texts is None else texts
    heads = [_KEPT.sub(_BLANK, head) for head in heads]
    columns = [
        _Column(cells, is_text=k in texts) for k, cells in enumerate(zip(heads, *rows, strict=True))
    ]  # fmt: skip
    blocks = _blocks(columns, keys, width)
    return "\n\n".join("\n".join(_drawn([columns[k] for k in block], width, ruled=ruled)) for block in blocks)


class _Column:
    """A column with its head as the first cell, and the widths that it wants and that it needs."""

    def __init__(self, cells: Sequence[str], *, is_text: bool) -> None:
        self.cells = cells
        self.is_text = is_text
        self.wanted = max(map(_width, cells))
        folded = [word for cell in (cells if is_text else cells[:1]) for word in _WORDS.findall(cell)]
        longest = min(max(map(_width, folded), default=0), _MAX_WORD)
        self.needed = longest if is_text else max(longest, *map(_width, cells[1:]), 0)


def _width(text: str) -> int:
    """Return the columns that a text takes; of several lines, the longest."""
    if text.isascii() and "\n" not in text:
        return len(text)
    return max(
        (sum(1 + (unicodedata.east_asian_width(sign) in "WF") for sign in line) for line in text.split("\n")), default=0
    )  # fmt: skip


def _blocks(columns: Sequence[_Column], keys: int, width: int) -> Iterator[list[int]]:
    """Yield the places of the columns of each block, with those of the keys; of several, few texts fold."""
    if sum(column.needed + _GAP for column in columns) - _GAP <= width:
        yield list(range(len(columns)))
        return
    sizes = [_GAP + (min(column.wanted, _MAX_WORD) if column.is_text else column.needed) for column in columns]
    block, used = list(range(keys)), sum(sizes[:keys])
    for place in range(keys, len(columns)):
        if len(block) > keys and used + sizes[place] - _GAP > width:
            yield block
            block, used = list(range(keys)), sum(sizes[:keys])
        block = [*block, place]
        used += sizes[place]
    yield block


def _drawn(columns: Sequence[_Column], width: int, *, ruled: bool) -> Iterator[str]:
    widths = _shared(columns, width - _GAP * (len(columns) - 1))
    for number, row in enumerate(zip(*(column.cells for column in columns), strict=True)):
        folded = [_folded(cell, size) for cell, size in zip(row, widths, strict=True)]
        for line in range(max(map(len, folded))):
            parts = (lines[line] if line < len(lines) else "" for lines in folded)
            yield (
                (" " * _GAP)
                .join(map(_padded, parts, widths, (c.is_text for c in columns)))
                .rstrip()
                .replace(_BLANK, " ")
            )
        if number == 0 and ruled:
            yield "─" * min(width, sum(widths) + _GAP * (len(widths) - 1))


def _shared(columns: Sequence[_Column], room: int) -> list[int]:
    """Return the width of each column: what it wants, the widest ones less until all have room."""
    widths = [column.wanted for column in columns]
    while (excess := sum(widths) - room) > 0:
        loose = [k for k, column in enumerate(columns) if widths[k] > column.needed]
        if not loose:
            break
        widest = max(loose, key=widths.__getitem__)
        second = max((widths[k] for k in loose if widths[k] < widths[widest]), default=0)
        alike = sum(widths[k] == widths[widest] for k in loose)
        widths[widest] = max(columns[widest].needed, second, widths[widest] - -(-excess // alike), 1)
    return widths


def _folded(cell: str, width: int) -> list[str]:
    """Return a cell in lines; a word that is too long for one stays whole: a path or a command is to be copied."""
    lines = []
    for line in cell.split("\n"):
        fits = _width(line) <= width
        lines += [line] if fits else textwrap.wrap(line, max(width, 1), break_long_words=False, break_on_hyphens=False)
    return lines


def _padded(text: str, width: int, is_text: bool) -> str:
    blank = " " * (width - _width(text))
    return f"{text}{blank}" if is_text else f"{blank}{text}"
