"""How fast the page of a report is painted. Target: the first contentful paint of 10,000 records within a second."""

from __future__ import annotations

from pathlib import Path

from browser import first_paint, needs_chromium
from pages import written
from records import many

from srbench_lite.comparing.runs import RunTable
from srbench_lite.reports.page.content import COLUMNS, content_of


@needs_chromium
def test_first_paint(benchmark, tmp_path: Path):
    """Wall clock is that of the whole browser; the paint itself is in `extra_info`, in seconds, each round."""
    page = written(content_of(RunTable.from_records(many(10_000), COLUMNS), {}, {}), tmp_path / "page.html")
    painted: list[float] = []
    benchmark.pedantic(lambda: painted.append(first_paint(page, tmp_path)), rounds=3)
    assert min(painted) > 0
    benchmark.extra_info["painted"] = [round(seconds, 3) for seconds in painted]
    benchmark.extra_info["megabytes"] = round(page.stat().st_size / 1e6, 2)
