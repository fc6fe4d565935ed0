"""The folder of a paper: every file is there, and the document names each figure that was drawn."""

from __future__ import annotations

import re
import zipfile

from papers import MEASURED, MISSED, grid, written
from records import record

from srbench_lite.reports.paper.document import TABLES, write_archive


def test_every_file_is_there_and_named(tmp_path):
    names = written(grid(), tmp_path / "new")
    files = {str(path.relative_to(tmp_path / "new")) for path in (tmp_path / "new").rglob("*") if path.is_file()}
    assert set(names) == files
    assert {f"tables/{name}.tex" for name in TABLES} <= files
    main = (tmp_path / "new" / "main.tex").read_text()
    assert r"\title{50 \% of it}" in main
    drawn = re.findall(r"includegraphics\{figures/(.*?)\}", main)
    assert sorted(f"figures/{name}.pdf" for name in drawn) == sorted(name for name in names if name.endswith(".pdf"))
    for name in re.findall(r"\\input\{(tables/.*?)\}", main):
        assert f"{name}.tex" in files
    assert r"a\_b.db" in (tmp_path / "new" / "tables" / "provenance.tex").read_text()
    used = set(
        re.findall(r"\\srb\{(.*?)\}", main + "".join(p.read_text() for p in (tmp_path / "new/tables").iterdir()))
    )
    defined = set(re.findall(r"csname srb@(.*?)\\endcsname", (tmp_path / "new" / "macros.tex").read_text()))
    assert used
    assert used <= defined


def test_a_figure_of_one_level_is_left_out_and_the_document_says_so(tmp_path):
    names = written(grid("a"), tmp_path)
    for name in ("degradation", "over-time", "critical-difference", "ranking"):
        assert f"figures/{name}.csv" in names
        assert f"figures/{name}.pdf" not in names
    main = (tmp_path / "main.tex").read_text()
    assert "Not drawn: noise: one level only (" in main
    assert "Curves over seconds are not drawn: the runs have no marks." in main
    assert "includegraphics{figures/degradation}" not in main


def test_the_appendix_lists_what_was_asked_for(tmp_path):
    records = [
        *grid(tasks=11),
        record(task="sin/hard", method="a", **MISSED),
        record(task="sin/hard", method="b", **MISSED),
    ]
    for appendix in ("none", "missed", "all"):
        written(records, tmp_path / appendix, appendix=appendix)
    main, tables = ({name: (tmp_path / name / part).read_text() for name in ("none", "missed", "all")}
                    for part in ("main.tex", "tables/problems.tex"))  # fmt: skip
    assert [r"\input{tables/problems}" in text for text in main.values()] == [False, True, True]
    assert [r"\input{tables/summary}" in text for text in main.values()] == [False, True, True]
    tasks = {name: re.findall(r"\\texttt\{sin/(\w+)\}", text) for name, text in tables.items()}
    assert tasks["missed"] == ["hard"]
    assert tasks["all"] == [*map(str, range(11)), "hard"]  # 2 before 10


def test_measured_data_are_ranked_by_accuracy(tmp_path):
    records = [
        record(task=f"sin/{k}", method=method, nmse_test=error, r2_test=1 - error, **MEASURED)
        for k in range(4) for method, error in (("a", 0.5), ("b", 1e-6), ("c", 1e-2))
    ]  # fmt: skip
    names = written(records, tmp_path)
    table = (tmp_path / "tables" / "standings.tex").read_text()
    assert re.findall(r"^(\d) & (\w) & (?:\\bfseries )?([\d.]+)", table, re.M) == [
        ("1", "b", "6.00"), ("2", "c", "2.00"), ("3", "a", "0.30"),
    ]  # fmt: skip
    for name in ("ranking", "matrix", "time", "pareto", "critical-difference", "panels", "profile"):
        assert f"figures/{name}.pdf" in names
    assert r"\bfseries 0.9999" in (tmp_path / "tables" / "summary.tex").read_text()
    assert "b has " in (tmp_path / "main.tex").read_text()


def test_an_archive_has_what_latex_needs_and_the_same_bytes_again(tmp_path):
    names = written(grid(), tmp_path / "p", style="icml")
    for name in ("one.zip", "other.zip"):
        write_archive([tmp_path / "p" / name for name in names], tmp_path / "p", tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "other.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert sorted(archive.namelist()) == sorted(name for name in names if not name.endswith(".svg"))
        assert r"\documentclass[10pt,twocolumn]{article}" in archive.read("main.tex").decode()
