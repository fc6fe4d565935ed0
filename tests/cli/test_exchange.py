"""`srbench export` and `srbench import`."""

from __future__ import annotations

import csv

import pytest


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_export_and_import_lose_nothing(filled, tmp_path, form):
    assert filled("export", "--out", f"all.{form}").out == f"4 records written to all.{form}\n"
    first = filled("import", f"all.{form}", "--store", "other.db")
    again = filled("import", f"all.{form}", "--store", "other.db")
    filled("export", "--out", "one.csv")
    filled("export", "--out", "two.csv", "--store", "other.db")

    assert "4 new, 0 already" in first.out
    assert "0 new, 4 already" in again.out
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "two.csv").read_text()


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
