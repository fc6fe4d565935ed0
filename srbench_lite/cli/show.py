"""`srbench show TASK`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import click

from srbench_lite.cli.options import format_table, loaded_registry, plugin_option, selected_suites, store_option
from srbench_lite.errors import StoreError, UnknownNameError


@click.command("show")
@click.argument("task", metavar="TASK")
@click.option("--method", "-m", "methods", multiple=True, metavar="NAME", help="This method only. May be repeated.")
@click.option("--suite", "-s", "suites", multiple=True, metavar="FILE.toml", help="Suite file that defines the task.")
@click.option("--long", is_flag=True, help="Whole formulas, the aligned formula, the judge's step and all reasons.")
@store_option
@plugin_option
def show_command(
    task: str, methods: tuple[str, ...], suites: tuple[str, ...], long: bool, store_path: Path,
    plugin_files: tuple[Path, ...],
) -> None:  # fmt: skip
    """Print a task, its truth, and what every method found."""
    from srbench_lite.store import Store

    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites).values() for t in suite.tasks}
    try:
        with Store(store_path, read_only=True) as store:
            recorded = {str(name) for (name,) in store.rows(("task",), ordered=False)}
            name = _full_name(task, {*tasks, *recorded})
            columns = (
                "method", "noise", "seed", "status", "verdict", "r2_test", "complexity", "seconds", "expression",
                "reason", "verdict_by", "aligned", "truth",
            )  # fmt: skip
            rows = store.rows(columns, tasks=[name], methods=methods)
    except StoreError:
        name, rows = _full_name(task, tasks), []
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
            f"{seconds:.2f}", formula if long or len(formula) <= 80 else formula[:77] + "...",
        ))  # fmt: skip
    click.echo(format_table(table, headers))
    if long:
        for method, noise, seed, _, _, _, _, _, _, reason, by, aligned, _ in rows:
            click.echo(f"\n{method}, noise {noise:g}, seed {seed}")
            for label, text in (("decided by", by), ("aligned", aligned), ("reason", reason)):
                if text:
                    click.echo(f"  {label:<10} {text}")


def _full_name(task: str, known: Collection[str]) -> str:
    if task in known:
        return task
    short = [name for name in known if name.split("/", 1)[-1] == task]
    if len(short) == 1:
        return short[0]
    raise UnknownNameError("task", task, known)
