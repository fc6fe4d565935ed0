"""Cells to numbers: what people write, what is missing, and what could mean two things."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from srbench_lite.errors import TableError
from srbench_lite.problems.table_cells import (
    Notation,
    find_notation,
    is_missing,
    is_number,
    kind_of_text,
    number,
)


def notation(*cells: str, decimal: str | None = None, thousands: str | None = None) -> Notation:
    assert all(map(is_number, cells))
    return find_notation(cells, decimal=decimal, thousands=thousands, percent=None)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (("1", "-2", "+3", ".5", "5."), (1, -2, 3, 0.5, 5)),
        (("1e3", "1.5E-2", "1.0D-01", "2d2"), (1000, 0.015, 0.1, 200)),
        (("0,5", "1,234"), (0.5, 1.234)),
        (("0.5", "1,234"), (0.5, 1234)),
        (("1,234.5", "1,000"), (1234.5, 1000)),
        (("1.234,5", "1.000"), (1234.5, 1000)),
        (("1,234,567",), (1234567,)),
        (("1.234.567", "0,5"), (1234567, 0.5)),
        (("1 234,5", "1\u202f234,5", "1'234"), (1234.5, 1234.5, 1234)),
        (("1_000", "1_0.5"), (1000, 10.5)),
        (("\u22125", "\u20131.5"), (-5, -1.5)),
        (("5%", "12.5 %"), (0.05, 0.125)),
        (("inf", "-Infinity", "1"), (float("inf"), float("-inf"), 1)),
        (("1.234", "5.678"), (1.234, 5.678)),
    ],
)
def test_numbers_as_people_write_them(cells: tuple[str, ...], values: tuple[float, ...]) -> None:
    found = notation(*cells)
    assert [number(cell, found) for cell in cells] == pytest.approx(list(values), rel=1e-15)


@pytest.mark.parametrize(
    ("cells", "options", "words"),
    [
        (("1,234",), {}, r"'1,234' could be read in two ways: give decimal = ',', or thousands = ','"),
        (("0,5", "1.234"), {}, r"'1.234' could be read in two ways"),
        (("0,5", "0.5"), {}, "'0.5' shows a decimal point and '0,5' a decimal comma"),
        (("1,234.5", "0,5"), {}, "'1,234.5' shows a decimal point and '0,5' a decimal comma"),
        (("0.5",), {"decimal": ","}, "'0.5' contradicts decimal = ','"),
        (("1,234,567",), {"decimal": ","}, "'1,234,567' contradicts decimal = ','"),
        (("0,5",), {"thousands": ","}, "'0,5' has a decimal sign that also stands between groups of digits"),
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(cells: tuple[str, ...], options: Any, words: str) -> None:
    with pytest.raises(TableError, match=words):
        notation(*cells, **options)


def test_what_the_user_says_decides() -> None:
    assert number("1,234", notation("1,234", decimal=",")) == 1.234
    assert number("1,234", notation("1,234", thousands=",")) == 1234
    assert number("1.234", notation("1.234", thousands=".")) == 1234
    assert notation("1,5", decimal=",").assumed == ()
    assert notation("1,5").assumed == ('decimal commas (decimal = ",")',)


@pytest.mark.parametrize(
    "cell",
    ["", "a", "1a", "0x1F", "1e", "1.2.3", "1,00,000.0", "1 2 3", "--1", "(5)", "$5", ".", ",", "1/2", "٣", "1__0"],
)
def test_what_is_no_number(cell: str) -> None:
    assert not is_number(cell)


def test_what_is_missing() -> None:
    assert all(map(is_missing, ["", " ", "NA", "n/a", "NaN", "null", "?", "-", ".", "#N/A", "#DIV/0!", "None"]))
    assert not any(map(is_missing, ["0", "a", "inf", "#", "-1"]))


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (("True", "false"), "booleans"), (("yes", "No"), "booleans"), (("2021-01-01", "1.2.2021"), "dates or times"),
        (("10:30", "11:15:02"), "dates or times"), (("a", "2021-01-01"), "text"),
    ],
)  # fmt: skip
def test_what_is_no_number_has_a_kind(cells: tuple[str, ...], kind: str) -> None:
    assert kind_of_text(cells) == kind


@given(st.floats(allow_nan=False), st.sampled_from(".,"), st.booleans())
def test_a_float_in_any_notation_is_that_float(value: float, decimal: str, upper: bool) -> None:
    text = repr(value).replace(".", decimal)
    text = text.upper() if upper else text
    assert is_number(text)
    assert number(text, notation(text, decimal=decimal)) == value


@given(st.integers(1000, 10**12), st.integers(0, 99), st.sampled_from([(",", "."), (".", ","), (" ", "."), ("'", ".")]))
def test_groups_of_digits_are_read_where_they_are_certain(whole: int, cents: int, signs: tuple[str, str]) -> None:
    group, decimal = signs
    text = f"{whole:,}".replace(",", group) + f"{decimal}{cents:02d}"
    assert number(text, notation(text)) == float(f"{whole}.{cents:02d}")


@given(st.text(max_size=12))
def test_any_cell_is_a_number_or_not(cell: str) -> None:
    if is_number(cell):
        try:
            found = notation(cell)
        except TableError:
            return
        assert isinstance(number(cell, found), float)
