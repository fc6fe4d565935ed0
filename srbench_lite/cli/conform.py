"""`srbench conform METHOD`."""

from __future__ import annotations

from pathlib import Path

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import loaded_registry, plugin_option

_MAX_SECONDS = 120.0  # for one check
_MAX_MEMORY_MB = 4096.0


@click.command(
    "conform", cls=Command,
    examples=("srbench conform lasso", "srbench conform mine --plugin my_method.py --check returns-a-fit"),
)  # fmt: skip
@click.argument("method")
@click.option("--check", "only", multiple=True, metavar="NAME", help="Only this check. May be repeated.")
@plugin_option
def conform_command(method: str, only: tuple[str, ...], plugin_files: tuple[Path, ...]) -> int:
    """Check that a method keeps the promises of the plugin contract.

    Each check runs in a process of its own. The exit code is 1 if one does not pass.
    """
    from srbench_lite.errors import UnknownNameError
    from srbench_lite.methods.made_methods import name_elsewhere
    from srbench_lite.running.checks import METHOD_CHECKS
    from srbench_lite.running.messages import ConformRequest
    from srbench_lite.running.supervisor import Supervisor

    registry = loaded_registry(plugin_files)
    chosen = registry.method(method)
    names = [check.name for check in METHOD_CHECKS]
    for name in only:
        if name not in names:
            raise UnknownNameError("check", name, names)
    failed = 0
    with Supervisor(plugins=plugin_files, preload=("srbench_lite.running.checks", *chosen.engine)) as supervisor:
        for check in METHOD_CHECKS:
            if only and check.name not in only:
                continue
            request = ConformRequest(method=name_elsewhere(chosen), check=check.name)
            result = supervisor.run(request, seconds=_MAX_SECONDS, memory_mb=_MAX_MEMORY_MB)
            if result.answer is None:
                complaint: str | None = result.why_no_answer()
            elif result.answer.complaint is None and result.printed_bytes:
                complaint = f"the method wrote {result.printed_bytes} bytes to standard output or error"
            else:
                complaint = result.answer.complaint
            failed += complaint is not None
            mark = click.style("pass", fg="green") if complaint is None else click.style("FAIL", fg="red")
            click.echo(f"{mark}  {check.name}: {check.promise}")
            if complaint is not None:
                click.echo(f"      {complaint}")
    click.echo(f"{method}: {'conforms' if not failed else f'{failed} checks did not pass'}")
    return 1 if failed else 0
