"""The folder of a paper: every file is there, and the document names each figure that was drawn."""

from __future__ import annotations

import re

from records import record

from srbench_lite.comparing.runs import RunTable
from srbench_lite.methods.discovery import discover
from srbench_lite.reports.page.content import COLUMNS, groups_of
from srbench_lite.reports.paper.document import write_paper
from srbench_lite.reports.paper.tables import TABLES


def written(folder, *methods: str) -> list[str]:
    records = [record(task=f"sin/{k}", method=m) for k in range(3) for m in methods]
    run_table = RunTable.from_records(records, COLUMNS)
    known = {name: method for name, method in discover().methods.items() if name in methods}
    paths = write_paper(
        run_table,
        groups_of(run_table.runs),
        {},
        known,
        dict.fromkeys(methods, "1"),
        {"store": "a_b.db"},
        folder,
        "50 % of it",
    )
    assert all(path.stat().st_size for path in paths)
    return [str(path.relative_to(folder)) for path in paths]


def test_every_file_is_there_and_named(tmp_path):
    names = written(tmp_path / "new", "lasso", "lies")
    files = {str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert set(names) == files
    assert {f"tables/{name}.tex" for name in TABLES} <= files
    main = (tmp_path / "new" / "main.tex").read_text()
    assert r"\title{50 \% of it}" in main
    drawn = re.findall(r"includegraphics\[.*?\]\{figures/(.*?)\}", main)
    assert [f"figures/{name}.pdf" for name in drawn] == [name for name in names if name.endswith(".pdf")]
    for name in re.findall(r"\\input\{(tables/.*?)\}", main):
        assert f"{name}.tex" in files
    assert r"a\_b.db" in (tmp_path / "new" / "tables" / "provenance.tex").read_text()


def test_a_figure_that_cannot_be_drawn_is_not_in_the_document(tmp_path):
    names = written(tmp_path, "lasso")
    assert "figures/critical-difference.csv" in names
    assert "figures/critical-difference.pdf" not in names
    assert "critical-difference" not in (tmp_path / "main.tex").read_text()
