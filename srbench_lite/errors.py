"""The tree of exceptions.

    SrbenchError                  everything this package raises on purpose; its text is written for people
    ├── UsageError                what was asked for cannot be done as asked (command line: exit code 2)
    │   ├── UnknownNameError      no method, suite, task ... of that name (with suggestions)
    │   ├── DuplicateNameError    two owners of one name
    │   ├── SuiteError            a suite file that cannot be used
    │   ├── TableError            a data file that cannot be read, or not without a doubt
    │   ├── StoreError            a results store that cannot be used
    │   └── FullDiskError         no room is left for what is to be written (command line: exit code 1)
    ├── ComparisonError           results that cannot be compared (command line: exit code 4)
    │   └── UnpairedError         runs without a partner
    ├── ExpressionError           a text or a tree that is no formula
    ├── DataError                 arrays of the wrong shape, or not finite
    └── FitError                  raised by a method: "I ran and found nothing" (status `failed`)

Whatever else a method raises is a defect of the method and becomes the status `crashed`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ComparisonError",
    "DataError",
    "DuplicateNameError",
    "ExpressionError",
    "FitError",
    "FullDiskError",
    "SrbenchError",
    "StoreError",
    "SuiteError",
    "TableError",
    "UnknownNameError",
    "UnpairedError",
    "UsageError",
    "suggest",
]


class SrbenchError(Exception):
    """Everything srbench-lite raises on purpose. The text says what is wrong and what to do."""


class UsageError(SrbenchError):
    """What was asked for cannot be done as asked."""


class UnknownNameError(UsageError):
    """No such method, suite, task or option."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self._parts = kind, name, tuple(known)
        super().__init__(f"unknown {kind} {name!r}.{suggest(name, self._parts[2])}")

    def __reduce__(self) -> tuple[type[UnknownNameError], tuple[str, str, tuple[str, ...]]]:
        return type(self), self._parts  # an exception is rebuilt from its text by default: not enough for this one


class DuplicateNameError(UsageError):
    """Two plugins claim one name."""


class SuiteError(UsageError):
    """A suite file or definition that cannot be used."""


class TableError(UsageError):
    """A data file that cannot be read, or that could be read in more than one way."""


class StoreError(UsageError):
    """A results store that cannot be read or written."""


class FullDiskError(UsageError):
    """No room is left on the disk. What was written before stays."""


class ComparisonError(SrbenchError):
    """Results that cannot be compared: not paired, or of differently defined tasks."""


class UnpairedError(ComparisonError):
    """Runs of one side have no partner on the other."""


class ExpressionError(SrbenchError):
    """A text or a tree that is no formula."""


class DataError(SrbenchError):
    """Arrays of the wrong shape, or with values that are not finite."""


class FitError(SrbenchError):
    """A method ran and found nothing; its text is recorded as the reason."""


def suggest(name: str, known: Iterable[str], *, listed: int = 12) -> str:
    """Return ` Did you mean: a? Known: a, b.` for an error text; at most `listed` names are listed.

    Names with a slash (`suite/task`) are also compared by their last part: with a name without one these come first.
    """
    names = sorted(set(known))
    if not names:
        return " None is known."
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    last = {n: n.rsplit("/", 1)[-1] for n in names if "/" in n}
    nearest = difflib.get_close_matches(name.rsplit("/", 1)[-1], sorted(set(last.values())), n=3, cutoff=0.6)
    short = [n for part in nearest for n in names if last.get(n) == part and n not in close]
    likely = [*close, *short] if "/" in name else [*short, *close]
    guess = f" Did you mean: {', '.join(likely[:5])}?" if likely else ""
    more = f", ... ({len(names)} in all)" if len(names) > listed else ""
    return f"{guess} Known: {', '.join(names[:listed])}{more}."
