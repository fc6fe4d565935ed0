"""Where each page of a site lies: names of strangers as names of files, no two alike."""

from __future__ import annotations

import hashlib
import re
from typing import Final

__all__ = ["data_file", "method_page", "runs_page", "suite_page", "task_page"]

_LONGEST: Final = 60  # characters of a name that a file's name keeps
_HASHED: Final = re.compile(r"-[0-9a-f]{8}$")


def method_page(method: str) -> str:
    """Return the address of a method's page."""
    return f"methods/{_file(method)}.html"


def suite_page(suite: str) -> str:
    """Return the address of a suite's page."""
    return f"tasks/{_file(suite)}.html"


def task_page(task: str) -> str:
    """Return the address of a task's page."""
    suite, _, name = task.partition("/")
    return f"tasks/{_file(suite)}/{_file(name)}.html"


def runs_page(method: str, number: int = 1) -> str:
    """Return the address of a page with runs of a method; they are numbered from 1."""
    return f"runs/{_file(method)}.html" if number == 1 else f"runs/{_file(method)}/{number}.html"


def data_file(*names: str) -> str:
    """Return the address of a CSV file: the last name is what it is of, those before it what kind it is."""
    return f"data/{'/'.join(map(_file, names))}.csv"


def _file(name: str) -> str:
    """Return a name of lower-case letters, digits and dashes; one that is not the name itself ends in a hash."""
    plain = re.sub("[^a-z0-9]+", "-", name.lower()).strip("-")[:_LONGEST]
    if plain == name and plain not in ("", "index") and not _HASHED.search(name):
        return plain
    return f"{plain or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
