"""`Assignment`: in which interpreter a method runs, and what that adds to the fingerprint of its code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from srbench_lite.environments.environment import Environment
from srbench_lite.environments.home import find_environment, missing_reason
from srbench_lite.methods.code_fingerprint import code_fingerprint
from srbench_lite.methods.made_methods import lacks_here
from srbench_lite.methods.method import Method
from srbench_lite.methods.missing_extra import missing_extra

__all__ = ["OWN", "Assignment", "assigned", "source_of"]

_MISSING: Final = "missing"
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """Where a method runs.

    Attributes:
        environment: the environment; None for our own interpreter, and where there is none that it needs.
        lacks: why it cannot run, and the command that mends it; None where it can.
    """

    environment: Environment | None = None
    lacks: str | None = None


#: In the interpreter that srbench-lite itself runs in.
OWN: Final = Assignment()


def assigned(method: Method, chosen: Mapping[str, Environment] | None = None) -> Assignment:
    """Say where a method runs: where it was told to, else in the environment that it names, else in our own.

    Args:
        method: the method.
        chosen: environments by the name of the method that is told to run there.

    Raises:
        UsageError: the method's environment cannot be read.
    """
    told = (chosen or {}).get(method.name)
    if told is not None:
        return Assignment(environment=told)
    if method.environment is None:
        lacks = lacks_here(method) or missing_extra(method)
        return OWN if lacks is None else Assignment(lacks=lacks)
    found = find_environment(method.environment)
    lacks = missing_reason(method.environment, [method]) if found is None else None
    return Assignment(environment=found, lacks=lacks)


def source_of(method: Method, assignment: Assignment | None = None) -> str | None:
    """Return the fingerprint of a method's code and of what is installed in its environment, if it has one.

    Without an environment it is `code_fingerprint`; while something is missing that the method needs, another one.

    Args:
        method: the method.
        assignment: where it runs; None: as `assigned` says.
    """
    where = assigned(method) if assignment is None else assignment
    code = code_fingerprint(method)
    if code is None or where == OWN:
        return code
    there = _MISSING if where.environment is None else where.environment.fingerprint
    return hashlib.sha256(f"{code}\n{there}".encode()).hexdigest()[:_DIGITS]
