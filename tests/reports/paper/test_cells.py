"""Cells of a paper's tables."""

from __future__ import annotations

import math

import pytest

from srbench_lite.comparing.statistics import Interval
from srbench_lite.problems.perturbation import Perturbation
from srbench_lite.reports.paper import cells


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (cells.percent(0.1234), "12.3"),
        (cells.percent(None), ""),
        (cells.interval(Interval(0.1, 0.25)), "[10, 25]"),
        (cells.interval(None), "--"),
        (cells.r2(0.99999), "0.9999"),
        (cells.r2(1.0), "1.0000"),
        (cells.r2(None), "{--}"),
        (cells.r2(-1e5), "-1e+05"),
        (cells.error(0.0), "0"),
        (cells.error(math.inf), "{--}"),
        (cells.error(3e-7), "3e-07"),
        (cells.plain(None), "{--}"),
        (cells.plain(8.0), "8"),
        (cells.seconds(0.123), "0.12"),
        (cells.seconds(123.4), "123"),
        (cells.seconds(0.0061), "0.006"),
        (cells.seconds(None), "{--}"),
        (cells.core(0.5), r"50\,\%!"),
        (cells.core(1.0), r"100\,\%"),
        (cells.core(None), "--"),
        (cells.marked("", True, False), "{--}"),
        (cells.marked("1.0", True, False), r"\bfseries 1.0"),
        (cells.marked("1.0", False, True, 3), r"1.0\textsuperscript{\dag}\textsuperscript{*}"),
        (cells.behind("/", Perturbation()), ""),
        (cells.behind(", ", Perturbation(dummies=3)), ", 3 dummies"),
    ],
)
def test_numbers_are_rounded_and_what_is_missing_is_a_dash(made, shown):
    assert made == shown


def test_a_table_is_as_wide_as_the_page_or_a_column():
    wide, narrow = (cells.table("ll", ["a", "b"], ["1 & 2"], "C", "l", wide=wide) for wide in (True, False))
    assert r"\begin{table*}" in wide
    assert r"\begin{table}" in narrow
    assert "1 & 2 \\\\\n" in wide
