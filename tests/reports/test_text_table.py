"""Tables of texts: no wider than the terminal, and nothing in them is markup."""

from __future__ import annotations

import io
import os
import re

import pytest

from srbench_lite.reports.text_table import TextTable, as_latex, as_markdown, for_terminal

TABLE = TextTable(
    caption="a_b, 100 %", heads=("variant", "rate", "p", "remarks"),
    rows=(("layers=[8, 8], snap=False", "50 %", "0.1", "1 crashed"), ("x|y\x1b", "100 %", "<0.0001", "–")),
    texts=("variant", "remarks"), left_out_first=("remarks", "p"), notes=("A note with [brackets] & more.",),
    label="one",
)  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "gone"), [(22, "remarks, p"), (32, "remarks"), (42, ""), (200, "")])
def test_a_terminal_is_never_too_narrow(monkeypatch, width, gone):
    """Columns go in their order, and are named; texts fold before that."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((width, 24)))
    monkeypatch.setattr("sys.stdout", Terminal())
    text = re.sub(r"\x1b\[[0-9;]*m", "", for_terminal([TABLE]))
    assert max(map(len, text.splitlines())) <= width
    left_out = re.search(r"The terminal is too narrow for: (.*)\.$", " ".join(text.split()))
    assert (left_out[1] if left_out else "") == gone
    assert "100 %" in text
    assert ("0.0001" in text) == ("p" not in gone)


def test_in_a_file_everything_stands_and_nothing_acts():
    assert for_terminal([TABLE]).splitlines() == [
        "a_b, 100 %",
        "",
        "  variant                      rate         p   remarks",
        " ─────────────────────────────────────────────────────────",
        "  layers=[8, 8], snap=False    50 %       0.1   1 crashed",
        r"  x|y\x1b                     100 %   <0.0001   –",
        "",
        "A note with [brackets] & more.",
    ]


def test_markdown():
    assert as_markdown([TABLE]).splitlines() == [
        "## a_b, 100 %", "", "| variant | rate | p | remarks |", "| --- | --- | --- | --- |",
        "| layers=[8, 8], snap=False | 50 % | 0.1 | 1 crashed |", r"| x\|y\x1b | 100 % | &lt;0.0001 | – |", "",
        "A note with [brackets] & more.",
    ]  # fmt: skip


def test_latex():
    lines = as_latex([TABLE], command="srbench ablation m").splitlines()
    assert lines[0].endswith(": srbench ablation m")
    assert lines[1:] == [
        r"\begin{table}", r"\caption{a\_b, 100 \%}", r"\label{tab:one}", r"\begin{tabular}{lrrl}", r"\toprule",
        r"variant & rate & p & remarks \\", r"\midrule", r"layers=[8, 8], snap=False & 50 \% & 0.1 & 1 crashed \\",
        r"x|y\textbackslash{}x1b & 100 \% & <0.0001 & -- \\", r"\bottomrule", r"\end{tabular}", r"\end{table}",
        r"{\noindent\footnotesize A note with [brackets] \& more.\par}",
    ]  # fmt: skip


def test_columns_are_left_out_by_name():
    assert TABLE.without(["p", "absent"]).heads == ("variant", "rate", "remarks")
    assert TABLE.without(["p"]).rows[0] == ("layers=[8, 8], snap=False", "50 %", "1 crashed")
