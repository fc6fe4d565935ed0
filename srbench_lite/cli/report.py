"""`srbench report`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.options import check_selection, loaded_registry, plugin_option, selected_suites, store_option
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.recording.store import Store

__all__ = ["provenance_of", "report_command"]

_DEFAULT: Final = Path("results/report.html")


@click.command("report")
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option(
    "--suite-file", "files", multiple=True, metavar="FILE.toml", help="Suite file, so that its tasks' points are drawn."
)
@click.option("--title", default="srbench-lite report", show_default=True, metavar="TEXT", help="Of the page.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True, metavar="FILE",
    help="The page.",
)  # fmt: skip
@store_option
@plugin_option
def report_command(
    suites: tuple[str, ...], methods: tuple[str, ...], files: tuple[str, ...], title: str, out: Path, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Write a page for a browser: leaderboard, charts, and every task with its formulas. One file, no network.

    \b
    Example:
      srbench report --out report.html
    """
    from srbench_lite.comparing.runs import Outcomes
    from srbench_lite.recording.store import Store
    from srbench_lite.reports.page import render
    from srbench_lite.reports.page.content import COLUMNS, content_of, shown

    registry = loaded_registry(plugin_files)
    chosen = dict(registry.suites) | (selected_suites(registry, files) if files else {})
    tasks = {task.name: task for suite in chosen.values() for task in suite.tasks}
    with Store(store_path, read_only=True) as store, store.moment():
        check_selection(store, suites, methods)
        outcomes = Outcomes.from_store(store, COLUMNS, suites=suites, methods=methods)
        if not len(outcomes.runs):
            click.echo("nothing was selected", err=True)
            return 5
        formulas = store.formulas(shown(outcomes.runs))
        content = content_of(outcomes, tasks, formulas)
        content |= {"summary": _summary(content, outcomes), "provenance": provenance_of(store, outcomes.runs)}
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(render(content, title=title), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {out}: {error.strerror or error}") from None
    click.echo(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
    return 0


def _summary(content: dict[str, Any], outcomes: Any) -> str:
    runs = len(outcomes.runs)
    tasks = outcomes.runs["task"].nunique()
    methods, suites = len(content["methods"]), len(content["suites"])
    return f"{runs:,} runs of {methods} methods on {tasks:,} tasks of {suites} suites"


def provenance_of(store: Store, runs: pd.DataFrame) -> dict[str, str]:
    """Return where runs come from, texts by name."""
    from srbench_lite._version import __version__

    found, first, last = store.origin(runs["id"].tolist())
    told = {
        "made with": f"srbench-lite {__version__}, srbench report",
        "store": str(store.path),
        "runs began": f"{first} to {last}" if first != last else first,
        "machines": _listed(f"{e.get('cpu')}, {e.get('cores')} cores, {e.get('system')}" for e in found),
        "Python": _listed(e.get("python") for e in found),
        "srbench-lite": _listed(f"{e.get('srbench_lite')} ({e.get('commit') or 'no commit'})" for e in found),
        "packages": _listed(f"{name} {version}" for e in found for name, version in (e.get("packages") or {}).items()),
        "jobs": _listed(e.get("jobs") for e in found),
    }
    return {name: text for name, text in told.items() if text}


def _listed(texts: Iterable[object]) -> str:
    return "; ".join(sorted({str(text) for text in texts}))
