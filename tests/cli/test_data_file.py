"""The options of a data file on the command line, and names of columns in lists."""

from __future__ import annotations

import pytest

from srbench_lite.cli.data_file import column_names, given_options, opened_table, option_hint, option_hints
from srbench_lite.errors import TableError, UsageError


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
