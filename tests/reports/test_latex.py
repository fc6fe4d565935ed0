"""The leaderboard as LaTeX."""

from __future__ import annotations

import re

import pytest
from leaderboards import REPORTERS, board

from srbench_lite.reports.columns import columns_of
from srbench_lite.reports.latex import escape, printable_math, prose


@pytest.mark.parametrize("text", ["_", "%", "&", "#", "$", "{", "}", "~", "^", "\\", "a_b%c"])
def test_latex_has_nothing_that_is_read_as_a_command(text):
    bare = re.sub(r"\\(textbackslash|textasciitilde|textasciicircum)\{\}|\\[&%$#_{}]", "", escape(text))
    assert not re.search(r"[\\&%$#_{}~^]", bare)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("α_ς Ω Α", r"\ensuremath{\alpha}\_\ensuremath{\sigma} \ensuremath{\Omega} A"),
        ("λ ό ϛ", r"\ensuremath{\lambda} o U+03DB"),
        ("Größe č 5 °C ²", "Größe č 5 °C ²"),
        ("x₁ ﬁ − ≤ 漢 🙂", r"x1 fi \ensuremath{-} \ensuremath{\le} U+6F22 U+1F642"),
        ("％", r"\%"),
    ],
)
def test_letters_of_other_scripts_are_printed_as_far_as_latex_can(text, shown):
    assert escape(text) == shown


def test_code_in_a_sentence_is_set_as_code():
    assert prose("`srbench show_me` does: 100 %") == r"\texttt{srbench show\_me} does: 100 \%"


def test_names_of_variables_in_formulas_are_printed_without_accents():
    assert printable_math(r"\mathrm{größe} + \sin(θ)") == r"\mathrm{groU+00DFe} + \sin(\ensuremath{\theta})"


def test_latex_tables_are_complete():
    text = REPORTERS["latex"].render(board())
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == len(board().suites)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in rows} == {
        len(columns_of(table)) - 1 for table in board().tables
    }
    assert len(set(re.findall(r"\\label\{(.*?)\}", text))) == len(board().suites)
