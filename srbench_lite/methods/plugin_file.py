"""Plugin files: a file given by its path becomes a module, which may import what lies beside it.

A module beside it is found first, as that beside a script is, by this plugin's modules and by nobody else's: `sys.path`
stays as it is, and two plugins may each have a `helper.py`.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

__all__ = ["file_of_class", "load_plugin_file"]

_PREFIX: Final = "srbench_plugin_file_"


def load_plugin_file(path: Path) -> ModuleType:
    """Run a Python file as a module, and return it. What it imports from its folder becomes part of it.

    Raises:
        ImportError: it is no Python file. What the file raises passes through.
    """
    if path.suffix != ".py":
        raise ImportError(f"{path} is no Python file")
    name = _PREFIX + path.stem.replace(".", "_")
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    for loaded in [module for module in sys.modules if module.startswith(f"{name}.")]:
        del sys.modules[loaded]  # of an earlier time: the file beside it may have changed
    file = path.resolve()
    spec = ModuleSpec(name, _Loader(name, str(file)), origin=str(file), is_package=True)
    spec.has_location = True
    spec.submodule_search_locations = [str(file.parent)]
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        _Loader(name, str(file)).exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def file_of_class(kind: type) -> Path | None:
    """Return the plugin file to which a class belongs, in it or in a module beside it; None where it is in none."""
    name = kind.__module__.partition(".")[0]
    file = getattr(sys.modules.get(name), "__file__", None)
    return Path(file) if name.startswith(_PREFIX) and file is not None else None


class _Finder:
    """Finds the modules beside a plugin file, which are called after the plugin's module."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(_PREFIX):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(fullname, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    """Runs a module as its file is now, with an `import` that looks beside the plugin file first."""

    def path_stats(self, path: str) -> Mapping[str, Any]:
        raise OSError("no bytecode")  # which is trusted by second and size, and a file may change faster

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = {**vars(builtins), "__import__": _import_of(module.__name__.partition(".")[0])}
        super().exec_module(module)


def _import_of(plugin: str) -> Callable[..., ModuleType]:
    def import_module(
        name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] | None = (), level: int = 0
    ) -> ModuleType:
        head = name.partition(".")[0]
        if level or not _lies_beside(plugin, head):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = builtins.__import__(f"{plugin}.{name}", globals, locals, fromlist or (), 0)
        return module if fromlist else sys.modules[f"{plugin}.{head}"]

    return import_module


def _lies_beside(plugin: str, name: str) -> bool:
    spec = PathFinder.find_spec(name, sys.modules[plugin].__path__)
    return spec is not None and spec.has_location  # a folder that is no package has none
