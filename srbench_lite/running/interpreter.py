"""`Interpreter`: how another Python is started as a worker, and what it sees of our installation.

It sees `srbench_lite`, `pluggy`, and the packages of those plugins whose methods run there, with what else their
distributions have. Where a plugin is no installed library but a folder that somebody works in, what lies beside it is
found too, after all that the other Python has itself.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.health import BrokenError, look_into
from srbench_lite.environments.probing import Found, foreign_variables
from srbench_lite.methods.code_fingerprint import is_library, packages_of_plugins
from srbench_lite.methods.discovery import GROUP, Registry
from srbench_lite.methods.made_methods import folders_elsewhere
from srbench_lite.methods.method import Method

__all__ = ["Interpreter", "Place", "find_place"]

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
_ALWAYS_SEEN: Final = ("srbench_lite", "pluggy")
#: Packages that a record names: all of an environment with fewer, else those that it was made of.
_MAX_PACKAGES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """Another Python and what it is given.

    Attributes:
        environment: which it is.
        entry_points: plugins that are loaded there, `name=module` each.
        preload: modules that are imported there before the first run.
        packages: folder of each package of ours that it sees, by name.
        beside: folders that it looks into after its own.
    """

    environment: Environment
    entry_points: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict, hash=False)
    beside: tuple[str, ...] = ()

    @classmethod
    def of(cls, environment: Environment, methods: Iterable[Method], registry: Registry) -> Self:
        """Return an environment's interpreter for methods that run there.

        Args:
            environment: the environment.
            methods: what runs there.
            registry: what is installed.
        """
        methods = tuple(methods)
        installed = {entry.name: entry for entry in importlib.metadata.entry_points(group=GROUP)}
        owners = {registry.owners[kind] for method in methods if (kind := ("method", method.name)) in registry.owners}
        entries = [installed[owner.name] for owner in owners if owner.version is not None and owner.name in installed]
        siblings = packages_of_plugins()
        tops = {entry.module.partition(".")[0] for entry in entries}
        seen = {*_ALWAYS_SEEN, *tops, *(name for top in tops for name in siblings.get(top, ()))}
        packages = {name: str(folder) for name in sorted(seen) if (folder := _folder_of(name)) is not None}
        folders = {packages[top] for top in tops & set(packages) if not is_library(Path(packages[top]))}
        folders.update(folder for method in methods for folder in folders_elsewhere(method))
        return cls(
            environment=environment, entry_points=tuple(sorted(f"{e.name}={e.value}" for e in entries)),
            preload=("numpy", *sorted({module for method in methods for module in method.engine})), packages=packages,
            beside=tuple(sorted(folders)),
        )  # fmt: skip

    def command(self, fd: int) -> list[str]:
        """Return the command that starts a keeper there, which serves over a socket."""
        exposed = json.dumps({"packages": dict(self.packages), "beside": self.beside})
        return [self.environment.python, str(_BOOTSTRAP), str(fd), exposed]

    def variables(self) -> dict[str, str]:
        """Return the environment variables with which it is started."""
        return foreign_variables(self.environment.python)


def _folder_of(name: str) -> Path | None:
    """Return the folder in which a package or module of ours lies; None where it is in no file."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    path = Path(spec.origin).resolve()
    return path.parent.parent if path.name == "__init__.py" else path.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where runs of an environment take place.

    Attributes:
        interpreter: what is started there.
        found: what it has; None where it does not work.
        broken: why it does not work or is not as it was recorded, and the command that mends it; None where it is.
    """

    interpreter: Interpreter
    found: Found | None = None
    broken: str | None = None

    def describe(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """Return what a record says of machine and versions: those found there, and in `scored_in` our own.

        Args:
            own: what the record of a run in our interpreter would say.
        """
        if self.found is None:
            return dict(own)
        scored_in = {name: own[name] for name in ("python", "packages") if name in own}
        there = {
            "environment": self.interpreter.environment.name, "python": self.found.python_version,
            "implementation": self.found.implementation, "packages": self._named_packages(self.found.packages),
        }  # fmt: skip
        return {**own, **there, "scored_in": scored_in}

    def _named_packages(self, packages: Mapping[str, str]) -> dict[str, str]:
        if len(packages) <= _MAX_PACKAGES:
            return dict(sorted(packages.items(), key=lambda item: item[0].lower()))
        asked = " ".join(self.interpreter.environment.requirements).lower().replace("_", "-")
        return {
            name: version
            for name, version in sorted(packages.items())
            if name == "numpy" or name.lower().replace("_", "-") in asked
        }


def find_place(interpreter: Interpreter) -> Place:
    """Ask an interpreter what it has, and say where runs take place or why they cannot."""
    try:
        return Place(interpreter=interpreter, found=look_into(interpreter.environment))
    except BrokenError as error:
        return Place(interpreter=interpreter, broken=str(error))
