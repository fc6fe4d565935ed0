"""Numbers as people read them: never flattered, never rounded to what they are not."""

from __future__ import annotations

import csv
import io
import json

import pytest
from leaderboards import REPORTERS
from records import record

from srbench_lite.comparing.leaderboard import Leaderboard
from srbench_lite.reports.columns import COLUMNS


def cell(title: str, **changes: object) -> str:
    (row,) = Leaderboard.from_records([record(**changes)]).rows
    return next(column.text(row) for column in COLUMNS if column.title == title)


@pytest.mark.parametrize(
    ("r2", "shown"),
    [
        (1.0, "1.0000"), (1 - 1e-7, "1.0000"), (1 - 1e-6, "0.9999"), (0.99999, "0.9999"), (0.57, "0.5700"),
        (0.12345678, "0.1234"), (0.0, "0.0000"), (-0.00001, "-0.0001"), (-98.5, "-98.5000"), (-1250.0, "-1e+03"),
        (None, "–"),
    ],
)  # fmt: skip
def test_r2_is_never_flattered(r2, shown):
    assert cell("R² test", r2_test=r2) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0"), (1e-30, "1e-30"), (0.012, "1e-02"), (None, "–")])
def test_errors(value, shown):
    assert cell("NMSE test", nmse_test=value) == shown


@pytest.mark.parametrize(("value", "shown"), [(0.0, "0.000"), (0.0421, "0.042"), (1.005, "1.00"), (61.7, "62")])
def test_seconds(value, shown):
    assert cell("seconds", seconds=value) == shown


@pytest.mark.parametrize(
    ("recovered", "shown"), [(0, "0 %"), (1, "1 %"), (100, "33 %"), (150, "50 %"), (299, "99 %"), (300, "100 %")]
)
def test_0_and_100_percent_stand_for_nothing_else(recovered, shown):
    rows = Leaderboard.from_records([record(task=f"sin/{i}", recovered=i < recovered) for i in range(300)]).rows
    text = next(column.text(rows[0]) for column in COLUMNS if column.title.startswith("recovery"))
    assert text.startswith(f"{shown} [")


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex"])
def test_the_perturbation_is_a_column_where_some_row_has_one(form, monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")
    plain = Leaderboard.from_records([record()])
    mixed = Leaderboard.from_records([record(), record(perturbation={"train_size": 20, "dummies": 3})])
    assert "perturbation" not in REPORTERS[form].render(plain)
    text = REPORTERS[form].render(mixed)
    assert text.count("perturbation") == 1
    assert text.index("none") < text.index("train 20, 3 dummies")


def test_for_programs_the_perturbation_is_there_always():
    mixed = Leaderboard.from_records([record(), record(perturbation={"train_size": 20, "dummies": 3})])
    lines = list(csv.DictReader(io.StringIO(REPORTERS["csv"].render(mixed))))
    assert [line["perturbation"] for line in lines] == ["none", "train 20, 3 dummies"]
    rows = json.loads(REPORTERS["json"].render(mixed))["rows"]
    assert [row["perturbation"] for row in rows] == [{}, {"train_size": 20, "dummies": 3}]


@pytest.mark.parametrize("form", ["terminal", "markdown", "latex"])
def test_recovered_any_is_a_column_where_candidates_were_judged(form, monkeypatch):
    monkeypatch.setenv("COLUMNS", "220")
    missed = {"verdict": "different", "recovered": False}
    plain = Leaderboard.from_records([record()])
    judged = Leaderboard.from_records([
        record(recovered_any=True),
        record(task="sin/b", **missed, recovered_any=True),
        *(record(task=f"sin/{k}", **missed, recovered_any=False) for k in "cde"),
    ])  # fmt: skip
    assert "recovered any" not in REPORTERS[form].render(plain).lower()
    text = REPORTERS[form].render(judged)
    assert "recovered any" in text
    assert text.index("20 ") < text.index("40 ")  # one of five answers is the truth, two of five runs have it
    if form == "markdown":
        assert "Recovered any: the same as recovery where" in text


def test_for_programs_recovered_any_is_there_always():
    some = Leaderboard.from_records([record(), record(task="sin/b", verdict="different", recovered=False)])
    any_of_two = Leaderboard.from_records([
        record(recovered_any=True), record(task="sin/b", verdict="different", recovered=False, recovered_any=True),
    ])  # fmt: skip
    for board, shown, number in ((some, "", None), (any_of_two, "1.0", 1.0)):
        (line,) = csv.DictReader(io.StringIO(REPORTERS["csv"].render(board)))
        (row,) = json.loads(REPORTERS["json"].render(board))["rows"]
        assert (line["recovered_any"], row["recovered_any"], row["recovery"]) == (shown, number, 0.5)


def test_a_run_whose_candidates_were_not_judged_counts_with_its_answer():
    rows = Leaderboard.from_records([
        record(), record(task="sin/b", verdict="different", recovered=False, recovered_any=False)
    ]).rows  # fmt: skip
    assert rows[0].recovered_any == 0.5
