"""Styles of a paper."""

from __future__ import annotations

import pytest

from srbench_lite.cli.paper import paper_command
from srbench_lite.errors import UnknownNameError
from srbench_lite.reports.paper.style import STYLES, style_of


def test_measures_fit_on_letter_paper_and_two_columns_have_a_gap():
    for style in STYLES.values():
        assert style.page <= 7.5
        assert style.height <= 10
        assert style.narrow <= style.column
        gap = style.page - style.columns * style.column
        assert (gap > 0.1) == (style.columns == 2)
        assert ("twocolumn" in style.preamble) == (style.columns == 2)


def test_files_of_a_venue_are_looked_for_and_what_stands_in_is_the_other_branch():
    assert "srbenchvenue" not in STYLES["article"].preamble
    for style in STYLES.values():
        if style.venue:
            assert rf"\srbenchname:={','.join(style.venue)}\do" in style.preamble
            given, stand_in = style.preamble.index(r"{\srbenchvenue}"), style.preamble.index("textwidth=")
            assert style.preamble.index(r"\ifx\srbenchvenue\empty") < stand_in < style.preamble.index(r"\else") < given
    assert STYLES["neurips"].venue[0] > STYLES["neurips"].venue[-1]  # the newest first
    assert r"\icmltitle{A \& B}" in STYLES["icml"].title(r"A \& B")
    assert STYLES["article"].title("A") == r"\title{A}\author{}\date{}\maketitle"


def test_help_names_every_style():
    assert set(paper_command.lists["Styles"]) == set(STYLES)


def test_an_unknown_style_is_named():
    assert style_of("icml").column == 3.25
    with pytest.raises(UnknownNameError, match=r"unknown style 'iclm'.*Did you mean: icml"):
        style_of("iclm")
