"""Other interpreters for tests, made without a network: venvs with numpy alone, and programs that play Python."""

from __future__ import annotations

import importlib.metadata
import venv
from pathlib import Path

#: A stand-in for Python in the shell: it makes venvs of itself, runs PIP for `-m pip`, and says FACTS of itself.
_STAND_IN = """#!/bin/sh
case "$1 $2" in
"-m venv") mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
"-m pip") {pip} ;;
*) {probed} ;;
esac
"""
FACTS = '{"python": "3.12.4", "implementation": "CPython", "numpy": null, "packages": {"numpy": "2.9", "Apt": "1.0"}}'


def bare_venv(folder: Path) -> Path:
    """Make a venv of this Python that has numpy, linked, and nothing else; return its interpreter."""
    venv.EnvBuilder(symlinks=True).create(folder)
    (packages,) = folder.glob("lib/python*/site-packages")
    numpy = importlib.metadata.distribution("numpy")
    for name in {file.parts[0] for file in numpy.files or () if ".." not in file.parts}:
        (packages / name).symlink_to(Path(str(numpy.locate_file(name))).resolve())
    return folder / "bin" / "python"


def stand_in(path: Path, *, pip: str = "echo Collecting numpy", probed: str = f"echo '{FACTS}'") -> Path:
    """Write a program that plays Python.

    Args:
        path: the program.
        pip: what it does for `-m pip`, in the shell; "$@" are its arguments.
        probed: what it does when it is asked what it has.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_STAND_IN.format(pip=pip, probed=probed))
    path.chmod(0o755)
    return path


def add_package(python: Path, name: str, version: str, module: str = "") -> None:
    """Install a package of one module in a venv."""
    (packages,) = python.parent.parent.glob("lib/python*/site-packages")
    (packages / f"{name}.py").write_text(module)
    about = packages / f"{name}-{version}.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
