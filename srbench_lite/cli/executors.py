"""`--executor` and `--scheduler`: where runs are done, on this machine or on a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from srbench_lite.cli.streams import say
from srbench_lite.errors import UsageError

if TYPE_CHECKING:
    from srbench_lite.running.executor import Executor

__all__ = ["chosen_executor", "executor_options"]

F = TypeVar("F", bound=Callable[..., Any])


def executor_options(function: F) -> F:
    """Add --executor and --scheduler, which `chosen_executor` reads."""
    function = click.option(
        "--scheduler", metavar="ADDRESS|FILE",
        help="Do the runs on the workers of this dask scheduler: its address, such as tcp://10.0.0.1:8786, or its "
        "scheduler file. Implies --executor dask.",
    )(function)  # fmt: skip
    return click.option(
        "--executor", "executor_name", type=click.Choice(["local", "dask"]), show_default="local",
        help="Where runs are done: by this process, or by a dask cluster, which is started on this machine with --jobs "
        "workers if there is no --scheduler.",
    )(function)  # fmt: skip


@contextlib.contextmanager
def chosen_executor(
    name: str | None, scheduler: str | None, *, jobs: int, threads: int, plugins: Sequence[Path]
) -> Iterator[Executor | None]:  # fmt: skip
    """Yield the executor that the options say; None for this process. What was started for it ends afterwards.

    Args:
        name: of --executor; None where it is not given.
        scheduler: of --scheduler.
        jobs: workers of a cluster that is started here.
        threads: of a run.
        plugins: plugin files.

    Raises:
        UsageError: the options do not go together, or dask is not installed.
    """
    if scheduler is not None and name == "local":
        raise UsageError(f"--scheduler {scheduler} goes with --executor dask, not with --executor local")
    if scheduler is None and name != "dask":
        yield None
        return
    if scheduler is not None and _is_given("jobs"):
        raise UsageError("--jobs goes without --scheduler: the workers of a scheduler say how much they do at a time")
    from srbench_lite.running.cluster.cluster_executor import ClusterExecutor
    from srbench_lite.running.cluster.dask_link import DaskLink

    def connect() -> DaskLink:
        return DaskLink.started(workers=jobs, threads=threads) if scheduler is None else DaskLink.connected(scheduler)

    with contextlib.closing(ClusterExecutor(connect, plugins=plugins, say=partial(say, err=True))) as executor:
        yield executor


def _is_given(name: str) -> bool:
    """Return whether an option stands on the command line."""
    context = click.get_current_context(silent=True)
    return context is not None and context.get_parameter_source(name) is ParameterSource.COMMANDLINE
