"""Tables of a paper."""

from __future__ import annotations

from srbench_lite.reports.paper.tables import _formula


def test_formulas_are_short_or_their_size_is_told():
    assert _formula("0.123456*x") == r"$\displaystyle 0.1235 \, x$"
    assert _formula("+".join(["x"] * 40)) == "a formula of 79 nodes"
    assert _formula("not a formula (") == r"\texttt{not a formula (}"
    assert _formula(None) == "not known"
