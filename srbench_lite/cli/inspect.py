"""`srbench inspect`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.options import full_name, loaded_registry, plugin_option, selected_suites
from srbench_lite.errors import FitError, UnknownNameError, UsageError
from srbench_lite.methods.method import Budget
from srbench_lite.running.supervisor import THREAD_VARIABLES

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.task import Task


@click.command("inspect")
@click.option("--method", "-m", "name", required=True, metavar="NAME", help="Method; it must train a model.")
@click.option("--task", "-t", "task_name", required=True, metavar="NAME", help="Task, such as sin/plain.")
@click.option("--suite", "-s", "suites", multiple=True, metavar="FILE.toml", help="Suite file that defines the task.")
@click.option(
    "--out", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Folder for the figures and tables, made if need be; files of the same names are replaced.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True, metavar="K",
    help="Number of the repetition: the same points and seed as in `srbench run`.",
)  # fmt: skip
@click.option(
    "--noise", type=click.FloatRange(min=0), default=0.0, show_default=True, metavar="A",
    help="Standard deviation of the noise as a fraction of the RMS of y, on the training target only.",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, metavar="SECONDS",
    help="What the method is told to keep to; here nobody stops it.",
)  # fmt: skip
@click.option(
    "--set", "--param", "-p", "settings", multiple=True, metavar="[METHOD.]PARAMETER=VALUE",
    help="Change a hyper-parameter. May be repeated.",
)  # fmt: skip
@plugin_option
def inspect_command(
    name: str, task_name: str, suites: tuple[str, ...], folder: Path, seed: int, noise: float, time_limit: float,
    settings: tuple[str, ...], plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """Train a method once, and draw its network beside the formula distilled from it.

    Prints the formula, its derivatives, and how far it is from the network and from the data. Draws the fit with its
    residuals, the loss curve, the hidden activations and their first two principal components, as PNG and SVG with the
    numbers as CSV. Nothing is stored. Exits 3 when the method finds nothing.

    \b
    Example:
      srbench inspect --method lasso --task sin/plain --out figures
    """
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))  # before they are loaded: as many as `srbench run` gives
    registry = loaded_registry(plugin_files)
    method = _method(registry, name, settings)
    task = _task(registry, task_name, suites)
    _make(folder)

    from srbench_lite.problems.seeds import derive_seed
    from srbench_lite.reports.inspection import render, write
    from srbench_lite.reports.survey import survey

    dataset = task.dataset(seed=seed, noise=noise)
    skipped = method.skip_reason(dataset.train)
    if skipped is not None:
        raise UsageError(f"{name} cannot do {task.name}: {skipped}")
    try:
        inspection = method.inspect(
            dataset.train, seed=derive_seed(task=task.fingerprint, method=name, seed=seed, part="fit"),
            budget=Budget(seconds=time_limit), report=_unheard,
        )  # fmt: skip
    except FitError as error:
        click.echo(f"{name} found nothing on {task.name}: {error}", err=True)
        return 3
    found = survey(inspection, method=method, task=task, dataset=dataset)
    click.echo(render(found), nl=False)
    click.echo("\nwrote")
    for path in write(found, folder):
        click.echo(f"  {path}")
    return 0


def _method(registry: Registry, name: str, settings: Iterable[str]) -> Method:
    from srbench_lite.methods.method import can_be_inspected

    method = registry.method(name)
    changes: dict[str, Any] = {}
    for setting in settings:
        left, equals, value = setting.partition("=")
        owner, dot, parameter = left.rpartition(".")
        if not (equals and parameter) or (dot and not owner):
            raise UsageError(f"--set must be PARAMETER=VALUE, got {setting!r}")
        if dot and owner != name:
            raise UnknownNameError("method in --set", owner, [name])
        changes[parameter] = value
    if not can_be_inspected(method):
        able = [other.name for other in registry.methods.values() if can_be_inspected(other)]
        raise UsageError(
            f"{name} trains no model that can be looked into. Methods that do: {', '.join(able) or 'none is installed'}"
        )
    return method.with_parameters(changes)


def _task(registry: Registry, name: str, suites: tuple[str, ...]) -> Task:
    tasks = {task.name: task for suite in selected_suites(registry, suites).values() for task in suite.tasks}
    return tasks[full_name(name, tasks)]


def _make(folder: Path) -> None:
    """Make the folder now: an hour of training should not end with a folder that cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(f"--out must be a folder, but {folder} is a file, or lies in one; choose another") from None
    except OSError as error:
        raise UsageError(f"--out: cannot make the folder {folder}: {error.strerror or error}") from None
    if not os.access(folder, os.W_OK):
        raise UsageError(f"--out: nothing can be written into the folder {folder}; choose another")


def _unheard(expression: Expression) -> None:
    """Take a method's best formula so far, of which nobody has need here."""
