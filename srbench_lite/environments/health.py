"""`look_into`: what an environment has today; where it does not work or is not as it was recorded, how to mend it."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Final

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.probing import Found, probe
from srbench_lite.errors import UsageError

__all__ = ["BrokenError", "look_into"]

_MAX_CHANGES_SHOWN: Final = 3


class BrokenError(UsageError):
    """An environment cannot be used.

    Attributes:
        why: what is wrong, without its name.
        mend: what to do, with the command; empty where there is none.
    """

    def __init__(self, environment: Environment, why: str, mend: str) -> None:
        super().__init__(f"the environment {environment.name} {why}" + (f"; {mend}" if mend else ""))
        self.why = why
        self.mend = mend


def look_into(environment: Environment) -> Found:
    """Ask the interpreter of an environment what it has, which must be what was recorded.

    Records tell runs of one set of packages from those of another by what was recorded, not by what is there.

    Raises:
        BrokenError: it does not work, or has changed since it was recorded.
    """
    add = f"srbench env add {environment.name}"
    kept = environment.name != environment.python
    try:
        found = probe(environment.python)
    except UsageError as error:
        mend = f"make it anew with: {add} --replace"
        if not environment.requirements:
            mend = f"name another Python with: {add} --python PATH --replace"
        raise BrokenError(environment, f"does not work: {error}", mend if kept else "") from None
    now = dataclasses.replace(environment, python_version=found.python_version, locked=found.locked)
    if now.fingerprint != environment.fingerprint:
        mend = f"take it as it is now with: {add} --python {shlex.quote(environment.python)} --replace"
        why = f"has changed since it was recorded: {_changes(environment, now)}"
        raise BrokenError(environment, why, mend if kept else "give the command again")
    return found


def _changes(before: Environment, now: Environment) -> str:
    """Say in which packages, or in which version of Python, the two differ."""
    old, new = (
        {"Python": one.python_version, **dict(line.partition("==")[::2] for line in one.locked)}
        for one in (before, now)
    )
    differing = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    shown = [
        f"{name} {old[name]} is {f'now {new[name]}' if name in new else 'gone'}"
        if name in old else f"{name} {new[name]} is new"
        for name in differing[:_MAX_CHANGES_SHOWN]
    ]  # fmt: skip
    more = len(differing) - len(shown)
    return ", ".join([*shown, *([f"{more} more"] if more else [])])
