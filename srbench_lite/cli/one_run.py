"""The one run that a command is about: by its task and what tells it from others, or by its key."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import hexdigits
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from srbench_lite.cli.options import format_table, method_option, one_task, recorded_names, shortened
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    from srbench_lite.recording.store import Store

__all__ = ["one_run", "one_run_options"]

_COLUMNS: Final = ("key", "task", "method", "noise", "seed", "perturbation", "status")
_MIN_KEY: Final = 6  # digits of a key that are taken for one
_MAX_WRONG: Final = 2  # digits of a key that may be mistyped, where one is proposed

F = TypeVar("F", bound=Callable[..., Any])


def one_run_options(function: F) -> F:
    """Add the argument RUN, and --method, --seed and --noise, which choose among the runs of a task."""
    function = click.option(
        "--noise", type=float, default=None, metavar="LEVEL", help="Only runs with this noise level."
    )(function)
    function = click.option("--seed", type=int, default=None, metavar="N", help="Only runs with this seed.")(function)
    return click.argument("name", metavar="RUN")(method_option(function))


def one_run(
    store: Store, name: str, methods: Sequence[str], seed: int | None, noise: float | None, columns: Sequence[str] = ()
) -> dict[str, Any]:
    """Return key, task, method, noise, seed and other columns of the one run that is meant.

    Args:
        store: where it is.
        name: of its task, or the first digits of its key, at least six.
        methods: of which one has made it; all where none is named.
        seed, noise: of the run; None: any.
        columns: what else is returned.

    Raises:
        UsageError: there is none, or more than one.
    """
    tasks, known = store.distinct("task", "method")
    recorded_names("method", methods, known)
    is_key = len(name) >= _MIN_KEY and set(name) <= set(hexdigits)
    if is_key and not any(name in (task, task.partition("/")[2]) for task in tasks):
        rows = _of_key(store.rows(_COLUMNS, methods=methods), name.lower())
    else:
        rows = store.rows(_COLUMNS, tasks=[one_task(name, tasks)], methods=methods)
    rows = [row for row in rows if seed in (None, row[4]) and noise in (None, row[3])]
    if not rows:
        raise UsageError(f"no run of {name} fits the options; `srbench show` lists those of a task")
    if len(rows) > 1:
        table = [(row[0][:12], *row[2:7]) for row in rows[:20]]
        listed = format_table([[shortened(str(cell)) for cell in line] for line in table], ("key", *_COLUMNS[2:7]))
        raise UsageError(f"{name} fits {len(rows)} runs; add --method, --seed, --noise, or give a key:\n{listed}")
    key = rows[0][0]
    return {"key": key, **dict(zip(_COLUMNS[1:5], rows[0][1:5], strict=True))} | dict(
        zip(columns, store.columns_of([key], columns)[key], strict=True)
    )


def _of_key(rows: Sequence[tuple[Any, ...]], key: str) -> list[tuple[Any, ...]]:
    """Return the rows whose key begins so.

    Raises:
        UsageError: there is none; those that differ in a digit or in two are named.
    """
    found = [row for row in rows if row[0].startswith(key)]
    if not found:
        unlike = {row[0]: sum(map(str.__ne__, row[0], key)) for row in rows}
        near = sorted((key for key in unlike if unlike[key] <= _MAX_WRONG), key=lambda key: (unlike[key], key))
        meant = f" Did you mean: {', '.join(key[:12] for key in near[:3])}?" if near else ""
        raise UsageError(f"no run has a key that begins with {key}; `srbench export` lists keys.{meant}")
    return found
