"""Environments made and recorded: a venv with what pip installs there, or an interpreter that is there already."""

from __future__ import annotations

import contextlib
import datetime
import os
import shutil
import signal
import subprocess
import sys
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import find_environment, folder_of, held, readable_environment, save_environment
from srbench_lite.environments.probing import Found, foreign_variables, interpreter_path, probe
from srbench_lite.errors import SrbenchError, UsageError

__all__ = ["MakingError", "base_python", "make_environment", "record_interpreter"]

_VENV: Final = "venv-"  # a venv's folder begins so; the rest differs, because a new one is made beside the old
_MAX_LINES_SHOWN: Final = 12  # of a program that failed
_ALWAYS: Final = "numpy"  # what the worker needs besides the standard library
_TO_BUILD: Final = "build:"  # before a requirement that must be there when the others are built


class MakingError(SrbenchError):
    """An environment could not be made; nothing of it is left."""


def make_environment(
    name: str, requirements: Sequence[str], *, python: str | None = None, replace: bool = False,
    say: Callable[[str], None] | None = None,
) -> Environment:  # fmt: skip
    """Make a venv, install numpy and the requirements there, and record it with what pip has chosen.

    Nothing is left behind where it fails or is interrupted; an older environment of the name then stays as it was.

    Args:
        name: of the environment.
        requirements: what is installed, as pip takes it. Those that begin with "build:" are installed first, and the
            others are then built with them (pip's --no-build-isolation).
        python: interpreter that the venv is made of; None: the one that runs this.
        replace: whether an environment of that name may stand there already.
        say: hears the lines that venv and pip print; an error then does not say the last of them again.

    Raises:
        UsageError: it exists and is not to be replaced, the name cannot be one, or there is no such interpreter.
        MakingError: it could not be made; the text says what was printed last, where nobody has heard it.
    """
    base = sys.executable if python is None else interpreter_path(python)
    with _reserved(name, replace=replace) as folder:
        venv = folder / f"{_VENV}{uuid.uuid4().hex[:8]}"
        own = str(venv / "bin" / "python")
        try:
            _run([base, "-m", "venv", str(venv)], f"{base} -m venv", say)
            pip = [own, "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
            for step in _steps(requirements):
                _run([*pip, *step], f"pip install {' '.join(step)}", say)
            try:
                found = probe(own)
            except UsageError as error:
                raise MakingError(f"the new environment does not work: {error}") from None
            environment = _environment(name, own, found, requirements)
            save_environment(environment)
        except BaseException:
            shutil.rmtree(venv, ignore_errors=True)
            raise
        _remove_venvs(folder, but=venv)
    return environment


def record_interpreter(name: str, python: str, *, replace: bool = False, keep: bool = True) -> Environment:
    """Record an interpreter that is there already, with what is installed there.

    Where it is that of the venv which was made for this name, the venv stays, and so do its requirements.

    Args:
        name: of the environment.
        python: path of the interpreter, or of its venv.
        replace: whether an environment of that name may stand there already.
        keep: whether it is kept in a file; otherwise it is returned only, and may have any name.

    Raises:
        UsageError: it exists and is not to be replaced, or the interpreter cannot be used.
    """
    path = interpreter_path(python)
    if not keep:
        return _environment(name, path, probe(path), ())
    with _reserved(name, replace=replace) as folder:
        own = _venv_of(path, folder)
        older = readable_environment(name)
        same = own is not None and older is not None and _venv_of(older.python, folder) == own
        environment = _environment(name, path, probe(path), older.requirements if older is not None and same else ())
        save_environment(environment)
        _remove_venvs(folder, but=own)
    return environment


def base_python(environment: Environment) -> str | None:
    """Return the Python of which an environment's venv was made; None where that is not known, or gone."""
    try:
        text = (Path(environment.python).parent.parent / "pyvenv.cfg").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    lines = (line.partition("=") for line in text.splitlines())
    told = {key.strip(): value.strip() for key, _, value in lines}
    return shutil.which(told.get("executable", ""))


def _venv_of(python: str, folder: Path) -> Path | None:
    """Return the venv below an environment's folder in which an interpreter lies; None where it lies elsewhere."""
    place = Path(python).parent.resolve()
    return next((venv for venv in folder.glob(f"{_VENV}*") if place.is_relative_to(venv.resolve())), None)


def _steps(requirements: Sequence[str]) -> list[list[str]]:
    """Return what pip is told to install, one command after the other."""
    tools = [text.removeprefix(_TO_BUILD).strip() for text in requirements if text.startswith(_TO_BUILD)]
    others = [text for text in requirements if not text.startswith(_TO_BUILD)]
    if not tools:
        return [[_ALWAYS, *others]]
    return [[_ALWAYS, *tools], ["--no-build-isolation", _ALWAYS, *others]]


def _environment(name: str, python: str, found: Found, requirements: Sequence[str]) -> Environment:
    return Environment(
        name=name, python=python, python_version=found.python_version, requirements=tuple(requirements),
        locked=found.locked, created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    )  # fmt: skip


@contextlib.contextmanager
def _reserved(name: str, *, replace: bool) -> Iterator[Path]:
    """Give the folder of an environment, for this process alone; it is removed where no environment comes of it.

    Raises:
        UsageError: an environment stands there and is not to be replaced, or another process is making one.
    """
    folder = folder_of(name)
    if (folder / "environment.json").exists() and not replace:
        there = find_environment(name)
        made = f" ({there.python}, made {there.created})" if there is not None else ""
        raise UsageError(f"there is an environment {name} already{made}; --replace makes it anew")
    with contextlib.ExitStack() as stack:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(held(name))
        except OSError as error:
            raise UsageError(f"cannot make {folder}: {error.strerror}; SRBENCH_LITE_HOME names another place") from None
        try:
            yield folder
        finally:
            if not (folder / "environment.json").exists():
                shutil.rmtree(folder, ignore_errors=True)


def _remove_venvs(folder: Path, *, but: Path | None = None) -> None:
    """Remove the venvs of older environments of the name, and what a killed command has left."""
    for venv in folder.glob(f"{_VENV}*"):
        if venv != but:
            shutil.rmtree(venv, ignore_errors=True)


def _run(command: Sequence[str], called: str, say: Callable[[str], None] | None) -> None:
    """Run a program and hand on what it prints; where this is interrupted, all that it has started is ended.

    Raises:
        MakingError: it failed.
    """
    last: deque[str] = deque(maxlen=_MAX_LINES_SHOWN)
    try:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True, env=foreign_variables(command[0]),
        )  # fmt: skip
    except OSError as error:
        raise MakingError(f"{command[0]} cannot be started: {error.strerror}") from None
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if line.strip():
                if say is None:
                    last.append(line.rstrip())
                else:
                    say(line.rstrip())
        code = process.wait()
    except BaseException:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    if code != 0:
        lines = "".join(f"\n  {line}" for line in last)
        said = f"it last said:{lines}\n" if lines else ""
        raise MakingError(f"{called} failed (exit code {code}); {said}nothing was kept")
