"""Charts of the page: specifications without data, whose fields are those of the page's content."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from records import failure, many, record

from srbench_lite.comparing.over_time import mark_frame
from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.progress import entry
from srbench_lite.recording.record import Status
from srbench_lite.reports.page.charts import charts
from srbench_lite.reports.page.content import COLUMNS, content_of

CHARTS = charts()


def encoded(node: Any) -> Iterator[str]:
    """Yield the fields that a specification reads."""
    if isinstance(node, dict):
        if isinstance(node.get("field"), str):
            yield node["field"]
        for part in node.values():
            yield from encoded(part)
    elif isinstance(node, list):
        for part in node:
            yield from encoded(part)


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_json_that_takes_its_rows_from_the_page(name):
    text = json.dumps(CHARTS[name])
    assert '"name": "rows"' in text
    for part in ("datasets", "config", "$schema", "http"):
        assert f'"{part}' not in text


@pytest.mark.parametrize(
    ("name", "part", "of_page"),
    [
        ("front", "front", {"size"}), ("time", "time", set()), ("failures", "failures", {"what"}),
        ("boxes-nmse", "boxes", set()), ("boxes-seconds", "boxes", set()),
    ],
)  # fmt: skip
def test_the_fields_of_a_chart_are_columns_of_its_rows(name, part, of_page):
    content = content_of(RunTable.from_records(many(200), COLUMNS), {}, {})
    (columns,) = {frozenset(row) for row in content[part]}
    assert set(encoded(CHARTS[name])) - columns == of_page  # what the page adds to each row


def test_charts_over_seconds_draw_what_runs_had_at_their_marks():
    records = [record(progress=(entry(1.0, "x", nmse_test=0.5), entry(2.0, "sin(x)", nmse_test=0.0)))]
    run_table = RunTable.from_records(records, COLUMNS)
    assert content_of(run_table, {}, {})["progress"] == []
    marks = mark_frame((number, one.progress) for number, one in enumerate(records))
    rows = content_of(replace(run_table, marks=marks), {}, {})["progress"]
    assert [(row["seconds"], row["recovery"], row["nmse"]) for row in rows] == [(1.0, 0.0, 0.5), (2.0, 0.0, 1e-16)]
    for name in ("rates", "errors"):
        assert set(encoded(CHARTS[name])) - {"x"} <= set(rows[0]), name  # x: the page moves the second a little


def test_failures_are_counted_by_status():
    records = [record(), *(failure(Status.TIMEOUT, seed=seed) for seed in (1, 2))]
    failures = content_of(RunTable.from_records(records, COLUMNS), {}, {})["failures"]
    assert {(row["status"], row["runs"]) for row in failures if row["runs"]} == {("ok", 1), ("timeout", 2)}
