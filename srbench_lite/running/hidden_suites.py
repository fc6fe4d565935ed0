"""`hidden_suites` and `forget_suites`: processes and checks that know nothing of the tasks that are installed.

A method gets points and nothing else. That it does not look them up among the installed tasks is what
`ignores-the-suites` of the conformance kit checks, and the process that methods are forked from holds no task.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import sys
from collections.abc import Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final, cast

from srbench_lite.methods.discovery import GROUP, Registry, discover
from srbench_lite.problems.data import Samples

if TYPE_CHECKING:
    from srbench_lite.problems.task import Task

__all__ = ["forget_suites", "hidden_suites", "known_samples"]

_SUITES_HOOK: Final = "srbench_suites"
#: The smallest truth that points are drawn from: what any method writes in one way only would show nothing.
_MIN_COMPLEXITY: Final = 8
_POINTS: Final = 40  # enough to be told from those of other tasks
_DRAWN_SUITE: Final = "random:size=9,variables=1,count=1,seed=3"


def forget_suites(registry: Registry) -> None:
    """Drop the modules of plugins that offer suites and nothing else: they are not in this process any more.

    Of a package that offers something else, too, the rest stays: a method may use it.
    """
    modules = {plugin.name: _module_name(registry, plugin.name) for plugin in registry.plugins}
    packages = _offering_suites_only((modules[plugin.name], plugin.hooks) for plugin in registry.plugins)
    for plugin in registry.plugins:
        if set(plugin.hooks) == {_SUITES_HOOK}:
            registry.manager.unregister(name=plugin.name)
            name = modules[plugin.name]
            package = name.partition(".")[0]
            if package in packages:
                _taken_out(package)
            else:
                sys.modules.pop(name, None)


@contextlib.contextmanager
def hidden_suites() -> Iterator[None]:
    """Let there be no installed suite: neither their entry points nor their packages are found.

    Packages that offer methods, too, stay. What was there before is there afterwards, the same modules.
    """
    hidden = _packages_of_suites()
    real, finder = importlib.metadata.entry_points, _Hides(hidden)

    def entry_points(**wanted: Any) -> importlib.metadata.EntryPoints:
        found = cast(Iterable[importlib.metadata.EntryPoint], real(**wanted))
        return importlib.metadata.EntryPoints(entry for entry in found if not _is_of(entry.module, hidden))

    away: dict[str, ModuleType] = {}
    for package in hidden:
        away |= _taken_out(package)
    sys.meta_path.insert(0, finder)
    setattr(importlib.metadata, "entry_points", entry_points)  # noqa: B010 - is restored below
    try:
        yield
    finally:
        setattr(importlib.metadata, "entry_points", real)  # noqa: B010
        sys.meta_path.remove(finder)
        for package in hidden:
            _taken_out(package)
        sys.modules.update(away)


def known_samples() -> Samples:
    """Return a few training points of an installed task of one variable, the shortest; of a drawn one where none is."""
    import numpy as np

    train = _task().dataset(seed=0).train
    return train.rows(np.arange(min(_POINTS, len(train))))


@functools.cache
def _task() -> Task:
    installed = [
        task
        for suite in discover().suites.values()
        for task in suite.tasks
        if task.truth is not None and len(task.variables) == 1 and not task.unidentifiable
        and task.truth.complexity >= _MIN_COMPLEXITY
    ]  # fmt: skip
    if installed:
        return min(installed, key=lambda task: (task.truth.complexity if task.truth else 0, task.name))
    from srbench_lite.problems.random_suite import random_suite

    return next(iter(random_suite(_DRAWN_SUITE).tasks))


@functools.cache
def _packages_of_suites() -> frozenset[str]:
    """Return the top-level packages that offer suites and nothing else."""
    hooks = {plugin.name: plugin.hooks for plugin in discover().plugins}
    entries = importlib.metadata.entry_points(group=GROUP)
    return _offering_suites_only((entry.module, hooks.get(entry.name, ())) for entry in entries)


def _offering_suites_only(plugins: Iterable[tuple[str, Sequence[str]]]) -> frozenset[str]:
    """Return the top-level packages of plugins, each a module and its hooks, that offer suites and nothing else."""
    offered: dict[str, set[str]] = {}
    for module, hooks in plugins:
        offered.setdefault(module.partition(".")[0], set()).update(hooks)
    return frozenset(package for package, own in offered.items() if own == {_SUITES_HOOK})


def _module_name(registry: Registry, plugin: str) -> str:
    """Return the name of a plugin's module; empty where it has none, as that of a broken plugin."""
    return getattr(registry.manager.get_plugin(plugin), "__name__", "")


def _is_of(module: str, packages: frozenset[str]) -> bool:
    return module.partition(".")[0] in packages


def _taken_out(package: str) -> dict[str, ModuleType]:
    """Take a package and what is in it out of the loaded modules, and return them."""
    names = [name for name in sys.modules if name == package or name.startswith(f"{package}.")]
    return {name: sys.modules.pop(name) for name in names}


class _Hides:
    """Finds no module of some packages, whoever else may."""

    def __init__(self, packages: frozenset[str]) -> None:
        self._packages = packages

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if _is_of(fullname, self._packages):
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None
