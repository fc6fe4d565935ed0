"""How the command lines of the packages that ship weights end: exit codes, and one sentence for each error."""

from __future__ import annotations

import sys

import click

from srbench_lite import SrbenchError, UsageError

__all__ = ["run_command_line"]


def run_command_line(cli: click.Group, name: str) -> None:
    """Run a command line and end the process with its exit code.

    Args:
        cli: the commands.
        name: as it stands in the usage lines.
    """
    try:
        code = cli.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted; where a checkpoint was written, the same command goes on from it", err=True)
        code = 130
    except UsageError as error:
        click.echo(f"Error: {error}", err=True)
        code = 2
    except (SrbenchError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)
