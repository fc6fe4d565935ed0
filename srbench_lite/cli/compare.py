"""`srbench compare`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from srbench_lite.cli.options import margin_option, recorded_names, store_option
from srbench_lite.cli.sides import read_sides
from srbench_lite.errors import UnpairedError

if TYPE_CHECKING:
    import pandas as pd

_FORMATS: Final = ("terminal", "markdown", "json")


@click.command("compare")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option(
    "--noise", "noises", multiple=True, type=click.FloatRange(min=0), metavar="X",
    help="This noise level only. May be repeated.",
)  # fmt: skip
@click.option("--metric", "metrics", multiple=True, metavar="NAME", help="recovery, accuracy, complexity, time.")
@margin_option
@click.option("--common", is_flag=True, help="Leave out runs that have no partner, in place of refusing them.")
@click.option("--different-limits", is_flag=True, help="Allow the two sides to have had different budgets.")
@click.option(
    "--changes", type=click.IntRange(0), default=20, show_default=True, metavar="N",
    help="Tasks that are listed, of those whose recovery changed.",
)  # fmt: skip
@click.option(
    "--format", "-f", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True, help="Of the output."
)
@store_option
def compare_command(
    before: str, after: str, suites: tuple[str, ...], noises: tuple[float, ...], metrics: tuple[str, ...],
    margins: dict[str, float], common: bool, different_limits: bool, changes: int, form: str, store_path: Path,
) -> int:  # fmt: skip
    """Say who is better where, by how much, how sure that is, and which tasks changed.

    A and B are methods of the store, as the leaderboard calls them; METHOD@VERSION; or files with records (a store, an
    export, a baseline), FILE:METHOD for one method of it. Of two files, every method that stands in both is compared.

    \b
    Examples:
      srbench compare lasso lies
      srbench compare lies@1 lies@2
      srbench compare main.db branch.db --suite nguyen
    """
    from srbench_lite.comparing.comparison import METRICS, compare
    from srbench_lite.reports.comparison import render_markdown, render_plain

    recorded_names("metric", (*metrics, *margins), METRICS)
    pairs, remarks = read_sides(before, after, store_path)
    there = [side for _, *sides in pairs for side in sides]
    recorded_names("suite", suites, {suite for side in there for suite in side["suite"].unique()})
    chosen = [(names, _chosen(one, suites, noises), _chosen(other, suites, noises)) for names, one, other in pairs]
    chosen = [(names, one, other) for names, one, other in chosen if len(one) or len(other)]
    if not chosen:
        click.echo("nothing was selected", err=True)
        return 5
    try:
        found = [
            compare(
                one, other, names, metrics=metrics or tuple(METRICS), margins=margins, common=common,
                different_limits=different_limits,
            )
            for names, one, other in chosen
        ]  # fmt: skip
    except UnpairedError as error:
        raise UnpairedError(f"{error}; with --common the other runs are compared") from None
    if form == "json":
        from dataclasses import asdict

        click.echo(json.dumps([asdict(comparison) for comparison in found], indent=1))
    else:
        render = render_plain if form == "terminal" else render_markdown
        click.echo("\n".join(render(comparison, most=changes) for comparison in found), nl=False)
    for remark in remarks:
        click.echo(remark, err=True)
    return 0


def _chosen(runs: pd.DataFrame, suites: tuple[str, ...], noises: tuple[float, ...]) -> pd.DataFrame:
    if suites:
        runs = runs[runs["suite"].isin(suites)]
    return runs[runs["noise"].isin(noises)] if noises else runs
