"""`srbench baseline` and `srbench check`: the regression gate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

import click

from srbench_lite.cli.options import check_selection, margin_option, recorded_names, store_option
from srbench_lite.cli.sides import read_outcomes, read_store
from srbench_lite.errors import StoreError, UsageError

_DEFAULT: Final = Path("results/baseline.json")


@click.command("baseline")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True, metavar="FILE",
    help="The baseline.",
)  # fmt: skip
@store_option
def baseline_command(methods: tuple[str, ...], suites: tuple[str, ...], out: Path, store_path: Path) -> int:
    """Write the runs that later ones are to be checked against.

    Of a method that stands in the store in several variants, the one that ran last is written. The file is meant to be
    committed: one line a run, in an order that does not change.

    \b
    Example:
      srbench run --method lasso --suite sin --seeds 5
      srbench baseline --out results/baseline.json
    """
    from srbench_lite.comparing.baseline import COLUMNS, write_baseline
    from srbench_lite.comparing.runs import Outcomes
    from srbench_lite.recording.store import Store

    if out.suffix != ".json":
        raise UsageError(f"a baseline is JSON: its name must end in .json, got {out}")
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        found = Outcomes.from_store(store, COLUMNS, suites=suites, methods=methods)
        if not len(found.runs):
            click.echo("nothing was selected", err=True)
            return 5
        runs = found.newest().runs
        write_baseline(runs, out)
    for remark in found.remarks:
        click.echo(remark, err=True)
    if left := len(found.runs) - len(runs):
        click.echo(f"{left} runs of other variants of these methods are left out.", err=True)
    tasks, methods_there = runs["task"].nunique(), sorted(set(runs["variant_of"].unique()))
    click.echo(f"{out}: {len(runs)} runs of {', '.join(methods_there)} on {tasks} tasks")
    return 0


@click.command("check")
@click.option(
    "--baseline", "baseline_path", type=click.Path(path_type=Path, dir_okay=False), default=_DEFAULT, show_default=True,
    metavar="FILE", help="Written by `srbench baseline`; a store or an export serves too.",
)  # fmt: skip
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option("--suite", "-s", "suites", multiple=True, metavar="NAME", help="This suite only. May be repeated.")
@click.option(
    "--metric", "metrics", multiple=True, default=("recovery",), show_default=True, metavar="NAME",
    help="That decides: recovery, accuracy or complexity. May be repeated.",
)  # fmt: skip
@margin_option
@click.option(
    "--require", type=click.Choice(("no-regression", "equivalent")), default="no-regression", show_default=True,
    help="With `equivalent`, what is undecided does not pass either.",
)  # fmt: skip
@click.option(
    "--failures", type=click.IntRange(0), default=0, show_default=True, metavar="N",
    help="Runs that may crash beyond those of the baseline.",
)  # fmt: skip
@click.option("--ignore-extra", is_flag=True, help="Leave out runs that the baseline does not have.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a report.")
@click.option("--junit", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JUnit XML.")
@click.option("--json", "data", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write JSON.")
@store_option
def check_command(
    baseline_path: Path, methods: tuple[str, ...], suites: tuple[str, ...], metrics: tuple[str, ...],
    margins: dict[str, float], require: str, failures: int, ignore_extra: bool, markdown: Path | None,
    junit: Path | None, data: Path | None, store_path: Path,
) -> int:  # fmt: skip
    """Compare runs with a baseline: the gate of a continuous integration.

    One test a method and metric over all tasks decides; tasks that changed are shown to explain it. On GitHub the
    report also goes to the step's summary, and what failed is annotated.

    \b
    Exit codes: 0 no regression, 1 regression, 2 wrong usage, 3 more runs failed than in the baseline, 4 the two cannot
    be compared (runs without a partner, other definitions of tasks, other limits), 5 nothing was selected.

    \b
    Example:
      srbench run --method lasso --suite sin --seeds 5
      srbench check --baseline results/baseline.json --markdown report.md
    """
    from srbench_lite.comparing.baseline import COLUMNS
    from srbench_lite.comparing.comparison import METRICS
    from srbench_lite.comparing.gate import check
    from srbench_lite.reports.check import (
        render_annotations,
        render_json,
        render_junit,
        render_markdown,
        render_text,
    )

    recorded_names("metric", (*metrics, *margins), METRICS)
    if not baseline_path.exists():
        made = f"srbench baseline --out {baseline_path}"
        raise UsageError(f"there is no baseline {baseline_path}; make one with `{made}`")
    settings: dict[str, Any] = {
        "methods": methods, "suites": suites, "primary": metrics, "margins": margins, "failures": failures,
        "require": require, "ignore_extra": ignore_extra,
    }  # fmt: skip
    try:
        found = check(read_outcomes(baseline_path, COLUMNS), read_store(store_path, COLUMNS), **settings)
    except StoreError as error:  # 1 would say that there is a regression
        raise UsageError(str(error)) from None
    for path, render in ((markdown, render_markdown), (junit, render_junit), (data, render_json)):
        if path is not None:
            _write(path, render(found))
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(render_markdown(found))
        except OSError as error:
            click.echo(f"warning: cannot write the step's summary {summary}: {error.strerror or error}", err=True)
    click.echo(render_text(found), nl=False)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        click.echo(render_annotations(found), nl=False)
    return found.exit_code


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror or error}") from None
