"""Formulas of a paper's tables."""

from __future__ import annotations

import pytest

from srbench_lite.reports.paper.formula import typeset


def test_formulas_are_short_or_their_size_is_told():
    assert typeset("0.123456*x") == r"$\displaystyle 0.1235 \, x$"
    assert typeset("+".join(["x"] * 40)) == "a formula of 79 nodes"
    assert typeset("not a formula (") == r"\texttt{not a formula (}"
    assert typeset(None) == "not known"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x + -0.295", "x - 0.295"),
        ("x - -0.5*y", r"x + 0.5 \, y"),
        ("y + x*-0.5", r"y - 0.5 \, x"),
        ("-0.3*x + (-y)", r"-0.3 \, x - y"),
        ("x + (-0.3*y*x)/y", r"x - \frac{0.3 \, y \, x}{y}"),
        ("x**-2 - 3", "x^{-2} - 3"),
    ],
)
def test_signs_are_written_as_people_write_them(text, shown):
    assert typeset(text) == rf"$\displaystyle {shown}$"
