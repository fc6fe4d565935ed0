"""The leaderboard for a terminal: as wide as it is, and nothing in it is markup."""

from __future__ import annotations

import io
import os
import re

import pytest
from leaderboards import REPORTERS, board
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.reports.columns import columns_of


def test_a_variant_in_brackets_is_no_markup():
    """Rich reads [degree=3] as a style, and swallows it."""
    assert "forest_100% [degree=3]" in REPORTERS["terminal"].render(board())
    named = Leaderboard.from_records([record(method="bold"), record(method="bold", method_version=":smile:")])
    assert "bold [version :smile:]" in REPORTERS["terminal"].render(named)


@pytest.mark.parametrize("width", [60, 80, 100, 210])
def test_a_terminal_is_never_too_narrow(monkeypatch, width):
    """What has no room stands in further blocks; nothing is left out."""
    monkeypatch.setattr("shutil.get_terminal_size", lambda *_, **__: os.terminal_size((width, 24)))
    monkeypatch.setattr("sys.stdout", Terminal())
    text = re.sub(r"\x1b\[[0-9;]*m", "", REPORTERS["terminal"].render(board()))
    assert max(map(len, text.splitlines())) <= width
    words = set(text.split())
    assert {word for column in columns_of(board().rows) for word in column.title.split()} <= words


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_where_nothing_is_recorded_a_command_is_shown():
    text = REPORTERS["terminal"].render(Leaderboard(rows=()))
    assert text == "There are no such records. Run a method first: srbench run --method lasso --suite sin\n"
