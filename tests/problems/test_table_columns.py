"""Columns of a data file: numbers, text, what is wrong with a cell, and what float64 does to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from srbench_lite.errors import TableError
from srbench_lite.problems.table_cells import MISSING
from srbench_lite.problems.table_columns import Columns, read_columns, suspected_sentinels
from srbench_lite.problems.table_layout import find_layout


def columns(text: str, **options: Any) -> Columns:
    layout = find_layout(
        text, separator=None, header=True, comment=None, skip=0, row_names=False, missing=MISSING
    )  # fmt: skip
    given: dict[str, Any] = {"decimal": None, "thousands": None, "percent": None, "missing": ()}
    return read_columns(layout, layout.headers or (), **given | options)


def test_columns_of_numbers_text_and_nothing() -> None:
    found = columns("a,b,c,d,e\n1,2.5,p,,True\n2,NA,q,,False\n")
    assert {place: values.tolist() for place, values in found.values.items() if place != 1} == {0: [1, 2]}
    np.testing.assert_array_equal(found.values[1], [2.5, np.nan])
    assert found.whole == {0}
    assert found.texts == {2: "text, such as 'p'", 3: "empty", 4: "booleans, such as 'True'"}
    assert (found.faults, found.assumed) == ({}, [])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x,y\n1,2\none,2\n", r"line 3: column 'x': 'one' is no number, '1' is one; .* missing = \['one'\]"),
        ("x,y\n1,2\n\n# a\n1 # b,2\n", "line 5: column 'x': '1 # b' is no number"),
        ('x,y\n"1",2\n\n"1,\n5",2\n', "line 5: column 'x': '1,"),
        ("x,y\n1e400,2\n2,3\n", "line 2: column 'x': '1e400' is beyond float64"),
        ("x,y\n5%,2\n3,3\n", "line 3: column 'x': '3' has no percent sign, '5%' has one"),
        ("x,y\n0x1F,2\n3,3\n", "line 2: column 'x': '0x1F' is no number"),
        ("x,y\n1.2.3,2\n3,3\n", "line 2: column 'x': '1.2.3' is no number"),
    ],
)
def test_a_cell_that_is_no_number_among_numbers_is_shown(text: str, words: str) -> None:
    found = columns(text)
    assert list(found.faults) == [0]
    assert 0 not in found.values
    with pytest.raises(TableError, match=words):
        raise TableError(found.faults[0])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,y\n9007199254740993,1\n2,2\n", "'9007199254740993' is rounded, float64 has no whole number so long"),
        ("x,y\n9007199254740993,1\n,2\n", "'9007199254740993' is rounded"),
        ("x,y\n123456789012345678901234,1\n2,2\n", "'123456789012345678901234' is rounded"),
        ("x,y\n1e-400,1\n2,2\n", "'1e-400' is read as 0, float64 has nothing smaller"),
        ("x;y\n1.234;2.345\n4.567;5\n", "the point in '1.234' is the decimal sign (decimal = \".\")"),
        ("x;y\n-1;1.000\n2e3;5.000\n", "the point in '1.000' is the decimal sign (decimal = \".\")"),
        ("a,b,c,d\n0,5,1,25\n1,0,2,00\n", "'00' is a whole number, and no part of one with a decimal comma"),
    ],
)
def test_what_float64_or_a_habit_changes_is_said(text: str, said: str) -> None:
    (assumed,) = columns(text).assumed
    assert assumed.removeprefix("column 'x': ").startswith(said)


def test_whole_numbers_that_float64_holds_need_no_word() -> None:
    assert columns("x,y\n9007199254740992,1\n1152921504606846976,2\n").assumed == []
    assert columns("x,y\n1e300,1\n1e20,0\n").assumed == []
    assert columns("x;y\n1.234;0.345\n4.567;5\n").assumed == []


def test_missing_words_and_numbers_are_missing() -> None:
    found = columns("x,y\n-9,out\n2,-9.0\n", missing=("OUT", -9))
    np.testing.assert_array_equal(found.values[0], [np.nan, 2])
    assert np.isnan(found.values[1]).all() or 1 in found.texts


@pytest.mark.parametrize(
    ("values", "suspected"),
    [
        ([2, -999, 6, 8], [(-999, 1)]),
        ([1, 9999, 2, 9999, 3], [(9999, 2)]),
        ([1e20, 0.5, 0.7], [(1e20, 1)]),
        ([*range(1000)], []),
        ([-999, -998, -500], []),
        ([99, 95, 90], []),
        ([-999, -999], []),
        ([np.nan, 1], []),
        ([np.nan], []),
        ([0, 100, 99], []),
    ],
)
def test_sentinels_are_suspected_where_they_stand_alone(
    values: list[float], suspected: list[tuple[float, int]]
) -> None:
    assert suspected_sentinels(np.array(values, dtype=float)) == suspected
