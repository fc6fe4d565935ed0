"""The page as one file."""

from __future__ import annotations

from browser import browse, needs_chromium
from records import many

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page import render
from srbench_lite.reports.page.content import COLUMNS, content_of


@needs_chromium
def test_ten_thousand_records_make_a_small_page(tmp_path):
    run_table = RunTable.from_records(many(10_000), COLUMNS)
    content = content_of(run_table, {}, {}) | {"summary": "", "provenance": {}}
    page = tmp_path / "page.html"
    page.write_text(render(content, title="many"), encoding="utf-8")
    assert page.stat().st_size < 5_000_000
    found, console = browse(page, "found.rows = all('#board tbody tr').length;", tmp_path)
    assert found["rows"] == 120  # 5 methods, 4 noise levels, 5 suites and all of them together
    assert console == ""
