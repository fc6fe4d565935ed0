"""The leaderboard as Markdown."""

from __future__ import annotations

import re

from leaderboards import REPORTERS
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.reports.columns import COLUMNS


def test_markdown_keeps_its_columns_whatever_a_method_is_called():
    piped = Leaderboard.from_records([record(method="a|b")])
    lines = [line for line in REPORTERS["markdown"].render(piped).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(COLUMNS) + 1}
