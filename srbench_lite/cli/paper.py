"""`srbench paper`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from srbench_lite._version import __version__
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
    suites_of_records,
)
from srbench_lite.cli.report import provenance_of
from srbench_lite.cli.selection import condition_options, opened_records, source_option, under_conditions
from srbench_lite.cli.streams import say

_FILES: Final = {
    "main.tex": "A document that shows everything. Compile it with pdflatex, bibtex, pdflatex, pdflatex.",
    "tables/*.tex": "Tables for booktabs and siunitx. The best is bold; what is not significantly worse is marked.",
    "figures/*": "Figures as PDF and SVG, as wide as a column or a page, each with its data as CSV.",
    "macros.tex": r"Numbers for prose: \srb{lies/sin/0/recovery} is the recovery rate of lies on sin without noise.",
    "methods.bib": "The sources of the methods.",
}
_STYLES: Final = {
    "article": "One column of 6.5 in, Computer Modern.",
    "neurips": "One column of 5.5 in, Times; neurips_2025.sty and the like are used where LaTeX finds one.",
    "icml": "Two columns of 3.25 in, Times; icml2025.sty and the like where LaTeX finds one.",
    "jmlr": "One column of 6 in, 11 points, Computer Modern; jmlr2e.sty where LaTeX finds it.",
    "journal": "Two columns of 3.5 in, Times; IEEEtran.cls where LaTeX finds it.",
}


@click.command(
    "paper", cls=Command, lists={"Files": _FILES, "Styles": _STYLES},
    examples=(
        "srbench paper --suite nguyen --method lies --method lasso --out paper",
        "srbench paper --from results/suites.json.gz --style icml --zip",
        "srbench paper --redraw paper/figures/pareto.csv --style icml",
    ),
)  # fmt: skip
@suite_option
@method_option
@condition_options
@identifiable_option
@source_option
@click.option(
    "--title", default="Symbolic regression methods compared", show_default=True, metavar="TEXT",
    help="Title of the document.",
)  # fmt: skip
@click.option(
    "--style", default="article", show_default=True, metavar="NAME",
    help="Where it is to appear: article, neurips, icml, jmlr or journal; see below.",
)  # fmt: skip
@click.option(
    "--appendix", type=click.Choice(["none", "missed", "all"]), default="missed", show_default=True,
    help="Which tasks the appendix lists: none (and no tables of suites), those that no method recovered, or all.",
)  # fmt: skip
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("paper"), show_default=True,
    metavar="DIR", help="Folder for the files; it is made if need be.",
)  # fmt: skip
@click.option("--zip", "zipped", is_flag=True, help="Pack the files for an upload, too: DIR.zip, without the SVG.")
@click.option(
    "--redraw", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.csv",
    help="Only draw one figure again, from this file with its data and beside it.",
)  # fmt: skip
@store_option
@plugin_option
def paper_command(
    suites: tuple[str, ...], methods: tuple[str, ...], noises: tuple[float, ...], perturbations: tuple[str, ...],
    identifiable: bool, source: Path | None, title: str, style: str, appendix: str, folder: Path, zipped: bool,
    redraw: Path | None, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Write LaTeX tables, figures with their data, and numbers for prose.

    The body has about six pages, with a dozen methods at most six: who is best overall, where methods fail, how results
    change with noise and time, what they cost, and the methods. Nothing is run: the numbers are those of the store.
    """
    from srbench_lite.reports.paper.data import read_rows
    from srbench_lite.reports.paper.figures import draw
    from srbench_lite.reports.paper.style import style_of

    look = style_of(style)
    if redraw is not None:
        for path in draw(redraw.stem, read_rows(redraw), redraw.parent, look):
            click.echo(path)
        return 0

    from srbench_lite.comparing.over_time import mark_frame
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.reports.paper.document import COLUMNS, Sources, shown_records, write_archive, write_paper
    from srbench_lite.reports.paper.failures import looked_at
    from srbench_lite.reports.paper.results import Results

    registry = loaded_registry(plugin_files)
    wanted, files = suites_of_records(registry, suites)
    with opened_records(store_path, source) as store, store.snapshot():
        check_selection(store, wanted, methods)
        run_table = RunTable.from_store(store, COLUMNS, suites=wanted, methods=methods)
        run_table = run_table.identifiable(not_shown(registry)) if identifiable else run_table
        run_table = under_conditions(run_table, noises, perturbations)
        if not len(run_table.runs):
            say(NOTHING_SELECTED, err=True)
            return 5
        ids = run_table.runs["id"].tolist()
        known = {name: registry.find_method(name) for name in run_table.runs["variant_of"].unique().astype(str)}
        defaults = {name: method.parameters() for name, method in known.items() if method is not None}
        results = Results.of(replace(run_table, marks=mark_frame(store.progress(ids))), defaults)
        formulas = store.formulas(shown_records(results.run_table.runs))
        missed = {number: text for number, (text, _) in store.formulas(looked_at(results.run_table.runs)).items()}
        about = provenance_of(store, run_table.runs) | {"made with": f"srbench-lite {__version__}, srbench paper"}
        about |= {"store": str(source)} if source is not None else {}
    kinds = results.run_table.runs[["method", "variant_of", "method_version", "parameters"]].drop_duplicates("method")
    columns = {name: dict(zip(kinds["method"], kinds[name].astype(str), strict=True)) for name in kinds}
    found = {label: known[name] for label, name in columns["variant_of"].items()}
    tags = {task.fingerprint: task.tags for suite in {**registry.suites, **files}.values() for task in suite.tasks}
    sources = Sources(
        formulas=formulas, missed=missed, tags=tags,
        installed={label: method for label, method in found.items() if method is not None},
        versions=columns["method_version"], parameters=columns["parameters"], about=about,
    )  # fmt: skip
    written = write_paper(results, sources, folder, title=title, style=look, appendix=appendix)
    for remark in run_table.remarks:
        say(remark, err=True)
    say(f"{folder}: {len(written)} files; main.tex shows them all")
    if zipped:
        archive = folder.with_name(f"{folder.name}.zip")
        write_archive(written, folder, archive)
        say(f"{archive}: {archive.stat().st_size / 1e6:.1f} MB")
    return 0
