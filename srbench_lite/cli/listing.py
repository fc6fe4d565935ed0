"""`srbench list methods|suites|tasks|generators`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from srbench_lite.cli.command import Command
from srbench_lite.cli.options import (
    format_table,
    loaded_registry,
    matching_tasks,
    plugin_option,
    say_notes,
    selected_suites,
    shortened,
    strict_option,
)
from srbench_lite.cli.selection import task_option
from srbench_lite.errors import UnknownNameError, UsageError

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method
    from srbench_lite.problems.suite import Suite
    from srbench_lite.problems.task import Task


def _counts(context: click.Context, parameter: click.Parameter, text: str | None) -> range | None:
    """Read a number or a range of numbers of variables."""
    if text is None:
        return None
    low, dash, high = text.partition("-")
    try:
        counts = range(int(low), int(high if dash else low) + 1)
    except ValueError:
        counts = range(0)
    if not counts or counts[0] < 1:
        raise click.BadParameter(f"write a number of variables or a range of them, such as 1 or 1-2; got {text!r}")
    return counts


@click.command(
    "list",
    cls=Command,
    lists={"Exit codes": {"3": "A task of a suite file was left out; a warning says why."}},
    examples=(
        "srbench list methods",
        "srbench list suites --json",
        "srbench list tasks --tag physics --variables 1-2",
        "srbench list tasks --task 'feynman/I.*'",
        "srbench list generators",
    ),
)
@click.argument("what", type=click.Choice(["methods", "suites", "tasks", "generators"]))
@click.option(
    "--suite", "-s", "suites", multiple=True, metavar="NAME|FILE.toml", help="Only this suite. May be repeated."
)
@task_option
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="Only tasks with this tag. May be repeated: all of them."
)
@click.option(
    "--variables", "counts", default=None, callback=_counts, metavar="N|N-M",
    help="Only tasks with so many variables, such as 1 or 1-2.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@strict_option
@plugin_option
def list_command(
    what: str, suites: tuple[str, ...], tasks: tuple[str, ...], tags: tuple[str, ...], counts: range | None,
    as_json: bool, strict: bool, plugin_files: tuple[Path, ...],
) -> int:  # fmt: skip
    """List the installed methods, suites or tasks.

    A method with an environment (srbench env) runs there; where that is missing, its runs are skipped.

    `generators` lists what draws suites. A suite that is drawn is named by its generator and parameters: --suite
    random:variables=2,size=7,count=50,seed=3.
    """
    if what != "tasks":
        for option, given in (("--task", tasks), ("--tag", tags), ("--variables", counts)):
            if given:
                raise UsageError(f"{option} chooses among tasks; write srbench list tasks, not srbench list {what}")
    registry = loaded_registry(plugin_files)
    chosen: list[Suite] = []
    if what in ("suites", "tasks"):
        chosen = [*selected_suites(registry, suites, strict=strict, tasks=tasks).values()]
    if what == "generators":
        from srbench_lite.problems.generator_name import generators_as_rows

        rows = list(generators_as_rows())
    elif what == "methods":
        from srbench_lite.environments.home import environment_names

        made = environment_names()
        rows = [_method_row(registry, method, made, as_json) for method in registry.methods.values()]
    elif what == "suites":
        rows = [_suite_row(suite, as_json) for suite in chosen]
    else:
        wanted = _chosen_tasks(chosen, tasks, tags, counts)
        rows = [_task_row(task, as_json) for task in wanted]
        if not wanted:
            raise UsageError("no task has all that was asked for; leave out --tag or --variables")
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        click.echo(format_table(([("–" if c is None else c) for c in r.values()] for r in rows), rows[0]))
    else:
        click.echo(f"no {what} are installed; `srbench plugins` says which plugins there are")
    say_notes(chosen)
    return 3 if any(suite.faults for suite in chosen) else 0


def _chosen_tasks(
    suites: Iterable[Suite], names: Iterable[str], tags: Iterable[str], counts: range | None
) -> list[Task]:  # fmt: skip
    """Return the tasks of suites that fit one of the names or patterns, all tags and a number of variables."""
    every = {task.name: task for suite in suites for task in suite.tasks}
    known = {tag for task in every.values() for tag in task.tags}
    for tag in tags:
        if tag not in known:
            raise UnknownNameError("tag", tag, known)
    fitting = dict.fromkeys(found for name in names for found in matching_tasks(name, every)) if names else every
    return [
        task for task in map(every.__getitem__, fitting)
        if set(tags) <= set(task.tags) and (counts is None or len(task.variables) in counts)
    ]  # fmt: skip


def _method_row(registry: Registry, method: Method, made: Collection[str], as_json: bool) -> dict[str, Any]:
    """Return what is listed of a method; `made` are the names of the environments that there are."""
    there = method.environment
    missing = there is not None and there not in made
    row = {
        "method": method.name, "version": method.version, "plugin": registry.owner(method.name).name,
        "environment": f"{there} (missing)" if missing and not as_json else there, "summary": method.summary,
    }  # fmt: skip
    if not as_json:
        return row
    return row | {
        "environment_missing": missing, "requirements": method.requirements, "source": method.source,
        "parameters": method.parameters(),
        "capabilities": dataclasses.asdict(method.capabilities),
    }  # fmt: skip


def _suite_row(suite: Suite, as_json: bool) -> dict[str, Any]:
    low, high = suite.variable_counts
    if as_json:
        return {
            "suite": suite.name, "version": suite.version, "tasks": len(suite.tasks), "variables": [low, high],
            "tags": suite.tags, "licence": suite.licence, "summary": suite.summary, "source": suite.source,
        }  # fmt: skip
    return {
        "suite": suite.name, "version": suite.version, "tasks": len(suite.tasks),
        "variables": f"{low}" if low == high else f"{low}-{high}", "tags": ", ".join(suite.tags) or None,
        "licence": shortened(suite.licence, 32) or None, "source": shortened(suite.source, 40) or None,
        "summary": suite.summary,
    }  # fmt: skip


def _task_row(task: Task, as_json: bool) -> dict[str, Any]:
    row: dict[str, Any] = {
        "task": task.name, "truth": None if task.truth is None else str(task.truth),
        "variables": ", ".join(f"{name} {s.describe()}" for name, s in task.variables.items()),
        "tags": list(task.tags) if as_json else ", ".join(task.tags) or None,
    }  # fmt: skip
    if not as_json:
        return row
    tested = task.test_variables
    return row | {
        "test_variables": None if tested is None else {name: s.describe() for name, s in tested.items()},
        "trajectories": None if task.trajectories is None else task.trajectories.definition(),
        "n_train": task.n_train, "n_test": task.n_test, "units": task.units, "target_unit": task.target_unit,
        "source": task.source, "licence": task.licence, "erratum": task.erratum, "unidentifiable": task.unidentifiable,
    }  # fmt: skip
