"""`srbench history METHOD`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.method_table import method_table_options, say_no_values, selected_runs, show
from srbench_lite.cli.options import loaded_registry, recorded_names
from srbench_lite.cli.selection import runs_of_sources


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
@click.option(
    "--plot", "plot", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Draw the curve, too: a file that ends with .png, .svg or .pdf.",
)  # fmt: skip
@click.option(
    "--from", "sources", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
    help="Read this export or other store, too, beside the store. May be repeated.",
)  # fmt: skip
@method_table_options("version")
def history_command(
    method: str, versions: tuple[str, ...], variant: tuple[str, ...], time_limit: float | None, metric: str,
    margins: dict[str, float], list_tasks: bool, plot: Path | None, form: str, sources: tuple[Path, ...],
    out: Path | None, store_path: Path, plugin_files: tuple[Path, ...], **selection: Any,
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
    table, runs = selected_runs(together(runs_of_sources(store_path, sources, method, COLUMNS)), registry, **selection)
    if not len(runs):
        return 5
    installed = registry.methods.get(method)
    history = history_of(
        runs, versions=versions, variant=variant, defaults=None if installed is None else installed.parameters(),
        metric=metric, time_limit=time_limit, margin=margins.get(metric),
    )  # fmt: skip
    history = replace(history, remarks=(*history.remarks, *table.remarks))
    if all(state.line is None for state in history.states):
        say_no_values("show", metric)
        return 5
    if plot is not None:
        from srbench_lite.reports.history_curve import draw_history

        draw_history(history, plot)
    show(render(history, form, tasks=list_tasks), out)
    return 0
