"""`srbench paper`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    NOTHING_SELECTED,
    check_selection,
    identifiable_option,
    loaded_registry,
    method_option,
    not_shown,
    plugin_option,
    store_option,
    suite_option,
)
from srbench_lite.cli.report import provenance_of
from srbench_lite.cli.streams import say

_FILES: Final = {
    "main.tex": "A document that shows everything. Compile it with pdflatex, bibtex, pdflatex, pdflatex.",
    "tables/*.tex": "Tables for booktabs and siunitx. The best is bold; what is not significantly worse is marked.",
    "figures/*": "Figures as PDF and SVG, as wide as a column or a page, each with its data as CSV.",
    "macros.tex": r"Numbers for prose: \srb{lies/sin/0/recovery} is the recovery rate of lies on sin without noise.",
    "methods.bib": "The sources of the methods.",
}


@click.command(
    "paper", cls=Command, lists={"Files": _FILES},
    examples=(
        "srbench paper --suite nguyen --method lies --method lasso --out paper",
        "srbench paper --redraw paper/figures/pareto.csv",
    ),
)  # fmt: skip
@suite_option
@method_option
@identifiable_option
@click.option(
    "--title", default="Symbolic regression methods compared", show_default=True, metavar="TEXT",
    help="Title of the document.",
)  # fmt: skip
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("paper"), show_default=True,
    metavar="DIR", help="Folder for the files; it is made if need be.",
)  # fmt: skip
@click.option(
    "--redraw", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.csv",
    help="Only draw one figure again, from this file with its data and beside it.",
)  # fmt: skip
@store_option
@plugin_option
def paper_command(
    suites: tuple[str, ...], methods: tuple[str, ...], identifiable: bool, title: str, folder: Path,
    redraw: Path | None, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Write LaTeX tables, figures with their data, and numbers for prose.

    Nothing is run: the numbers are those of the store.
    """
    from srbench_lite.reports.paper.data import read_rows
    from srbench_lite.reports.paper.figures import draw

    if redraw is not None:
        for path in draw(redraw.stem, read_rows(redraw), redraw.parent):
            click.echo(path)
        return 0

    from srbench_lite.comparing.over_time import mark_frame
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.store import Store
    from srbench_lite.reports.page.content import COLUMNS, groups_of
    from srbench_lite.reports.paper.document import write_paper

    registry = loaded_registry(plugin_files)
    with Store(store_path, read_only=True) as store, store.snapshot():
        check_selection(store, suites, methods)
        run_table = RunTable.from_store(store, (*COLUMNS, "method_version"), suites=suites, methods=methods)
        run_table = run_table.identifiable(not_shown(registry)) if identifiable else run_table
        if not len(run_table.runs):
            say(NOTHING_SELECTED, err=True)
            return 5
        run_table = replace(run_table, marks=mark_frame(store.progress(run_table.runs["id"].tolist())))
        groups = groups_of(run_table.runs)
        formulas = store.formulas([group["id"] for group in groups])
        about = provenance_of(store, run_table.runs)
    kinds = run_table.runs[["method", "variant_of", "method_version"]].drop_duplicates("method")
    versions = dict(zip(kinds["method"], kinds["method_version"], strict=True))
    named = dict(zip(kinds["method"], kinds["variant_of"], strict=True))
    known = {label: found for label, name in named.items() if (found := registry.find_method(name)) is not None}
    written = write_paper(run_table, groups, formulas, known, versions, about, folder, title)
    for remark in run_table.remarks:
        say(remark, err=True)
    say(f"{folder}: {len(written)} files; main.tex shows them all")
    return 0
