"""`code_fingerprint`: a hash of the files that define a method, so that runs of other code are told from today's.

What is hashed, each file by its name and its content:

- a method of an installed package: all files of that package, weights and tables among them;
- a method of a plugin file: that file;
- what these import, and what that imports in turn, where it is a package that offers plugins, a module or package that
  lies beside the one that imports it, or another package of the same distribution;
- `srbench_lite.expressions` and `srbench_lite.fitting`, which methods build on.

Other libraries and the rest of srbench-lite are not in it: a record names their versions. Imports are read from the
text of the files, and nothing is run; a module that is imported by a name that is made at run time is not seen, nor is
a data file beside a plugin file.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import importlib.util
import re
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from srbench_lite.methods.discovery import GROUP
from srbench_lite.methods.method import Method

__all__ = ["code_fingerprint", "imported_names", "is_library", "packages_of_plugins"]

_CORE: Final = "srbench_lite"
_CORE_PARTS: Final = ("expressions", "fitting")
#: Files that a wheel leaves out, or that differ from machine to machine.
_LEFT_OUT: Final = (".pyc", ".pyo", ".md", "~")
_IMPORT: Final = re.compile(rb"^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w., \t]+))", re.MULTILINE)
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class _Unit:
    """A package (its folder) or a module (its file), and the name that its files have in the hash."""

    name: str
    path: Path

    def files(self) -> list[tuple[str, Path]]:
        """Return its files by name, in an order that is the same everywhere."""
        if self.path.is_file():
            return [(self.path.name, self.path)]
        found = (
            (path.relative_to(self.path), path)
            for path in self.path.rglob("*")
            if not path.name.endswith(_LEFT_OUT) and path.is_file()
        )
        return sorted(
            (f"{self.name}/{relative.as_posix()}", path)
            for relative, path in found
            if not any(part.startswith(".") or part == "__pycache__" for part in relative.parts)
        )


def code_fingerprint(method: Method) -> str | None:
    """Return a hash of the files that define a method, 16 hexadecimal digits.

    It is the same on every machine that has the same files, and changes when one of them does. None where there is no
    file, as for a class that was typed into a notebook.
    """
    try:
        units = _reached([_unit_of(kind) for kind in type(method).__mro__ if _is_own(kind)])
        digest = hashlib.sha256()
        for name, path in sorted(file for files in units.values() for file in files):
            digest.update(f"{name}\0{_content(path)[0]}\n".encode("utf-8", "backslashreplace"))
        digest.update(method.identity().encode("utf-8", "backslashreplace"))
    except OSError:
        return None
    return digest.hexdigest()[:_DIGITS]


def imported_names(method: Method) -> frozenset[str]:
    """Return the top-level names that the files of a method import, as `code_fingerprint` reads them."""
    try:
        units = _reached([_unit_of(kind) for kind in type(method).__mro__ if _is_own(kind)])
        paths = [path for files in units.values() for _, path in files if path.suffix == ".py"]
        return frozenset(name for path in paths for name in _content(path)[1])
    except OSError:
        return frozenset()


def _is_own(kind: type) -> bool:
    """Return whether a class belongs to a plugin, and not to Python or the core."""
    return kind.__module__.partition(".")[0] not in (_CORE, "builtins", "abc", "typing")


def _unit_of(kind: type) -> _Unit:
    """Return the package or the file that defines a class; raises `FileNotFoundError` where it is neither."""
    parts = kind.__module__.split(".")
    for count in range(1, len(parts) + 1):
        module = sys.modules.get(".".join(parts[:count]))
        file = getattr(module, "__file__", None)
        if file is not None:
            return _unit(parts[count - 1], Path(file).resolve())
    raise FileNotFoundError(f"{kind.__qualname__} is in no file")


def _unit(name: str, file: Path) -> _Unit:
    return _Unit(name, file.parent if file.name == "__init__.py" else file)


def _reached(start: list[_Unit]) -> dict[_Unit, list[tuple[str, Path]]]:
    """Return these units, what they import, what that imports, and what methods build on; each with its files."""
    core = Path(__file__).resolve().parent.parent
    parts = [_Unit(f"{_CORE}.{part}", core / part) for part in _CORE_PARTS]
    reached = {unit: unit.files() for unit in parts}
    waiting = list(start)
    while waiting:
        unit = waiting.pop()
        if unit not in reached:
            reached[unit] = unit.files()
            names = {name for _, path in reached[unit] if path.suffix == ".py" for name in _content(path)[1]}
            waiting += [found for name in sorted(names) if (found := _imported(name, unit)) is not None]
    return reached


def _imported(name: str, importer: _Unit) -> _Unit | None:
    """Return the unit of a top-level name that a unit imports; None where it is somebody else's."""
    if name in (_CORE, importer.name):
        return None
    offered = packages_of_plugins()
    packages = offered.get(importer.name, frozenset())
    if name in offered or name in packages:
        spec = importlib.util.find_spec(name)
        return None if spec is None or spec.origin is None else _unit(name, Path(spec.origin).resolve())
    beside = importer.path.parent
    if is_library(beside):
        return None
    if (beside / f"{name}.py").is_file():
        return _Unit(name, beside / f"{name}.py")
    return _Unit(name, beside / name) if any((beside / name).glob("*.py")) else None


@functools.cache
def packages_of_plugins() -> dict[str, frozenset[str]]:
    """Return by each top-level name that offers plugins the top-level names of its distribution."""
    names: dict[str, frozenset[str]] = {}
    for entry in importlib.metadata.entry_points(group=GROUP):
        files = (entry.dist.files if entry.dist else None) or ()
        tops = {file.parts[0].removesuffix(".py") for file in files if file.suffix == ".py"}
        names[entry.module.partition(".")[0]] = frozenset(top for top in tops if top.isidentifier())
    return names


@functools.cache
def is_library(folder: Path) -> bool:
    """Return whether libraries are installed in a folder: what is beside a module there need not belong to it."""
    if not {"site-packages", "dist-packages"}.isdisjoint(folder.parts):
        return True
    return any(folder.is_relative_to(Path(sysconfig.get_path(kind)).resolve()) for kind in ("stdlib", "platstdlib"))


def _content(path: Path) -> tuple[str, frozenset[str]]:
    """Return the hash of a file, and the top-level names that it imports where it is Python; read once per change."""
    seen = path.stat()
    return _read(path, seen.st_mtime_ns, seen.st_size)


@functools.lru_cache(maxsize=4096)
def _read(path: Path, changed_at: int, size: int) -> tuple[str, frozenset[str]]:
    content = path.read_bytes()
    names = frozenset(_names(content)) if path.suffix == ".py" else frozenset()
    return hashlib.sha256(content).hexdigest(), names


def _names(content: bytes) -> Iterator[str]:
    for package, several in _IMPORT.findall(content):
        for name in (package or several).decode().split(","):
            top = name.split()[0].lstrip(".").partition(".")[0] if name.strip() else ""
            if top:
                yield top
