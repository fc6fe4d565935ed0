"""`srbench inspect`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import loaded_registry, one_task, plugin_option, selected_suites, suite_file_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import FitError, UnknownNameError, UsageError
from srbench_lite.files import may_write
from srbench_lite.methods.method import Budget
from srbench_lite.running.zygote_pair import THREAD_VARIABLES

if TYPE_CHECKING:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.task import Task


@click.command(
    "inspect", cls=Command,
    examples=(
        "srbench inspect --method lasso --task sin/plain --out figures",
        "srbench inspect --method lstm --task sin/phase --seed 1 --out figures",
    ),
)  # fmt: skip
@click.option("--method", "-m", "name", required=True, metavar="NAME", help="Method that trains a model.")
@click.option("--task", "-t", "task_name", required=True, metavar="NAME", help="Name of the task, such as sin/plain.")
@suite_file_option
@click.option(
    "--out", "folder", required=True, type=click.Path(path_type=Path), metavar="DIR",
    help="Folder for the figures and tables; it is made if need be, and files of the same names are replaced.",
)  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0, max=2**63 - 1), default=0, show_default=True, metavar="K",
    help="Number of the repetition; it draws the same points as in `srbench run`.",
)  # fmt: skip
@click.option(
    "--noise", type=click.FloatRange(min=0), default=0.0, show_default=True, metavar="A",
    help="Noise level: its standard deviation as a share of the RMS of y. Only the training targets are noisy.",
)  # fmt: skip
@click.option(
    "--time-limit", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, metavar="SECONDS",
    help="Time limit that the method is told; here it is not stopped.",
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

    The command prints the formula, its derivatives, and how far it is from the network and from the data. It draws the
    fit with its residuals, the loss curve, the hidden activations and their first two principal components, as PNG and
    SVG with the numbers as CSV. Nothing is stored. The exit code is 3 if the method finds nothing.
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
            budget=Budget(seconds=time_limit), report=_ignore,
        )  # fmt: skip
    except FitError as error:
        say(f"{name} found nothing on {task.name}: {error}", err=True)
        return 3
    surveyed = survey(inspection, method=method, task=task, dataset=dataset)
    click.echo(render(surveyed), nl=False)
    click.echo("\nwrote")
    for path in write(surveyed, folder):
        click.echo(f"  {path}")
    return 0


def _method(registry: Registry, name: str, settings: Iterable[str]) -> Method:
    from srbench_lite.methods.method import can_be_inspected
    from srbench_lite.methods.missing_extra import missing_extra

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
            f"{name} trains no model that can be inspected; methods that do: {', '.join(able) or 'none is installed'}"
        )
    if method.environment is not None:
        raise UsageError(
            f"{name} cannot be inspected: it runs in the environment {method.environment}, and a model is trained in "
            "this process"
        )
    if (lacks := missing_extra(method)) is not None:
        raise UsageError(f"{name} cannot be inspected: {lacks}")
    return method.with_parameters(changes)


def _task(registry: Registry, name: str, suites: tuple[str, ...]) -> Task:
    tasks = {
        task.name: task for suite in selected_suites(registry, suites, tasks=(name,)).values() for task in suite.tasks
    }
    return tasks[one_task(name, tasks)]


def _make(folder: Path) -> None:
    """Make the folder before the training: an hour of it must not end with a folder that cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError):
        raise UsageError(
            f"--out must be a folder, but {folder} is a file, or lies in one; name another folder"
        ) from None
    except OSError as error:
        raise UsageError(
            f"--out: cannot make the folder {folder}: {error.strerror or error}; name another folder"
        ) from None
    if not may_write(folder):
        raise UsageError(f"--out: the folder {folder} is not writable; name another")


def _ignore(expression: Expression) -> None:
    """Take a method's best formula so far, which nobody needs here."""
