"""Plugins to `Registry`: what is installed, what is broken, who owns which name."""

from __future__ import annotations

import importlib
import importlib.metadata
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pluggy

from srbench_lite._version import __version__
from srbench_lite.errors import DuplicateNameError, UnknownNameError, UsageError
from srbench_lite.methods import hookspecs
from srbench_lite.methods.hookspecs import PROJECT, Metric, Reporter
from srbench_lite.methods.made_methods import made_method
from srbench_lite.methods.method import Method
from srbench_lite.methods.parameters import KINDS, is_allowed
from srbench_lite.methods.plugin_file import load_plugin_file
from srbench_lite.problems.suite import Suite
from srbench_lite.problems.task import Task

__all__ = ["GROUP", "Plugin", "Registry", "discover", "full_task_name"]

#: Entry-point group through which plugins are found.
GROUP: Final = "srbench_lite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One plugin that was found.

    Attributes:
        name: of the entry point, or the file's stem.
        origin: the distribution, or the file.
        version: of the distribution; None for a file.
        hooks: names of the hooks it implements.
        error: why it could not be used; None when it works.
    """

    name: str
    origin: str
    version: str | None
    hooks: tuple[str, ...] = ()
    error: str | None = None


_CORE: Final = Plugin(name="core", origin="srbench-lite", version=__version__)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Everything that plugins offer, each sorted by name."""

    plugins: tuple[Plugin, ...]
    methods: Mapping[str, Method]
    suites: Mapping[str, Suite]
    metrics: Mapping[str, Metric]
    reporters: Mapping[str, Reporter]
    owners: Mapping[tuple[str, str], Plugin]  # (kind, name) -> who offers it
    manager: pluggy.PluginManager

    @property
    def broken(self) -> tuple[Plugin, ...]:
        """Plugins that could not be used."""
        return tuple(p for p in self.plugins if p.error)

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task of every suite by full name."""
        return {task.name: task for suite in self.suites.values() for task in suite.tasks}

    def method(self, name: str) -> Method:
        """Return a method by name, installed or made of its name, such as `command:./my_method`.

        Raises:
            UnknownNameError: there is none.
            UsageError: the text after a prefix says no method.
        """
        method = self.methods.get(name) or made_method(name)
        if method is None:
            raise UnknownNameError("method", name, self.methods)
        return method

    def find_method(self, name: str) -> Method | None:
        """Return a method by name; None where there is none here."""
        try:
            return self.method(name)
        except UsageError:
            return None

    def owner(self, method: str) -> Plugin:
        """Return who offers a method: the core, where it is made of its name."""
        return self.owners.get(("method", method)) or _CORE

    def suite(self, name: str) -> Suite:
        """Return a suite by name; raises `UnknownNameError`."""
        if name not in self.suites:
            raise UnknownNameError("suite", name, self.suites)
        return self.suites[name]

    def task(self, name: str) -> Task:
        """Return a task by its full name, or by its short one where that is unique; raises as `full_task_name`."""
        tasks = self.tasks
        return tasks[full_task_name(name, tasks)]


def full_task_name(name: str, known: Collection[str]) -> str:
    """Return the full name of a task, `suite/task`, which may be written without its suite where that is unique.

    Args:
        name: as it was written.
        known: full names.

    Raises:
        UnknownNameError: there is none.
        UsageError: tasks of several suites are called that.
    """
    if name in known:
        return name
    full = sorted(full for full in known if full.split("/", 1)[-1] == name)
    if len(full) > 1:
        raise UsageError(f"the task {name!r} is in several suites; write one of {', '.join(full)}")
    if not full:
        raise UnknownNameError("task", name, known)
    return full[0]


def discover(
    *, files: Sequence[Path] = (), entry_points: Iterable[importlib.metadata.EntryPoint] | None = None,
    suites: bool = True,
) -> Registry:  # fmt: skip
    """Find plugins: installed ones by entry point, then local files.

    A plugin that cannot be imported, or whose hooks fail, is reported in `Registry.broken` and stops nobody else.

    Args:
        files: plugin files (`--plugin FILE`).
        entry_points: instead of the installed ones (for tests).
        suites: whether to collect suites; the processes that run methods have no use for them.

    Raises:
        DuplicateNameError: two plugins offer one name; both owners are named.
        UsageError: a plugin file does not exist.
    """
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    installed = importlib.metadata.entry_points(group=GROUP) if entry_points is None else entry_points
    kinds = {hook: kind for hook, kind in _KINDS.items() if suites or kind[1] is not Suite}
    plugins: list[Plugin] = []
    offers: dict[str, dict[str, Any]] = {"method": {}, "suite": {}, "metric": {}, "reporter": {}}
    owners: dict[tuple[str, str], Plugin] = {}
    plugins.append(
        _registered(manager, _CORE, lambda: importlib.import_module("srbench_lite.reports"), kinds, offers, owners)
    )
    for entry in sorted(installed, key=lambda e: (e.name, e.value)):
        origin, version = (entry.value, None) if entry.dist is None else _named(entry.dist)
        plugin = Plugin(name=entry.name, origin=origin, version=version)
        _check_free(plugin, plugins, "uninstall one")
        plugins.append(_registered(manager, plugin, entry.load, kinds, offers, owners))
    for file in files:
        if not file.is_file():
            raise UsageError(f"there is no plugin file {file}")
        plugin = Plugin(name=file.stem, origin=str(file), version=None)
        _check_free(plugin, plugins, f"rename {file.name}")
        plugins.append(_registered(manager, plugin, lambda file=file: load_plugin_file(file), kinds, offers, owners))
    return Registry(
        plugins=tuple(plugins),
        methods=dict(sorted(offers["method"].items())),
        suites=dict(sorted(offers["suite"].items())),
        metrics=dict(sorted(offers["metric"].items())),
        reporters=dict(sorted(offers["reporter"].items())),
        owners=owners,
        manager=manager,
    )


@cache  # reading a distribution's metadata takes a millisecond, and one offers many entry points
def _named(distribution: importlib.metadata.Distribution) -> tuple[str, str]:
    """Return name and version of a distribution."""
    return distribution.name, distribution.version


def _check_free(plugin: Plugin, others: Sequence[Plugin], remedy: str) -> None:
    clash = next((other for other in others if other.name == plugin.name), None)
    if clash:
        raise DuplicateNameError(
            f"two plugins are called {plugin.name!r}: one of {clash.origin}, one of {plugin.origin}; {remedy}"
        )


_KINDS: Final[Mapping[str, tuple[str, type]]] = {
    "srbench_methods": ("method", Method),
    "srbench_suites": ("suite", Suite),
    "srbench_metrics": ("metric", Metric),
    "srbench_reporters": ("reporter", Reporter),
}


def _registered(
    manager: pluggy.PluginManager, plugin: Plugin, load: Any, kinds: Mapping[str, tuple[str, type]],
    offers: dict[str, dict[str, Any]], owners: dict[tuple[str, str], Plugin],
) -> Plugin:  # fmt: skip
    """Load one plugin and collect what it offers; return it with its hooks or its error filled in."""
    try:
        module = load()
        twin = manager.get_name(module)
        if twin is not None:
            raise ValueError(f"it is the same module as the plugin {twin}; remove one of the two entry points")
        manager.register(module, name=plugin.name)
        manager.check_pending()
        callers = sorted(manager.get_hookcallers(module) or (), key=lambda caller: caller.name)
        new: list[tuple[str, str, Any]] = []
        for caller in callers:
            if caller.name in kinds:
                kind, wanted = kinds[caller.name]
                for implementation in caller.get_hookimpls():
                    if implementation.plugin is module:
                        new += [(kind, *named) for named in _items(caller.name, implementation.function(), wanted)]
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin does wrong is reported by its name
        if manager.has_plugin(plugin.name):
            manager.unregister(name=plugin.name)
        text = " ".join(str(error).split())
        return Plugin(
            name=plugin.name, origin=plugin.origin, version=plugin.version,
            error=f"{type(error).__name__}: {text}" if text else type(error).__name__,
        )  # fmt: skip
    hooks = tuple(caller.name for caller in callers)
    plugin = Plugin(name=plugin.name, origin=plugin.origin, version=plugin.version, hooks=hooks)
    for kind, name, item in new:
        if name in offers[kind]:
            other = owners[kind, name]
            raise DuplicateNameError(
                f"two {kind}s are called {name!r}: one of {other.name} ({other.origin}), one of {plugin.name} "
                f"({plugin.origin}); rename or remove one"
            )
        offers[kind][name] = item
        owners[kind, name] = plugin
    return plugin


def _items(hook: str, items: Any, wanted: type) -> Iterator[tuple[str, Any]]:
    """Yield what a hook returned with its names, checked: a bad one is found here, and not in the midst of a run."""
    if not isinstance(items, Iterable):
        raise TypeError(f"{hook}() must return {wanted.__name__} objects, got {type(items).__name__}")
    for item in items:
        if not isinstance(item, wanted):
            shown = getattr(item, "__name__", None) or type(item).__name__
            raise TypeError(f"{hook}() must return {wanted.__name__} objects, got {shown}")
        for attribute in ("name", "summary", *(("source", "version") if wanted is Method else ())):
            if not isinstance(getattr(item, attribute, None), str):
                raise TypeError(f"{hook}(): {type(item).__name__}.{attribute} must be a text")
        name = str(getattr(item, "name"))  # noqa: B009 - every wanted type has it
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
            raise ValueError(f"{hook}(): a name must be letters, digits, - and _, got {name!r}")
        if isinstance(item, Method):
            for parameter, value in item.parameters().items():
                if not is_allowed(value):
                    raise TypeError(f"{hook}(): {name}.{parameter} must be {KINDS}, got {value!r}")
        yield str(getattr(item, "name")), item  # noqa: B009 - every wanted type has it
