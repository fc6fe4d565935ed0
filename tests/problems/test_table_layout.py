"""The layout of a data file: separators, names, comments, units, and rows of another length."""

from __future__ import annotations

from typing import Any

import pytest

from srbench_lite.errors import TableError
from srbench_lite.problems.table_cells import MISSING
from srbench_lite.problems.table_layout import Layout, find_layout


def layout(text: str, **options: Any) -> Layout:
    given: dict[str, Any] = {"separator": None, "header": None, "comment": None, "skip": 0, "row_names": False}
    return find_layout(text, missing=MISSING, **given | options)


@pytest.mark.parametrize(
    ("text", "separator"),
    [
        ("x,y\n1,2\n", ","),
        ("x;y\n1,5;2,5\n", ";"),
        ("1,5;2,3\n2,5;4,3\n", ";"),
        ("1,2 3,4\n5,6 7,8\n", " "),
        ("0.1, 0.2\n0.3, 0.4\n", ","),
        ("flow rate\ty\n1\t2\n3\t4\n", "\t"),
        ("x\ty\n1\t\n3\t4\n", "\t"),
        ("  x    y\n 1.0  2\n10.0 3\n", " "),
        ("x|y\n1|2\n", "|"),
        ("sep=;\nx;y\n1;2\n", ";"),
        ('sep=|\n"x"|y\n1|2\n', "|"),
        ('"a, b";y\n1;2\n', ";"),
        ("y\n1\n2\n", ","),
    ],
)
def test_separators_are_found_out(text: str, separator: str) -> None:
    assert layout(text).separator == separator


@pytest.mark.parametrize(
    ("text", "headers"),
    [
        ("x,y\n1,2\n", ("x", "y")),
        ("1,2.5\n3,4\n", None),
        ("NA,2.5\n3,4\n", None),
        ("0,NA\n1.5,2\n", None),
        ("NA,?\n1.5,2\n", None),
        ("0,1,target\n0.5,1.5,2\n", ("0", "1", "target")),
        ("# made in May\n# a b\n1 2\n3 4\n", ("a", "b")),
        ("# made in May\n1 2\n3 4\n", None),
        ("#x,y\n1,2\n", ("x", "y")),
        ("** mu F\n1 2\n3 4\n", ("mu", "F")),
        ("% x, y\n1,2\n", ("x", "y")),
        ("#,x,y\n1,0.5,2\n2,0.7,3\n", ("", "x", "y")),
        ('"a\nb",y\n1,2\n', ("a b", "y")),
    ],
)
def test_names_are_found_where_they_are(text: str, headers: tuple[str, ...] | None) -> None:
    assert layout(text).headers == headers


@pytest.mark.parametrize(
    "text",
    [
        ",0,1\n0,0.5,1.5\n",
        "0,1,2\n0.5,1.5,2.5\n",
        "2001,2002,2003\n1.5,2,3\n",
        "1.0,abc,3.0\n1,2,3\n",
        "name,2001,2002\na,1,2\nb,3,4\n",
    ],
)
def test_a_first_row_that_may_be_names_or_numbers_is_refused(text: str) -> None:
    with pytest.raises(TableError, match=r"it cannot be told whether .* say header = true or header = false"):
        layout(text)
    assert layout(text, header=True).n_rows < layout(text, header=False).n_rows


def test_a_separator_that_the_file_declares_is_no_assumption() -> None:
    found = layout("sep=;\nx;y\n1;2\n")
    assert (found.found, found.assumed) == (["semicolons between cells"], [])
    assert layout("sep=a\n1\n").separator == ","


def test_lines_that_are_no_rows_are_left_out_and_counted() -> None:
    found = layout("# a\nx,y\n1,2\n\n# b\n3,4\n , \nx,y\n5,6\n#N/A,7\n\n\n")
    assert [row for _, row in found.rows()] == [["1", "2"], ["3", "4"], ["5", "6"], ["#N/A", "7"]]
    assert found.found == ["1 empty line skipped", "2 comment lines skipped", "1 line of empty cells skipped"]
    assert found.assumed == ["1 more header skipped, the first in line 8"]
    assert [found.line_of(row) for row in range(4)] == [3, 6, 9, 10]


def test_a_line_of_units_is_taken_out() -> None:
    found = layout("x,y\nm,s\n1,2\n3,4\n")
    assert (found.units, found.n_rows, found.assumed) == (("m", "s"), 2, ["units in line 2"])


def test_other_marks_of_comments_count_above_the_table_only() -> None:
    assert layout("% a\n! b\n// c\nx,y\n1,2\n").found == ["3 comment lines skipped"]
    assert layout("x,y\n1,2\n***,3\n").n_rows == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it has no rows"),
        ("\n# a\n", "it has no rows"),
        ("x,y\n", "it has no rows below its header"),
        ("x,y\n1,2\n3\n", "line 3 has 1 cell, the header has 2 .*'x,y' / '1,2' / '3'; write a cell that has no value"),
        ("x,y\n1,2\n3,4,5\n", "line 3 has 3 cells, the header has 2"),
        ("1.5,2\n3,4\n5,6,7\n", "line 3 has 3 cells, most rows have 2"),
        ('x,y\n"1,2\n', "unexpected end of data; look at the quotes"),
        ('x,y\n"1"2,3\n', "line 2: .* look at the quotes"),
        ('x,y\n"1","2",3\n', "line 2 has 3 cells, the header has 2"),
        ("Title\nx,y\n1,2\n", "lines above the table are left out with skip = N"),
        ("x,y\n0,5,1,25\n1,0,2,00\n", "'x,y' / '0,5,1,25'; if a comma is the decimal sign"),
        ("a b\n1 2 3\n1 2 3\n", "if every row begins with a name for it, as R writes them, give index = true"),
        ("x,y\n" + "1" * 200_000 + ',"2"\n', "field larger than field limit"),
    ],
)
def test_rows_that_do_not_fit_are_shown(text: str, words: str) -> None:
    with pytest.raises(TableError, match=words):
        layout(text)


def test_a_bad_row_is_found_wherever_it_stands() -> None:
    """Every row is compared with the header, not the first ones only."""
    rows = ["1,2"] * 5000
    for number, bad in ((4000, "1,2,3"), (4999, "1")):
        with pytest.raises(TableError, match=f"line {number + 2} has"):
            layout("\n".join(["x,y", *rows[:number], bad, *rows[number + 1 :]]))


def test_empty_cells_at_the_ends_of_rows_are_no_cells() -> None:
    said = "empty cells without a name at the ends of rows left out"
    assert layout("x,y\n1,2,,\n3,4\n").found == [said]
    assert layout("x,y\n1,2,\n3,4,\n", row_names=None).assumed == [f"{said} (index = false)"]
    assert layout("x,y,,\n1,2,,\n3,4\n").n_rows == 2
    assert layout('x,y\n"1",2,,\n3,4\n').n_rows == 2
    assert layout("a,b\nr1,1,2\nr2,3,4\n", row_names=True).headers == ("", "a", "b")
