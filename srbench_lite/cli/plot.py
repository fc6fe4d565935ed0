"""`srbench plot TASK`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    loaded_registry,
    method_option,
    one_task,
    plugin_option,
    recorded_names,
    selected_suites,
    store_option,
    suite_file_option,
)
from srbench_lite.cli.streams import say
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task
    from srbench_lite.reports.candidates import Panel

_COLUMNS: Final = (
    "method", "noise", "seed", "expression", "verdict", "candidates", "started_at", "perturbation",
)  # fmt: skip
#: Of one method's candidates the most accurate are drawn, of several methods the first.
_MAX_PANELS: Final = 9
_MAX_NAMED: Final = 8  # runs in an error


@click.command("plot", cls=Command, examples=("srbench plot nguyen/nguyen-7 --method lies --out figures",))
@click.argument("task_name", metavar="TASK")
@method_option
@suite_file_option
@click.option(
    "--noise", type=click.FloatRange(min=0), default=None, show_default="the lowest", metavar="A",
    help="Noise level of the runs.",
)  # fmt: skip
@click.option(
    "--perturbation", "perturbed", default=None, show_default="none, or the first there is", metavar="TEXT",
    help="Perturbation of the runs, as tables write it: 'train 50, 3 dummies'.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=None, show_default="the first", metavar="K", help="Seed of the runs."
)
@click.option(
    "--out", "folder", type=click.Path(path_type=Path, file_okay=False), default=Path("figures"), show_default=True,
    metavar="DIR", help="Folder for the picture; it is made if need be.",
)  # fmt: skip
@store_option
@plugin_option
def plot_command(
    task_name: str, methods: tuple[str, ...], suites: tuple[str, ...], noise: float | None,
    perturbed: str | None, seed: int | None, folder: Path, store_path: Path, plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Draw the formulas that were found for a task over its points.

    Nothing is run: the formulas are those of the store. With one method, its candidates are drawn with their scores,
    the answer last; with several methods, the answer of each. If several runs of a method fit, the newest is drawn.
    """
    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites, tasks=(task_name,)).values() for t in suite.tasks}
    name = one_task(task_name, tasks)
    task = tasks[name]
    rows = _rows(store_path, task, methods, {"noise": noise, "perturbation": perturbed, "seed": seed})

    from srbench_lite.problems.drawn_task import DrawnTask
    from srbench_lite.reports.candidates import draw_panels

    noise, seed, perturbation = rows[0]["noise"], rows[0]["seed"], rows[0]["perturbation"]
    several = len(rows) > 1 or len(set(methods)) > 1
    panels = _answers(rows) if several else _candidates(rows[0])
    who = f"{len(rows)} methods" if len(rows) > 1 else rows[0]["method"]
    title = f"{name}, {_setting(rows[0])}: {who}"
    parts = [re.sub("[/:]", "-", name), *([] if several else [rows[0]["method"]])]
    conditions = [f"noise {noise:g}"] * bool(noise) + [str(perturbation)] * bool(perturbation)
    parts += [text.replace(", ", "-").replace(" ", "-") for text in conditions]
    file = "-".join([*parts, *([f"seed-{seed}"] if seed else [])])
    drawn = DrawnTask.of(task, seed=seed, noise=noise, perturbation=perturbation)
    for path in draw_panels(panels, drawn, drawn.dataset, title, folder, file):
        click.echo(path)


def _setting(row: Mapping[str, Any]) -> str:
    perturbation = f"{row['perturbation']}, " if row["perturbation"] else ""
    return f"noise {row['noise']:g}, {perturbation}seed {row['seed']}"


def _order(row: Mapping[str, Any]) -> tuple[float, tuple[float, ...], int]:
    return row["noise"], row["perturbation"].place, row["seed"]


def _rows(store_path: Path, task: Task, methods: Sequence[str], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return one run a method, all of one noise, perturbation and seed, each with a formula.

    Args:
        store_path: of the records.
        task: that was run.
        methods: only these; none for all.
        asked: noise, text of the perturbation, and seed; None for any.

    Raises:
        UsageError: there is none.
    """
    from srbench_lite.comparing.runs import current_rows, perturbation_of
    from srbench_lite.recording.store import Store

    first = f"srbench run --method {methods[0] if methods else 'lasso'} --task {task.name}"
    if not store_path.exists():
        raise UsageError(f"there is no store {store_path} yet; first: {first}")
    with Store(store_path, read_only=True) as store:
        recorded_names("method", methods, *store.distinct("method"))
        rows, _, _ = current_rows(store, _COLUMNS, task.name, task.fingerprint, methods)
    with_formula = [row for row in (dict(zip(_COLUMNS, row, strict=True)) for row in rows) if row["expression"]]
    for row in with_formula:
        row["perturbation"] = perturbation_of(row["perturbation"])
    fixed = {name: value for name, value in asked.items() if value is not None}
    wanted = [
        row for row in with_formula
        if all(value == (str(row[name]) if name == "perturbation" else row[name]) for name, value in fixed.items())
    ]  # fmt: skip
    if not wanted:
        stored = list(dict.fromkeys(map(_setting, sorted(with_formula, key=_order))))
        settings = "; ".join(stored[:_MAX_NAMED])
        raise UsageError(
            f"no stored run of {task.name} with a formula fits"
            + (f"; there are: {settings}" if stored else f"; first: {first}")
        )
    setting = min(map(_order, wanted))
    alike = [row for row in wanted if _order(row) == setting]
    chosen: dict[str, dict[str, Any]] = {}
    for method in sorted({row["method"] for row in alike}):
        *older, chosen[method] = sorted((row for row in alike if row["method"] == method), key=_started)
        if older:
            say(f"{method}: the newest of {len(older) + 1} such runs is drawn", err=True)
    for method in sorted(set(methods) - set(chosen)):
        say(f"{method}: no run with {_setting(alike[0])} has a formula", err=True)
    return list(chosen.values())


def _started(row: dict[str, Any]) -> str:
    return str(row["started_at"])


def _answers(rows: Sequence[dict[str, Any]]) -> list[Panel]:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.reports.candidates import Panel

    if len(rows) > _MAX_PANELS:
        say(f"only the first {_MAX_PANELS} of {len(rows)} methods are drawn; choose with --method", err=True)
    return [
        Panel(expression=Expression.parse(row["expression"]), label=_labelled(row["method"], row["verdict"]))
        for row in rows[:_MAX_PANELS]
    ]


def _candidates(row: dict[str, Any]) -> list[Panel]:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.reports.candidates import Panel

    answer = row["expression"]
    others = [text for text in json.loads(row["candidates"]) if text != answer][-(_MAX_PANELS - 1) :]
    panels = [Panel(expression=Expression.parse(text), label="candidate") for text in others]
    return [*panels, Panel(expression=Expression.parse(answer), label=_labelled("answer", row["verdict"]))]


def _labelled(text: str, verdict: str | None) -> str:
    return text if verdict is None else f"{text}: {verdict}"
