"""`srbench list methods|suites|tasks`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    loaded_registry,
    matching_tasks,
    plugin_option,
    say_notes,
    selected_suites,
    strict_option,
)
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    from srbench_lite.problems.suite import Suite


@click.command(
    "list",
    cls=Command,
    lists={"Exit codes": {"3": "A task of a suite file was left out; a warning says why."}},
    examples=("srbench list methods", "srbench list tasks --suite sin", "srbench list suites --json"),
)
@click.argument("what", type=click.Choice(["methods", "suites", "tasks"]))
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml", help="Only this suite. May be repeated."
)
@click.option(
    "--task", "-t", "tasks", multiple=True, metavar="NAME|PATTERN",
    help="Only this task, or those that fit a pattern such as 'sin/p*'. May be repeated.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@strict_option
@plugin_option
def list_command(
    what: str, suites: tuple[str, ...], tasks: tuple[str, ...], as_json: bool, strict: bool,
    plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """List the installed methods, suites or tasks."""
    if tasks and what != "tasks":
        raise UsageError(f"--task chooses among tasks; write srbench list tasks, not srbench list {what}")
    registry = loaded_registry(plugin_files)
    rows: list[dict[str, Any]]
    chosen: list[Suite] = [] if what == "methods" else [*selected_suites(registry, suites, strict=strict).values()]
    if what == "methods":
        rows = [
            {"method": m.name, "version": m.version, "plugin": registry.owners["method", m.name].name,
             "summary": m.summary}
            | ({"source": m.source, "parameters": m.parameters(),
                "capabilities": dataclasses.asdict(m.capabilities)} if as_json else {})
            for m in registry.methods.values()
        ]  # fmt: skip
    elif what == "suites":
        rows = [{"suite": s.name, "version": s.version, "tasks": len(s.tasks), "summary": s.summary} for s in chosen]
    else:
        every = {t.name: t for suite in chosen for t in suite.tasks}
        wanted = dict.fromkeys(name for task in tasks for name in matching_tasks(task, every)) if tasks else every
        rows = [
            {"task": t.name, "truth": None if t.truth is None else str(t.truth),
             "variables": ", ".join(f"{v} {d.describe()}" for v, d in t.variables.items())}
            for t in (every[name] for name in wanted)
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        click.echo(format_table(([("–" if c is None else c) for c in r.values()] for r in rows), rows[0]))
    else:
        click.echo(f"no {what} are installed; `srbench plugins` says which plugins there are")
    say_notes(chosen)
    return 3 if any(suite.faults for suite in chosen) else 0
