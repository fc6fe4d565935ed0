"""`srbench show TASK`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    loaded_registry,
    matching_tasks,
    method_option,
    plugin_option,
    recorded_names,
    selected_suites,
    shortened,
    store_option,
)
from srbench_lite.errors import UsageError
from srbench_lite.problems.column_names import with_headers

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

_COLUMNS: Final = (
    "method", "noise", "seed", "status", "verdict", "r2_test", "complexity", "seconds", "expression", "reason",
    "complaint", "verdict_by", "aligned", "extras", "stopped", "cpu_seconds", "judged_here", "replay_gap",
    "undefined_train", "truth",
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
    from srbench_lite.comparing.runs import VARIANT, current_rows
    from srbench_lite.recording.store import Store

    registry = loaded_registry(plugin_files)
    tasks = {t.name: t for suite in selected_suites(registry, suites).values() for t in suite.tasks}
    rows: list[tuple[Any, ...]] = []
    defined_otherwise = scored_otherwise = 0
    if store_path.exists():
        with Store(store_path, read_only=True) as store:
            recorded_tasks, recorded_methods = store.distinct("task", "method")
            name = _one_task(task, {*tasks, *recorded_tasks})
            recorded_names("method", methods, recorded_methods)
            fingerprint = tasks[name].fingerprint if name in tasks else None
            rows, defined_otherwise, scored_otherwise = current_rows(
                store, (*_COLUMNS, *VARIANT), name, fingerprint, methods
            )
            rows = _with_variants(rows)
    else:
        name = _one_task(task, tasks)
    click.echo(name)
    if name in tasks:
        _print_task(tasks[name])
    elif rows:
        click.echo(f"  truth      {rows[0][-1] or 'unknown'} (from the records; no installed suite has this task)")
    _print_left_out(defined_otherwise, scored_otherwise)
    if not rows:
        given = (("--suite", suites), ("--plugin", plugin_files))
        more = "".join(f" {option} {shlex.quote(str(value))}" for option, values in given for value in values)
        click.echo(f"\nno method has been run on this task; try: srbench run --method lasso --task {name}{more}")
        return
    _print_runs(rows, long)
    if long:
        _print_facts(rows, tasks[name].headers if name in tasks else {})


def _one_task(text: str, known: Collection[str]) -> str:
    """Return the full name of the one task that a name or a pattern means."""
    names = matching_tasks(text, known)
    if len(names) > 1:
        listed = ", ".join(sorted(names)[:12]) + (", ..." if len(names) > 12 else "")
        raise UsageError(f"{text!r} fits {len(names)} tasks; name one: {listed}")
    return names[0]


def _with_variants(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows with what tells variants of one method apart in its name, and without the columns that say it."""
    from srbench_lite.comparing.runs import VARIANT, variant_names

    columns = (*_COLUMNS, *VARIANT)
    names = variant_names([dict(zip(columns, row, strict=True)) for row in rows])
    return [(name, *row[1 : len(_COLUMNS)]) for name, row in zip(names, rows, strict=True)]


def _print_task(task: Task) -> None:
    click.echo(f"  truth      {task.truth if task.truth is not None else 'unknown (measured data)'}")
    for variable, sampling in task.variables.items():
        header = f"  {task.headers[variable]!r} in the file" if variable in task.headers else ""
        click.echo(f"  {variable:<10} {sampling.describe()}{header}")
    if task.note:
        click.echo(f"  data       {task.note}")
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
    from srbench_lite.comparing.leaderboard import is_low

    headers = (
        "method",
        "noise",
        "seed",
        "status",
        "verdict",
        "R² test",
        "size",
        "seconds",
        "stopped",
        "core",
        "formula",
    )
    table = []
    for values in rows:
        row = dict(zip(_COLUMNS, values, strict=True))
        formula = row["expression"] or row["reason"] or ""
        share = min(1.0, row["cpu_seconds"] / row["seconds"]) if row["seconds"] > 0 else None
        claimed = " (claim)" if row["verdict"] and not row["judged_here"] else ""
        table.append((
            row["method"], f"{row['noise']:g}", row["seed"], row["status"], f"{row['verdict'] or '–'}{claimed}",
            "–" if row["r2_test"] is None else f"{row['r2_test']:.6f}", row["complexity"] or "–",
            f"{row['seconds']:.2f}", row["stopped"] or "–",
            "–" if share is None else f"{100 * share:.0f} %{'!' if is_low(share) else ''}",
            formula if long else shortened(formula),
        ))  # fmt: skip
    click.echo()
    click.echo(format_table(table, headers))
    for line in _remarks([dict(zip(_COLUMNS, values, strict=True)) for values in rows]):
        click.echo(line)


def _remarks(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield what is odd about runs: what gives other values than its method predicted, what the clock may have cost."""
    from srbench_lite.comparing.caveats import LOW_CORE, UNDEFINED, is_unlike
    from srbench_lite.comparing.leaderboard import is_low

    for row in rows:
        run = f"{row['method']}, noise {row['noise']:g}, seed {row['seed']}"
        if row["replay_gap"] is not None and is_unlike(row["replay_gap"]):
            yield (
                f"{run}: the formula is up to {row['replay_gap']:.2g} standard deviations of y from what the method "
                "itself predicted"
            )
        if row["undefined_train"]:
            yield f"{run}: the formula is {UNDEFINED}, {row['undefined_train']} of them"
    if any(row["seconds"] > 0 and is_low(row["cpu_seconds"] / row["seconds"]) for row in rows):
        yield f"! {LOW_CORE}"


def _print_facts(rows: Sequence[tuple[Any, ...]], headers: Mapping[str, str]) -> None:
    """Print of each run which step of the judge decided, the aligned formula, the reason, and what the method gave.

    Where the task's data file has other names, the formula is printed with those too.
    """
    for method, noise, seed, _, _, _, _, _, formula, reason, complaint, by, aligned, extras, *_ in rows:
        click.echo(f"\n{method}, noise {noise:g}, seed {seed}")
        facts = json.loads(extras)
        width = max(map(len, ("decided by", *facts)))
        complaints = [("complaint", line) for line in (complaint or "").splitlines()]
        named = with_headers(formula, headers) if formula and headers else None
        labelled = [
            ("as in file", named),
            ("decided by", by),
            ("aligned", aligned),
            ("reason", reason),
            *complaints,
            *facts.items(),
        ]
        for label, text in labelled:
            if text is not None and text != "":
                click.echo(f"  {label:<{width}}  {f'{text:.6g}' if isinstance(text, float) else text}")
