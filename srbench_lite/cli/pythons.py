"""`--python METHOD=PATH|ENVIRONMENT`: where a method runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from srbench_lite.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from srbench_lite.environments.environment import Environment
    from srbench_lite.methods.method import Method

__all__ = ["chosen_environments", "python_by_method", "python_option"]

F = TypeVar("F", bound=Callable[..., Any])


def python_option(function: F) -> F:
    """Add --python METHOD=PATH|ENVIRONMENT, which `chosen_environments` reads."""
    return click.option(
        "--python", "pythons", multiple=True, metavar="METHOD=PATH|ENVIRONMENT",
        help="Run a method in this Python, or in an environment (srbench env). May be repeated.",
    )(function)  # fmt: skip


def python_by_method(texts: Iterable[str], names: Iterable[str]) -> dict[str, str]:
    """Return what METHOD=PATH|ENVIRONMENT says, by method; of two for one method the last.

    Args:
        texts: of --python.
        names: of the methods that there are.

    Raises:
        UsageError: there is no such method among them, or a text is written otherwise.
    """
    names = sorted(names, key=len, reverse=True)
    told: dict[str, str] = {}
    for text in texts:
        name = next((name for name in names if text.startswith(f"{name}=")), None)
        if name is None:
            given, equals, _ = text.partition("=")
            if not equals:
                raise UsageError(f"--python must be METHOD=PATH or METHOD=ENVIRONMENT, got {text!r}")
            raise UnknownNameError("method in --python", given, names)
        told[name] = text[len(name) + 1 :]
    return told


def chosen_environments(methods: Iterable[Method], texts: Iterable[str]) -> dict[str, Environment]:
    """Return by method the environment that METHOD=PATH|ENVIRONMENT says; each is asked whether it works.

    Methods that are told the same Python have the same environment, and so the same processes.

    Raises:
        UsageError: there is no such method, environment or Python among them, it does not work, or it has changed.
    """
    from srbench_lite.environments.health import look_into
    from srbench_lite.environments.home import environment_names, find_environment, missing_reason
    from srbench_lite.environments.making import record_interpreter
    from srbench_lite.environments.probing import interpreter_path

    methods = tuple(methods)
    chosen: dict[str, Environment] = {}
    by_path: dict[str, Environment] = {}
    for name, where in python_by_method(texts, (method.name for method in methods)).items():
        known = environment_names()
        if where in known and (found := find_environment(where)) is not None:
            look_into(found)
            chosen[name] = found
            continue
        try:
            path = interpreter_path(where)
        except UsageError as error:
            if os.sep in where:
                raise
            if where in {method.environment for method in methods}:
                raise UsageError(f"--python {name}={where}: {missing_reason(where, methods)}") from None
            raise UnknownNameError("environment or Python in --python", where, known) from error
        if path not in by_path:
            by_path[path] = record_interpreter(path, path, keep=False)
        chosen[name] = by_path[path]
    return chosen
