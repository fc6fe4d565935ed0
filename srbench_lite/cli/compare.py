"""`srbench compare`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    NOTHING_SELECTED,
    at_option,
    identifiable_option,
    loaded_registry,
    margin_option,
    not_shown,
    recorded_names,
    store_option,
    suite_option,
)
from srbench_lite.cli.selection import chosen_runs, condition_options
from srbench_lite.cli.sides import read_sides
from srbench_lite.cli.streams import say
from srbench_lite.errors import UnpairedError

_FORMATS: Final = ("terminal", "markdown", "json")


@click.command(
    "compare", cls=Command,
    examples=(
        "srbench compare lasso lies",
        "srbench compare lies@1 lies@2",
        "srbench compare main.db branch.db --suite nguyen",
        "srbench compare lasso lies --at 5",
        "srbench compare lasso lies --metric memory --metric cpu",
    ),
)  # fmt: skip
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@suite_option
@condition_options
@click.option(
    "--metric", "metrics", multiple=True, metavar="NAME", show_default="the first four",
    help="Metric to compare: recovery, accuracy, complexity, time, cpu or memory. May be repeated.",
)  # fmt: skip
@identifiable_option
@margin_option
@at_option
@click.option("--common", is_flag=True, help="Leave out runs without a partner. Otherwise they are an error.")
@click.option("--different-limits", is_flag=True, help="Compare runs that had different budgets, too.")
@click.option(
    "--changes", type=click.IntRange(0), default=20, show_default=True, metavar="N",
    help="Largest number of tasks listed, of those whose recovery changed.",
)  # fmt: skip
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(_FORMATS),
    default="terminal",
    show_default=True,
    help="Format of the output.",
)
@store_option
def compare_command(
    before: str, after: str, suites: tuple[str, ...], noises: tuple[float, ...],
    perturbations: tuple[str, ...], metrics: tuple[str, ...],
    identifiable: bool, margins: dict[str, float], at: float | None, common: bool, different_limits: bool, changes: int,
    form: str, store_path: Path,
) -> int:  # fmt: skip
    """Say which method is better, by how much and how surely, and on which tasks.

    A and B name what is compared. Each is a method, as the leaderboard calls it; METHOD@VERSION; a file with records (a
    store, an export or a baseline); or FILE:METHOD. Of two files, all methods are compared that both have.
    """
    from srbench_lite.comparing.comparison import compare
    from srbench_lite.comparing.metrics import METRICS, USUAL_METRICS
    from srbench_lite.reports.comparison import render_markdown, render_plain

    recorded_names("metric", (*metrics, *margins), METRICS)
    hidden = not_shown(loaded_registry(())) if identifiable else None
    pairs, remarks = read_sides(before, after, store_path, hidden, at=at)
    tables = [side for _, *sides in pairs for side in sides]
    recorded_names("suite", suites, {suite for side in tables for suite in side["suite"].unique()})
    fixed: dict[str, Any] = {"suites": suites, "noises": noises, "perturbations": perturbations}
    chosen = [(names, chosen_runs(one, **fixed), chosen_runs(other, **fixed)) for names, one, other in pairs]
    chosen = [(names, one, other) for names, one, other in chosen if len(one) or len(other)]
    if not chosen:
        say(NOTHING_SELECTED, err=True)
        return 5
    try:
        comparisons = [
            compare(
                one, other, names, metrics=metrics or USUAL_METRICS, margins=margins, common=common,
                different_limits=different_limits,
            )
            for names, one, other in chosen
        ]  # fmt: skip
    except UnpairedError as error:
        raise UnpairedError(f"{error}; add --common to compare the other runs") from None
    found = {line.metric for comparison in comparisons for line in comparison.lines}
    missing = [name for name in metrics or USUAL_METRICS if name not in found]
    if not found:
        say(f"nothing to compare: {_absent(missing)}", err=True)
        return 5
    if metrics and missing:
        remarks.append(f"not compared: {_absent(missing)}")
    if form == "json":
        from dataclasses import asdict

        click.echo(json.dumps([asdict(comparison) for comparison in comparisons], indent=1))
    else:
        render = render_plain if form == "terminal" else render_markdown
        click.echo("\n".join(render(comparison, most=changes) for comparison in comparisons), nl=False)
    for remark in remarks:
        say(remark, err=True)
    return 0


def _absent(metrics: Sequence[str]) -> str:
    """Say that some metrics have no values, and why that is so for recovery."""
    why = "; recovery needs tasks with a truth, --metric accuracy does not" if "recovery" in metrics else ""
    return f"no task has values of {', '.join(metrics)} on both sides{why}"
