"""The leaderboard for programs."""

from __future__ import annotations

import csv
import io
import json

import pytest
from leaderboards import REPORTERS, board
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.recording.progress import entry


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


@pytest.mark.parametrize("form", ["csv", "json"])
def test_programs_are_told_the_second_at_which_runs_are_looked_at(form):
    progress = tuple(entry(mark, "sin(x)", verdict="exact", recovered=True, complexity=2) for mark in (1.0, 2.0))
    runs = [record(progress=progress, seconds=2.0, peak_mb=80.0, cpu_seconds=1.5)]
    plain, early = (REPORTERS[form].render(Leaderboard.from_records(runs, at=at)) for at in (None, 1.0))
    if form == "json":
        assert [json.loads(text)["at"] for text in (plain, early)] == [None, 1.0]
        rows = [json.loads(text)["rows"][0] for text in (plain, early)]
    else:
        rows = [next(csv.DictReader(io.StringIO(text))) for text in (plain, early)]
        assert [row["at"] for row in rows] == ["", "1.0"]
    assert [float(row["cpu_seconds"]) for row in rows] == [1.5, 0.75]
    assert [row["peak_mb"] or None for row in rows] == [rows[0]["peak_mb"], None]  # the peak may have come later
    assert float(rows[0]["peak_mb"]) == 80.0


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex", "csv", "json"])
def test_recovery_by_any_candidate_is_in_every_format(form):
    name = "recovered_any" if form in ("csv", "json") else "recovered any"
    assert name in REPORTERS[form].render(board())
