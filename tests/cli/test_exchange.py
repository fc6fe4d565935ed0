"""`srbench export` and `srbench import`."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from compared_runs import store
from places import HOSTILE
from records import record


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_a_verdict_that_was_edited_is_a_claim_until_it_is_judged_here(filled, tmp_path):
    """`good` answers 2*x + 1 on both tasks, which is the truth of one."""
    filled("export", "--out", "all.csv")
    rows = [row for row in read_rows(tmp_path / "all.csv") if row["method"] == "good"]
    assert {row["verdict"] for row in rows} == {"exact", "different"}
    edited = [
        row | {"verdict": "exact", "recovered": "1", "recovered_srbench": "1", "judged_here": "1"} for row in rows
    ]
    write_rows(tmp_path / "edited.csv", edited)

    assert filled("import", "edited.csv", "--store", "other.db").code == 0
    board = filled("leaderboard", "--store", "other.db").out
    assert "100 %*" in board
    assert (
        "* 2 verdicts are claims of a file or an older store, not judged here; `srbench rescore` judges them." in board
    )
    assert "exact (claim)" in filled("show", "curve", "--store", "other.db", "--suite", "toy.toml").out
    of_file = filled("leaderboard", "--from", "edited.csv").out
    assert "100 %*" not in of_file
    assert "2 verdicts as in the file, not judged here; `srbench import --verify` judges them." in of_file

    judging = ("--suite", "toy.toml", "--plugin", str(HOSTILE))
    said = filled("import", "edited.csv", "--store", "other.db", "--verify", *judging)
    assert (said.code, "0 new, 2 already" in said.out) == (0, True)
    assert [line.split()[:6] for line in said.out.splitlines() if "curve" in line] == [
        ["toy/curve", "good", "0", "0", "exact", "different"]
    ]
    board = filled("leaderboard", "--store", "other.db").out
    assert "50 % [" in board
    assert "claim" not in board
    again = filled("import", "edited.csv", "--store", "other.db", "--verify", *judging)
    assert "all 2 records are scored here by the current version" in again.out
    filled("export", "--out", "verified.csv", "--store", "other.db")
    assert read_rows(tmp_path / "verified.csv") == rows


def test_what_cannot_be_judged_stays_a_claim_and_is_named(filled, tmp_path):
    filled("export", "--out", "all.json")
    said = filled("import", "all.json", "--store", "other.db", "--verify")
    assert "the task is not installed" in said.out
    assert "* 2 verdicts are claims" in filled("leaderboard", "--store", "other.db").out


def test_of_runs_of_two_codes_the_later_stays_and_it_is_said(call, tmp_path):
    store("old.db", record(method_source="a" * 16, started_at="2026-01-01T00:00:00+00:00"))
    store("new.db", record(method_source="b" * 16, started_at="2026-01-02T00:00:00+00:00", expression="x"))
    said = call("import", "old.db", "new.db", "--store", "all.db")
    assert "1 of these records replaced runs that other code of their method had made earlier" in said.err
    said = call("import", "old.db", "--store", "all.db")
    assert "1 of these records were left out, since other code of their method has made later runs" in said.err
    call("export", "--store", "all.db", "--out", "all.csv")
    assert [row["method_source"] for row in read_rows(tmp_path / "all.csv")] == ["b" * 16]


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_export_and_import_lose_nothing(filled, tmp_path, form):
    assert filled("export", "--out", f"all.{form}").out == f"4 records written to all.{form}\n"
    first = filled("import", f"all.{form}", "--store", "other.db")
    again = filled("import", f"all.{form}", "--store", "other.db")
    filled("export", "--out", "one.csv")
    filled("export", "--out", "two.csv", "--store", "other.db")

    assert "4 new, 0 already" in first.out
    assert "0 new, 4 already" in again.out
    one, two = (read_rows(tmp_path / name) for name in ("one.csv", "two.csv"))
    assert [{**row, "judged_here": "0"} for row in one] == two
    assert {row["judged_here"] for row in one} == {"1"}


def test_an_export_has_the_columns_people_expect(filled, tmp_path):
    filled("export", "--out", "all.csv")
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))

    assert list(rows[0])[:15] == [
        "key", "suite", "task", "method", "seed", "noise", "status", "reason", "expression", "verdict", "recovered",
        "recovered_srbench", "mse_test", "nmse_test", "r2_test",
    ]  # fmt: skip
    good = next(row for row in rows if row["task"] == "toy/line" and row["method"] == "good")
    assert (good["status"], good["verdict"], good["recovered"], good["r2_test"]) == ("ok", "exact", "1", "1.0")
