"""`srbench show TASK`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import click

from srbench_lite.cli.options import (
    format_table,
    full_name,
    loaded_registry,
    plugin_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
)
from srbench_lite.comparing.runs import current_rows

_COLUMNS: Final = (
    "method", "noise", "seed", "status", "verdict", "r2_test", "complexity", "seconds", "expression", "reason",
    "verdict_by", "aligned", "extras", "truth",
)  # fmt: skip


@click.command("show")
@click.argument("task", metavar="TASK")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option("--suite", "-s", "suites", multiple=True, metavar="FILE.toml", help="Suite file that defines the task.")
@click.option(
    "--long",
    is_flag=True,
    help="Whole formulas, the aligned formula, the judge's step, reasons, and what the method said.",
)
@store_option
@plugin_option
def show_command(
    task: str, methods: tuple[str, ...], suites: tuple[str, ...], long: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Print a task, its truth, and what every method found."""
    from srbench_lite.recording.store import Store

    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites).values() for t in suite.tasks}
    rows: list[tuple[Any, ...]] = []
    defined_otherwise = scored_otherwise = 0
    if store_path.exists():
        with Store(store_path, read_only=True) as store:
            recorded_tasks, recorded_methods = store.texts("task", "method")
            name = full_name(task, {*tasks, *recorded_tasks})
            recorded_names("method", methods, recorded_methods)
            fingerprint = tasks[name].fingerprint if name in tasks else None
            rows, defined_otherwise, scored_otherwise = current_rows(store, _COLUMNS, name, fingerprint, methods)
    else:
        name = full_name(task, tasks)
    click.echo(name)
    if name in tasks:
        known = tasks[name]
        click.echo(f"  truth      {known.truth if known.truth is not None else 'unknown (measured data)'}")
        for variable, sampling in known.variables.items():
            click.echo(f"  {variable:<10} {sampling.describe()}")
        click.echo(f"  points     {known.n_train} to train, {known.n_test} to test")
        click.echo(f"  source     {known.source or 'not given'}")
    elif rows:
        click.echo(f"  truth      {rows[0][-1] or 'unknown'} (from the records; no installed suite has this task)")
    if defined_otherwise:
        click.echo(f"\n{defined_otherwise} runs on another definition of this task are not shown")
    if scored_otherwise:
        click.echo(
            f"\n{scored_otherwise} runs scored by an older version are not shown; `srbench rescore` judges them again"
        )
    if not rows:
        click.echo("\nno method has been run on it; try: srbench run --method lasso --task " + name)
        return
    click.echo()
    headers = ("method", "noise", "seed", "status", "verdict", "R² test", "size", "seconds", "formula")
    table = []
    for method, noise, seed, status, verdict, r2, size, seconds, expression, reason, *_ in rows:
        formula = expression or reason or ""
        table.append((
            method, f"{noise:g}", seed, status, verdict or "–", "–" if r2 is None else f"{r2:.6f}", size or "–",
            f"{seconds:.2f}", formula if long else shortened(formula),
        ))  # fmt: skip
    click.echo(format_table(table, headers))
    if long:
        for method, noise, seed, _, _, _, _, _, _, reason, by, aligned, extras, *_ in rows:
            click.echo(f"\n{method}, noise {noise:g}, seed {seed}")
            facts = json.loads(extras)
            width = max(map(len, ("decided by", *facts)))
            for label, text in (("decided by", by), ("aligned", aligned), ("reason", reason), *facts.items()):
                if text is not None and text != "":
                    click.echo(f"  {label:<{width}}  {f'{text:.6g}' if isinstance(text, float) else text}")
