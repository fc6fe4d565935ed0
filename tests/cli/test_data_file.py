"""The options of a data file on the command line, and names of columns in lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from srbench_lite.cli.data_file import (
    column_names,
    given_options,
    opened_table,
    option_hint,
    option_hints,
    with_units,
)
from srbench_lite.errors import TableError, UsageError
from srbench_lite.problems.measured_points import MeasuredPoints, measured_points
from srbench_lite.problems.table_file import Table


@pytest.mark.parametrize(
    ("settings", "given"),
    [
        (["separator=;"], {"separator": ";"}),
        (["decimal=','"], {"decimal": ","}),
        (["decimal=,"], {"decimal": ","}),
        (["header = false"], {"header": False}),
        (["skip=3", "encoding=latin-1"], {"skip": 3, "encoding": "latin-1"}),
        (["missing=-999"], {"missing": [-999]}),
        (["missing = ['bad', -999]", "missing=x"], {"missing": ["bad", -999, "x"]}),
        (["leave_out=date"], {"leave_out": ["date"]}),
        (["index = 'my id'"], {"index": "my id"}),
        (["index = true"], {"index": True}),
    ],
)
def test_an_option_is_toml_or_else_text(settings, given):
    assert given_options(settings) == given


@pytest.mark.parametrize("setting", ["", "header", "=3", " = x"])
def test_an_option_without_a_key_or_a_value_is_refused(setting):
    with pytest.raises(UsageError, match="--table must be KEY=VALUE"):
        given_options([setting])


def test_an_option_that_is_none_is_refused_by_the_name_of_the_option(tmp_path):
    with pytest.raises(UsageError, match=r"--table: unknown key 'sepparator'. Did you mean: separator"):
        opened_table("data.csv", {"sepparator": ";"})


def test_an_error_is_hinted_at_once():
    with pytest.raises(TableError) as error, option_hints():
        raise TableError("line 3 is text; give missing = ['x']")
    assert str(error.value) == "line 3 is text; give missing = ['x'] (it is given as --table 'KEY = VALUE')"
    assert option_hint("nothing of that kind") == ""


@pytest.mark.parametrize(
    ("texts", "names"),
    [
        (["a,b"], ["a", "b"]),
        (["a, b", "c"], ["a", "b", "c"]),
        (['"a,b", c'], ["a,b", "c"]),
        ([" flow rate ,v [m/s]"], ["flow rate", "v [m/s]"]),
        ([""], []),
        (["a,,b"], ["a", "b"]),
    ],
)
def test_names_have_commas_between(texts, names):
    assert column_names(texts) == names


def motion(tmp_path: Path) -> tuple[MeasuredPoints, Table]:
    (tmp_path / "data.csv").write_text("v [m/s],site [lab 3],m,s [m]\n1,2,7,3\n2,5,8,4\n4,4,9,1\n")
    table = opened_table(str(tmp_path / "data.csv"), {})
    return measured_points(table, target="s", variables=("v", "site")), table


def test_units_are_those_of_the_headers_or_those_that_are_given(tmp_path):
    points = with_units(*motion(tmp_path), ["v = km/h"])

    assert points.units == {"v": "km/h", "site": "lab 3", "s": "m"}
    assert points.samples.units == {"v": "km/h"}  # what cannot be read is shown, and no more
    assert points.samples.target_unit == "m"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v", "--unit must be COLUMN=UNIT, as in v=m/s, got 'v'"),
        ("=m", "--unit must be COLUMN=UNIT"),
        ("v=mm/secnd", "--unit v: unknown unit 'secnd'"),
        ("m=kg", "--unit m: this column is neither the target nor a variable"),
        ("w=kg", "has no column 'w'"),
    ],
)
def test_a_unit_that_cannot_be_is_refused(tmp_path, text, words):
    points, table = motion(tmp_path)
    with pytest.raises(UsageError, match=words):
        with_units(points, table, [text])
