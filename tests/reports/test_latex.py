"""The leaderboard as LaTeX."""

from __future__ import annotations

import re

import pytest
from leaderboards import REPORTERS, board

from srbench_lite.reports.columns import COLUMNS
from srbench_lite.reports.latex import escape


@pytest.mark.parametrize("text", ["_", "%", "&", "#", "$", "{", "}", "~", "^", "\\", "a_b%c"])
def test_latex_has_nothing_that_is_read_as_a_command(text):
    bare = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]", "", escape(text))
    assert not re.search(r"[\\&%$#_{}~^]", bare)


def test_latex_tables_are_complete():
    text = REPORTERS["latex"].render(board())
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == len(board().suites)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {len(COLUMNS) - 1}
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == len(board().suites)
