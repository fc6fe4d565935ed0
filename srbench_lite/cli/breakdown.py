"""`srbench breakdown`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    check_selection,
    identifiable_option,
    loaded_registry,
    method_option,
    not_shown,
    out_option,
    plugin_option,
    read_suite_option,
    recorded_names,
    store_option,
    suites_of_records,
)
from srbench_lite.cli.selection import chosen_records, source_option
from srbench_lite.cli.streams import say
from srbench_lite.files import write_text

if TYPE_CHECKING:
    from srbench_lite.comparing.diagnosis import Diagnosis, TaskFacts
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.problems.suite import Suite

_FORMATS: Final = ("terminal", "markdown", "csv", "json")
_PARTS: Final = {
    "variables": "Number of variables of the truth.",
    "size": "Nodes of the truth.",
    "operators": "Operators of the truth.",
    "tags": "Tags of the tasks.",
    "miss": "How the runs ended that did not recover the truth.",
    "noise": "Curve over noise levels.",
    "train-size": "Curve over numbers of training points.",
    "dummies": "Curve over numbers of dummy variables.",
    "input-noise": "Curve over noise of the inputs.",
    "outliers": "Curve over shares of outliers.",
    "rescale": "The tasks' own units beside others.",
    "cost": "Seconds, CPU, memory, seconds until half and nine tenths are recovered.",
    "tasks": "Tasks that nobody recovered, or only one method.",
}


@click.command(
    "breakdown", cls=Command, lists={"Parts": _PARTS},
    examples=(
        "srbench breakdown --by variables",
        "srbench breakdown --by miss --by tasks --suite nguyen",
        "srbench breakdown --by noise --format csv --out noise.csv",
        "srbench breakdown --from results/suites.json.gz --by cost",
    ),
)  # fmt: skip
@click.option(
    "--by", "parts", multiple=True, metavar="PART", show_default="all",
    help="What to print, a part of the list below. May be repeated.",
)  # fmt: skip
@read_suite_option
@method_option
@click.option("--noise", type=click.FloatRange(min=0), metavar="X", show_default="the least", help="Noise level.")
@click.option(
    "--perturbation", metavar="TEXT", show_default="the least perturbed",
    help="Perturbation, as tables write it: 'train 50, 3 dummies', or 'none'.",
)  # fmt: skip
@click.option("--common", is_flag=True, help="Leave out tasks that some method did not run on.")
@identifiable_option
@click.option(
    "--most", type=click.IntRange(0), default=20, show_default=True, metavar="N",
    help="Largest number of tasks in a list; markdown, csv and json have all.",
)  # fmt: skip
@click.option(
    "--format", "-f", "form", type=click.Choice(_FORMATS), default="terminal", show_default=True,
    help="Format of the output.",
)  # fmt: skip
@source_option
@out_option
@store_option
@plugin_option
def breakdown_command(
    parts: tuple[str, ...], suites: tuple[str, ...], methods: tuple[str, ...], noise: float | None,
    perturbation: str | None, common: bool, identifiable: bool, most: int, form: str, source: Path | None,
    out: Path | None, store_path: Path, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Say where methods fail, how they degrade, and what they cost."""
    recorded_names("part in --by", parts, _PARTS)
    registry = loaded_registry(plugin_files)
    names, files = suites_of_records(registry, suites)
    wanted = [part for part in _PARTS if part in (parts or _PARTS)]
    choice = {
        "noise": noise, "perturbation": perturbation, "common": common,
        "not_shown": not_shown(registry) if identifiable else None,
        "facts": _facts(registry, files) if {"tags", "train-size"} & {*wanted} else {},
    }  # fmt: skip
    diagnosis = _read(source, store_path, names, methods, wanted, choice)
    text = _rendered(diagnosis, form, most)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_text(out, text)
    if form in ("csv", "json"):
        for remark in diagnosis.remarks:
            say(remark, err=True)
    return 0 if diagnosis.condition is not None else 5


def _facts(registry: Registry, files: Mapping[str, Suite]) -> dict[str, TaskFacts]:
    """Return what suites say of their tasks, by the fingerprints of these."""
    from srbench_lite.comparing.diagnosis import TaskFacts

    tasks = [task for suite in {**registry.suites, **files}.values() for task in suite.tasks]
    return {task.fingerprint: TaskFacts(tags=task.tags, n_train=task.n_train) for task in tasks}


def _read(
    source: Path | None, store_path: Path, suites: Sequence[str], methods: Sequence[str], parts: Sequence[str],
    choice: Mapping[str, Any],
) -> Diagnosis:  # fmt: skip
    """Make the diagnosis of a file or of the store."""
    from srbench_lite.comparing.diagnosis import Diagnosis
    from srbench_lite.recording.store import Store

    if source is not None:
        return Diagnosis.from_records(chosen_records(source, suites, methods), parts, **choice)
    with Store(store_path, read_only=True) as store:
        check_selection(store, suites, methods)
        return Diagnosis.from_store(store, parts, suites=suites, methods=methods, **choice)


def _rendered(diagnosis: Diagnosis, form: str, most: int) -> str:
    from srbench_lite.reports.breakdown import render_csv, render_json, render_markdown, render_plain

    if form == "terminal":
        return render_plain(diagnosis, most=most)
    return {"markdown": render_markdown, "csv": render_csv, "json": render_json}[form](diagnosis)
