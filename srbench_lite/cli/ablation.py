"""`srbench ablation METHOD`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.method_table import method_table_options, say_no_values, selected_runs, show
from srbench_lite.cli.options import loaded_registry, recorded_names
from srbench_lite.cli.selection import STORE_ENDINGS, method_and_version, runs_of_method, source_option
from srbench_lite.cli.streams import say

if TYPE_CHECKING:
    import pandas as pd

    from srbench_lite.comparing.ablation import Ablation


@click.command(
    "ablation", cls=Command,
    lists={"Exit codes": {"5": "Nothing was selected, there is one variant only, or no task has the metric."}},
    examples=(
        "srbench ablation lies",
        "srbench ablation lies --commands",
        "srbench ablation lies --base search=false --only restarts",
        "srbench ablation lies --from results/lies_ablation.json --format latex",
    ),
)  # fmt: skip
@click.argument("method", metavar="METHOD[@VERSION]")
@click.option(
    "--base", "bases", multiple=True, metavar="NAME=VALUE,...", show_default="the variant with the defaults",
    help="Parameters of the variant with which the others are compared, or what a table calls it. May be repeated.",
)  # fmt: skip
@click.option(
    "--variant", "variants", multiple=True, metavar="TEXT", show_default="all",
    help="Only this variant beside the base, as the table calls it: 'snap=False'. May be repeated.",
)  # fmt: skip
@click.option(
    "--only", multiple=True, metavar="NAME", show_default="all",
    help="Only variants that differ from the base in this parameter, or in several such, and in no other. May be "
    "repeated.",
)  # fmt: skip
@click.option(
    "--commands", is_flag=True,
    help="Print, for each switch of the method that has no variant yet, the command that runs it, and nothing else.",
)  # fmt: skip
@source_option
@method_table_options("variant")
def ablation_command(
    method: str, bases: tuple[str, ...], variants: tuple[str, ...], only: tuple[str, ...], time_limit: float | None,
    metric: str, margins: dict[str, float], list_tasks: bool, commands: bool, form: str, source: Path | None,
    out: Path | None, store_path: Path, plugin_files: tuple[Path, ...], **selection: Any,
) -> int:  # fmt: skip
    """Say what each part of a method brings: its variants by parameters beside one base.

    Variants are made by `srbench run --set METHOD.NAME=VALUE`. All are compared on the tasks and seeds that they share.
    """
    from srbench_lite.comparing.ablation import COLUMNS, ablation_of
    from srbench_lite.comparing.metrics import METRICS
    from srbench_lite.reports.ablation import render

    recorded_names("metric", (metric, *margins), METRICS)
    registry = loaded_registry(plugin_files)
    name, version = method_and_version(method)
    table, runs = selected_runs(runs_of_method(store_path, source, name, COLUMNS), registry, **selection)
    if not len(runs):
        return 5
    installed = registry.methods.get(name)
    defaults = None if installed is None else installed.parameters()
    ablation = ablation_of(
        runs, version=version, base=bases, defaults=defaults, variants=variants, only=only, metric=metric,
        time_limit=time_limit, margin=margins.get(metric),
    )  # fmt: skip
    store = source if source is not None and source.suffix in STORE_ENDINGS else store_path
    missing = list(_commands(ablation, runs, defaults or {}, store, plugin_files))
    if commands:
        click.echo("\n".join(missing) if missing else f"# {name}: every switch has a variant")
        return 0
    if len(ablation.rows) < 2:
        say(_alone(ablation, missing), err=True)
        return 5
    if all(row.line is None for row in ablation.rows):
        say_no_values("compare", metric)
        return 5
    show(render(ablation, form, tasks=list_tasks), out)
    for remark in table.remarks:
        say(remark, err=True)
    return 0


def _alone(ablation: Ablation, missing: Sequence[str]) -> str:
    """Say that there is nothing to compare the base with, and how that is made."""
    (base,) = ablation.rows
    if not base.parameters:
        return f"{ablation.method} has no parameters, so it has no variants"
    said = f"one variant of {ablation.method} only is among these runs, so there is nothing to compare"
    if ablation.remarks:
        said += f" ({' '.join(ablation.remarks)})"
    if missing:
        return f"{said}; this makes another, and --commands prints {len(missing)}:\n{missing[0]}"
    example = f"--set {ablation.method}.{next(iter(base.parameters))}=VALUE"
    return f"{said}; `srbench run {example}` makes another"


def _commands(
    ablation: Ablation, runs: pd.DataFrame, defaults: Mapping[str, Any], store: Path, plugin_files: Sequence[Path]
) -> Iterator[str]:
    """Yield for each switch of the base without a variant the command that runs one on what the base ran on."""
    base, *others = ablation.rows
    tried = {next(iter(row.changes)) for row in others if len(row.changes) == 1}
    switches = {name: value for name, value in base.parameters.items() if isinstance(value, bool)}
    apart = {name: value for name, value in base.parameters.items() if name in defaults and value != defaults[name]}
    for name, value in switches.items():
        if name not in tried:
            settings = {**apart, name: not value}
            yield shlex.join(
                ["srbench", "run", "--method", ablation.method, *_conditions(ablation, runs, store, plugin_files)]
                + [part for item in settings.items() for part in ("--set", f"{ablation.method}.{_setting(*item)}")]
            )


def _setting(name: str, value: Any) -> str:
    return f"{name}={value if isinstance(value, str) else json.dumps(value)}"


def _conditions(ablation: Ablation, runs: pd.DataFrame, store: Path, plugin_files: Sequence[Path]) -> list[str]:
    """Return the options of `srbench run` that name what the base ran on: suites, seeds, noise and limits."""
    words = [part for suite in ablation.suites for part in ("--suite", suite)]
    seeds = int(runs["seed"].max()) + 1
    words += ["--seeds", str(seeds)] if seeds > 1 else []
    words += ["--noise", ",".join(f"{noise:g}" for noise in ablation.noises)] if any(ablation.noises) else []
    words += ["--time-limit", f"{ablation.seconds:g}"]
    words += [part for file in plugin_files for part in ("--plugin", str(file))]
    return [*words, "--store", str(store)]
