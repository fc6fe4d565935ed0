"""`srbench doctor`."""

from __future__ import annotations

import contextlib
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from srbench_lite._version import __version__
from srbench_lite.cli.command import Command
from srbench_lite.cli.options import plugin_option, store_option
from srbench_lite.errors import SrbenchError

if TYPE_CHECKING:
    from srbench_lite.methods.method import Method

_NEEDED = (
    "click", "matplotlib", "numpy", "pandas", "pluggy", "psutil", "rich", "scipy", "sympy", "tabulate",
)  # fmt: skip


class _Finding(NamedTuple):
    good: bool
    what: str
    mend: str = ""


@click.command("doctor", cls=Command, examples=("srbench doctor",))
@store_option
@plugin_option
def doctor_command(store_path: Path, plugin_files: tuple[Path, ...]) -> int:
    """Say what is wrong with this installation, and how to mend it.

    It looks at versions, cores, memory, the store, the plugins and the worker process. The exit code is 1 if something
    is wrong.
    """
    wrong = 0
    for finding in _findings(store_path, plugin_files):
        wrong += not finding.good
        mark = click.style("ok   ", fg="green") if finding.good else click.style("WRONG", fg="red")
        click.echo(f"{mark} {finding.what}")
        if finding.mend:
            click.echo(f"      {finding.mend}")
    return 1 if wrong else 0


def _findings(store_path: Path, plugin_files: tuple[Path, ...]) -> Iterator[_Finding]:
    yield _Finding(True, f"srbench-lite {__version__}, Python {platform.python_version()}, {sys.executable}")
    for name in _NEEDED:
        try:
            yield _Finding(True, f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            yield _Finding(False, f"{name} is missing", f"pip install {name}")
    yield from _machine()
    yield from _store(store_path)
    yield from _plugins(plugin_files)
    yield from _environments(plugin_files)
    yield from _worker(plugin_files)


def _machine() -> Iterator[_Finding]:
    import psutil

    from srbench_lite.running.speed import machine_speed

    memory = psutil.virtual_memory()
    free = memory.available / 2**20
    yield _Finding(
        free > 1024, f"{os.cpu_count()} cores, {memory.total / 2**20:.0f} MiB memory, {free:.0f} MiB of it free",
        "" if free > 1024 else "close other programs, or lower --jobs and --memory-limit",
    )  # fmt: skip
    yield _Finding(
        True, f"a core is {machine_speed():g} times as fast as the reference, for which methods plan their work"
    )
    if sys.platform == "linux":
        yield _Finding(
            True, "limits: wall clock and resident memory are watched from outside, process trees are killed"
        )
    else:
        yield _Finding(
            False, f"limits: on {sys.platform} a process that detaches itself can outlive its run",
            "run on Linux where methods are not trusted",
        )  # fmt: skip


def _store(path: Path) -> Iterator[_Finding]:
    from srbench_lite.recording.store import Store

    yield _Finding(True, f"SQLite {sqlite3.sqlite_version}")
    if not path.exists():
        folder = next(p for p in (path.absolute().parent, *path.absolute().parents) if p.exists())
        writable = os.access(folder, os.W_OK)
        mend = "" if writable else f"make {folder} writable, or name another store with --store"
        yield _Finding(writable, f"store {path}: there is none yet; the first run makes it", mend)
        return
    try:
        with Store(path, read_only=True) as store:
            count = len(store)
            store.check()
        writable = os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
        mend = (
            "" if writable else f"runs must be able to write the store and its folder: chmod u+w {path} {path.parent}"
        )
        yield _Finding(writable, f"store {path}: {count} records", mend)
    except SrbenchError as error:
        yield _Finding(False, f"store {path}", str(error))


def _plugins(files: tuple[Path, ...]) -> Iterator[_Finding]:
    from srbench_lite.methods.discovery import discover

    try:
        registry = discover(files=files)
    except SrbenchError as error:
        yield _Finding(False, "plugins", str(error))
        return
    for plugin in registry.plugins:
        where = f"plugin {plugin.name} ({plugin.origin}{' ' + plugin.version if plugin.version else ''})"
        yield _Finding(plugin.error is None, where, plugin.error or "")
    counts = f"{len(registry.methods)} methods, {len(registry.suites)} suites, {len(registry.tasks)} tasks"
    good = bool(registry.methods and registry.suites)
    yield _Finding(good, counts, "" if good else "install again: pip install --force-reinstall srbench-lite")


def _environments(files: tuple[Path, ...]) -> Iterator[_Finding]:
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
                yield _Finding(True, f"environment {name}: Python {found.python_version}, {count} packages")
        except BrokenError as error:
            yield _Finding(False, f"environment {name} {error.why}", error.mend)
        except SrbenchError as error:
            yield _Finding(False, f"environment {name}", str(error))
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
        yield _Finding(True, f"runs of {', '.join(method.name for method in users)} are skipped: {lacks}")
    for name, users in sorted(lacking.items()):
        called = ", ".join(method.name for method in users)
        there = f"no environment {name}: runs of {called} are skipped until there is one"
        yield _Finding(True, f"{there} ({making_command(name, users)})")


def _worker(files: tuple[Path, ...]) -> Iterator[_Finding]:
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
        yield _Finding(False, "worker process", str(error))
        return
    verdict = scored.scores.verdict
    good = verdict == "exact"
    wrong = "" if good else f"the formula x is judged {verdict} where the truth is x"
    problem = "; ".join(scored.complaints) or scored.not_a_formula or wrong
    yield _Finding(good, "worker process: starts, scores, ends", problem)
