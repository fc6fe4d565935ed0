"""Ablations and histories, as the page has them."""

from __future__ import annotations

import csv
import io
import json

import pytest
from ablated_runs import DEFAULTS, four_variants, variant
from browser import browse, needs_chromium
from pages import written
from past_runs import four_states, state

from srbench_lite.comparing.runs import RunTable
from srbench_lite.recording.store import Store
from srbench_lite.reports.page.content import COLUMNS, content_of
from srbench_lite.reports.page.variants import variants_of


@pytest.fixture(name="found")
def _found(tmp_path):
    """Return what the page says of records, with its other content."""

    def call(records, defaults=None):
        with Store(tmp_path / "runs.db") as store:
            store.add_all(records)
            table = RunTable.from_store(store, COLUMNS)
            return content_of(table, {}, {}) | variants_of(store, table.runs, defaults=defaults or {})

    return call


def test_variants_are_compared_with_the_defaults(found):
    content = found(four_variants(), {"parts": DEFAULTS})
    (table,) = content["ablations"]
    assert content["histories"] == []
    assert table["method"] == "parts"
    assert table["caption"].startswith("parts, version 1: s, noise 0, 8 tasks, 8 runs of each variant")
    rows = [dict(zip(table["heads"], row, strict=True)) for row in table["rows"]]
    assert [(row["variant"], row["recovered"]) for row in rows] == [
        ("base", "75.0 %"), ("prune=False", "0.0 %"), ("snap=False", "62.5 %"), ("restarts=1", "75.0 %"),
    ]  # fmt: skip
    lines = [*csv.DictReader(io.StringIO(table["csv"]))]
    assert [float(line["after"]) for line in lines] == [0.75, 0.0, 0.625, 0.75]
    json.dumps(content, allow_nan=False)


def test_versions_are_a_history(found):
    content = found(four_states(), {"aged": {"degree": 3}})
    (table,) = content["histories"]
    assert [row[0] for row in table["rows"]] == ["1", "2", "10"]
    assert [(point["level"], point["recovery"]) for point in table["points"]] == [
        ("1", 0.75), ("2", 0.875), ("10", 0.875),
    ]  # fmt: skip
    assert all(point["low"] < point["high"] for point in table["points"])


def test_one_variant_and_one_version_are_nothing_to_compare(found):
    content = found(variant(range(6)))
    assert (content["ablations"], content["histories"]) == ([], [])


def test_what_cannot_be_compared_is_said(found, monkeypatch):
    first, second = state(range(6), 1), state(range(6), 2, version="2", tasks=16)[8:]
    content = found([*first, *second])
    (told,) = content["histories"]
    assert told["method"] == "aged"
    assert "no two of version 1 (code aaaaaaa), version 2 (code aaaaaaa) share a task" in told["why"]
    monkeypatch.setattr("srbench_lite.reports.page.variants._MAX_RUNS", 15)
    assert found([*first, *second])["histories"] == [{"method": "aged", "why": "16 runs are more than a page compares"}]


@needs_chromium
def test_the_page_has_tables_and_a_curve(found, tmp_path):
    page = written(found([*four_variants(), *four_states()]), tmp_path / "page.html")
    script = """
      found.ablation = all('#ablations tbody tr').map((row) => row.cells[0].textContent);
      found.history = all('#histories tbody tr').map((row) => row.cells[0].textContent);
      found.points = all('#history-0 .mark-symbol path').length;
      found.captions = all('#history-charts figcaption').map((place) => place.firstChild.textContent.trim());
      found.csv = report.csv('history-0');
      const link = document.querySelector('#ablations .csv');
      link.addEventListener('click', (event) => event.preventDefault());
      link.click();
      found.file = [link.href.slice(0, 5), link.download];
    """
    said, console = browse(page, script, tmp_path)
    assert said["ablation"] == ["base", "prune=False", "snap=False", "restarts=1"]
    assert said["history"] == ["1", "2", "10"]
    assert said["points"] == 3
    assert said["captions"] == ["Recovery of aged over its versions"]
    assert said["csv"].startswith("method,tasks,recovery,level,low,high\r\n")
    assert said["file"] == ["blob:", "ablation-parts.csv"]
    assert console == ""
