"""The built-in formats of the leaderboard: golden files, one for each.

After a change that is meant, delete the file, run the test twice, and read the difference before it is committed.
"""

from __future__ import annotations

import pytest
from leaderboards import REPORTERS, board
from places import GOLDEN

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.reports.latex import escape

ENDINGS = {"markdown": "md", "csv": "csv", "latex": "tex", "json": "json", "terminal": "txt"}


@pytest.mark.parametrize("form", ENDINGS)
def test_golden(form):
    text = REPORTERS[form].render(board())
    path = GOLDEN / f"leaderboard.{ENDINGS[form]}"
    if not path.exists():
        path.write_text(text, encoding="utf-8")
        pytest.fail(f"{path.name} was missing and has been made: read it")
    assert text == path.read_text(encoding="utf-8")


def test_every_built_in_format_has_a_golden_text():
    assert set(REPORTERS) == set(ENDINGS)


@pytest.mark.parametrize("form", ENDINGS)
def test_nothing_to_show(form):
    text = REPORTERS[form].render(Leaderboard(rows=()))
    assert text.endswith("\n")
    assert len(text.splitlines()) >= 1


@pytest.mark.parametrize("form", ENDINGS)
def test_a_text_ends_with_one_line_end_and_has_no_colour_in_a_pipe(form):
    text = REPORTERS[form].render(board())
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "\x1b" not in text


@pytest.mark.parametrize("form", ENDINGS)
def test_every_row_is_in_every_format(form):
    text = REPORTERS[form].render(board())
    for row in board().rows:
        name = escape(row.method) if form == "latex" else row.method
        assert name in text
