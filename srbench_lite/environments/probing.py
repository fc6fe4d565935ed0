"""`probe`: what an interpreter is and has, asked of itself in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from srbench_lite.errors import UsageError

__all__ = ["OLDEST_PYTHON", "Found", "foreign_variables", "interpreter_path", "probe"]

#: The oldest Python in which srbench-lite's own modules can be imported.
OLDEST_PYTHON: Final = (3, 11)
_MAX_SECONDS: Final = 120.0  # for an interpreter to say what it has, on a machine that is busy
_SCRIPT: Final = Path(__file__).with_name("inside.py")
#: What would lead another interpreter to our packages, or to somebody else's.
_LEFT_OUT: Final = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONEXECUTABLE", "VIRTUAL_ENV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an interpreter is: version and implementation of Python, and the versions of its packages by name."""

    python_version: str
    implementation: str
    packages: Mapping[str, str]

    @property
    def locked(self) -> tuple[str, ...]:
        """The packages as `name==version`, sorted."""
        return tuple(
            f"{name}=={version}" for name, version in sorted(self.packages.items(), key=lambda p: p[0].lower())
        )


def foreign_variables(python: str) -> dict[str, str]:
    """Return the environment variables for another interpreter: ours without what leads to other packages.

    Its own folder of programs comes first, and modules in the current folder are not found.

    Args:
        python: path of the interpreter.
    """
    variables = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    path = os.pathsep.join(filter(None, (str(Path(python).parent), variables.get("PATH", ""))))
    return variables | {"PATH": path, "PYTHONSAFEPATH": "1"}


def interpreter_path(text: str) -> str:
    """Return the absolute path of an interpreter that a path or the name of a program says, its links unfollowed.

    Raises:
        UsageError: there is none.
    """
    given = os.path.expanduser(text)
    if os.path.isdir(given):
        given = os.path.join(given, "bin", "python")
    found = shutil.which(given)
    if found is None:
        raise UsageError(f"there is no Python interpreter {text!r}; give the path of one, such as .venv/bin/python")
    return os.path.abspath(found)


def probe(python: str) -> Found:
    """Ask an interpreter what it has.

    Args:
        python: its path.

    Raises:
        UsageError: it does not run, is too old, or cannot import numpy; the text says which.
    """
    try:
        done = subprocess.run(
            [python, str(_SCRIPT)], capture_output=True, text=True, errors="replace", timeout=_MAX_SECONDS,
            env=foreign_variables(python), stdin=subprocess.DEVNULL, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UsageError(f"{python} did not say what it has in {_MAX_SECONDS:g} s") from None
    except OSError as error:
        raise UsageError(f"{python} cannot be started: {error.strerror}") from None
    lines = done.stdout.strip().splitlines()
    try:
        facts = json.loads(lines[-1])
        version, implementation = str(facts["python"]), str(facts["implementation"])
        packages = {str(name): str(version) for name, version in facts["packages"].items()}
        broken = facts["numpy"]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        words = (done.stderr or done.stdout).strip().splitlines()
        said = f": {words[-1][:300]}" if words else ""
        raise UsageError(f"{python} is no Python that works (exit code {done.returncode}){said}") from None
    numbers = tuple(int(part) for part in re.findall(r"\d+", version)[:2])
    if numbers < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        raise UsageError(f"{python} is Python {version}; srbench-lite needs {oldest} or newer")
    if broken is not None:
        raise UsageError(f"numpy cannot be imported by {python}: {broken}")
    return Found(python_version=version, implementation=implementation, packages=packages)
