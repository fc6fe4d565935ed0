"""`srbench paper`."""

from __future__ import annotations

from pathlib import Path

import click

from srbench_lite.cli.options import check_selection, loaded_registry, plugin_option, store_option
from srbench_lite.cli.report import provenance_of
from srbench_lite.errors import UsageError


@click.command("paper")
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option(
    "--title", default="Symbolic regression methods compared", show_default=True, metavar="TEXT", help="Title."
)
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("paper"), show_default=True,
    metavar="DIR", help="Folder, made if need be.",
)  # fmt: skip
@click.option(
    "--redraw", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.csv",
    help="Only draw the figure of this name again from its data, beside it.",
)  # fmt: skip
@store_option
@plugin_option
def paper_command(
    suites: tuple[str, ...], methods: tuple[str, ...], title: str, folder: Path, redraw: Path | None, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    r"""Write LaTeX tables, figures with their data, and numbers for prose: what a paper needs.

    \b
    main.tex        shows everything: pdflatex main && bibtex main && pdflatex main && pdflatex main
    tables/*.tex    booktabs and siunitx; the best in bold, what is not significantly worse is marked
    figures/*       PDF and SVG in the width of a column or a page, each with its CSV
    macros.tex      \srb{lies/sin/0/recovery} is that number
    methods.bib     sources of the methods

    \b
    Examples:
      srbench paper --suite nguyen --method lies --method lasso --out paper
      srbench paper --redraw paper/figures/pareto.csv
    """
    from srbench_lite.reports.paper.data import read_rows
    from srbench_lite.reports.paper.figures import draw

    if redraw is not None:
        for path in draw(redraw.stem, read_rows(redraw), redraw.parent):
            click.echo(path)
        return 0

    from srbench_lite.comparing.runs import Outcomes
    from srbench_lite.recording.store import Store
    from srbench_lite.reports.page.content import COLUMNS, groups_of
    from srbench_lite.reports.paper.document import write_paper

    registry = loaded_registry(plugin_files)
    with Store(store_path, read_only=True) as store, store.moment():
        check_selection(store, suites, methods)
        outcomes = Outcomes.from_store(store, (*COLUMNS, "method_version"), suites=suites, methods=methods)
        if not len(outcomes.runs):
            click.echo("nothing was selected", err=True)
            return 5
        groups = groups_of(outcomes.runs)
        formulas = store.formulas([group["id"] for group in groups])
        about = provenance_of(store, outcomes.runs)
    kinds = outcomes.runs[["method", "variant_of", "method_version"]].drop_duplicates("method")
    versions = dict(zip(kinds["method"], kinds["method_version"], strict=True))
    named = dict(zip(kinds["method"], kinds["variant_of"], strict=True))
    known = {label: registry.methods[name] for label, name in named.items() if name in registry.methods}
    try:
        written = write_paper(outcomes, groups, formulas, known, versions, about, folder, title)
    except OSError as error:
        raise UsageError(f"cannot write {folder}: {error.strerror or error}") from None
    for remark in outcomes.remarks:
        click.echo(remark, err=True)
    click.echo(f"{folder}: {len(written)} files; main.tex shows them all")
    return 0
