"""`missing_extra`: the optional package that a method needs and that is not installed, such as torch.

A distribution names packages that only some of its methods need as extras (`pip install 'srbench-lite[torch]'`). Which
methods these are need not be declared: their `engine` cannot be imported without.
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import re
import shlex
import sys
from collections.abc import Mapping
from typing import Final

from srbench_lite.methods.code_fingerprint import imported_names
from srbench_lite.methods.discovery import GROUP
from srbench_lite.methods.method import Method

__all__ = ["missing_extra"]

#: A requirement of one extra, as metadata have it: `torch<2.14,>=2.6; extra == "torch"`.
_REQUIREMENT: Final = re.compile(r"""^([A-Za-z0-9._-]+).*;.*\bextra\s*==\s*["']([A-Za-z0-9._-]+)["']""")


def missing_extra(method: Method) -> str | None:
    """Say which optional package a method lacks in this interpreter, and the command that installs it; else None.

    Nothing is imported unless a file of the method imports a package of an extra that is not there.
    """
    distribution = _distributions().get(type(method).__module__.partition(".")[0])
    absent = _absent(distribution) if distribution is not None else {}
    if not absent or not method.engine or absent.keys().isdisjoint(imported_names(method)):
        return None
    for module in method.engine:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            name = (error.name or "").partition(".")[0]
            if name in absent:
                return (
                    f"{name} is not installed; install it with: {shlex.quote(sys.executable)} -m pip install "
                    f"'{distribution}[{absent[name]}]'"
                )
        except (Exception, SystemExit):  # noqa: BLE001 - a broken engine shows when it runs
            return None
    return None


@functools.cache
def _distributions() -> Mapping[str, str]:
    """Return the names of distributions that offer plugins, by the top-level name of the plugin."""
    entries = importlib.metadata.entry_points(group=GROUP)
    return {entry.module.partition(".")[0]: entry.dist.name for entry in entries if entry.dist is not None}


@functools.cache
def _absent(distribution: str) -> Mapping[str, str]:
    """Return packages of a distribution's extras that are not installed, each with the smallest extra that has it."""
    members: dict[str, list[str]] = {}
    for text in importlib.metadata.requires(distribution) or ():
        if (match := _REQUIREMENT.match(text)) is not None:
            members.setdefault(match[2], []).append(match[1].replace("-", "_"))
    found: dict[str, str] = {}
    for extra, names in sorted(members.items(), key=lambda item: (len(item[1]), item[0])):
        found |= {name: extra for name in names if name not in found and importlib.util.find_spec(name) is None}
    return found
