"""Options and steps that commands share which print a table about one method: `ablation` and `history`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from srbench_lite.cli.options import (
    NOTHING_SELECTED,
    identifiable_option,
    margin_option,
    not_shown,
    out_option,
    plugin_option,
    recorded_names,
    store_option,
    suite_option,
)
from srbench_lite.cli.selection import chosen_runs, condition_options, task_option, under_conditions
from srbench_lite.cli.streams import say
from srbench_lite.files import write_text

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.runs import RunTable
    from srbench_lite.methods.discovery import Registry

__all__ = ["method_table_options", "say_no_values", "selected_runs", "show"]

_FORMATS: Final = ("terminal", "markdown", "latex", "csv", "json")

F = TypeVar("F", bound=Callable[..., Any])


def method_table_options(row: str) -> Callable[[F], F]:
    """Add the options that choose runs of a method and the form of the table.

    Args:
        row: what a row of the table is, such as "variant".
    """
    options = (
        suite_option, task_option, condition_options, identifiable_option,
        click.option(
            "--time-limit", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
            show_default=f"that of most {row}s", help="Only runs with this limit on the wall clock of a fit.",
        ),
        click.option(
            "--metric", default="recovery", show_default=True, metavar="NAME",
            help="Metric to compare: recovery, accuracy, complexity, time, cpu or memory.",
        ),
        margin_option,
        click.option("--tasks", "list_tasks", is_flag=True, help=f"List the tasks that each {row} lost and gained."),
        click.option(
            "--format", "-f", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True,
            help="Format of the output.",
        ),
        out_option, store_option, plugin_option,
    )  # fmt: skip

    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


def selected_runs(
    table: RunTable, registry: Registry, *, suites: Sequence[str], tasks: Sequence[str], noises: Sequence[float],
    perturbations: Sequence[str], identifiable: bool,
) -> tuple[RunTable, pd.DataFrame]:  # fmt: skip
    """Return the runs that options choose, and the table that they are of; where there are none, it is said.

    Raises:
        UnknownNameError: no run is on such a suite or task.
        UsageError: no task fits a pattern, or no run has such a noise level or perturbation.
    """
    table = table.identifiable(not_shown(registry)) if identifiable else table
    recorded_names("suite", suites, {str(suite) for suite in table.runs["suite"].unique()})
    runs = chosen_runs(under_conditions(table, noises, perturbations).runs, suites=suites, tasks=tasks)
    for remark in () if len(runs) else (NOTHING_SELECTED, *table.remarks):
        say(remark, err=True)
    return table, runs


def say_no_values(what: str, metric: str) -> None:
    """Say that no task has values of a metric, and which has."""
    why = "; it needs tasks with a truth, --metric accuracy does not" if metric == "recovery" else ""
    say(f"nothing to {what}: no task has values of {metric}{why}", err=True)


def show(text: str, out: Path | None) -> None:
    """Print a table, or write it to a file."""
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
