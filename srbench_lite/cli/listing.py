"""`srbench list methods|suites|tasks`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, loaded_registry, plugin_option, selected_suites


@click.command(
    "list",
    cls=Command,
    examples=("srbench list methods", "srbench list tasks --suite sin", "srbench list suites --json"),
)
@click.argument("what", type=click.Choice(["methods", "suites", "tasks"]))
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml", help="Only this suite. May be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def list_command(what: str, suites: tuple[str, ...], as_json: bool, plugin_files: tuple[Path, ...]) -> None:
    """List the installed methods, suites or tasks."""
    registry = loaded_registry(plugin_files)
    rows: list[dict[str, Any]]
    if what == "methods":
        rows = [
            {"method": m.name, "version": m.version, "plugin": registry.owners["method", m.name].name,
             "summary": m.summary} | ({"source": m.source, "parameters": m.parameters()} if as_json else {})
            for m in registry.methods.values()
        ]  # fmt: skip
    elif what == "suites":
        chosen = selected_suites(registry, suites).values()
        rows = [{"suite": s.name, "version": s.version, "tasks": len(s.tasks), "summary": s.summary} for s in chosen]
    else:
        rows = [
            {"task": t.name, "truth": None if t.truth is None else str(t.truth),
             "variables": ", ".join(f"{v} {d.describe()}" for v, d in t.variables.items())}
            for s in selected_suites(registry, suites).values() for t in s.tasks
        ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        click.echo(format_table(([("–" if c is None else c) for c in r.values()] for r in rows), rows[0]))
    else:
        click.echo(f"no {what} are installed; `srbench plugins` says which plugins there are")
