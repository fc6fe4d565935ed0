"""`srbench doctor`."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import click

from srbench_lite._version import __version__
from srbench_lite.cli.command import Command
from srbench_lite.cli.doctor_store import Finding, findings_on_store
from srbench_lite.cli.options import plugin_option, store_option
from srbench_lite.cli.streams import say
from srbench_lite.errors import SrbenchError

if TYPE_CHECKING:
    from srbench_lite.methods.discovery import Registry
    from srbench_lite.methods.method import Method

_NEEDED = (
    "click", "matplotlib", "numpy", "pandas", "pluggy", "psutil", "rich", "scipy", "sympy", "tabulate",
)  # fmt: skip

_COLOURS = {"ok": "green", "note": "yellow", "WRONG": "red"}


@click.command("doctor", cls=Command, examples=("srbench doctor", "srbench doctor --store other.db --json"))
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list of what was found.")
@store_option
@plugin_option
def doctor_command(as_json: bool, store_path: Path, plugin_files: tuple[Path, ...]) -> int:
    """Say what is wrong with this installation, and how to mend it.

    It looks at versions, cores, memory, the plugins and the worker process. Of the store it looks at every page and
    every record, at the disk, at records whose task or method is not installed or another one now, and at what a run
    that was killed has left. The exit code is 1 if something is wrong; a note is no fault.
    """
    from srbench_lite.recording.output import safely_shown

    found = []
    for finding in _findings(store_path, plugin_files):
        found.append(finding)
        if not as_json:
            click.echo(f"{click.style(f'{finding.mark:5}', fg=_COLOURS[finding.mark])} {safely_shown(finding.what)}")
            if finding.mend:
                say(f"      {finding.mend}")
    if as_json:
        facts = [{"mark": one.mark, "what": one.what, "mend": one.mend} for one in found]
        click.echo(json.dumps(facts, indent=1, ensure_ascii=False))
    return 0 if all(one.good for one in found) else 1


def _findings(store_path: Path, plugin_files: tuple[Path, ...]) -> Iterator[Finding]:
    yield Finding(True, f"srbench-lite {__version__}, Python {platform.python_version()}, {sys.executable}")
    for name in _NEEDED:
        try:
            yield Finding(True, f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield Finding(False, f"{name} is missing", f"pip install {name}")
    yield from _machine()
    registry, plugins = _plugins(plugin_files)
    yield from findings_on_store(store_path, registry)
    yield from plugins
    yield from _environments(plugin_files)
    yield from _worker(plugin_files)


def _machine() -> Iterator[Finding]:
    import psutil

    from srbench_lite.running.speed import machine_speed

    memory = psutil.virtual_memory()
    free = memory.available / 2**20
    yield Finding(
        free > 1024, f"{os.cpu_count()} cores, {memory.total / 2**20:.0f} MiB memory, {free:.0f} MiB of it free",
        "" if free > 1024 else "close other programs, or lower --jobs and --memory-limit",
    )  # fmt: skip
    yield Finding(
        True, f"a core is {machine_speed():g} times as fast as the reference, for which methods plan their work"
    )
    if sys.platform == "linux":
        yield Finding(True, "limits: wall clock and resident memory are watched from outside, process trees are killed")
    else:
        yield Finding(
            False, f"limits: on {sys.platform} a process that detaches itself can outlive its run",
            "run on Linux where methods are not trusted",
        )  # fmt: skip


def _plugins(files: tuple[Path, ...]) -> tuple[Registry | None, list[Finding]]:
    """Return what is installed, if that can be told, and what was found about it."""
    from srbench_lite.methods.discovery import discover

    try:
        registry = discover(files=files)
    except SrbenchError as error:
        return None, [Finding(False, "plugins", str(error))]
    found = []
    for plugin in registry.plugins:
        where = f"plugin {plugin.name} ({plugin.origin}{' ' + plugin.version if plugin.version else ''})"
        found.append(Finding(plugin.error is None, where, plugin.error or ""))
    counts = f"{len(registry.methods)} methods, {len(registry.suites)} suites, {len(registry.tasks)} tasks"
    good = bool(registry.methods and registry.suites)
    return registry, [
        *found,
        Finding(good, counts, "" if good else "install again: pip install --force-reinstall srbench-lite"),
    ]


def _environments(files: tuple[Path, ...]) -> Iterator[Finding]:
    from srbench_lite.environments.health import BrokenError, look_into
    from srbench_lite.environments.home import environment_names, find_environment, making_command
    from srbench_lite.methods.discovery import discover
    from srbench_lite.methods.missing_extra import missing_extra

    names = environment_names()
    for name in names:
        try:
            environment = find_environment(name)
            if environment is not None:
                found = look_into(environment)
                count = len(found.packages)
                yield Finding(True, f"environment {name}: Python {found.python_version}, {count} packages")
        except BrokenError as error:
            yield Finding(False, f"environment {name} {error.why}", error.mend)
        except SrbenchError as error:
            yield Finding(False, f"environment {name}", str(error))
    lacking: dict[str, list[Method]] = {}
    extras: dict[str, list[Method]] = {}
    with contextlib.suppress(SrbenchError):  # which stands above, with the plugins
        for method in discover(files=files).methods.values():
            if method.environment is None:
                if (lacks := missing_extra(method)) is not None:
                    extras.setdefault(lacks, []).append(method)
            elif method.environment not in names:
                lacking.setdefault(method.environment, []).append(method)
    for lacks, users in sorted(extras.items()):
        yield Finding(True, f"runs of {', '.join(method.name for method in users)} are skipped: {lacks}")
    for name, users in sorted(lacking.items()):
        called = ", ".join(method.name for method in users)
        there = f"no environment {name}: runs of {called} are skipped until there is one"
        yield Finding(True, f"{there} ({making_command(name, users)})")


def _worker(files: tuple[Path, ...]) -> Iterator[Finding]:
    from srbench_lite.expressions.expression import Expression
    from srbench_lite.problems.sampling import Sampling
    from srbench_lite.problems.task import Task
    from srbench_lite.running.execution import score_formula
    from srbench_lite.running.supervisor import Supervisor

    task = Task(
        name="doctor/line", suite="doctor", truth=Expression.variable("x"), n_train=2, n_test=2,
        variables={"x": Sampling(low=0.0, high=1.0)},
    )  # fmt: skip
    try:
        with Supervisor(plugins=files) as supervisor:
            scored = score_formula("x", task, task.dataset(seed=0), supervisor)
    except SrbenchError as error:
        yield Finding(False, "worker process", str(error))
        return
    verdict = scored.scores.verdict
    good = verdict == "exact"
    wrong = "" if good else f"the formula x is judged {verdict} where the truth is x"
    problem = "; ".join(scored.complaints) or scored.not_a_formula or wrong
    yield Finding(good, "worker process: starts, scores, ends", problem)
