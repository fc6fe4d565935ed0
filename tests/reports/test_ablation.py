"""An ablation in its formats: golden files, one for each.

To accept a change: python tests/reports/test_ablation.py
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from ablated_runs import DEFAULTS, four_variants, variant
from places import GOLDEN
from records import failure

from srbench_lite.comparing.ablation import COLUMNS, Ablation, ablation_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.record import Status
from srbench_lite.reports.ablation import FORMATS, render, table_of, task_table

ENDINGS = {"terminal": "txt", "markdown": "md", "latex": "tex", "csv": "csv", "json": "json"}


def shown() -> Ablation:
    """Return one with lost and gained tasks, and a variant that crashes."""
    crashed = [
        failure(Status.CRASHED, suite="s", task=f"s/{k}", method="parts", parameters=DEFAULTS | {"restarts": 0})
        for k in range(8)
    ]
    return ablation_of(RunTable.from_records([*four_variants(), *crashed], COLUMNS).runs, defaults=DEFAULTS)


def _golden(form: str) -> Path:
    return GOLDEN / f"ablation.{ENDINGS[form]}"


@pytest.mark.parametrize("form", FORMATS)
def test_golden(form):
    assert render(shown(), form, tasks=True) == _golden(form).read_text(encoding="utf-8")


def test_csv_and_json_have_what_the_ablation_has():
    ablation = shown()
    lines = list(csv.DictReader(io.StringIO(render(ablation, "csv"))))
    rows = json.loads(render(ablation, "json"))["ablation"]["rows"]
    for row, line, entry in zip(ablation.rows, lines, rows, strict=True):
        assert line["variant"] == (row.name or "base")
        assert float(line["difference"]) == row.line.difference == entry["line"]["difference"]
        assert (int(line["lost"]), int(line["gained"])) == (len(row.lost), len(row.gained))
        assert [change["task"] for change in entry["lost"]] == [change.task for change in row.lost]
        assert json.loads(line["parameters"]) == row.parameters == entry["parameters"]


def test_the_column_of_failures_stands_only_where_there_are_any():
    quiet = ablation_of(RunTable.from_records(four_variants(), COLUMNS).runs, defaults=DEFAULTS)
    assert ("failures" in table_of(shown()).heads, "failures" in table_of(quiet).heads) == (True, False)


def test_where_nothing_changed_the_list_of_tasks_says_so():
    records = [*variant(range(3)), *variant(range(3), snap=False)]
    table = task_table(ablation_of(RunTable.from_records(records, COLUMNS).runs, defaults=DEFAULTS))
    assert (table.rows, table.notes) == ((), ("No variant lost or gained a task.",))


if __name__ == "__main__":
    for form in FORMATS:
        _golden(form).write_text(render(shown(), form, tasks=True), encoding="utf-8")
