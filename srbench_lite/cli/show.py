"""`srbench show TASK`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    full_name,
    loaded_registry,
    method_option,
    plugin_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
)

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

_COLUMNS: Final = (
    "method", "noise", "seed", "status", "verdict", "r2_test", "complexity", "seconds", "expression", "reason",
    "complaint", "verdict_by", "aligned", "extras", "truth",
)  # fmt: skip


@click.command(
    "show", cls=Command, examples=("srbench show sin/phase", "srbench show nguyen/nguyen-7 --method lies --long")
)
@click.argument("task", metavar="TASK")
@method_option
@click.option(
    "--suite",
    "-s",
    "suites",
    multiple=True,
    metavar="FILE.toml",
    help="Suite file that defines the task. May be repeated.",
)
@click.option(
    "--long",
    is_flag=True,
    help="Print whole formulas, and of each run the step of the judge that decided, the aligned formula, the reason, "
    "the complaint, and the facts that the method gave.",
)
@store_option
@plugin_option
def show_command(
    task: str, methods: tuple[str, ...], suites: tuple[str, ...], long: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Print a task, its truth, and the formula that each method found."""
    from srbench_lite.comparing.runs import current_rows
    from srbench_lite.recording.store import Store

    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites).values() for t in suite.tasks}
    rows: list[tuple[Any, ...]] = []
    defined_otherwise = scored_otherwise = 0
    if store_path.exists():
        with Store(store_path, read_only=True) as store:
            recorded_tasks, recorded_methods = store.distinct("task", "method")
            name = full_name(task, {*tasks, *recorded_tasks})
            recorded_names("method", methods, recorded_methods)
            fingerprint = tasks[name].fingerprint if name in tasks else None
            rows, defined_otherwise, scored_otherwise = current_rows(store, _COLUMNS, name, fingerprint, methods)
    else:
        name = full_name(task, tasks)
    click.echo(name)
    if name in tasks:
        _print_task(tasks[name])
    elif rows:
        click.echo(f"  truth      {rows[0][-1] or 'unknown'} (from the records; no installed suite has this task)")
    _print_left_out(defined_otherwise, scored_otherwise)
    if not rows:
        click.echo(f"\nno method has been run on this task; try: srbench run --method lasso --task {name}")
        return
    _print_runs(rows, long)
    if long:
        _print_facts(rows)


def _print_task(task: Task) -> None:
    click.echo(f"  truth      {task.truth if task.truth is not None else 'unknown (measured data)'}")
    for variable, sampling in task.variables.items():
        click.echo(f"  {variable:<10} {sampling.describe()}")
    click.echo(f"  points     {task.n_train} to train, {task.n_test} to test")
    click.echo(f"  source     {task.source or 'not given'}")


def _print_left_out(defined_otherwise: int, scored_otherwise: int) -> None:
    """Say how many runs are not shown, because the task or the scoring has changed."""
    from srbench_lite.comparing.runs import counted

    if defined_otherwise:
        are = "is" if defined_otherwise == 1 else "are"
        click.echo(f"\n{counted(defined_otherwise, 'run')} on another definition of this task {are} not shown")
    if scored_otherwise:
        are, them = ("is", "it") if scored_otherwise == 1 else ("are", "them")
        runs = f"{counted(scored_otherwise, 'run')} scored by an older version"
        click.echo(f"\n{runs} {are} not shown; `srbench rescore` judges {them} again")


def _print_runs(rows: Sequence[tuple[Any, ...]], long: bool) -> None:
    headers = ("method", "noise", "seed", "status", "verdict", "R² test", "size", "seconds", "formula")
    table = []
    for method, noise, seed, status, verdict, r2, size, seconds, expression, reason, *_ in rows:
        formula = expression or reason or ""
        table.append((
            method, f"{noise:g}", seed, status, verdict or "–", "–" if r2 is None else f"{r2:.6f}", size or "–",
            f"{seconds:.2f}", formula if long else shortened(formula),
        ))  # fmt: skip
    click.echo()
    click.echo(format_table(table, headers))


def _print_facts(rows: Sequence[tuple[Any, ...]]) -> None:
    """Print of each run which step of the judge decided, the aligned formula, the reason, and what the method gave."""
    for method, noise, seed, _, _, _, _, _, _, reason, complaint, by, aligned, extras, *_ in rows:
        click.echo(f"\n{method}, noise {noise:g}, seed {seed}")
        facts = json.loads(extras)
        width = max(map(len, ("decided by", *facts)))
        complaints = [("complaint", line) for line in (complaint or "").splitlines()]
        labelled = [("decided by", by), ("aligned", aligned), ("reason", reason), *complaints, *facts.items()]
        for label, text in labelled:
            if text is not None and text != "":
                click.echo(f"  {label:<{width}}  {f'{text:.6g}' if isinstance(text, float) else text}")
