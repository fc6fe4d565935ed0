"""`srbench new`."""

from __future__ import annotations

import importlib.util
import shlex
from pathlib import Path

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.distribution_files import KINDS, check_name, distribution_files, names_of
from srbench_lite.errors import DuplicateNameError, UnknownNameError, UsageError
from srbench_lite.files import write_text


@click.command(
    "new", cls=Command,
    examples=("srbench new method two-terms", "srbench new suite my-tasks --folder work/my-tasks"),
)  # fmt: skip
@click.argument("kind", metavar="method|suite")
@click.argument("name")
@click.option(
    "--folder", type=click.Path(path_type=Path), metavar="FOLDER", help="Folder to write. By default the name."
)
def new_command(kind: str, name: str, folder: Path | None) -> int:
    """Write a small distribution with a method or a suite of your own.

    It has a pyproject.toml with the entry point, a method that works or a suite of two tasks, tests, a README, and
    files that check all of it in the CI of GitHub and GitLab. Nothing that exists is overwritten. The licence is yours
    to choose.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of plugin", kind, KINDS)
    check_name(name)
    _check_free(kind, name)
    target = Path(name) if folder is None else folder
    _check_empty(target)
    files = distribution_files(kind, name)
    for path, text in files.items():
        write_text(target / path, text)
    click.echo(f"{target}: {len(files)} files, of which to begin with {_first(kind, name)}")
    click.echo("Next:")
    for line in _next_commands(kind, name, target):
        click.echo(f"  {line}")
    return 0


def _check_free(kind: str, name: str) -> None:
    """Refuse a name that an installed method, suite, plugin or package has."""
    from srbench_lite.methods.discovery import discover

    registry = discover()
    others = registry.methods if kind == "method" else registry.suites
    package = names_of(name)["package"]
    taken = ""
    if name in others:
        owner = registry.owners[kind, name]
        taken = f"the {kind} {name!r} is installed already, by {owner.name} ({owner.origin})"
    elif any(plugin.name == name for plugin in registry.plugins):
        taken = f"a plugin called {name!r} is installed already"
    elif importlib.util.find_spec(package) is not None:
        taken = f"a package called {package!r} is installed already"
    if taken:
        raise DuplicateNameError(f"{taken}; choose another name, such as my-{name}")


def _check_empty(folder: Path) -> None:
    """Refuse a file, and a folder that has something in it besides a new Git repository."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name another folder with --folder")
    found = sorted(path.name for path in folder.iterdir() if path.name != ".git") if folder.exists() else []
    if found:
        more = ", ..." if len(found) > 3 else ""
        raise UsageError(
            f"the folder {folder} is not empty ({', '.join(found[:3])}{more}), and nothing is overwritten; name "
            f"another with --folder"
        )


def _first(kind: str, name: str) -> str:
    """Return the file that an author changes first."""
    return f"{names_of(name)['package']}/{'method.py' if kind == 'method' else f'{name}.toml'}"


def _next_commands(kind: str, name: str, folder: Path) -> tuple[str, str, str]:
    """Return what to type next."""
    install = f"cd {shlex.quote(str(folder))} && pip install -e '.[test]'"
    if kind == "method":
        return install, f"pytest && srbench conform {name}", f"srbench run --method {name} --suite sin"
    return install, f"pytest && srbench check-suite {name}", f"srbench run --method lies-fast --suite {name}"
