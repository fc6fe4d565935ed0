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
    texts=("variant", "remarks"), notes=("A note with [brackets] & more.",),
    label="one",
)  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [32, 44, 200])
def test_everything_stands_however_narrow_the_terminal_is(monkeypatch, width):
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((width, 24)))
    monkeypatch.setattr("sys.stdout", Terminal())
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = for_terminal([TABLE])
    assert text.startswith("\x1b[1ma_b, 100 %\x1b[0m\n")
    assert max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines())) <= width
    assert all(part in text for part in ("100 %", "<0.0001", "1 crashed", r"x|y\x1b"))


def test_nothing_in_a_file_acts(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert for_terminal([TABLE]).splitlines() == [
        "a_b, 100 %",
        "",
        "variant                     rate        p  remarks",
        "────────────────────────────────────────────────────",
        "layers=[8, 8], snap=False   50 %      0.1  1 crashed",
        r"x|y\x1b                    100 %  <0.0001  –",
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
