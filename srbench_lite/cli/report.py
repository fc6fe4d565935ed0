"""`srbench report`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
    selected_suites,
    store_option,
    suite_option,
)
from srbench_lite.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.store import Store

__all__ = ["provenance_of", "report_command"]

_DEFAULT: Final = Path("results/report.html")


@click.command(
    "report", cls=Command,
    examples=("srbench report --out report.html", "srbench report --suite nguyen --title Nguyen --out nguyen.html"),
)  # fmt: skip
@suite_option
@method_option
@identifiable_option
@click.option(
    "--suite-file", "files", multiple=True, metavar="FILE.toml",
    help="Suite file that is not installed, so that the points of its tasks are drawn. May be repeated.",
)  # fmt: skip
@click.option("--title", default="srbench-lite report", show_default=True, metavar="TEXT", help="Title of the page.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True, metavar="FILE",
    help="File to write.",
)  # fmt: skip
@store_option
@plugin_option
def report_command(
    suites: tuple[str, ...], methods: tuple[str, ...], identifiable: bool, files: tuple[str, ...], title: str,
    out: Path, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Write a page for a browser: leaderboard, charts, tasks with their formulas.

    The page is one file that loads nothing from the network.
    """
    from srbench_lite.comparing.over_time import mark_frame
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.problems.random_suite import rebuilt_suites
    from srbench_lite.recording.store import Store
    from srbench_lite.reports.page import render
    from srbench_lite.reports.page.content import COLUMNS, content_of, shown_records
    from srbench_lite.reports.page.printed_warnings import warnings_of

    registry = loaded_registry(plugin_files)
    chosen = dict(registry.suites) | (selected_suites(registry, files) if files else {})
    tasks = {task.name: task for suite in chosen.values() for task in suite.tasks}
    with Store(store_path, read_only=True) as store, store.snapshot():
        check_selection(store, suites, methods)
        run_table = RunTable.from_store(store, COLUMNS, suites=suites, methods=methods)
        run_table = run_table.identifiable(not_shown(registry)) if identifiable else run_table
        if not len(run_table.runs):
            click.echo(NOTHING_SELECTED, err=True)
            return 5
        run_table = replace(run_table, marks=mark_frame(store.progress(run_table.runs["id"].tolist())))
        drawn = rebuilt_suites(run_table.runs["suite"].unique())
        tasks |= {task.name: task for suite in drawn.values() for task in suite.tasks}
        formulas = store.formulas(shown_records(run_table.runs))
        content = content_of(run_table, tasks, formulas)
        content |= {"summary": _summary(content, run_table), "provenance": provenance_of(store, run_table.runs)}
        content["warnings"] = warnings_of(store, run_table.runs)
    page = render(content, title=title).encode()
    write_bytes(out, page)
    click.echo(f"{out}: {len(page) / 1e6:.1f} MB")
    return 0


def _summary(content: dict[str, Any], run_table: RunTable) -> str:
    from srbench_lite.comparing.runs import counted

    runs, tasks = len(run_table.runs), run_table.runs["task"].nunique()
    methods, suites = counted(len(content["methods"]), "method"), counted(len(content["suites"]), "suite")
    return f"{counted(runs, 'run')} of {methods} on {counted(tasks, 'task')} of {suites}"


def provenance_of(store: Store, runs: pd.DataFrame) -> dict[str, str]:
    """Return where runs come from, texts by name."""
    environments, first, last = store.provenance(runs["id"].tolist())
    texts = {
        "made with": f"srbench-lite {__version__}, srbench report",
        "store": str(store.path),
        "runs began": f"{first} to {last}" if first != last else first,
        "machines": _listed(f"{e.get('cpu')}, {e.get('cores')} cores, {e.get('system')}" for e in environments),
        "Python": _listed(e.get("python") for e in environments),
        "srbench-lite": _listed(f"{e.get('srbench_lite')} ({e.get('commit') or 'no commit'})" for e in environments),
        "packages": _listed(
            f"{name} {version}" for e in environments for name, version in (e.get("packages") or {}).items()
        ),
        "jobs": _listed(e.get("jobs") for e in environments),
    }
    return {name: text for name, text in texts.items() if text}


def _packages(environment: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    return (environment.get("packages") or {}).items()


def _listed(texts: Iterable[object]) -> str:
    return "; ".join(sorted({str(text) for text in texts}))
