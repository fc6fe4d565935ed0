"""A history in its formats: golden files, one for each.

To accept a change: python tests/reports/test_history.py
"""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from past_runs import four_states, state
from places import GOLDEN

from srbench_lite.comparing.history import COLUMNS, History, history_of
from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.history import FORMATS, commits_said, render, table_of, task_table

ENDINGS = {"terminal": "txt", "markdown": "md", "latex": "tex", "csv": "csv", "json": "json"}


def told(*records) -> History:
    return history_of(RunTable.from_records(records, COLUMNS).runs, defaults={"degree": 3})


@pytest.fixture(name="history", scope="module")
def _history() -> History:
    return told(*four_states())


def _golden(form: str) -> Path:
    return GOLDEN / f"history.{ENDINGS[form]}"


@pytest.mark.parametrize("form", FORMATS)
def test_golden(history, form):
    assert render(history, form, tasks=True) == _golden(form).read_text(encoding="utf-8")


def test_csv_and_json_have_what_the_history_has(history):
    lines = list(csv.DictReader(io.StringIO(render(history, "csv"))))
    entries = json.loads(render(history, "json"))["history"]["states"]
    for one, line, entry in zip(history.states, lines, entries, strict=True):
        assert (line["version"], line["code"]) == (one.version, one.code)
        assert float(line["after"]) == one.line.after == entry["line"]["after"]
        assert (int(line["lost"]), int(line["gained"])) == (len(one.lost), len(one.gained))
        assert [change["task"] for change in entry["gained"]] == [change.task for change in one.gained]


def test_one_state_says_where_others_come_from():
    one = told(*state(range(6), 1, commit=None))
    table = table_of(one)
    assert "--from FILE reads it beside the store" in table.notes[0]
    assert "commit" not in table.heads
    assert "share" not in table.caption
    assert (task_table(one).rows, task_table(one).notes) == ((), ("No task was lost or gained.",))


def test_commits_are_shown_short(history):
    assert [commits_said(one) for one in history.states] == ["c0ffee0", "badbad0", "fine000+dirty", "–"]
    several = told(*state(range(6), 1)[:4], *state(range(6), 2, commit="fffffffffff")[4:])
    assert commits_said(several.states[0]) == "c0ffee0 to fffffff"


if __name__ == "__main__":
    for form in FORMATS:
        _golden(form).write_text(render(told(*four_states()), form, tasks=True), encoding="utf-8")
