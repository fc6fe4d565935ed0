"""`srbench report`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
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
    is_suite_file,
    loaded_registry,
    method_option,
    not_shown,
    plugin_option,
    read_suite_option,
    selected_suites,
    store_option,
    suites_of_records,
)
from srbench_lite.cli.selection import condition_options, opened_records, source_option, under_conditions
from srbench_lite.errors import SuiteError
from srbench_lite.files import write_bytes

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite
    from srbench_lite.recording.store import Store

__all__ = ["provenance_of", "report_command"]

_DEFAULT: Final = Path("results/report.html")


@click.command(
    "report", cls=Command,
    examples=(
        "srbench report --out report.html",
        "srbench report --suite nguyen --noise 0 --title Nguyen --out nguyen.html",
        "srbench report --from results/records.json.gz --out report.html",
    ),
)  # fmt: skip
@read_suite_option
@method_option
@condition_options
@identifiable_option
@click.option(
    "--suite-file", "files", multiple=True, metavar="FILE.toml",
    help="Suite file that is not installed, so that the points of its tasks are drawn. May be repeated.",
)  # fmt: skip
@source_option
@click.option("--title", default="srbench-lite report", show_default=True, metavar="TEXT", help="Title of the page.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True, metavar="FILE",
    help="File to write.",
)  # fmt: skip
@store_option
@plugin_option
def report_command(
    suites: tuple[str, ...], methods: tuple[str, ...], noises: tuple[float, ...],
    perturbations: tuple[str, ...], identifiable: bool, files: tuple[str, ...], source: Path | None, title: str,
    out: Path, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Write a page for a browser: leaderboard, charts, tasks with their formulas.

    The page is one file that loads nothing from the network. Its address holds what is chosen on it, so that a link
    shows what its sender saw; every table and chart gives its data as CSV.
    """
    from srbench_lite.cli.study import rebased, suite_files_of
    from srbench_lite.comparing.made_runs import study_of
    from srbench_lite.comparing.over_time import mark_frame
    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.recording.study import study_text
    from srbench_lite.reports.page import render
    from srbench_lite.reports.page.answers import answers_of
    from srbench_lite.reports.page.commands import commands_of
    from srbench_lite.reports.page.content import COLUMNS, content_of, shown_records
    from srbench_lite.reports.page.printed_warnings import warnings_of
    from srbench_lite.reports.page.standings import standings_of
    from srbench_lite.reports.page.variant_names import named_by_base
    from srbench_lite.reports.page.variants import variants_of
    from srbench_lite.reports.page.weaknesses import weaknesses_of

    registry = loaded_registry(plugin_files)
    wanted, of_files = suites_of_records(registry, suites)
    chosen = dict(registry.suites) | of_files
    for file in files:
        chosen |= selected_suites(registry, (file,))
    with opened_records(store_path, source) as store, store.snapshot():
        check_selection(store, wanted, methods)
        run_table = RunTable.from_store(store, COLUMNS, suites=wanted, methods=methods)
        run_table = run_table.identifiable(not_shown(registry)) if identifiable else run_table
        run_table = under_conditions(run_table, noises, perturbations)
        if not len(run_table.runs):
            click.echo(NOTHING_SELECTED, err=True)
            return 5
        defaults = _defaults(registry, run_table.runs)
        run_table, of_variants = named_by_base(run_table, defaults)
        run_table = replace(run_table, marks=mark_frame(store.progress(run_table.runs["id"].tolist())))
        chosen |= _drawn(run_table.runs["suite"].unique())
        tasks = {task.name: task for suite in chosen.values() for task in suite.tasks}
        formulas = store.formulas(shown_records(run_table.runs))
        of_studies = suite_files_of(store.studies(), store.path.parent)
        content = content_of(run_table, tasks, formulas)
        content |= {"summary": _summary(content, run_table), "provenance": provenance_of(store, run_table.runs)}
        content["warnings"] = warnings_of(store, run_table.runs)
        content["overall"], content["weak"] = [*standings_of(run_table)], [*weaknesses_of(store, run_table, tasks)]
        content |= {"of_variants": " ".join(of_variants)}
        content |= variants_of(store, run_table.runs, defaults=defaults)
        content["answers"] = [*answers_of(content["overall"], content["weak"])]
    if source is not None:
        content["provenance"]["store"] = str(source)
    known: dict[str, Any] = {
        "defaults": defaults,
        "suites": {name: [task.name for task in suite.tasks] for name, suite in chosen.items()},
    }
    again = commands_of(run_table.runs, **known)
    made = study_of(run_table.runs, **known, files=_suite_files((*suites, *files, *of_studies)))
    content["commands"] = [*again, _this_command()]
    content["study"] = study_text(rebased(made, out.parent))
    page = render(content, title=title).encode()
    write_bytes(out, page)
    click.echo(f"{out}: {len(page) / 1e6:.1f} MB")
    return 0


def _drawn(names: Iterable[str]) -> Mapping[str, Suite]:
    from srbench_lite.problems.random_suite import rebuilt_suites

    return rebuilt_suites(names)


def _defaults(registry: Registry, runs: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the hyper-parameters of those methods that are installed, as they ship."""
    found = {str(name): registry.find_method(str(name)) for name in runs["variant_of"].unique()}
    return {name: dict(method.parameters()) for name, method in found.items() if method is not None}


def _suite_files(names: Iterable[str]) -> dict[str, str]:
    """Return the paths of those suites that are files, by the name in each; one that is gone is left out."""
    from srbench_lite.problems.suite_file import announced_suite

    found = {}
    for path in names:
        if is_suite_file(path):
            with suppress(SuiteError):
                found[announced_suite(Path(path)).name] = path
    return found


def _this_command() -> str:
    """Return the command that writes the page, with every option that says something."""
    from srbench_lite.comparing.runs import plain_number

    context = click.get_current_context()
    words = ["srbench", "report"]
    for option in context.command.params:
        value = context.params.get(str(option.name))
        if value in (None, (), False) or (option.name == "store_path" and context.params["source"] is not None):
            continue
        name = max(option.opts, key=len)
        for one in value if isinstance(value, tuple) else (value,):
            words += [name] if one is True else [name, str(plain_number(one))]
    return shlex.join(words)


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


def _listed(texts: Iterable[object]) -> str:
    return "; ".join(sorted({str(text) for text in texts}))
