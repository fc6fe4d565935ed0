"""The CSV files of a site: nothing in them is run by a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from made_sites import content, usual

from srbench_lite.reports.site.data_files import csv_file, guarded
from srbench_lite.reports.site.runs import run_pages
from srbench_lite.reports.site.tasks import task_pages


def read(file: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.decode())))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"), ("@SUM(1)", "'@SUM(1)"), ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
        ("+1!A0", "'+1!A0"), ("-x*sin(y) + 2.5", "-x*sin(y) + 2.5"), ("plain", "plain"), (-1.5, "-1.5"), (None, ""),
        ("a,\"b\"", "a,\"b\""),
    ],
)  # fmt: skip
def test_texts_that_a_spreadsheet_would_run_get_an_apostrophe(given, kept):
    assert read(csv_file([{"cell": given}])) == [{"cell": kept}]
    assert read(guarded(csv_file([{"cell": given}]).decode())) == [{"cell": kept.replace("''", "'")}]


def test_no_rows_are_an_empty_file():
    assert csv_file([]).strip() == b""


def test_runs_stand_in_their_file_with_both_verdicts():
    (forged,) = read(dict(run_pages(content(usual())))["data/runs/forger.csv"])
    assert (forged["claimed_verdict"], forged["verdict"], forged["worth"]) == ("exact", "different", "rejected")
    assert forged["why"] == "claimed exact, judged different"


def test_formulas_of_a_suite_say_how_many_claims_were_rejected():
    rows = read(dict(task_pages(content(usual())))["data/formulas/sin.csv"])
    assert {row["method"] for row in rows if row["rejected_claims"] != "0"} == {"forger"}
    assert {row["truth"] for row in rows} == {"sin(x)", "sin(2*x)"}
