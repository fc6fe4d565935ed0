"""`srbench conform METHOD`."""

from __future__ import annotations

from pathlib import Path

import click

from srbench_lite.cli.options import loaded_registry, plugin_option

_SECONDS = 120.0  # for one check
_MEMORY_MB = 4096.0


@click.command("conform")
@click.argument("method")
@click.option("--check", "only", multiple=True, metavar="NAME", help="Only this check. May be repeated.")
@plugin_option
def conform_command(method: str, only: tuple[str, ...], plugin_files: tuple[Path, ...]) -> int:
    """Check that a method keeps the promises of the plugin contract.

    Each check runs in a process of its own. Exits 1 when one does not pass.
    """
    from srbench_lite.errors import UnknownNameError
    from srbench_lite.running.supervisor import Slot
    from srbench_lite.testing import METHOD_CHECKS

    registry = loaded_registry(plugin_files)
    chosen = registry.method(method)
    names = [check.name for check in METHOD_CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, names)
    failed = 0
    with Slot(plugins=plugin_files, preload=("srbench_lite.testing", *chosen.engine)) as slot:
        for check in METHOD_CHECKS:
            if only and check.name not in only:
                continue
            request = {"kind": "conform", "method": method, "check": check.name}
            ending = slot.run(request, {}, seconds=_SECONDS, memory_mb=_MEMORY_MB)
            if ending.message is not None:
                complaint = ending.message["complaint"]
                if complaint is None and ending.printed_bytes:
                    complaint = f"it wrote {ending.printed_bytes} bytes to standard output or error"
            else:
                complaint = f"stopped: {ending.cut}" if ending.cut else ending.death()
            failed += complaint is not None
            mark = click.style("pass", fg="green") if complaint is None else click.style("FAIL", fg="red")
            click.echo(f"{mark}  {check.name}: {check.promise}")
            if complaint is not None:
                click.echo(f"      {complaint}")
    click.echo(f"{method}: {'conforms' if not failed else f'{failed} checks did not pass'}")
    return 1 if failed else 0
