"""Tables within the columns of a terminal, a file or a pipe."""

from __future__ import annotations

import io
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.reports.fitted_table import fitted_table, line_width, wrapped_text

HEADS = ("variant", "recovery [95 %]", "size / truth", "remarks")
ROWS = (("layers=[8, 8], snap=False", "50 % [30, 70]", "8 / 8", "1 crashed"), ("base", "100 %", "11.5 / 12", "–"))
WORDS = st.text("abc-%é", min_size=1, max_size=9)
CELLS = st.lists(WORDS, min_size=1, max_size=5).map(" ".join)


def lines(width: int) -> list[str]:
    return fitted_table(HEADS, ROWS, texts=(0, 3), width=width).splitlines()


def test_what_has_room_is_one_table():
    assert lines(80) == [
        "variant                    recovery [95 %]  size / truth  remarks",
        "───────────────────────────────────────────────────────────────────",
        "layers=[8, 8], snap=False    50 % [30, 70]         8 / 8  1 crashed",
        "base                                 100 %     11.5 / 12  –",
    ]


def test_texts_and_heads_fold_and_numbers_do_not():
    assert lines(52) == [
        "variant            recovery  size / truth  remarks",
        "                     [95 %]",
        "────────────────────────────────────────────────────",
        "layers=[8,    50 % [30, 70]         8 / 8  1 crashed",
        "8],",
        "snap=False",
        "base                  100 %     11.5 / 12  –",
    ]


def test_the_rest_stands_in_blocks_that_say_what_rows_are_about():
    first, second, third = "\n".join(lines(44)).split("\n\n")
    assert first.splitlines()[-2:] == [
        "layers=[8, 8], snap=False    50 % [30, 70]", "base                                 100 %",
    ]  # fmt: skip
    assert second.startswith("variant                    size / truth\n")
    assert third.splitlines()[-1] == "base                       –"


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=4), st.integers(72, 120), st.booleans()
)
def test_nothing_is_lost_and_no_line_is_too_long(table, width, ruled):
    """Each number stands whole, and each word of a text."""
    heads, *rows = table
    text = fitted_table(heads, rows, texts=(0, 1, 4), keys=2, ruled=ruled, width=width)
    shown = text.splitlines()
    assert max(map(len, shown)) <= width
    assert all(any(cell in line for line in shown) for row in rows for cell in row[2:4])
    assert all(any(word in line for line in shown) for row in table for cell in row for word in cell.split())


def test_wide_characters_take_two_columns():
    assert fitted_table(("a", "b"), (("日本", "x"), ("c", "y"))).splitlines()[2:] == ["日本  x", "c     y"]


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("columns", "width"), [(None, 80), ("200", 200), ("", 80), ("0", 80), ("x", 80)])
def test_a_file_has_eighty_columns_or_what_is_said(monkeypatch, columns, width):
    monkeypatch.setattr("sys.stdout", io.StringIO())
    monkeypatch.delenv("COLUMNS", raising=False)
    if columns is not None:
        monkeypatch.setenv("COLUMNS", columns)
    assert line_width() == width


def test_a_terminal_is_as_wide_as_it_is(monkeypatch):
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((55, 24)))
    assert line_width() == 55
    assert max(map(len, wrapped_text("word " * 40, first="- ", further="  "))) <= 55


def test_a_path_that_is_longer_than_a_line_stays_whole():
    path = "/a-long-path" * 8
    assert path in fitted_table(("name", "state"), (("a", f"make it with: srbench env add {path}"),), width=60)
