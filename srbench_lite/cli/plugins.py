"""`srbench plugins`."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, plugin_option


@click.command("plugins", cls=Command, examples=("srbench plugins", "srbench plugins --plugin my_method.py --json"))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@plugin_option
def plugins_command(as_json: bool, plugin_files: tuple[Path, ...]) -> int:
    """List the installed plugins, and say what is wrong with broken ones.

    The exit code is 1 if one is broken.
    """
    from srbench_lite.methods.discovery import discover

    registry = discover(files=plugin_files)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(plugin) for plugin in registry.plugins], indent=2))
    else:
        rows = [
            (
                p.name,
                p.origin,
                p.version or "–",
                ", ".join(h.removeprefix("srbench_") for h in p.hooks) or "–",
                p.error or "",
            )
            for p in registry.plugins
        ]
        click.echo(format_table(rows, ("name", "from", "version", "hooks", "error")))
    return 1 if registry.broken else 0
