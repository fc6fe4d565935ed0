"""The leaderboard for programs."""

from __future__ import annotations

import csv
import io
import json

from leaderboards import REPORTERS, board
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard


def test_csv_has_full_precision():
    third = Leaderboard.from_records([record(task=f"sin/{i}", recovered=i == 0, r2_test=1 / 3) for i in range(3)])
    (row,) = csv.DictReader(io.StringIO(REPORTERS["csv"].render(third)))
    assert float(row["recovery"]) == 1 / 3
    assert float(row["r2_test"]) == 1 / 3
    assert float(row["recovery_low"]) == third.rows[0].recovery_interval.low


def test_json_is_json_and_has_no_infinity():
    def refuse(name: str) -> None:
        raise AssertionError(name)

    content = json.loads(REPORTERS["json"].render(board()), parse_constant=refuse)
    assert len(content["rows"]) == len(board().rows)
    broken = next(row for row in content["rows"] if row["method"] == "broken")
    assert broken["r2_test_interval"] == [None, None]
