"""`srbench history METHOD`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    NOTHING_SELECTED,
    identifiable_option,
    loaded_registry,
    margin_option,
    not_shown,
    out_option,
    plugin_option,
    recorded_names,
    store_option,
    suite_option,
)
from srbench_lite.cli.selection import chosen_runs, condition_options, runs_of_sources, runs_under, task_option
from srbench_lite.cli.streams import say
from srbench_lite.files import write_text

_FORMATS: Final = ("terminal", "markdown", "latex", "csv", "json")


@click.command(
    "history", cls=Command,
    examples=(
        "srbench history lies",
        "srbench history lies --from results/lies.json --suite feynman --tasks",
        "srbench history lies --from may.json.gz --from june.json.gz --plot lies.png",
    ),
)  # fmt: skip
@click.argument("method")
@click.option(
    "--version", "versions", multiple=True, metavar="TEXT", show_default="all",
    help="Only this version of the method. May be repeated.",
)  # fmt: skip
@click.option(
    "--variant", "variant", multiple=True, metavar="NAME=VALUE,...", show_default="that with the defaults",
    help="Parameters of the variant that is shown, where versions have several. May be repeated.",
)  # fmt: skip
@suite_option
@task_option
@condition_options
@identifiable_option
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
    show_default="that of most versions", help="Only runs with this limit on the wall clock of a fit.",
)  # fmt: skip
@click.option(
    "--metric", default="recovery", show_default=True, metavar="NAME",
    help="Metric to show: recovery, accuracy, complexity, time, cpu or memory.",
)  # fmt: skip
@margin_option
@click.option("--tasks", "list_tasks", is_flag=True, help="List the tasks that each version or commit lost and gained.")
@click.option(
    "--plot", "plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Draw the curve, too: a file that ends with .png, .svg or .pdf.",
)  # fmt: skip
@click.option(
    "--format", "-f", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True,
    help="Format of the output.",
)  # fmt: skip
@click.option(
    "--from", "sources", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Read this export or other store, too, beside the store. May be repeated.",
)  # fmt: skip
@out_option
@store_option
@plugin_option
def history_command(
    method: str, versions: tuple[str, ...], variant: tuple[str, ...], suites: tuple[str, ...], tasks: tuple[str, ...],
    noises: tuple[float, ...], perturbations: tuple[str, ...], identifiable: bool, time_limit: float | None,
    metric: str, margins: dict[str, float], list_tasks: bool, plot: Path | None, form: str,
    sources: tuple[Path, ...], out: Path | None, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Say how a method did over its versions and commits, on the tasks that all of them ran on.

    A store keeps the runs of the last code of each version. Exports of earlier times have those before: --from reads
    them beside the store.
    """
    from srbench_lite.comparing.history import COLUMNS, history_of, together
    from srbench_lite.comparing.metrics import METRICS
    from srbench_lite.reports.history import render

    recorded_names("metric", (metric, *margins), METRICS)
    registry = loaded_registry(plugin_files)
    table = together(runs_of_sources(store_path, sources, method, COLUMNS))
    table = table.identifiable(not_shown(registry)) if identifiable else table
    recorded_names("suite", suites, {str(suite) for suite in table.runs["suite"].unique()})
    runs = chosen_runs(runs_under(table, noises, perturbations).runs, suites=suites, tasks=tasks)
    if not len(runs):
        for remark in (NOTHING_SELECTED, *table.remarks):
            say(remark, err=True)
        return 5
    installed = registry.methods.get(method)
    history = history_of(
        runs, versions=versions, variant=variant, defaults=None if installed is None else installed.parameters(),
        metric=metric, time_limit=time_limit, margin=margins.get(metric),
    )  # fmt: skip
    history = replace(history, remarks=(*history.remarks, *table.remarks))
    if all(state.line is None for state in history.states):
        why = "; it needs tasks with a truth, --metric accuracy does not" if metric == "recovery" else ""
        say(f"nothing to show: no task has values of {metric}{why}", err=True)
        return 5
    if plot is not None:
        from srbench_lite.reports.history_curve import draw_history

        draw_history(history, plot)
    text = render(history, form, tasks=list_tasks)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    return 0
