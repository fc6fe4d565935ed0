"""What a paper is made of, in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.methods.discovery import discover
from srbench_lite.recording.record import Record
from srbench_lite.reports.paper.document import COLUMNS, Sources, shown_records, write_paper
from srbench_lite.reports.paper.failures import Failures, looked_at
from srbench_lite.reports.paper.results import Results
from srbench_lite.reports.paper.style import STYLES

MISSED = {"verdict": "different", "recovered": False, "recovered_srbench": False}
MEASURED = {"truth": None, "verdict": None, "recovered": None, "recovered_srbench": None}


def results_of(records: list[Record], defaults: Mapping[str, Mapping[str, Any]] | None = None) -> Results:
    """Return what a paper says of records."""
    return Results.of(RunTable.from_records(records, COLUMNS), defaults)


def failures_of(results: Results, tags: Mapping[str, Collection[str]] | None = None) -> Failures:
    """Return where methods fail, each formula that is another function being `x`."""
    return Failures.of(results.run_table, dict.fromkeys(looked_at(results.run_table.runs), "x"), tags or {})


def grid(methods: str = "ab", tasks: int = 3, **more: object) -> list[Record]:
    """Return a run of each method on each task of the suite `sin`."""
    return [record(task=f"sin/{k}", method=m, **more) for k in range(tasks) for m in methods]


def written(records: list[Record], folder: Path, *, style: str = "article", appendix: str = "missed") -> list[str]:
    """Write a paper of records; return the names of its files."""
    results = results_of(records)
    runs = results.run_table.runs
    known = discover().methods
    sources = Sources(
        formulas=dict.fromkeys(shown_records(runs), ("sin(x)", None)),
        missed=dict.fromkeys(looked_at(runs), "x"),
        tags={},
        installed={name: known[name] for name in results.methods if name in known},
        versions=dict.fromkeys(results.methods, "1"),
        parameters=dict.fromkeys(results.methods, '{"rate": 0.5, "parts_of_it": [8, 8]}'),
        about={"store": "a_b.db", "runs began": "2026-01-02T03:04:05+00:00"},
    )
    files = write_paper(results, sources, folder, title="50 % of it", style=STYLES[style], appendix=appendix)
    return [str(path.relative_to(folder)) for path in files]
