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


def test_help_names_every_style():
    assert set(paper_command.lists["Styles"]) == set(STYLES)


def test_an_unknown_style_is_named():
    assert style_of("icml").column == 3.25
    with pytest.raises(UnknownNameError, match=r"unknown style 'iclm'.*Did you mean: icml"):
        style_of("iclm")
