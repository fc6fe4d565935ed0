"""The folder of environments: `$SRBENCH_LITE_HOME/environments`, or one below the user's data folder.

Each environment has a folder of its name there, with `environment.json` and, where it was made here, its venv.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shlex
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from srbench_lite.environments.environment import Environment, check_name
from srbench_lite.errors import UnknownNameError, UsageError
from srbench_lite.files import write_text
from srbench_lite.methods.method import Method
from srbench_lite.methods.plugin_file import file_of_class

__all__ = [
    "environment_names",
    "find_environment",
    "folder_of",
    "held",
    "home_folder",
    "making_command",
    "missing_reason",
    "readable_environment",
    "remove_environment",
    "save_environment",
    "unfinished_names",
]

_FILE: Final = "environment.json"


def home_folder() -> Path:
    """Return where srbench-lite keeps what belongs to the user.

    It is `$SRBENCH_LITE_HOME`, else `$XDG_DATA_HOME/srbench-lite`, else `~/.local/share/srbench-lite`.
    """
    if own := os.environ.get("SRBENCH_LITE_HOME"):
        return Path(own).absolute()
    data = os.environ.get("XDG_DATA_HOME", "")
    return (Path(data) if Path(data).is_absolute() else Path.home() / ".local/share") / "srbench-lite"


def folder_of(name: str) -> Path:
    """Return the folder of an environment; raises `UsageError` where it cannot be called that."""
    return home_folder() / "environments" / check_name(name)


def environment_names() -> list[str]:
    """Return the names of all environments, sorted."""
    return sorted(path.parent.name for path in (home_folder() / "environments").glob(f"*/{_FILE}"))


def unfinished_names() -> list[str]:
    """Return the names of folders without an environment, sorted: one is being made, or was when that was killed."""
    folders = (home_folder() / "environments").glob("*/")
    return sorted(path.name for path in folders if not (path / _FILE).exists())


@contextlib.contextmanager
def held(name: str) -> Iterator[Path]:
    """Hold the folder of an environment, which must be there, for this process alone.

    Raises:
        OSError: there is none, or it cannot be read.
        UsageError: another process holds it.
    """
    folder = folder_of(name)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UsageError(f"another command is making the environment {name}; wait until it has ended") from None
        yield folder
    finally:
        os.close(descriptor)


def find_environment(name: str) -> Environment | None:
    """Return an environment by name; None where there is none.

    Raises:
        UsageError: it cannot be called that, or its file cannot be read.
    """
    path = folder_of(name) / _FILE
    try:
        return Environment.from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError, UsageError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"the environment {name} cannot be used: {path}: {why}; srbench env remove {name}") from None


def readable_environment(name: str) -> Environment | None:
    """Return an environment by name; None where there is none, or its file cannot be read."""
    try:
        return find_environment(name)
    except UsageError:
        return None


def making_command(name: str, methods: Iterable[Method] = ()) -> str:
    """Return the command that makes an environment, with the plugin files of those of the methods that run there."""
    files = {file_of_class(type(method)) for method in methods if method.environment == name}
    here = Path.cwd()
    paths = sorted(file.relative_to(here) if file.is_relative_to(here) else file for file in files if file is not None)
    return " ".join((f"srbench env add {name}", *(f"--plugin {shlex.quote(str(path))}" for path in paths)))


def missing_reason(name: str, methods: Iterable[Method] = ()) -> str:
    """Say that there is no such environment, and the command that makes it, as `making_command` does."""
    return f"there is no environment {name}; make it with: {making_command(name, methods)}"


def save_environment(environment: Environment) -> None:
    """Keep an environment, in the place of an older one of its name."""
    write_text(folder_of(environment.name) / _FILE, environment.to_json())


def remove_environment(name: str) -> None:
    """Remove an environment and its venv, or what a killed command has left of one.

    An interpreter that was there before stays.

    Raises:
        UnknownNameError: there is none.
        UsageError: another command is making it, or its files cannot be removed.
    """
    folder = folder_of(name)
    if not folder.is_dir():
        raise UnknownNameError("environment", name, [*environment_names(), *unfinished_names()])
    try:
        with held(name):
            with contextlib.suppress(OSError):  # first: what is left after an error is no environment any more
                (folder / _FILE).unlink()
            shutil.rmtree(folder)
    except OSError as error:
        raise UsageError(f"cannot remove {folder}: {error.strerror or error}; remove it by hand") from None
