"""`srbench env`: the interpreters of other methods' own."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import format_table, loaded_registry, plugin_option
from srbench_lite.errors import UsageError, suggest

if TYPE_CHECKING:
    from pathlib import Path

    from srbench_lite.environments.environment import Environment
    from srbench_lite.methods.discovery import Registry

_MAX_PACKAGES_SHOWN = 4


class _Group(Command, click.Group):
    """A group of commands, with examples."""


@click.group(
    "env", cls=_Group,
    examples=("srbench env add gplearn", "srbench env list", "srbench env remove gplearn"),
)  # fmt: skip
def env_command() -> None:
    """Make, list and remove the environments in which methods of others run.

    They are in the folder environments of $SRBENCH_LITE_HOME, else of srbench-lite in the user's data folder.
    """


@env_command.command(
    "add", cls=Command,
    examples=(
        "srbench env add gplearn",
        "srbench env add mine --install 'their-method==1.2' --install 'numpy<2'",
        "srbench env add mine --python ~/mine/.venv/bin/python",
    ),
)  # fmt: skip
@click.argument("name")
@click.option(
    "--install", "requirements", multiple=True, metavar="SPEC", show_default="what the method that runs there says",
    help="Install this, as pip takes it: a name, name==version, a folder or an address; after 'build:' what must be "
    "there before the others are built. May be repeated.",
)  # fmt: skip
@click.option(
    "--python", "python", metavar="PATH", show_default="that of srbench-lite",
    help="Python of the environment. Without --install it is used as it is, and nothing is installed.",
)  # fmt: skip
@click.option(
    "--replace", is_flag=True,
    help="Make it anew where there is one of this name, without --install and --python of what that was made of.",
)  # fmt: skip
@plugin_option
def add_command(
    name: str, requirements: tuple[str, ...], python: str | None, replace: bool, plugin_files: tuple[Path, ...]
) -> int:
    """Make an environment: a venv with numpy and what pip installs there.

    Nothing is left where that fails or is interrupted. With --python alone an interpreter that is there already is
    remembered: it must be Python 3.11 or newer and have numpy.
    """
    from srbench_lite.environments.environment import check_name
    from srbench_lite.environments.home import readable_environment
    from srbench_lite.environments.making import base_python, make_environment, record_interpreter

    registry = loaded_registry(plugin_files)
    check_name(name)
    if replace and python is None and not requirements and (older := readable_environment(name)) is not None:
        requirements, python = older.requirements, base_python(older) if older.requirements else older.python
        needed = _needed(registry, name)
        if needed and set(needed) != set(requirements):
            had = ", ".join(requirements) or older.python
            new = " ".join(f"--install {shlex.quote(requirement)}" for requirement in needed)
            click.echo(f"note: it is made of {had}, as before; its methods ask for {new}", err=True)
    if python is not None and not requirements:
        environment = record_interpreter(name, python, replace=replace)
    else:
        environment = make_environment(
            name, requirements or _requirements(registry, name), python=python, replace=replace,
            say=lambda line: click.echo(f"  {line}", err=True),
        )  # fmt: skip
    click.echo(f"{name}: Python {environment.python_version}, {_shown_packages(environment)}")
    click.echo(f"{environment.python}")
    if users := _users(registry, name):
        click.echo(f"used by {', '.join(users)}")
    else:
        click.echo(f"no method names it; srbench run --python METHOD={name} runs one there")
    return 0


@env_command.command("list", cls=Command, examples=("srbench env list",))
@plugin_option
def list_command(plugin_files: tuple[Path, ...]) -> int:
    """List the environments, and say whether they work.

    Packages and methods stand beside each, and below which methods lack theirs. The exit code is 1 if one does not
    work, or has changed since it was recorded.
    """
    from srbench_lite.environments.health import BrokenError, look_into
    from srbench_lite.environments.home import environment_names, find_environment, missing_reason, unfinished_names

    registry = loaded_registry(plugin_files)
    rows, wrong, names = [], 0, environment_names()
    for name in names:
        try:
            environment = find_environment(name)
            assert environment is not None  # its file is there
            look_into(environment)
        except UsageError as error:
            wrong += 1
            said = f"{error.why}; {error.mend}" if isinstance(error, BrokenError) else error
            rows.append((name, "–", "–", ", ".join(_users(registry, name)) or "–", f"WRONG: {said}"))
            continue
        users = ", ".join(_users(registry, name)) or "–"
        rows.append((name, environment.python_version, _shown_packages(environment), users, "works"))
    if rows:
        click.echo(format_table(rows, ("name", "python", "packages", "methods", "state")))
    for lacking in sorted({method.environment for method in registry.methods.values() if method.environment}):
        if lacking not in names:
            reason = missing_reason(lacking, registry.methods.values())
            click.echo(f"{reason} ({', '.join(_users(registry, lacking))} cannot run without it)")
    for name in unfinished_names():
        click.echo(f"{name} is being made, or was when that was killed; srbench env remove {name} removes it")
    if not rows:
        click.echo("there are no environments yet", err=True)
    return 1 if wrong else 0


@env_command.command("remove", cls=Command, examples=("srbench env remove gplearn",))
@click.argument("name")
def remove_command(name: str) -> int:
    """Remove an environment, whole or unfinished.

    An interpreter that was there before stays where it is.
    """
    from srbench_lite.environments.home import folder_of, remove_environment

    remove_environment(name)
    click.echo(f"removed {folder_of(name)}")
    return 0


def _requirements(registry: Registry, name: str) -> tuple[str, ...]:
    """Return what the methods that run in an environment need there; raises `UsageError` where none does."""
    needed = _needed(registry, name)
    if not needed:
        named = {method.environment for method in registry.methods.values() if method.environment}
        raise UsageError(
            f"no method says what is installed in an environment {name!r}; say it: srbench env add {name} --install "
            f"SPEC.{suggest(name, named) if named else ''}"
        )
    return needed


def _needed(registry: Registry, name: str) -> tuple[str, ...]:
    """Return what the methods that run in an environment need there, if any."""
    needed = dict.fromkeys(
        requirement
        for method in registry.methods.values()
        if method.environment == name
        for requirement in method.requirements
    )
    return tuple(needed)


def _users(registry: Registry, name: str) -> list[str]:
    """Return the names of the methods that run in an environment."""
    return [method.name for method in registry.methods.values() if method.environment == name]


def _shown_packages(environment: Environment) -> str:
    """Return the packages that an environment was made of with their versions, numpy, and how many more it has."""
    versions = dict(line.partition("==")[::2] for line in environment.locked)
    asked = " ".join(environment.requirements).lower().replace("_", "-")
    chosen = [name for name in versions if name.lower().replace("_", "-") in asked or name == "numpy"]
    shown = sorted(chosen, key=lambda name: (name == "numpy", name.lower()))[:_MAX_PACKAGES_SHOWN]
    more = len(versions) - len(shown)
    return ", ".join([*(f"{name} {versions[name]}" for name in shown), *([f"{more} more"] if more else [])]) or "none"
